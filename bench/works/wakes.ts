// Steps that a timer makes, late in a run and early: what the engine and the store cost, without a request and its answer.
import type { State } from '@activeflow/engine';
import type { Change, Store } from 'activeflow/internal/store/store';
import type { Engine } from '../engine.js';
import { machineOf, type Entry } from '../entry.js';
import { CUSTOMER_ID, idOf, request } from '../flows.js';
import { openPool } from '../load.js';
import type { Machine } from '../machine.js';
import { commitAll, listOf, moved, started } from '../offline.js';
import { makeFlow, startMany, type Flow } from './requests.js';

const NAPS = 120;
const NAP_MS = 6;
const SERIES = 0x00b8_0000;
/** Into the naps, and for how long they are looked at; the last nap is later. */
const AFTER_MS = 60;
const LOOK_MS = 500;

/** A block, then naps, then the block again: one `continue` makes a run of timers. */
const napper = [
  { id: 'a', type: 'block', option: { timeout: 24 * 3_600_000 } },
  ...Array.from({ length: NAPS }, (_, i) => ({ id: `nap${i}`, type: 'sleep', option: { duration: NAP_MS } })),
  { id: 'back', type: 'goto', option: { target_id: 'a' } },
];

/** Runs that nap, some of them with thousands of steps behind them. */
export type Nappers = { readonly flow: Flow; readonly long: readonly string[] };

/** Registers the flow. */
export const makeNapper = (engine: Engine): Promise<Flow> => makeFlow(engine, napper);

/** Writes runs that wait in their block at `long_step` or later. */
export async function writeNappers(store: Store, flow: Flow, runs: number, long_step: number): Promise<Nappers> {
  const list = await listOf(store, flow.id);
  const long = Array.from({ length: runs }, (_, i) => idOf(SERIES, i));
  for (const id of long) await commitAll(store, longNapper(id, flow.id, list, long_step));
  return { flow, long };
}

function* longNapper(id: string, flow_id: string, list: Parameters<typeof moved>[1], long_step: number): Generator<Change> {
  let at = Date.now() * 1000 - long_step * NAP_MS * 1000 - 60_000_000;
  const birth = started({ id, customer_id: CUSTOMER_ID, flow_id, list, reference: { type: 'api', id: '', activeflow_id: '' }, variables: {}, at });
  yield { activeflow: birth.write };
  let state: State = birth.state;
  while (state.current.step < long_step || state.current.action.type !== 'block') {
    const { action } = state.current;
    at = action.type === 'block' ? at + 1000 : state.wait?.until ?? at;
    const next = moved(state, list, action.type === 'block' ? { type: 'continue', action_id: action.id } : { type: 'due' }, at);
    state = next.state;
    yield { activeflow: next.write };
  }
}

/** One round: as many fresh runs as long ones nap, then the long ones. */
export async function measureWakes(engine: Engine, { flow, long }: Nappers, long_step: number, machine: Machine): Promise<readonly Entry[]> {
  const fresh = await startMany(engine, flow.id, long.length);
  await napped(engine, flow, await startMany(engine, flow.id, long.length));
  return [
    await entryOf('timer step at step 10', engine, flow, fresh, machine),
    await entryOf(`timer step at step ${long_step.toLocaleString('en-US')}`, engine, flow, long, machine),
  ];
}

async function entryOf(work: string, engine: Engine, flow: Flow, ids: readonly string[], machine: Machine): Promise<Entry> {
  const { steps, seconds, cpu_us, groups, rss_mb } = await napped(engine, flow, ids);
  return {
    work, store: 'sqlite', conc: ids.length, unit: 'step', per_s: steps / seconds, p50_ms: null, p99_ms: null, max_ms: null, engine_cpu_us_per: cpu_us / steps,
    disk_flushes_per: groups / steps, rss_mb, ...machineOf(machine), load_cpu: null,
  };
}

/** Sets the runs napping and looks at the engine while they do; each step is one change. */
async function napped(engine: Engine, flow: Flow, ids: readonly string[]) {
  const pool = await openPool(engine.port, 8);
  let sent = 0;
  const block = flow.actions[0]?.id;
  await pool.run(() => { const id = ids[sent++]; return id === undefined ? undefined : request('POST', `/activeflows/${id}/continue`, { current_action_id: block }); }, 60_000);
  pool.close();
  await sleep(AFTER_MS);
  const before = await engine.usage();
  const began = performance.now();
  await sleep(LOOK_MS);
  const after = await engine.usage();
  const seconds = (performance.now() - began) / 1000;
  for (let changes = after.changes, now = -1; now !== changes;) {
    await sleep(20 * NAP_MS);
    [changes, now] = [now, (await engine.usage()).changes];
  }
  return { steps: Math.max(1, after.changes - before.changes), seconds, cpu_us: after.cpu_us - before.cpu_us, groups: after.groups - before.groups, rss_mb: after.rss_bytes / 1048576 };
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
