// Calls by SIP, made by sipp: many, over a link that loses a tenth, and as many a second as there can be. Each is answered, heard and hung up, and is a run of its own.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallSizes } from '../args.js';
import { RESULTS, type Engine } from '../engine.js';
import { machineOf, type Entry } from '../entry.js';
import type { Machine } from '../machine.js';
import { onFreshEngine } from '../measure.js';
import { makeFlow } from './requests.js';

/** How calls went. `core_us` is CPU of the engine, all threads, for each. */
export type CallsDone = { readonly calls: number; readonly failed: number; readonly per_s: number; readonly core_us: number; readonly rss_mb: number; readonly again: number };
/** All of them. `most` is the highest rate at which none failed and all came in time; `left` how many the engine still held for up afterwards. */
export type CallsMeasured = { readonly plain: CallsDone; readonly lossy: CallsDone; readonly steps: readonly CallsDone[]; readonly most: number; readonly left: number };

const SCENARIO = fileURLToPath(new URL('../../../test/peers/scenarios/call.xml', import.meta.url));
/** sipp calls from an address of its own, which is that of a trunk. */
const FROM = '127.0.0.2';
const NUMBER = '100';
/** A step in which fewer calls came than asked for is one that the machine did not carry. */
const IN_TIME = 0.95;

/** Whether sipp is here. */
export const hasSipp = (): boolean => (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'sipp')));

/** Measures all of them, on an engine each: none inherits the rows of another. */
export async function measureCalls(sizes: CallSizes): Promise<CallsMeasured> {
  let left = 0;
  const on = (calls: number, rate: number, lost: number): Promise<CallsDone> => onEngine(async (engine, port) => {
    const done = await call(engine, port, { calls, rate, lost });
    left += await up(engine);
    return done;
  });
  const plain = await on(sizes.calls, sizes.rate, 0);
  const lossy = await on(sizes.calls, sizes.rate, 10);
  const steps = [];
  for (const rate of sizes.rates) {
    const step = await on(rate * sizes.step_s, rate, 0);
    steps.push(step);
    if (step.failed > 0 || step.per_s < rate * IN_TIME) break;
  }
  const carried = steps.filter(({ failed, per_s }, i) => failed === 0 && per_s >= (sizes.rates[i] ?? 0) * IN_TIME);
  return { plain, lossy, steps, most: Math.max(0, ...carried.map(({ per_s }) => per_s)), left };
}

/** The lines of the result. */
export function callEntries({ plain, lossy, steps }: CallsMeasured, { rate, rates }: CallSizes, machine: Machine): readonly Entry[] {
  const entry = (work: string, done: CallsDone): Entry => ({
    work, store: 'sqlite', conc: done.calls, unit: 'call', per_s: done.per_s, p50_ms: null, p99_ms: null, max_ms: null, engine_cpu_us_per: done.core_us,
    disk_flushes_per: null, rss_mb: done.rss_mb, ...machineOf(machine), load_cpu: null,
  });
  return [entry(`calls by sipp, ${rate}/s`, plain), entry('the same, a tenth of the messages lost', lossy), ...steps.map((step, i) => entry(`calls by sipp, ${rates[i]}/s`, step))];
}

async function onEngine<T>(work: (engine: Engine, port: number) => Promise<T>): Promise<T> {
  const port = await freeUdpPort();
  const settings = { ACTIVEFLOW_SIP: 'true', ACTIVEFLOW_SIP_PORT: String(port), ACTIVEFLOW_MAX_CALLS: '0', ACTIVEFLOW_RTP_PORTS: '20000-59999', ACTIVEFLOW_LOG: 'warn', ACTIVEFLOW_SPEECH_CACHE: join(RESULTS, 'data', 'speech') };
  return onFreshEngine('calls', async (engine) => {
    const { id: call_flow_id } = await makeFlow(engine, [{ type: 'echo', option: { duration: 600_000 } }]);
    await engine.call('POST', '/numbers', { number: NUMBER, call_flow_id });
    await engine.call('POST', '/trunks', { name: 'sipp', uri: `sip:${FROM}`, allowed_addresses: [`${FROM}/32`] });
    // The first call meets a server that has just started: it is none of those that count.
    await sipp(port, { calls: 20, rate: 20, lost: 0 });
    return work(engine, port);
  }, settings);
}

type Asked = { readonly calls: number; readonly rate: number; readonly lost: number };

async function call(engine: Engine, port: number, asked: Asked): Promise<CallsDone> {
  const before = await engine.usage();
  const { failed, successful, seconds, again } = await sipp(port, asked);
  const after = await engine.usage();
  return { calls: asked.calls, failed: failed + asked.calls - failed - successful, per_s: successful / seconds, core_us: (after.cpu_us - before.cpu_us) / asked.calls, rss_mb: after.rss_bytes / 1048576, again };
}

/** Runs the scenario. `seconds` are those in which calls were begun; `again` counts its retransmissions. */
async function sipp(port: number, { calls, rate, lost }: Asked): Promise<{ readonly successful: number; readonly failed: number; readonly seconds: number; readonly again: number }> {
  const folder = mkdtempSync(join(RESULTS, 'data', 'sipp-'));
  const give_up_s = Math.ceil(calls / rate) + 120;
  const child = spawn('sipp', [
    `127.0.0.1:${port}`, '-sf', SCENARIO, '-s', NUMBER, '-i', FROM, '-mi', FROM, '-m', String(calls), '-r', String(rate), '-l', String(calls), '-nostdin', '-trace_stat', '-stf', join(folder, 'counts.csv'), '-fd', '1',
    '-timeout', String(give_up_s), ...(lost > 0 ? ['-lost', String(lost)] : []),
  ], { cwd: folder, stdio: 'ignore' });
  await new Promise((resolve, reject) => { child.once('error', reject).once('close', resolve); });
  const [names = [], ...lines] = readFileSync(join(folder, 'counts.csv'), 'utf8').trim().split('\n').map((line) => line.split(';'));
  rmSync(folder, { recursive: true });
  const of = (line: readonly string[] | undefined, name: string): number => Number(line?.[names.indexOf(name)] ?? 0);
  // A line a second: the calls are all begun in the first one that counts as many.
  const begun = lines.findIndex((line) => of(line, 'TotalCallCreated') >= calls);
  const last = lines.at(-1);
  return { successful: of(last, 'SuccessfulCall(C)'), failed: of(last, 'FailedCall(C)'), again: of(last, 'Retransmissions(C)'), seconds: Math.max(calls / rate, begun - 1) };
}

/** Calls that are up although their far ends are gone. */
async function up(engine: Engine): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${engine.port}/metrics`);
  return Number(/^activeflow_calls(?:\{[^}]*\})? (\d+)/m.exec(await answer.text())?.[1] ?? Number.NaN);
}

function freeUdpPort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => { const { port } = socket.address(); socket.close(() => { resolve(port); }); });
  });
}
