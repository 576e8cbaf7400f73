// Timers that are all due within one second: how late each is, seen by a reader of the store beside the server.
import { openSqlite } from 'activeflow/internal/store/sqlite/sqlite';
import type { Sizes } from '../args.js';
import type { Engine } from '../engine.js';
import { latenciesOf, machineOf, type Entry } from '../entry.js';
import { idOf, request, sleeper } from '../flows.js';
import { openPool } from '../load.js';
import type { Machine } from '../machine.js';
import { onFreshEngine } from '../measure.js';
import { makeFlow } from './requests.js';

/** How late timers were, in milliseconds, sorted: until decided by the engine, and until a reader of the store saw it. `early` ran before their time. */
export type Lateness = { readonly decided: Float64Array; readonly durable: Float64Array; readonly early: number; readonly missing: number; readonly cpu_us_each: number; readonly rss_mb: number };

/** From the first start until the first timer is due, at least; and for how long they are due. */
const LEAD_MS = 1_000;
const WITHIN_MS = 1_000;
const LOOK_MS = 2;
const PATIENCE_MS = 30_000;

/** Starts `timers` sleeping runs whose timers are spread over one second, and watches them end. */
export const measureTimers = ({ timers }: Sizes): Promise<Lateness> => onFreshEngine('timers', async (engine) => {
  const { id } = await makeFlow(engine, sleeper);
  const until = await startSleepers(engine, id, timers);
  const before = await engine.usage();
  const seen = await watch(engine.path, until);
  const after = await engine.usage();
  const decided = Float64Array.from(seen, ({ decided_at, due_at }) => (decided_at - due_at) / 1000).sort();
  const durable = Float64Array.from(seen, ({ seen_at, due_at }) => (seen_at - due_at) / 1000).sort();
  return {
    decided, durable, early: seen.filter(({ decided_at, due_at }) => decided_at < due_at).length, missing: timers - seen.length,
    cpu_us_each: (after.cpu_us - before.cpu_us) / timers, rss_mb: after.rss_bytes / 1048576,
  };
});

/** The line of the result: latencies are how late it was until a reader saw it. */
export const timersEntry = ({ durable, cpu_us_each, rss_mb }: Lateness, machine: Machine): Entry => ({
  work: 'timers due in one second, lateness', store: 'sqlite', conc: 1, unit: 'timer', per_s: durable.length / (WITHIN_MS / 1000), ...latenciesOf(durable),
  engine_cpu_us_per: cpu_us_each, disk_flushes_per: null, rss_mb, ...machineOf(machine), load_cpu: null,
});

/** Gives the time by which the last timer is due. */
async function startSleepers(engine: Engine, flow_id: string, timers: number): Promise<number> {
  // Ten thousand starts take a second or three; the first timer waits for the last start.
  const first = Date.now() + LEAD_MS + timers;
  const pool = await openPool(engine.port, 64);
  let sent = 0;
  await pool.run(() => {
    const i = sent++;
    if (i >= timers) return undefined;
    const wait = Math.round(first + (i * WITHIN_MS) / timers - Date.now());
    return request('POST', '/activeflows', { id: idOf(0x00c0_0000, i), flow_id, variables: { wait: String(Math.max(1, wait)) } });
  }, LEAD_MS + timers);
  pool.close();
  if (sent < timers) throw new Error('the machine was too slow to start all timers before the first was due');
  return first + WITHIN_MS;
}

type Seen = { readonly due_at: number; readonly decided_at: number; readonly seen_at: number };

/** Reads the log of events as it grows, until every sleeper that began has ended. */
async function watch(path: string, until_ms: number): Promise<readonly Seen[]> {
  const store = openSqlite(path, { read_only: true });
  const due = new Map<string, number>();
  const seen: Seen[] = [];
  for (let after = 0; Date.now() < until_ms + PATIENCE_MS;) {
    const events = await store.feed(after, 2_000);
    const now = (performance.timeOrigin + performance.now()) * 1000;
    for (const entry of events) {
      if (!entry.event) continue;
      const { activeflow_id, event } = entry;
      if (event.type === 'moved' && event.entered.action.type === 'sleep') due.set(activeflow_id, event.at + Number(event.entered.action.option['duration']) * 1000);
      const due_at = due.get(activeflow_id);
      if (event.type === 'ended' && due_at !== undefined) {
        seen.push({ due_at, decided_at: event.at, seen_at: now });
        due.delete(activeflow_id);
      }
    }
    after = events.at(-1)?.seq ?? after;
    if (events.length === 0 && due.size === 0) break;
    if (events.length === 0) await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
  }
  await store.close();
  return seen;
}
