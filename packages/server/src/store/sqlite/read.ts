// Reading what is named; lists are in list.ts.
import type { Action, Event } from '@activeflow/engine';
import type { LoggedEvent, Store, Told } from '../store.js';
import { decodeEvents, decodeState } from '../codec.js';
import type { Database } from './binding.js';
import { prepareLists } from './list.js';
import { prepareNextQueued, prepareQueuedReads } from './queued.js';
import { documentOf, effectOf, prepareLook, type DocumentRow, type EffectRow, type StateRow } from './row.js';

type Reads = Omit<Store, 'name' | 'commit' | 'claim' | 'claimQueued' | 'recover' | 'expire' | 'expireQueued' | 'close'>;

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
  const due = ['effect', 'queued'].map((table) => count(`SELECT count(*) AS n FROM ${table} INDEXED BY ${table}_due WHERE due_at IS NOT NULL`));
  const dead = [count(`SELECT count(*) AS n FROM effect INDEXED BY effect_dead WHERE status = 'dead'`),
    count(`SELECT count(*) AS n FROM queued INDEXED BY queued_final WHERE status = 'dead' AND status IN ('done', 'failed', 'dead', 'canceled')`)];
  const sum = (counts: readonly (() => number)[]): number => counts.reduce((total, one) => total + one(), 0);
  return {
    load: async (id) => { const row = load.get<StateRow>(id); return row && decodeState(row.state, row.variables); },
    list: async (list_id) => { const row = list.get<{ actions: string }>(list_id); return row && (JSON.parse(row.actions) as Action[]); },
    document: async (kind, id) => { const row = document.get<DocumentRow>(kind, id); return row && documentOf(row); },
    find: async (kind, key) => { const row = find.get<DocumentRow>(kind, key); return row && documentOf(row); },
    walk: async (after, limit) => walk.all<StateRow & { rid: number; version: number; due_at: number | null }>(after, limit)
      .map(({ rid, version, due_at, state, variables }) => ({ ordinal: rid, row: { state: decodeState(state, variables), version, due_at } })),
    counts: async () => ({ running: running(), effects_due: sum(due), effects_dead: sum(dead) }),
  };
}

function prepareDue(db: Database): Pick<Reads, 'due' | 'nextDue'> {
  const due = prepareLook(db, 'SELECT id FROM activeflow WHERE due_at <= ? ORDER BY due_at, rid LIMIT ?');
  const inLanes = prepareNextQueued(db);
  // One statement: whoever looks for work asks this after each commit.
  const next = prepareLook(db, `SELECT ${['activeflow', 'effect', 'queued'].map((table) => `(SELECT min(due_at) FROM ${table} WHERE due_at IS NOT NULL) AS ${table}`).join(', ')}`);
  return {
    due: async (now, limit) => due.all<{ id: string }>(now, limit).map(({ id }) => id),
    async nextDue(room) {
      const { activeflow, effect, queued } = next.get<Record<'activeflow' | 'effect' | 'queued', number | null>>() ?? { activeflow: null, effect: null, queued: null };
      const dues = [activeflow, effect, queued === null || !room ? queued : inLanes(room)].filter((at) => at !== null);
      return dues.length === 0 ? null : Math.min(...dues);
    },
  };
}

/** Events are kept a row for each commit, so a look begins at the row that holds the first one wanted. No row is read for less than one of them. */
function prepareEvents(db: Database): Pick<Reads, 'events' | 'moves' | 'feed' | 'last'> {
  const rid = '(SELECT rid FROM activeflow WHERE id = ?1)';
  const events = prepareLook(db, `SELECT n, data FROM event WHERE rid = ${rid}
    AND n >= COALESCE((SELECT max(n) FROM event WHERE rid = ${rid} AND n <= ?2 + 1), 0) AND n <= ?2 + ?3 ORDER BY n`);
  const older = prepareLook(db, `SELECT n, data FROM event WHERE rid = ${rid} AND n < ?2
    AND n >= COALESCE((SELECT max(n) FROM event WHERE rid = ${rid} AND n <= ?3), 0) ORDER BY n DESC`);
  const feed = prepareLook(db, `SELECT e.seq, e.n, e.data, a.id, a.customer_id FROM event e LEFT JOIN activeflow a ON a.rid = e.rid
    WHERE e.seq >= COALESCE((SELECT max(seq) FROM event WHERE seq <= ?1 + 1), 0) AND e.seq <= ?1 + ?2 ORDER BY e.seq`);
  const last = prepareLook(db, 'SELECT seq + count - 1 AS newest FROM event WHERE seq = (SELECT max(seq) FROM event)');
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
    last: async () => last.get<{ newest: number }>()?.newest ?? 0,
    feed: async (after, limit) => feed.all<FeedRow>(after, limit)
      .flatMap(logged)
      .filter(({ seq }) => seq > after).slice(0, limit),
  };
}

/** What a row of the log holds. One of no activeflow is what was told of a document. */
function logged({ seq, id, customer_id, data }: FeedRow): readonly LoggedEvent[] {
  if (id !== null && customer_id !== null) return decodeEvents(data).map((event, i) => ({ seq: seq + i, activeflow_id: id, customer_id, event }));
  const told = JSON.parse(data) as Told;
  return [{ seq, customer_id: told.document.customer_id, told }];
}

function prepareEffects(db: Database): Pick<Reads, 'effects' | 'effect' | 'queued'> {
  const all = prepareLook(db, 'SELECT e.*, a.id AS activeflow_id FROM activeflow a JOIN effect e ON e.rid = a.rid WHERE a.id = ? ORDER BY e.eid');
  const one = prepareLook(db, 'SELECT e.*, a.id AS activeflow_id FROM effect e JOIN activeflow a ON a.rid = e.rid WHERE e.id = ?');
  const { queuedEffect, queued } = prepareQueuedReads(db);
  return {
    queued,
    effects: async (id) => all.all<EffectRow>(id).map(effectOf),
    effect: async (effect_id) => {
      if (!effect_id.includes(':')) return queuedEffect(effect_id);
      const row = one.get<EffectRow>(effect_id);
      return row && effectOf(row);
    },
  };
}

type EventRow = { n: number; data: string };
type FeedRow = EventRow & { seq: number; id: string | null; customer_id: string | null };
