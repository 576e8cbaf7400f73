// Calls from browsers: how soon one is connected, and what many of them take that are played to and heard.
import { setTimeout as sleep } from 'node:timers/promises';
import { createMedia } from 'activeflow/internal/media/client';
import { createWebrtc } from 'activeflow/internal/driver/webrtc/webrtc';
import { silent } from 'activeflow/internal/log';
import type { BrowserSizes } from '../args.js';
import type { AskedBrowsers, SaidBrowsers } from '../browsers.js';
import { latenciesOf, machineOf, type Entry } from '../entry.js';
import type { Machine } from '../machine.js';
import { startPeer, type Peer } from '../steady.js';
import { workerCpuUs } from './media.js';

/** Milliseconds from the offer until the connection is up, sorted; the share of a core that both worker threads took, and that the browsers did; packets a second that the browsers heard. */
export type BrowserMeasured = { readonly connected: Float64Array; readonly core: number; readonly heard_per_s: number; readonly rss_mb: number; readonly load_cpu: number };

const CUSTOMER = '00000000-0000-4000-8000-00000000000c';

/** Connects so many browsers one after the other, then plays to all of them while they speak. */
export async function measureBrowser({ calls, warm_ms, measure_ms }: BrowserSizes): Promise<BrowserMeasured> {
  const media = createMedia({ host: '127.0.0.1', ports: [20_000, 59_999], silent_ms: 600_000 });
  const webrtc = createWebrtc({ media, log: silent, settings: { host: '127.0.0.1', port: 0, public_address: '', ice_servers: [], at_most: calls } });
  webrtc.listen((leg_id, { type }) => {
    if (type !== 'offered') return;
    void webrtc.answer(leg_id);
    media.play(leg_id, leg_id, [{ kind: 'tone', frequencies_hz: [350, 440], on_ms: 1_000, off_ms: 0, repeat: null }]);
  });
  await webrtc.start();
  const browsers = await startPeer<AskedBrowsers, SaidBrowsers>('browsers.js');
  try {
    const connected: number[] = [];
    for (let i = 0; i < calls; i++) connected.push(await dial(webrtc, browsers));
    await browsers.ask('begin');
    await sleep(warm_ms);
    await browsers.ask('begin');
    const [cpu_us, began] = [workerCpuUs(), performance.now()];
    await sleep(measure_ms);
    const [used_us, seconds] = [workerCpuUs() - cpu_us, (performance.now() - began) / 1000];
    const { heard } = await browsers.ask('heard');
    if (!heard || heard.packets === 0) throw new Error('the browsers heard nothing');
    return { connected: Float64Array.from(connected).sort(), core: used_us / 1e6 / seconds, heard_per_s: heard.packets / seconds, rss_mb: process.memoryUsage.rss() / 1048576, load_cpu: heard.cpu_us / 1e6 / seconds };
  } finally {
    await webrtc.close();
    await media.stopWorker();
    await browsers.close();
  }
}

async function dial(webrtc: ReturnType<typeof createWebrtc>, browsers: Peer<AskedBrowsers, SaidBrowsers>): Promise<number> {
  const { sdp = '' } = await browsers.ask('offer');
  const answer = await webrtc.call({ customer_id: CUSTOMER, source: '', destination: { number: '1' }, sdp });
  if (!answer.taken) throw new Error(answer.detail);
  const { connected_ms } = await browsers.ask({ answer: answer.sdp });
  return connected_ms ?? Number.NaN;
}

/** The line of the result. Latencies are from the offer until the connection is up. */
export function browserEntries({ connected, core, heard_per_s, rss_mb, load_cpu }: BrowserMeasured, { calls }: BrowserSizes, machine: Machine): readonly Entry[] {
  return [{
    work: 'calls from browsers: offer to connected; packets heard', store: 'sqlite', conc: calls, unit: 'packet', per_s: heard_per_s, ...latenciesOf(connected), engine_cpu_us_per: (core * 1e6) / Math.max(1, heard_per_s),
    disk_flushes_per: null, rss_mb, ...machineOf(machine), load_cpu,
  }];
}
