// Messages that come in at a steady rate, each of which wakes the run of its sender: until the next action has begun, durably.
import type { MessageSizes } from '../args.js';
import type { Engine } from '../engine.js';
import { latenciesOf, machineOf, type Entry } from '../entry.js';
import { request } from '../flows.js';
import type { Machine } from '../machine.js';
import { onFreshEngine } from '../measure.js';
import { sendSteadily } from '../steady.js';
import { makeFlow } from './requests.js';

/** What the messages came to; latencies sorted, from the moment a message was due to come in. `kept` is how many of them no run has read. */
export type MessagesMeasured = { readonly latencies: Float64Array; readonly per_s: number; readonly cpu_us: number; readonly rss_mb: number; readonly kept: number };

const NUMBER = '+15550100';
/** Waits for a message, does something with it, and waits for the next. */
const talk = [
  { id: 'hear', type: 'message_receive', option: { duration: 24 * 3_600_000 } },
  { id: 'keep', type: 'variable_set', option: { key: 'said', value: '${voipbin.message.text}' } },
  { id: 'back', type: 'goto', option: { target_id: 'hear' } },
];

/** Measures it: every sender has a run that waits before the first message counts. */
export const measureMessages = ({ per_s, senders, measure_ms }: MessageSizes): Promise<MessagesMeasured> => onFreshEngine('messages', async (engine) => {
  const { id: message_flow_id } = await makeFlow(engine, talk);
  await engine.call('POST', '/numbers', { number: NUMBER, message_flow_id });
  let sent = 0;
  const next = (): Buffer => request('POST', '/simulator/messages', { number: NUMBER, source: { target: `+1555${String(1_000_000 + (sent++ % senders))}` }, text: `message ${sent}` });
  // A little more than once around: by then each has a run, and is warm.
  await sendSteadily(engine.port, next, per_s, ((senders + 10) / per_s) * 1000);
  const [before, began] = [await engine.usage(), performance.now()];
  const latencies = await sendSteadily(engine.port, next, per_s, measure_ms);
  const seconds = (performance.now() - began) / 1000;
  const after = await engine.usage();
  return { latencies, per_s: latencies.length / seconds, cpu_us: (after.cpu_us - before.cpu_us) / Math.max(1, latencies.length), rss_mb: after.rss_bytes / 1048576, kept: await unread(engine, sent, senders) };
}, { ACTIVEFLOW_SIMULATOR: 'true' });

/** Messages that led to no step: each one's run must have read it. */
async function unread(engine: Engine, sent: number, senders: number): Promise<number> {
  const { result } = await engine.call<{ readonly result: readonly { readonly id: string }[] }>('GET', '/activeflows?status=running&page_size=100');
  const looked = Math.min(100, senders);
  let read = 0;
  for (const { id } of result.slice(0, looked)) read += Number(await saidOf(engine, id) > sent - 2 * senders);
  return looked - read;
}

/** The number of the message that a run has read last. */
async function saidOf(engine: Engine, id: string): Promise<number> {
  const { variables } = await engine.call<{ readonly variables: Readonly<Record<string, string>> }>('GET', `/activeflows/${id}/variables`);
  return Number(variables['said']?.split(' ')[1] ?? 0);
}

/** The line of the result. */
export const messageEntries = ({ latencies, per_s, cpu_us, rss_mb }: MessagesMeasured, machine: Machine): readonly Entry[] => [{
  work: 'incoming message to its next action', store: 'sqlite', conc: 1, unit: 'message', per_s, ...latenciesOf(latencies), engine_cpu_us_per: cpu_us, disk_flushes_per: null, rss_mb, ...machineOf(machine), load_cpu: null,
}];
