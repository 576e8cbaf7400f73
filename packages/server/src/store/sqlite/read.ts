// Reading what is named; lists are in list.ts.
import type { Action, Event } from '@activeflow/engine';
import type { LoggedEvent, Store } from '../store.js';
import { decodeEvents, decodeState } from '../codec.js';
import type { Database } from './binding.js';
import { prepareLists } from './list.js';
import { documentOf, effectOf, prepareLook, type DocumentRow, type EffectRow, type StateRow } from './row.js';

type Reads = Omit<Store, 'name' | 'commit' | 'claim' | 'recover' | 'expire' | 'close'>;

/** Prepares every read of the store. */
export function prepareReads(db: Database): Reads {
  return { ...prepareSingle(db), ...prepareDue(db), ...prepareEvents(db), ...prepareEffects(db), ...prepareLists(db) };
}

function prepareSingle(db: Database): Pick<Reads, 'load' | 'list' | 'document' | 'find' | 'walk' | 'counts'> {
  const load = prepareLook(db, 'SELECT state, variables FROM activeflow WHERE id = ?');
  const list = prepareLook(db, 'SELECT actions FROM list WHERE id = ?');
  const document = prepareLook(db, 'SELECT * FROM document WHERE kind = ? AND id = ?');
  const find = prepareLook(db, 'SELECT * FROM document WHERE kind = ? AND unique_key = ? AND tm_delete IS NULL');
  const walk = prepareLook(db, 'SELECT rid, version, due_at, state, variables FROM activeflow WHERE rid > ? ORDER BY rid LIMIT ?');
  const count = (sql: string) => { const look = prepareLook(db, sql); return () => look.get<{ n: number }>()?.n ?? 0; };
  const running = count('SELECT count(*) AS n FROM activeflow INDEXED BY activeflow_due WHERE due_at IS NOT NULL');
  const effects_due = count('SELECT count(*) AS n FROM effect INDEXED BY effect_due WHERE due_at IS NOT NULL');
  const effects_dead = count(`SELECT count(*) AS n FROM effect INDEXED BY effect_dead WHERE status = 'dead'`);
  return {
    load: async (id) => { const row = load.get<StateRow>(id); return row && decodeState(row.state, row.variables); },
    list: async (list_id) => { const row = list.get<{ actions: string }>(list_id); return row && (JSON.parse(row.actions) as Action[]); },
    document: async (kind, id) => { const row = document.get<DocumentRow>(kind, id); return row && documentOf(row); },
    find: async (kind, key) => { const row = find.get<DocumentRow>(kind, key); return row && documentOf(row); },
    walk: async (after, limit) => walk.all<StateRow & { rid: number; version: number; due_at: number | null }>(after, limit)
      .map(({ rid, version, due_at, state, variables }) => ({ ordinal: rid, row: { state: decodeState(state, variables), version, due_at } })),
    counts: async () => ({ running: running(), effects_due: effects_due(), effects_dead: effects_dead() }),
  };
}

function prepareDue(db: Database): Pick<Reads, 'due' | 'nextDue'> {
  const due = prepareLook(db, 'SELECT id FROM activeflow WHERE due_at <= ? ORDER BY due_at, rid LIMIT ?');
  const next = ['activeflow', 'effect'].map((table) => prepareLook(db, `SELECT min(due_at) AS at FROM ${table} WHERE due_at IS NOT NULL`));
  return {
    due: async (now, limit) => due.all<{ id: string }>(now, limit).map(({ id }) => id),
    nextDue: async () => next.map((look) => look.get<{ at: number | null }>()?.at ?? null)
      .reduce((a, b) => (a === null || b === null ? (a ?? b) : Math.min(a, b)), null),
  };
}

/** Events are kept a row for each commit, so a look begins at the row that holds the first one wanted. No row is read for less than one of them. */
function prepareEvents(db: Database): Pick<Reads, 'events' | 'moves' | 'feed' | 'last'> {
  const rid = '(SELECT rid FROM activeflow WHERE id = ?1)';
  const events = prepareLook(db, `SELECT n, data FROM event WHERE rid = ${rid}
    AND n >= COALESCE((SELECT max(n) FROM event WHERE rid = ${rid} AND n <= ?2 + 1), 0) AND n <= ?2 + ?3 ORDER BY n`);
  const older = prepareLook(db, `SELECT n, data FROM event WHERE rid = ${rid} AND n < ?2
    AND n >= COALESCE((SELECT max(n) FROM event WHERE rid = ${rid} AND n <= ?3), 0) ORDER BY n DESC`);
  const feed = prepareLook(db, `SELECT e.seq, e.n, e.data, a.id, a.customer_id FROM event e JOIN activeflow a ON a.rid = e.rid
    WHERE e.seq >= COALESCE((SELECT max(seq) FROM event WHERE seq <= ?1 + 1), 0) AND e.seq <= ?1 + ?2 ORDER BY e.seq`);
  const last = prepareLook(db, 'SELECT seq + count - 1 AS seq FROM event ORDER BY seq DESC LIMIT 1');
  return {
    events: async (id, after, limit) => events.all<EventRow>(id, after, limit).flatMap((row) => decodeEvents(row.data)).filter(({ n }) => n > after).slice(0, limit),
    moves: async (id, before, limit) => {
      const moves: Event[] = [];
      for (let below = before; moves.length < limit;) {
        // Nearly every event is a move, so a few more than are wanted will do.
        const rows = older.all<EventRow>(id, below, below - (limit - moves.length) - 8);
        for (const row of rows) moves.push(...decodeEvents(row.data).reverse().filter(({ n, type }) => type === 'moved' && n < before));
        below = rows.at(-1)?.n ?? 0;
        if (below === 0) break;
      }
      return moves.slice(0, limit).reverse();
    },
    last: async () => last.get<{ seq: number }>()?.seq ?? 0,
    feed: async (after, limit) => feed.all<FeedRow>(after, limit)
      .flatMap((row) => decodeEvents(row.data).map((event, i): LoggedEvent => ({ seq: row.seq + i, activeflow_id: row.id, customer_id: row.customer_id, event })))
      .filter(({ seq }) => seq > after).slice(0, limit),
  };
}

function prepareEffects(db: Database): Pick<Reads, 'effects' | 'effect'> {
  const all = prepareLook(db, 'SELECT e.*, a.id AS activeflow_id FROM activeflow a JOIN effect e ON e.rid = a.rid WHERE a.id = ? ORDER BY e.eid');
  const one = prepareLook(db, 'SELECT e.*, a.id AS activeflow_id FROM effect e JOIN activeflow a ON a.rid = e.rid WHERE e.id = ?');
  return {
    effects: async (id) => all.all<EffectRow>(id).map(effectOf),
    effect: async (effect_id) => { const row = one.get<EffectRow>(effect_id); return row && effectOf(row); },
  };
}

type EventRow = { n: number; data: string };
type FeedRow = EventRow & { seq: number; id: string; customer_id: string };
