// Measuring one work on one engine: warm up, ask what was used, measure, ask again.
import { freshPath, removeDatabase, startEngine, type Engine } from './engine.js';
import { entryOf, type Entry, type Kind } from './entry.js';
import { openPool, type Next } from './load.js';
import type { Machine } from './machine.js';
import { showSummary, summarise } from './profile.js';
import type { Options } from './args.js';
import type { RequestWork } from './works/requests.js';

/** What one measurement is taken with. */
export type Measuring = { readonly warm_ms: number; readonly measure_ms: number; readonly machine: Machine; readonly flushes_per_group: number };

/** Sends requests on `kind.conc` connections: a while unmeasured, then measured. */
export async function measure(engine: Engine, kind: Kind, next: Next, { warm_ms, measure_ms, machine, flushes_per_group }: Measuring): Promise<Entry> {
  const pool = await openPool(engine.port, kind.conc);
  await pool.run(next, warm_ms);
  const before = await engine.usage();
  const sample = await pool.run(next, measure_ms);
  const after = await engine.usage();
  pool.close();
  return entryOf(kind, sample, before, after, machine, flushes_per_group);
}

/** Runs `work` on an engine with a new database, which is removed afterwards. */
export async function onFreshEngine<T>(name: string, work: (engine: Engine) => Promise<T>, settings: Readonly<Record<string, string>> = {}): Promise<T> {
  const path = freshPath(name);
  const engine = await startEngine({ path, settings });
  try {
    return await work(engine);
  } finally {
    await engine.close();
    removeDatabase(path);
  }
}

/** Measures a work of one request each, at each concurrency, on an engine of its own that was warmed at the highest. */
export function measureRequests(work: RequestWork, { conc, sizes }: Options, machine: Machine, flushes_per_group: number): Promise<readonly Entry[]> {
  const { warm_ms, measure_ms } = sizes;
  return onFreshEngine(work.work, async (engine) => {
    const entries: Entry[] = [];
    const most = Math.max(...conc);
    await measure(engine, { ...work, conc: most }, await work.prepare(engine, most), { warm_ms, measure_ms: 1, machine, flushes_per_group });
    for (const width of conc) {
      const next = await work.prepare(engine, width);
      entries.push(await measure(engine, { ...work, conc: width }, next, { warm_ms: warm_ms / 4, measure_ms, machine, flushes_per_group }));
    }
    return entries;
  });
}

/** A profile of a work, as text. */
export function profileRequests(work: RequestWork, { conc, sizes }: Options): Promise<string> {
  const width = conc.at(-1) ?? 1;
  return onFreshEngine(work.work, async (engine) => {
    const next = await work.prepare(engine, width);
    const pool = await openPool(engine.port, width);
    await pool.run(next, sizes.warm_ms * 2);
    await engine.profile();
    const before = await engine.usage();
    const { requests } = await pool.run(next, sizes.measure_ms);
    const after = await engine.usage();
    const profile = await engine.profiled();
    pool.close();
    return `${work.work} at ${width} at once\n${showSummary(summarise(profile), (after.cpu_us - before.cpu_us) / (requests * work.units), work.unit)}`;
  });
}
