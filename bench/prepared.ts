// A table of many activeflows, as a year of work leaves it: half of them one customer's, one in ten still waiting.
import type { ActionList, ReferenceType } from '@activeflow/engine';
import type { Change } from 'activeflow/internal/store/store';
import { freshPath, startEngine, type EngineOptions } from './engine.js';
import { CUSTOMER_ID, idOf, oneWait } from './flows.js';
import { commitAll, listOf, started, withStore } from './offline.js';
import { makeFlow } from './works/requests.js';

/** A prepared database and what a list can be asked for in it. */
export type Prepared = {
  readonly path: string;
  readonly rows: number;
  /** Flows that run and that have ended, by how many rows they have. */
  readonly common_flow: string;
  readonly rare_flow: string;
  /** When a share of the customer's rows was created, the newest first: 0.5 is half-way down the list. */
  at(depth: number): number;
  readonly reference_id: string;
  readonly account: string;
};

/** One row in so many is of a kind. */
const ONE_IN = { running: 10, call: 5, sms: 500, rare_flow: 1_000, language: 3 } as const;
/** Between one row and the next. */
const APART_US = 60_000;
const SERIES = 0x00a0_0000;
const OTHERS = 20;

/** Makes the database of `rows` activeflows; every one was decided by the engine and written by the store. */
export async function prepare(name: string, rows: number, settings: Pick<EngineOptions, 'settings'> = {}): Promise<Prepared> {
  const path = freshPath(name);
  const engine = await startEngine({ path, ...settings });
  const waits = await makeFlow(engine, oneWait);
  const ends = await makeFlow(engine, [{ id: 'x', type: 'variable_set', option: { key: 'done', value: 'yes' } }]);
  const rare = await makeFlow(engine, oneWait);
  await engine.close();
  const newest = Date.now() * 1000;
  const at = (i: number): number => newest - (rows - i) * APART_US;
  await withStore(path, async (store) => {
    const lists = { waits: await listOf(store, waits.id), ends: await listOf(store, ends.id), rare: await listOf(store, rare.id) };
    const flow_ids = { waits: waits.id, ends: ends.id, rare: rare.id };
    await commitAll(store, changes(rows, at, flow_ids, lists));
  });
  const middle = Math.floor(rows / 20) * 10;
  return { path, rows, common_flow: ends.id, rare_flow: rare.id, at: (depth) => at(Math.floor(rows * (1 - depth))), reference_id: idOf(SERIES + 1, middle), account: `account-${middle}` };
}

type Kinds<T> = { readonly waits: T; readonly ends: T; readonly rare: T };

function* changes(rows: number, at: (i: number) => number, flow_ids: Kinds<string>, lists: Kinds<ActionList>): Generator<Change> {
  for (let i = 0; i < rows; i++) {
    // Even rows are the customer's; what is one in n is so among those.
    const own = i % 2 === 0;
    const place = i / 2;
    const is = (one_in: number): boolean => Math.floor(place) % one_in === 0;
    const kind = is(ONE_IN.rare_flow) ? 'rare' : is(ONE_IN.running) ? 'waits' : 'ends';
    const type: ReferenceType = is(ONE_IN.sms) ? 'sms' : is(ONE_IN.call) ? 'call' : 'api';
    const { write } = started({
      id: idOf(SERIES, i), customer_id: own ? CUSTOMER_ID : idOf(SERIES + 2, i % OTHERS), flow_id: flow_ids[kind], list: lists[kind],
      reference: { type, id: type === 'api' ? '' : idOf(SERIES + 1, i), activeflow_id: '' },
      variables: { language: is(ONE_IN.language) ? 'de' : 'en', account: `account-${i}` }, at: at(i),
    });
    // What its end asked for, a hangup say, is long done.
    yield { activeflow: { ...write, effects: [] } };
  }
}
