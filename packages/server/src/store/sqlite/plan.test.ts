import { afterEach, beforeEach, expect, it } from 'vitest';
import { AT, CUSTOMER } from '../sample.js';
import type { ActiveflowQuery, Store } from '../store.js';
import { openDatabase, type Database } from './binding.js';
import { migrate } from './migrations.js';
import { storeOn } from './sqlite.js';

let db: Database;
let store: Store;
const asked: string[] = [];

beforeEach(() => {
  db = openDatabase('', { durability: 'memory' });
  migrate(db, AT);
  asked.length = 0;
  store = storeOn({ ...db, prepare: (sql) => { asked.push(sql); return db.prepare(sql); } });
});
afterEach(() => { db.close(); });

const plan = (sql: string): string[] => db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all<{ detail: string }>().map(({ detail }) => detail);

it('reads no table from end to end and sorts nothing; one count counts an index of its own', async () => {
  await Promise.all(lists().map(([query]) => store.activeflows({ customer_id: CUSTOMER, limit: 10, ...query })));
  await Promise.all([{}, { customer_id: CUSTOMER }, { parent: 'p' }, { parent: '' }, { customer_id: CUSTOMER, parent: 'p' }]
    .flatMap((query) => [query, { ...query, before: { tm: AT, ordinal: 1 } }]).map((query) => store.documents({ kind: 'call', limit: 10, ...query })));
  await Promise.all([{}, { status: 'done' as const }, { label: 'l' }, { status: 'done' as const, label: 'l' }, { activeflow_id: 'a' }, { activeflow_id: 'a', status: 'done' as const }]
    .flatMap((query) => [query, { ...query, before: { tm: AT, ordinal: 1 } }]).map((query) => store.queued({ customer_id: CUSTOMER, limit: 10, ...query })));
  await Promise.all([store.nextDue(() => 1), store.last(), store.expireQueued('done', AT, 1), store.claimQueued({ now: AT, until: AT, limit: 1, room: () => 1 })]);
  const plans = asked.filter((sql) => /^\s*(SELECT|UPDATE|DELETE)/.test(sql)).map((sql) => ({ sql, steps: plan(sql) }));
  expect(plans.length).toBeGreaterThan(45);
  const bad = plans.filter(({ steps }) => steps.some((step) => /SCAN (?!CONSTANT ROW)|TEMP B-TREE/.test(step)));
  expect(bad).toEqual([{ sql: expect.stringContaining('effect_dead'), steps: ['SCAN effect USING COVERING INDEX effect_dead'] }]);
});

it.each(lists())('finds a page for %j in an index, from its first row on', async (query, index, equal) => {
  const before = { tm: 5, ordinal: 1 };
  // Rows of one microsecond are told apart by reading them in the index: there are few.
  const pages: [object, string][] = [
    [{}, ''], [{ created_after: 1 }, ' AND tm_create>?'], [{ before }, ' AND tm_create<?'], [{ before: { tm: 5 } }, ' AND tm_create<?'],
    [{ created_after: 1, created_before: 9, before }, ' AND tm_create>? AND tm_create<?'], [{ created_before: 4, before }, ' AND tm_create<?'],
  ];
  for (const [page, range] of pages) {
    asked.length = 0;
    await store.activeflows({ customer_id: CUSTOMER, limit: 10, ...query, ...page });
    const listing = asked.filter((sql) => sql.includes('ORDER BY'));
    // Of two upper bounds the database might begin at the wrong one. A statement that is known is not prepared again.
    expect(listing.join().match(/tm_create, rid\) <|tm_create </g)?.length ?? 0).toBeLessThan(2);
    for (const sql of listing) expect(plan(sql)).toEqual([`SEARCH activeflow USING INDEX ${index} (${equal}${range})`]);
  }
});

/** Filters, the index that serves them, and what is looked up in it. */
function lists(): [Partial<ActiveflowQuery>, string, string][] {
  const own = 'customer_id=?';
  return [
    [{}, 'activeflow_list', own],
    [{ status: 'running' }, 'activeflow_status', `${own} AND status=?`],
    [{ status: 'ended' }, 'activeflow_status', `${own} AND status=?`],
    [{ flow_id: 'f' }, 'activeflow_flow', `${own} AND flow_id=?`],
    [{ reference_type: 'call' }, 'activeflow_reference_type', `${own} AND reference_type=?`],
    [{ reference_id: 'r' }, 'activeflow_reference', `${own} AND reference_id=?`],
    [{ variables: { a: 'b' } }, 'activeflow_list', own],
    [{ reference_id: '' }, 'activeflow_list', own],
    [{ flow_id: 'f', status: 'ended' }, 'activeflow_flow', `${own} AND flow_id=?`],
    [{ flow_id: 'f', status: 'running', reference_type: 'call' }, 'activeflow_status', `${own} AND status=?`],
    [{ flow_id: 'f', status: 'running', reference_id: 'r', variables: { a: 'b' } }, 'activeflow_reference', `${own} AND reference_id=?`],
  ];
}
