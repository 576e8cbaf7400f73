// Reading. Lists are walked by keyset: a page costs the same at any depth.
import type { Action, Effect, Event, Result, State } from '@activeflow/engine';
import type { ActiveflowQuery, Document, DocumentQuery, EffectStatus, LoggedEvent, Placed, StoredEffect, Store } from '../store.js';
import { decodeEvent, decodeState } from '../codec.js';
import type { Database, SqlValue, Statement } from './binding.js';

type Reads = Omit<Store, 'name' | 'commit' | 'claim' | 'recover' | 'expire' | 'close'>;

/** Prepares every read of the store. */
export function prepareReads(db: Database): Reads {
  return { ...prepareSingle(db), ...prepareDue(db), ...prepareEvents(db), ...prepareEffects(db), ...prepareLists(db) };
}

function prepareSingle(db: Database): Pick<Reads, 'load' | 'list' | 'document' | 'find' | 'counts'> {
  const load = db.prepare('SELECT state, variables FROM activeflow WHERE id = ?');
  const list = db.prepare('SELECT actions FROM list WHERE id = ?');
  const document = db.prepare('SELECT * FROM document WHERE kind = ? AND id = ?');
  const find = db.prepare('SELECT * FROM document WHERE kind = ? AND unique_key = ? AND tm_delete IS NULL');
  const count = (sql: string) => { const statement = db.prepare(sql); return () => statement.get<{ n: number }>()?.n ?? 0; };
  const running = count('SELECT count(*) AS n FROM activeflow INDEXED BY activeflow_due WHERE due_at IS NOT NULL');
  const effects_due = count('SELECT count(*) AS n FROM effect INDEXED BY effect_due WHERE due_at IS NOT NULL');
  const effects_dead = count(`SELECT count(*) AS n FROM effect WHERE status = 'dead'`);
  return {
    load: async (id) => { const row = load.get<StateRow>(id); return row && decodeState(row.state, row.variables); },
    list: async (list_id) => { const row = list.get<{ actions: string }>(list_id); return row && (JSON.parse(row.actions) as Action[]); },
    document: async (kind, id) => documentOf(document.get<DocumentRow>(kind, id)),
    find: async (kind, key) => documentOf(find.get<DocumentRow>(kind, key)),
    counts: async () => ({ running: running(), effects_due: effects_due(), effects_dead: effects_dead() }),
  };
}

function prepareDue(db: Database): Pick<Reads, 'due' | 'nextDue'> {
  const due = db.prepare('SELECT id FROM activeflow WHERE due_at <= ? ORDER BY due_at LIMIT ?');
  const next = db.prepare(`SELECT min(at) AS at FROM (SELECT min(due_at) AS at FROM activeflow WHERE due_at IS NOT NULL
    UNION ALL SELECT min(due_at) AS at FROM effect WHERE due_at IS NOT NULL)`);
  return {
    due: async (now, limit) => due.all<{ id: string }>(now, limit).map(({ id }) => id),
    nextDue: async () => next.get<{ at: number | null }>()?.at ?? null,
  };
}

function prepareEvents(db: Database): Pick<Reads, 'events' | 'moves' | 'feed'> {
  const events = db.prepare('SELECT n, data FROM event WHERE rid = (SELECT rid FROM activeflow WHERE id = ?) AND n > ? ORDER BY n LIMIT ?');
  const newest = db.prepare('SELECT n, data FROM event WHERE rid = (SELECT rid FROM activeflow WHERE id = ?) AND n < ? ORDER BY n DESC LIMIT ?');
  const feed = db.prepare('SELECT e.seq, e.n, e.data, a.id, a.customer_id FROM event e JOIN activeflow a ON a.rid = e.rid WHERE e.seq > ? ORDER BY e.seq LIMIT ?');
  return {
    events: async (id, after, limit) => events.all<EventRow>(id, after, limit).map((row) => decodeEvent(row.n, row.data)),
    moves: async (id, before, limit) => {
      const moves: Event[] = [];
      for (let below = before; moves.length < limit;) {
        const page = Math.min(limit - moves.length + 8, 1_000);
        const rows = newest.all<EventRow>(id, below, page);
        const decoded = rows.map((row) => decodeEvent(row.n, row.data)).filter(({ type }) => type === 'moved');
        moves.push(...decoded.slice(0, limit - moves.length));
        const last = rows.at(-1);
        if (last === undefined || rows.length < page) break;
        below = last.n;
      }
      return moves.reverse();
    },
    feed: async (after, limit) => feed.all<FeedRow>(after, limit).map((row): LoggedEvent =>
      ({ seq: row.seq, activeflow_id: row.id, customer_id: row.customer_id, event: decodeEvent(row.n, row.data) })),
  };
}

