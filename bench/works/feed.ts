// The feed: from the commit of an event to the frame at each of many WebSockets, most of which watch their own activeflows; with some that never
// read; and over a kill -9.
import { openSqlite } from 'activeflow/internal/store/sqlite/sqlite';
import type { FeedSizes } from '../args.js';
import { freshPath, removeDatabase, startEngine, type Engine } from '../engine.js';
import { latenciesOf, machineOf, type Entry } from '../entry.js';
import type { Asked, Heard, Plan, Said, Told } from '../feed-clients.js';
import { oneWait } from '../flows.js';
import type { Machine } from '../machine.js';
import { monotonicUs } from '../monotonic.js';
import type { Commit } from '../server.js';
import { sendSteadily, startPeer, type Peer } from '../steady.js';
import { eventsOf, makeFlow, startMany } from './requests.js';

/** What one scenario came to; latencies sorted. */
export type FeedHeard = Omit<Heard, 'latencies'> & {
  readonly latencies: Float64Array; readonly warm_latencies: Float64Array; readonly per_s: number; readonly events_per_s: number; readonly most_waiting_bytes: number; readonly engine_cpu_us: number; readonly rss_mb: number; readonly load_cpu: number;
};
/** What the three came to. */
export type FeedMeasured = { readonly few: FeedHeard; readonly many: FeedHeard; readonly resumed: Heard };

/** Of how many clients one watches all of the customer's activeflows. */
const WATCH_ALL = { few: 20, many: 250 } as const;
/** How many activeflows of its own each of the few watches. */
const EACH = 20;
/** A run goes through so many waits, and begins again. */
const WAITS = 8;
/** How long the last frames may take. */
const PATIENCE_MS = 20_000;
/** Whoever has so much waiting is told nothing more; and how often it is looked at whether all of them are. */
const FULL_BYTES = 900_000;
const MOST_STEPS = 10;

/** Measures all three. */
export async function measureFeed(sizes: FeedSizes): Promise<FeedMeasured> {
  const few = await measureScenario(sizes, sizes.clients * EACH, (ids) => Array.from({ length: sizes.clients }, (_, i) =>
    ({ ids: i % WATCH_ALL.few === 0 ? [] : ids.slice(i * EACH, (i + 1) * EACH), reads: true })));
  // Who never reads watches everything, or it would never be slow.
  const many = await measureScenario(sizes, sizes.sockets, (ids) => Array.from({ length: sizes.sockets }, (_, i) => {
    const deaf = i < sizes.deaf;
    return { ids: deaf || i % WATCH_ALL.many === 0 ? [] : ids.slice(i, i + 1), reads: !deaf };
  }));
  return { few, many, resumed: await measureResumption(sizes) };
}

/** The lines of the result. */
export function feedEntries({ few, many }: FeedMeasured, sizes: FeedSizes, machine: Machine): readonly Entry[] {
  const entry = (work: string, conc: number, heard: FeedHeard): Entry => ({
    work, store: 'sqlite', conc, unit: 'frame', per_s: heard.per_s, ...latenciesOf(heard.latencies), engine_cpu_us_per: heard.engine_cpu_us / Math.max(1, heard.frames),
    disk_flushes_per: null, rss_mb: heard.rss_mb, ...machineOf(machine), load_cpu: heard.load_cpu,
  });
  const rate = `${sizes.per_s.toLocaleString('en-US')} events/s`;
  return [
    entry(`feed, ${rate}: ${EACH} activeflows each, one in ${WATCH_ALL.few} all`, sizes.clients, few),
    entry(`feed, ${rate}: 1 activeflow each, one in ${WATCH_ALL.many} all, ${sizes.deaf} of them deaf to all`, sizes.sockets, many),
  ];
}

const FLOW = [...Array.from({ length: WAITS }, (_, i) => ({ ...oneWait[0], id: `wait${i}` })), { id: 'again', type: 'goto', option: { target_id: 'wait0' } }];

type Clients = Peer<Asked, Said>;
const startClients = (): Promise<Clients> => startPeer('feed-clients.js');

/** Requests in turn, each run's next one after its last. */
async function prepareMoves(engine: Engine, runs: number): Promise<{ readonly ids: readonly string[]; readonly next: () => Buffer }> {
  const flow = await makeFlow(engine, FLOW);
  const ids = await startMany(engine, flow.id, runs);
  const events = eventsOf(ids, flow);
  let at = 0;
  return { ids, next: () => events.next(at++ % ids.length) };
}

