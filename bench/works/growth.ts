// Does a step cost more late than early, or in a long flow than in a short one?
import type { State } from '@activeflow/engine';
import type { Change } from 'activeflow/internal/store/store';
import type { Sizes } from '../args.js';
import { freshPath, removeDatabase, startEngine, type Engine } from '../engine.js';
import { entryOf, type Entry } from '../entry.js';
import { CUSTOMER_ID, idOf, loop, loopIn } from '../flows.js';
import { openPool, type Pool } from '../load.js';
import type { Machine } from '../machine.js';
import { commitAll, listOf, LONG_SETTINGS, moved, started, withStore } from '../offline.js';
import { eventsOf, makeFlow, startMany, type Events, type Flow } from './requests.js';
import { makeNapper, measureWakes, writeNappers, type Nappers } from './wakes.js';

/** Continues of each fresh run: from step 2 to about step 12. */
const EARLY = 7;
const SERIES = 0x00b0_0000;
const SHORT_FLOW = 10;
const LONG_FLOW = 2_000;

/** An engine with runs that have thousands of steps behind them. */
export type Grown = { readonly engine: Engine; readonly flow: Flow; readonly long: Events; readonly nappers: Nappers; close(): Promise<void> };

/** Makes `long_runs` runs that stand on step `long_step`, waiting. */
export async function grow({ long_step, long_runs }: Sizes): Promise<Grown> {
  const path = freshPath('growth');
  const first = await startEngine({ path, settings: LONG_SETTINGS });
  const flow = await makeFlow(first, loop);
  const napper = await makeNapper(first);
  await first.close();
  const ids = Array.from({ length: long_runs }, (_, i) => idOf(SERIES, i));
  const nappers = await withStore(path, async (store) => {
    const list = await listOf(store, flow.id);
    for (const id of ids) await commitAll(store, longRun(id, flow.id, list, long_step));
    return writeNappers(store, napper, long_runs, long_step);
  });
  const engine = await startEngine({ path, settings: LONG_SETTINGS });
  return { engine, flow, long: eventsOf(ids, flow), nappers, close: async () => { await engine.close(); removeDatabase(path); } };
}

/** A run from its start until it waits in its first block again, at `long_step` or later. */
function* longRun(id: string, flow_id: string, list: Parameters<typeof moved>[1], long_step: number): Generator<Change> {
  let at = Date.now() * 1000 - long_step * 1000;
  const birth = started({ id, customer_id: CUSTOMER_ID, flow_id, list, reference: { type: 'api', id: '', activeflow_id: '' }, variables: {}, at });
  yield { activeflow: birth.write };
  const first_block = birth.state.current.action.id;
  let state: State = birth.state;
  while (state.current.step < long_step || state.current.action.id !== first_block) {
    at += 1000;
    const next = moved(state, list, { type: 'continue', action_id: state.current.action.id }, at);
    state = next.state;
    yield { activeflow: next.write };
  }
}

/** One round: continues of fresh runs, then as many of the long ones; and of runs of a short flow and a long one. Each alone. */
export async function measureGrowth({ engine, flow, long, nappers }: Grown, { pages, long_step }: Sizes, machine: Machine): Promise<readonly Entry[]> {
  const pool = await openPool(engine.port, 64);
  const alone = (work: string, events: Events, count: number) => continues(engine, pool, work, events, count, machine);
  const fresh = async (of: Flow): Promise<Events> => eventsOf(await startMany(engine, of.id, Math.ceil(pages / EARLY), pool), of);
  const flows = await Promise.all([
    [SHORT_FLOW, 'start'], [LONG_FLOW, 'start'], [SHORT_FLOW, 'end'], [LONG_FLOW, 'end'],
  ].map(async ([length, where]) => ({ length: Number(length), where: String(where), flow: await makeFlow(engine, loopIn(Number(length), where === 'start' ? 'start' : 'end')) })));
  // Whatever is compiled on the way is compiled before anything is measured.
  await alone('', await fresh(flow), pages);
  await alone('', long, Math.ceil(pages / 20));
  const entries = [
    await alone('continue at step 10', await fresh(flow), pages),
    // Fewer, so that the long runs do not grow much longer from round to round.
    await alone(`continue at step ${long_step.toLocaleString('en-US')}`, long, Math.max(long.count, Math.round(pages / 5))),
  ];
  for (const { length, where, flow: of } of flows) entries.push(await alone(`continue in a flow of ${length.toLocaleString('en-US')}, at its ${where}`, await fresh(of), pages));
  pool.close();
  return [...entries, ...(await measureWakes(engine, nappers, long_step, machine))];
}

async function continues(engine: Engine, pool: Pool, work: string, events: Events, count: number, machine: Machine): Promise<Entry> {
  let sent = 0;
  const before = await engine.usage();
  const sample = await pool.run(() => (sent < count ? events.next(sent++ % events.count) : undefined), 120_000, 1);
  return entryOf({ work, conc: 1, unit: 'event', units: 1 }, sample, before, await engine.usage(), machine, 1);
}
