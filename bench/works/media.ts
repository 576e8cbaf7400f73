// Sound: calls that are played to and recorded by one media worker, as their far ends hear them; with the main thread at rest, and blocked again and again.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMedia } from 'activeflow/internal/media/client';
import type { Media } from 'activeflow/internal/media/media';
import type { MediaSizes } from '../args.js';
import { RESULTS } from '../engine.js';
import { latenciesOf, machineOf, type Entry } from '../entry.js';
import type { Machine } from '../machine.js';
import type { AskedPhones, HeardPhones, SaidPhones } from '../phones.js';
import { startPeer, type Peer } from '../steady.js';

/** What the far ends heard; intervals in milliseconds, sorted. `core` is the share of a core that the worker and its disk took. */
export type SoundHeard = { readonly intervals: Float64Array; readonly packets: number; readonly gaps: number; readonly late: number; readonly core: number; readonly per_s: number; readonly recorded_bytes: number; readonly rss_mb: number; readonly load_cpu: number };
/** Both. */
export type MediaMeasured = { readonly calm: SoundHeard; readonly blocked: SoundHeard };

/** How the main thread is blocked: so long in every so long. */
const BLOCKED_MS = 60;
const EVERY_MS = 250;
const TICKS_PER_S = 100;

/** Measures both. */
export const measureMedia = async (sizes: MediaSizes): Promise<MediaMeasured> => ({ calm: await measureCalls(sizes, false), blocked: await measureCalls(sizes, true) });

/** The lines of the result. Latencies are intervals between the packets of a call at its far end. */
export function mediaEntries({ calm, blocked }: MediaMeasured, { calls }: MediaSizes, machine: Machine): readonly Entry[] {
  const entry = (work: string, heard: SoundHeard): Entry => ({
    work, store: 'sqlite', conc: calls, unit: 'packet', per_s: heard.per_s, ...latenciesOf(heard.intervals), engine_cpu_us_per: (heard.core * 1e6) / Math.max(1, heard.per_s),
    disk_flushes_per: null, rss_mb: heard.rss_mb, ...machineOf(machine), load_cpu: heard.load_cpu,
  });
  return [entry('calls played and recorded, packet interval', calm), entry(`the same, main thread blocked ${BLOCKED_MS} ms in every ${EVERY_MS}`, blocked)];
}

async function measureCalls({ calls, warm_ms, measure_ms }: MediaSizes, blocks: boolean): Promise<SoundHeard> {
  const folder = mkdtempSync(join(RESULTS, 'data', 'media-'));
  const media = createMedia({ host: '127.0.0.1', ports: [20_000, 59_999], silent_ms: 600_000 });
  const phones = await startPeer<AskedPhones, SaidPhones>('phones.js');
  const block = blocks ? setInterval(() => { for (const until = performance.now() + BLOCKED_MS; performance.now() < until;); }, EVERY_MS - BLOCKED_MS) : undefined;
  try {
    await connect(media, phones, calls, folder);
    await sleep(warm_ms);
    await phones.ask('begin');
    const [late, cpu_us, began] = [(await media.stats()).late, workerCpuUs(), performance.now()];
    await sleep(measure_ms);
    const [used_us, seconds] = [workerCpuUs() - cpu_us, (performance.now() - began) / 1000];
    const { heard } = await phones.ask('heard');
    if (!heard) throw new Error('the phones said nothing');
    const stats = await media.stats();
    return { ...summed(heard, seconds), late: stats.late - late, core: used_us / 1e6 / seconds, recorded_bytes: statSync(join(folder, '0.wav')).size };
  } finally {
    clearInterval(block);
    await media.stopWorker();
    await phones.close();
    rmSync(folder, { recursive: true });
  }
}

/** Opens the calls, spread over a second and more as calls are, and begins to play and to record each. */
async function connect(media: Media, phones: Peer<AskedPhones, SaidPhones>, calls: number, folder: string): Promise<void> {
  const { ports = [] } = await phones.ask({ open: calls });
  const prompt = writePrompt(join(folder, 'prompt.wav'));
  const called: number[] = [];
  for (const [i, port] of ports.entries()) {
    const leg = `leg${i}`;
    called.push((await media.open(leg, { kind: 'udp' })).port);
    media.agree(leg, { remote: { address: '127.0.0.1', port }, codec: 'PCMU', payload_type: 0, telephone_event: 101, direction: 'sendrecv' });
    media.play(leg, `p${i}`, [{ kind: 'file', path: prompt }], true);
    media.record(leg, `r${i}`, { path: join(folder, `${i}.wav`), end_of_silence_ms: 60_000, end_of_key: '#', duration_ms: 0 });
    await sleep(5);
  }
  await phones.ask({ call: called });
}

const summed = ({ intervals, packets, gaps, cpu_us }: HeardPhones, seconds: number) => ({
  intervals: Float64Array.from(intervals).sort(), packets, gaps, per_s: packets / seconds, rss_mb: process.memoryUsage.rss() / 1048576, load_cpu: cpu_us / 1e6 / seconds,
});

/** Twenty seconds of a sound that changes, PCM 16 bits at 8 kHz. */
function writePrompt(path: string): string {
  const samples = Int16Array.from({ length: 160_000 }, (_, i) => Math.round(9_000 * Math.sin(i / 9) * Math.sin(i / 2_000)));
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.write('WAVEfmt ', 8);
  for (const [at, value] of [[4, 36 + samples.byteLength], [16, 16], [24, 8_000], [28, 16_000], [40, samples.byteLength]] as const) head.writeUInt32LE(value, at);
  for (const [at, value] of [[20, 1], [22, 1], [32, 2], [34, 16]] as const) head.writeUInt16LE(value, at);
  head.write('data', 36);
  writeFileSync(path, Buffer.concat([head, Buffer.from(samples.buffer)]));
  return path;
}

/** CPU of this process, all threads but the main one, which is the bench's: the worker's, and that of the threads that write and read for it. */
export function workerCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system - mainThreadUs();
}

/** CPU of the main thread; 0 where the system does not tell it, and then all of the process is counted. */
function mainThreadUs(): number {
  try {
    // After the name, which may contain anything: state, …, utime and stime are the 14th and 15th fields of all (proc(5)).
    const fields = readFileSync(`/proc/self/task/${process.pid}/stat`, 'latin1').replace(/^.*\) /, '').split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_S;
  } catch { return 0; }
}