async function measureScenario(sizes: FeedSizes, runs: number, plan: (ids: readonly string[]) => readonly Plan[]): Promise<FeedHeard> {
  const { per_s, measure_ms } = sizes;
  const path = freshPath('feed');
  const engine = await startEngine({ path, settings: { BENCH_COMMITS: '1' } });
  const clients = await startClients();
  try {
    const { ids, next } = await prepareMoves(engine, runs);
    const start = await lastOf(path);
    const plans = plan(ids);
    await clients.ask({ connect: { port: engine.port, plans, after: start } });
    await engine.feed();
    const commits = await fillUp(engine, next, sizes, plans.filter(({ reads }) => !reads).length);
    const [before, own, since_us, warm_frames] = [await engine.usage(), process.cpuUsage(), monotonicUs(), await framesOf(clients)];
    await sendSteadily(engine.port, next, per_s, measure_ms);
    const [until_us, after, { user, system }] = [monotonicUs(), await engine.usage(), process.cpuUsage(own)];
    const frames = (await quiet(clients)) - warm_frames;
    const used = await engine.feed();
    const told = await toldOf(path, start, [...commits, ...used.commits]);
    const warm = await judged(clients, told, 0, since_us);
    const heard = await judged(clients, told, since_us, until_us);
    const seconds = (until_us - since_us) / 1e6;
    return {
      ...heard, latencies: Float64Array.from(heard.latencies).sort(), warm_latencies: Float64Array.from(warm.latencies).sort(), frames, per_s: frames / seconds,
      events_per_s: told.filter(([, , at_us]) => at_us > since_us && at_us <= until_us).length / seconds, most_waiting_bytes: Math.max(0, ...used.waiting_bytes),
      engine_cpu_us: after.cpu_us - before.cpu_us, rss_mb: after.rss_bytes / 1048576, load_cpu: (user + system) / 1e6 / seconds,
    };
  } finally {
    await clients.close();
    await engine.close();
    removeDatabase(path);
  }
}

/** Moves runs on until everybody is warm, and the buffers of those who never read are full, the system's and the server's. Gives the commits. */
async function fillUp(engine: Engine, next: () => Buffer, { per_s, warm_ms }: FeedSizes, deaf: number): Promise<readonly Commit[]> {
  const commits: Commit[] = [];
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    await sendSteadily(engine.port, next, per_s, warm_ms);
    const used = await engine.feed();
    commits.push(...used.commits);
    if (used.waiting_bytes.filter((bytes) => bytes > FULL_BYTES).length >= deaf) break;
  }
  return commits;
}

async function judged(clients: Clients, told: readonly Told[], since_us: number, until_us: number): Promise<Heard> {
  const { heard } = await clients.ask({ judge: { told, since_us, until_us } });
  if (!heard) throw new Error('the clients said nothing');
  return heard;
}

const framesOf = async (clients: Clients): Promise<number> => (await clients.ask({ frames: true })).frames ?? 0;

/** Everybody watches everything; the engine is killed under load and started again, and they go on after their last number. */
async function measureResumption({ per_s, measure_ms }: FeedSizes): Promise<Heard> {
  const path = freshPath('feed-kill');
  let engine = await startEngine({ path });
  const clients = await startClients();
  try {
    const { next } = await prepareMoves(engine, 200);
    const start = await lastOf(path);
    const plans = Array.from({ length: 20 }, () => ({ ids: [], reads: true }));
    await clients.ask({ connect: { port: engine.port, plans, after: start } });
    for (let kills = 0; kills < 3; kills++) {
      const moving = sendSteadily(engine.port, next, per_s / 2, measure_ms / 3);
      await new Promise((resolve) => { setTimeout(resolve, measure_ms / 4); });
      await engine.kill();
      await moving;
      engine = await startEngine({ path });
      await clients.ask({ connect: { port: engine.port, plans, after: start } });
    }
    await sendSteadily(engine.port, next, per_s / 4, measure_ms / 4);
    await quiet(clients);
    return await judged(clients, await toldOf(path, start, []), 0, 0);
  } finally {
    await clients.close();
    await engine.close();
    removeDatabase(path);
  }
}

/** Waits until no frame comes any more; gives their number. */
async function quiet(clients: Clients): Promise<number> {
  const until = performance.now() + PATIENCE_MS;
  for (let before = -1; ;) {
    const frames = await framesOf(clients);
    if (frames === before || performance.now() > until) return frames;
    before = frames;
    await new Promise((resolve) => { setTimeout(resolve, 500); });
  }
}

async function lastOf(path: string): Promise<number> {
  const store = openSqlite(path, { read_only: true });
  const last = await store.last();
  await store.close();
  return last;
}

/** What has been told after a number, from the log. */
async function toldOf(path: string, start: number, commits: readonly Commit[]): Promise<readonly Told[]> {
  const at = new Map(commits.map(([id, version, at_us]) => [`${id} ${version}`, at_us]));
  const store = openSqlite(path, { read_only: true });
  const told: Told[] = [];
  for (let after = start; ;) {
    const page = await store.feed(after, 2_000);
    if (page.length === 0) break;
    for (const one of page) if (one.event && one.event.type !== 'settled') told.push([one.seq, one.activeflow_id, at.get(`${one.activeflow_id} ${one.event.version}`) ?? 0]);
    after = page.at(-1)?.seq ?? after;
  }
  await store.close();
  return told;
}
