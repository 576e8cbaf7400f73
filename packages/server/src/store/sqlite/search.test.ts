// A search by what no index serves looks at many rows, but not at any number of them.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AT, CUSTOMER, inserted, sampleState } from '../sample.js';
import type { ActiveflowQuery, Store } from '../store.js';
import { openDatabase } from './binding.js';
import { migrate } from './migrations.js';
import { storeOn } from './sqlite.js';

const ROWS = 21_000;
let store: Store;
let compared = 0;

beforeAll(async () => {
  const db = openDatabase('', { durability: 'memory' });
  migrate(db, AT);
  // Counts the rows that searches look at.
  const counted = (sql: string) => {
    const statement = db.prepare(sql);
    const all: typeof statement.all = (...params) => { const rows = statement.all(...params); if (sql.includes('AS hit')) compared += rows.length; return rows as never; };
    return { ...statement, all };
  };
  store = storeOn({ ...db, prepare: counted });
  const state = (i: number) => sampleState(`s${i}`, { tm_create: AT + i, status: i % 2 === 0 ? 'running' : 'ended', variables: { thousand: String(i % 1_000), half: String(i % 2) } });
  for (let i = 0; i < ROWS; i += 1_000) await store.commit(Array.from({ length: 1_000 }, (_, j) => ({ activeflow: inserted(state(i + j)) })));
});
afterAll(() => store.close());

const search = async (query: Partial<ActiveflowQuery>) => {
  compared = 0;
  const { rows, stopped } = await store.activeflows({ customer_id: CUSTOMER, limit: 51, ...query });
  return { rows: rows.length, stopped: stopped !== null };
};

it('that finds enough looks at few rows', async () => {
  expect(await search({ variables: { half: '1' } })).toEqual({ rows: 51, stopped: false });
  expect(compared).toBeLessThan(200);
});

it('that finds a few is given up after some thousands', async () => {
  expect(await search({ variables: { thousand: '999' } })).toEqual({ rows: 3, stopped: true });
  expect(compared).toBeGreaterThanOrEqual(2_000);
  expect(compared).toBeLessThan(2_600);
});

it('that finds none is given up later, and goes on where it stopped', async () => {
  expect(await search({ variables: { half: '2' } })).toEqual({ rows: 0, stopped: true });
  expect(compared).toBeGreaterThanOrEqual(20_000);
  expect(compared).toBeLessThan(20_600);
  const { stopped } = await store.activeflows({ customer_id: CUSTOMER, limit: 51, variables: { half: '2' } });
  expect(await search({ variables: { half: '2' }, ...(stopped ? { before: stopped } : {}) })).toEqual({ rows: 0, stopped: false });
  expect(compared).toBeLessThan(1_000);
});

it('in what an index leaves is bounded in the same way', async () => {
  expect(await search({ status: 'running', variables: { thousand: '998' } })).toEqual({ rows: 5, stopped: true });
  expect(compared).toBeLessThan(2_600);
});
