// Reading what is named; lists are in list.ts.
import type { Action, Event } from '@activeflow/engine';
import type { LoggedEvent, Store } from '../store.js';
import { decodeEvent, decodeState } from '../codec.js';
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

/** How many events one look for moves reads at most. */
const MOST_EVENTS = 1_000;

function prepareEvents(db: Database): Pick<Reads, 'events' | 'moves' | 'feed'> {
  const events = prepareLook(db, 'SELECT data FROM event WHERE rid = (SELECT rid FROM activeflow WHERE id = ?) AND n > ? ORDER BY n LIMIT ?');
  const older = prepareLook(db, 'SELECT n, data FROM event WHERE rid = (SELECT rid FROM activeflow WHERE id = ?) AND n < ? ORDER BY n DESC LIMIT ?');
  const feed = prepareLook(db, 'SELECT e.seq, e.data, a.id, a.customer_id FROM event e JOIN activeflow a ON a.rid = e.rid WHERE e.seq > ? ORDER BY e.seq LIMIT ?');
  return {
    events: async (id, after, limit) => events.all<EventRow>(id, after, limit).map((row) => decodeEvent(row.data)),
    moves: async (id, before, limit) => {
      const moves: Event[] = [];
      for (let below = before; moves.length < limit;) {
        // Nearly every event is a move, so a few more than are wanted will do.
        const page = Math.min(limit - moves.length + 8, MOST_EVENTS);
        const rows = older.all<EventRow & { n: number }>(id, below, page);
        moves.push(...rows.map((row) => decodeEvent(row.data)).filter(({ type }) => type === 'moved'));
        if (rows.length < page) break;
        below = rows.at(-1)?.n ?? 0;
      }
      return moves.slice(0, limit).reverse();
    },
    feed: async (after, limit) => feed.all<FeedRow>(after, limit).map((row): LoggedEvent =>
      ({ seq: row.seq, activeflow_id: row.id, customer_id: row.customer_id, event: decodeEvent(row.data) })),
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

type EventRow = { data: string };
type FeedRow = EventRow & { seq: number; id: string; customer_id: string };
