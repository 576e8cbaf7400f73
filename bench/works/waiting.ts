// Many waiting runs: what each costs in memory, what they all cost while nothing happens, and how soon they are back after a crash.
import type { Sizes } from '../args.js';
import { freshPath, removeDatabase, startEngine } from '../engine.js';
import { machineOf, type Entry } from '../entry.js';
import { oneWait } from '../flows.js';
import type { Machine } from '../machine.js';
import { makeFlow, startMany } from './requests.js';

/** What `runs` waiting runs cost. */
export type Waiting = {
  readonly runs: number;
  /** Growth of the process and of the heap, after a garbage collection, by each run. */
  readonly bytes_each: number;
  readonly heap_bytes_each: number;
  readonly rss_mb: number;
  /** Share of one core while nothing happens. */
  readonly idle_core: number;
  /** From starting the process after `kill -9` until a run was read; and the same with an empty store. */
  readonly ready_s: number;
  readonly ready_empty_s: number;
};

/** So many are started first, that every cache is full and only what grows with the runs grows. */
const FIRST = 8_000;

/** Starts `runs` waiting runs over HTTP, lets them wait, kills the engine and starts it again. */
export async function measureWaiting(runs: number, { idle_ms }: Sizes): Promise<Waiting> {
  const path = freshPath(`waiting-${runs}`);
  const { engine: first, seconds: ready_empty_s } = await timedStart(path);
  const { id } = await makeFlow(first, oneWait);
  const [one = ''] = await startMany(first, id, Math.min(FIRST, Math.floor(runs / 2)));
  const before = await first.collect();
  const more = runs - Math.min(FIRST, Math.floor(runs / 2));
  await startMany(first, id, more);
  const after = await first.collect();
  const idle_core = await idle(first, idle_ms);
  await first.kill();
  const { engine: second, seconds: ready_s } = await timedStart(path, one);
  await second.close();
  removeDatabase(path);
  return {
    runs, bytes_each: (after.rss_bytes - before.rss_bytes) / more, heap_bytes_each: (after.heap_bytes - before.heap_bytes) / more,
    rss_mb: after.rss_bytes / 1048576, idle_core, ready_s, ready_empty_s,
  };
}

/** What it came to, as lines of the result. */
export function waitingEntries({ runs, rss_mb, ready_s, idle_core }: Waiting, machine: Machine): readonly Entry[] {
  const common = { store: 'sqlite', conc: 1, disk_flushes_per: 0, rss_mb, ...machineOf(machine), load_cpu: null } as const;
  const name = runs.toLocaleString('en-US');
  return [
    { ...common, work: `${name} waiting, idle`, unit: 'second', per_s: 1, p50_ms: null, p99_ms: null, max_ms: null, engine_cpu_us_per: idle_core * 1e6, disk_flushes_per: null },
    { ...common, work: `${name} waiting, start after kill -9`, unit: 'start', per_s: 1 / ready_s, p50_ms: ready_s * 1000, p99_ms: null, max_ms: ready_s * 1000, engine_cpu_us_per: null, disk_flushes_per: null },
  ];
}

async function idle(engine: Awaited<ReturnType<typeof startEngine>>, milliseconds: number): Promise<number> {
  // What the starts left to do is not idleness.
  await sleep(Math.min(2_000, milliseconds));
  const before = await engine.usage();
  const began = performance.now();
  await sleep(milliseconds);
  const after = await engine.usage();
  return (after.cpu_us - before.cpu_us) / 1000 / (performance.now() - began);
}

async function timedStart(path: string, activeflow_id?: string) {
  const began = performance.now();
  const engine = await startEngine({ path });
  await engine.call('GET', activeflow_id === undefined ? '/activeflows?page_size=1' : `/activeflows/${activeflow_id}`);
  return { engine, seconds: (performance.now() - began) / 1000 };
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
