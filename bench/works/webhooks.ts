// Webhooks: from an event to its delivery at an endpoint that answers, alone and beside one that never does.
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqlite } from 'activeflow/internal/store/sqlite/sqlite';
import type { WebhookSizes } from '../args.js';
import type { Engine } from '../engine.js';
import { latenciesOf, machineOf, type Entry } from '../entry.js';
import { idOf, request, tenSteps } from '../flows.js';
import type { Machine } from '../machine.js';
import { onFreshEngine } from '../measure.js';
import { sendSteadily, startPeer, type Peer } from '../steady.js';
import type { Arrived, AskedReceiver, SaidReceiver } from '../webhook-receiver.js';
import { makeFlow } from './requests.js';

/** What one scenario came to at the endpoint that answers; latencies sorted. `wrong` are deliveries missing and those that came twice; `held` the most requests that the other endpoint held at once. */
export type Delivered = {
  readonly latencies: Float64Array; readonly deliveries: number; readonly per_s: number; readonly wrong: number; readonly held: number; readonly engine_cpu_us: number; readonly rss_mb: number; readonly load_cpu: number;
};
/** What all came to: both, and the CPU of the engine for the same activeflows where they tell nobody. */
export type WebhooksMeasured = { readonly untold_cpu_us: number; readonly alone: Delivered; readonly beside: Delivered };

/** The activeflows of one kind have ids of one series; see `idOf`. */
const SERIES = { good: 0x00d0_0000, hanging: 0x00d1_0000, untold: 0x00d2_0000 } as const;
type Kind = keyof typeof SERIES;
/** How long the last deliveries may take, and how often it is looked at whether they are there. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 50;
/** By how much the wall clocks of two processes may ever be apart. */
const CLOCKS_US = 3_600_000_000;

/** Measures the three. */
export async function measureWebhooks(sizes: WebhookSizes): Promise<WebhooksMeasured> {
  const untold = await measureScenario(sizes, ['untold']);
  return { untold_cpu_us: untold.engine_cpu_us, alone: await measureScenario(sizes, ['good']), beside: await measureScenario({ ...sizes, measure_ms: sizes.beside_ms }, ['good', 'hanging']) };
}

/** The lines of the result. CPU is all that the engine did, for each delivery that arrived. */
export function webhookEntries({ alone, beside }: WebhooksMeasured, { per_s }: WebhookSizes, machine: Machine): readonly Entry[] {
  const entry = (work: string, conc: number, told: Delivered): Entry => ({
    work, store: 'sqlite', conc, unit: 'delivery', per_s: told.per_s, ...latenciesOf(told.latencies), engine_cpu_us_per: told.engine_cpu_us / Math.max(1, told.deliveries),
    disk_flushes_per: null, rss_mb: told.rss_mb, ...machineOf(machine), load_cpu: told.load_cpu,
  });
  return [entry(`webhooks of ${per_s} activeflows/s`, 1, alone), entry(`webhooks of ${per_s} activeflows/s, beside as many to one that never answers`, 2, beside)];
}

const measureScenario = (sizes: WebhookSizes, kinds: readonly Kind[]): Promise<Delivered> => onFreshEngine('webhooks', async (engine) => {
  const receiver = await startPeer<AskedReceiver, SaidReceiver>('webhook-receiver.js');
  try {
    return await load(engine, receiver, sizes, kinds);
  } finally {
    // Before the engine, which waits for what it has under way.
    await receiver.close();
  }
}, { ACTIVEFLOW_EGRESS_ALLOW: '127.0.0.1' });

async function load(engine: Engine, receiver: Peer<AskedReceiver, SaidReceiver>, { per_s, warm_ms, measure_ms }: WebhookSizes, kinds: readonly Kind[]): Promise<Delivered> {
  const { urls } = await receiver.ask('urls');
  if (!urls) throw new Error('the receiver listens nowhere');
  const { id: flow_id } = await makeFlow(engine, tenSteps);
  let sent = 0;
  const next = (): Buffer => {
    const kind = kinds[sent % kinds.length] ?? 'untold';
    return request('POST', '/activeflows', { id: idOf(SERIES[kind], sent++), flow_id, ...(kind === 'untold' ? {} : { webhook_uri: urls[kind] }) });
  };
  await sendSteadily(engine.port, next, per_s * kinds.length, warm_ms);
  await settled(engine, receiver);
  const [since, before, own] = [Date.now() * 1000, await engine.usage(), process.cpuUsage()];
  await sendSteadily(engine.port, next, per_s * kinds.length, measure_ms);
  const [seconds, { user, system }] = [(Date.now() * 1000 - since) / 1e6, process.cpuUsage(own)];
  const expected = await settled(engine, receiver);
  const after = await engine.usage();
  const [{ arrived = [] }, { counts }] = [await receiver.ask('arrived'), await receiver.ask('counts')];
  const measured = arrived.filter(({ event_at }) => event_at >= since);
  if (measured.some(({ event_at, arrived_at }) => event_at > arrived_at + CLOCKS_US)) throw new Error('a delivery arrived long before its event: its time was misread');
  return {
    latencies: Float64Array.from(measured, ({ event_at, arrived_at }) => (arrived_at - event_at) / 1000).sort(), deliveries: measured.length, per_s: measured.length / seconds,
    wrong: wrongOf(arrived, expected), held: counts?.held ?? 0, engine_cpu_us: after.cpu_us - before.cpu_us, rss_mb: after.rss_bytes / 1048576, load_cpu: (user + system) / 1e6 / seconds,
  };
}

/** Missing, and there more than once. */
function wrongOf(arrived: readonly Arrived[], expected: number): number {
  const distinct = new Set(arrived.map(({ id }) => id)).size;
  return expected - distinct + (arrived.length - distinct);
}

/** Waits until the endpoint that answers has been told all that it is to be told, and gives how much that is by the log. */
async function settled(engine: Engine, receiver: Peer<AskedReceiver, SaidReceiver>): Promise<number> {
  const expected = await toldOf(engine.path);
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
    const { counts } = await receiver.ask('counts');
    if ((counts?.arrived ?? 0) >= expected) break;
    await sleep(LOOK_MS);
  }
  return expected;
}

/** How many events of activeflows that tell the endpoint that answers stand in the log. */
async function toldOf(path: string): Promise<number> {
  const prefix = idOf(SERIES.good, 0).slice(0, 9);
  const store = openSqlite(path, { read_only: true });
  let told = 0;
  for (let after = 0; ;) {
    const page = await store.feed(after, 2_000);
    told += page.filter((one) => one.event && one.event.type !== 'settled' && one.activeflow_id.startsWith(prefix)).length;
    const last = page.at(-1);
    if (!last) break;
    after = last.seq;
  }
  await store.close();
  return told;
}