function prepareEffects(db: Database): Pick<Reads, 'effects' | 'effect'> {
  const all = db.prepare('SELECT e.*, a.id AS activeflow_id FROM activeflow a JOIN effect e ON e.rid = a.rid WHERE a.id = ? ORDER BY e.eid');
  const one = db.prepare('SELECT e.*, a.id AS activeflow_id FROM effect e JOIN activeflow a ON a.rid = e.rid WHERE e.id = ?');
  return {
    effects: async (id) => all.all<EffectRow>(id).map(effectOf),
    effect: async (effect_id) => { const row = one.get<EffectRow>(effect_id); return row && effectOf(row); },
  };
}

function prepareLists(db: Database): Pick<Reads, 'activeflows' | 'documents'> {
  const prepared = new Map<string, Statement>();
  const prepare = (sql: string): Statement => {
    const known = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  return {
    async activeflows(query) {
      const where = activeflowFilter(query);
      const sql = `SELECT rid AS ordinal, state, variables FROM activeflow WHERE ${where.sql} ORDER BY tm_create DESC, rid DESC LIMIT ?`;
      const rows = prepare(sql).all<StateRow & { ordinal: number }>(...where.params, query.limit);
      return rows.map((row): Placed<State> => ({ ordinal: row.ordinal, row: decodeState(row.state, row.variables) }));
    },
    async documents(query) {
      const where = documentFilter(query);
      const rows = prepare(`SELECT * FROM document WHERE ${where.sql} ORDER BY tm_create DESC, did DESC LIMIT ?`).all<DocumentRow>(...where.params, query.limit);
      return rows.map((row): Placed<Document> => ({ ordinal: row.did, row: documentOf(row) as Document }));
    },
  };
}

/** Conditions joined by AND, with their parameters. */
class Where {
  readonly params: SqlValue[] = [];
  private readonly conditions: string[] = [];
  and(condition: string, ...params: readonly (SqlValue | undefined)[]): this {
    if (params.includes(undefined)) return this;
    this.conditions.push(condition);
    this.params.push(...(params as SqlValue[]));
    return this;
  }
  before(ordinal: string, before: ActiveflowQuery['before']): this {
    if (!before) return this;
    if (before.ordinal === undefined) return this.and('tm_create < ?', before.tm);
    return this.and(`(tm_create, ${ordinal}) < (?, ?)`, before.tm, before.ordinal);
  }
  get sql(): string { return this.conditions.join(' AND '); }
}

function activeflowFilter(query: ActiveflowQuery): Where {
  const where = new Where()
    .and('tm_delete IS NULL').and('customer_id = ?', query.customer_id)
    .and('status = ?', query.status).and('reference_type = ?', query.reference_type).and('flow_id = ?', query.flow_id)
    .and(`reference_id = ?${query.reference_id === '' ? '' : " AND reference_id <> ''"}`, query.reference_id)
    .and('tm_create >= ?', query.created_after).and('tm_create < ?', query.created_before)
    .before('rid', query.before);
  for (const [name, value] of Object.entries(query.variables ?? {})) {
    where.and('EXISTS (SELECT 1 FROM json_each(variables) WHERE key = ? AND value = ?)', name, value);
  }
  return where;
}

const documentFilter = (query: DocumentQuery): Where => new Where()
  .and('kind = ?', query.kind).and('tm_delete IS NULL').and('customer_id = ?', query.customer_id)
  .and("parent = ? AND parent <> ''", query.parent).before('did', query.before);

type StateRow = { state: string; variables: string };
type EventRow = { n: number; data: string };
type FeedRow = EventRow & { seq: number; id: string; customer_id: string };
type DocumentRow = Omit<Document, 'data' | 'key'> & { did: number; unique_key: string | null; data: string };

/** A row of the effect table, with the activeflow's id. */
export type EffectRow = {
  id: string; activeflow_id: string; customer_id: string; kind: string; step: number; status: string; attempt: number;
  due_at: number | null; deadline: number | null; payload: string; result: string | null; error: string; tm_create: number; tm_update: number;
};

const documentOf = (row: DocumentRow | undefined): Document | undefined => row && {
  kind: row.kind, id: row.id, customer_id: row.customer_id, parent: row.parent, key: row.unique_key, version: row.version,
  tm_create: row.tm_create, tm_update: row.tm_update, tm_delete: row.tm_delete, data: JSON.parse(row.data) as Document['data'],
};

/** The effect of a row. */
export const effectOf = (row: EffectRow): StoredEffect => ({
  id: row.id, activeflow_id: row.activeflow_id, customer_id: row.customer_id, kind: row.kind as Effect['kind'], step: row.step, deadline: row.deadline,
  payload: JSON.parse(row.payload) as Effect['payload'], status: row.status as EffectStatus, attempt: row.attempt, due_at: row.due_at,
  result: row.result === null ? null : (JSON.parse(row.result) as Result), error: row.error, tm_create: row.tm_create, tm_update: row.tm_update,
});
