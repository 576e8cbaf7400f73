// Lists, newest first. They are walked by keyset over an index in that order, so a page costs the same at any depth.
import { setImmediate } from 'node:timers/promises';
import type { State, Variables } from '@activeflow/engine';
import type { ActiveflowQuery, DocumentQuery, Found, Placed, Store } from '../store.js';
import { decodeState } from '../codec.js';
import type { Database, SqlValue } from './binding.js';
import { documentOf, prepareLook, type DocumentRow, type Look, type StateRow } from './row.js';

/** Prepares the lists. */
export function prepareLists(db: Database): Pick<Store, 'activeflows' | 'documents'> {
  const looks = new Map<string, Look>();
  const look = (sql: string): Look => {
    const known = looks.get(sql) ?? prepareLook(db, sql);
    looks.set(sql, known);
    return known;
  };
  // However many lists are being searched, between two turns of the event loop there is one slice of one of them.
  let turn = Promise.resolve();
  const pause = (): Promise<void> => (turn = turn.then(() => setImmediate()));
  return {
    activeflows: (query) => listActiveflows(look, query, pause),
    async documents(query) {
      const { index, where } = documentIndex(query);
      const sql = `SELECT * FROM document INDEXED BY ${index} WHERE ${where.sql} ORDER BY tm_create DESC, did DESC LIMIT ?`;
      return look(sql).all<DocumentRow>(...where.params, query.limit).map((row) => ({ ordinal: row.did, row: documentOf(row) }));
    },
  };
}

/** Rows that are compared one by one, at most, before others get their turn, where an index serves only a part of the filters. */
const LARGEST_SLICE = 500;

/** How many rows are compared, at least, before a search that has found something, and one that has found nothing, is given up. */
const ENOUGH = { found: 2_000, none: 20_000 } as const;

/** Variables that the database compares; what goes beyond is compared with what it finds. */
const MOST_VARIABLES = 8;

type Prepare = (sql: string) => Look;
type Compared = { rid: number; tm_create: number; hit: 0 | 1 };

async function listActiveflows(look: Prepare, query: ActiveflowQuery, pause: () => Promise<void>): Promise<Found<State>> {
  const { index, where, rest } = activeflowIndex(query);
  const from = `FROM activeflow INDEXED BY ${index} WHERE`;
  const order = 'ORDER BY tm_create DESC, rid DESC LIMIT ?';
  if (rest.isEmpty) {
    const rows = look(`SELECT rid, state, variables ${from} ${where.sql} ${order}`).all<StateRow & { rid: number }>(...where.params, query.limit);
    return { rows: rows.map((row) => ({ ordinal: row.rid, row: decodeState(row.state, row.variables) })), stopped: null };
  }
  const rows: Placed<State>[] = [];
  const one = look('SELECT state, variables FROM activeflow WHERE rid = ?');
  // Filters that most rows pass need little more than the page; the others soon look at many rows at once.
  for (let before = query.before, size = query.limit, compared = 0; ; size *= 2) {
    const limit = Math.min(size, LARGEST_SLICE);
    const { where } = activeflowIndex({ ...query, ...(before ? { before } : {}) });
    const slice = look(`SELECT rid, tm_create, (${rest.sql}) AS hit ${from} ${where.sql} ${order}`).all<Compared>(...rest.params, ...where.params, limit);
    for (const { rid } of slice.filter(({ hit }) => hit === 1)) {
      const row = one.get<StateRow>(rid);
      const state = row && decodeState(row.state, row.variables);
      if (state && hasVariables(state.variables, query.variables)) rows.push({ ordinal: rid, row: state });
      if (rows.length === query.limit) return { rows, stopped: null };
    }
    const last = slice.at(-1);
    if (!last || slice.length < limit) return { rows, stopped: null };
    const place = { tm: last.tm_create, ordinal: last.rid };
    compared += slice.length;
    if (compared >= (rows.length > 0 ? ENOUGH.found : ENOUGH.none)) return { rows, stopped: place };
    before = place;
    await pause();
  }
}

/** Conditions joined by AND, with their parameters; one with an undefined parameter is left out. */
class Where {
  readonly params: SqlValue[] = [];
  private readonly conditions: string[] = [];
  and(condition: string, ...params: readonly (SqlValue | undefined)[]): this {
    if (params.includes(undefined)) return this;
    this.conditions.push(condition);
    this.params.push(...(params as SqlValue[]));
    return this;
  }
  /** The rows before a place. Two upper bounds would leave the choice to the database, which may begin at the wrong one. */
  page(ordinal: string, before: ActiveflowQuery['before'], created_before?: number): this {
    if (!before || (created_before !== undefined && created_before <= before.tm)) return this.and('tm_create < ?', created_before);
    if (before.ordinal === undefined) return this.and('tm_create < ?', before.tm);
    return this.and(`(tm_create, ${ordinal}) < (?, ?)`, before.tm, before.ordinal);
  }
  get isEmpty(): boolean { return this.conditions.length === 0; }
  get sql(): string { return this.conditions.join(' AND '); }
}

/** The index that leaves the fewest rows, what it looks up, and what is left to compare. */
function activeflowIndex(query: ActiveflowQuery): { readonly index: string; readonly where: Where; readonly rest: Where } {
  const { customer_id, status, reference_type, reference_id, flow_id, created_after, created_before, before, variables } = query;
  const where = new Where().and('tm_delete IS NULL').and('customer_id = ?', customer_id);
  const rest = new Where();
  // Few activeflows run at a time, and many have ended.
  const ways = [
    ['activeflow_reference', reference_id || undefined, "reference_id = ? AND reference_id <> ''"],
    ['activeflow_status', status === 'running' ? status : undefined, 'status = ?'],
    ['activeflow_flow', flow_id, 'flow_id = ?'],
    ['activeflow_reference_type', reference_type, 'reference_type = ?'],
    ['activeflow_status', status === 'ended' ? status : undefined, 'status = ?'],
    ['activeflow_list', reference_id === '' ? '' : undefined, 'reference_id = ?'],
  ] as const;
  const best = ways.find(([index, value]) => value !== undefined && index !== 'activeflow_list');
  for (const way of ways) (way === best ? where : rest).and(way[2], way[1]);
  where.and('tm_create >= ?', created_after).page('rid', before, created_before);
  // The variables as they are written: finds all that have one, and a few that only look so. Each number of them is a statement of its own.
  for (const [name, value] of Object.entries(variables ?? {}).slice(0, MOST_VARIABLES)) rest.and('instr(variables, ?) > 0', `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return { index: best?.[0] ?? 'activeflow_list', where, rest };
}

const hasVariables = (variables: Variables, wanted: Variables = {}): boolean =>
  Object.entries(wanted).every(([name, value]) => Object.hasOwn(variables, name) && variables[name] === value);

function documentIndex({ kind, customer_id, parent, before }: DocumentQuery): { readonly index: string; readonly where: Where } {
  const where = new Where().and('kind = ?', kind).and('tm_delete IS NULL').and('customer_id = ?', customer_id)
    .and(parent === '' ? 'parent = ?' : "parent = ? AND parent <> ''", parent).page('did', before);
  return { index: parent ? 'document_parent' : customer_id === undefined ? 'document_all' : 'document_list', where };
}
