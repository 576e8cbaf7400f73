// Metrics for Prometheus. The hot path counts in plain numbers; text is made of them when somebody asks.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Registry, type Metric } from 'prom-client';
import type { Committer } from '../runner/committer.js';
import type { Runner } from '../runner/runner.js';
import type { Store } from '../store/store.js';

/** What is measured: the numbers that the rooms keep anyway. */
export type Measured = {
  readonly runner: Pick<Runner, 'stats'>; readonly committer: Pick<Committer, 'stats'>; readonly store: Pick<Store, 'counts'>;
  /** What is counted of calls; undefined where none are carried. */
  readonly telephony?: (() => Promise<Telephony>) | undefined;
  /** How the providers of messages are, by name; undefined where there are none. */
  readonly messages?: (() => Readonly<Record<string, { readonly up: boolean; readonly in_flight: number }>>) | undefined;
  readonly dispatcher: { readonly stats: { readonly performed: number; readonly failed: number; readonly dead: number; readonly in_flight: number } };
};

/** The counts of calls, their signalling and their sound. */
export type Telephony = {
  readonly calls: number; readonly phones: number;
  readonly sip: { readonly requests: number; readonly responses: number; readonly retransmissions: number; readonly bad: number; readonly dropped: number };
  readonly media: { readonly legs: number; readonly packets_in: number; readonly packets_out: number; readonly refused: number; readonly late: number };
};

/** Sees each answer, and tells what it has seen. */
export type Metrics = {
  readonly observe: (operation: string, status: number, milliseconds: number) => void;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  readonly content_type: string;
  close(): void;
};

/** Upper bounds of the buckets of durations, in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Makes the metrics of a server. */
export function createMetrics(measured: Measured): Metrics {
  const registry = new Registry();
  const durations = durationsOf();
  registry.registerMetric(durations.metric);
  countersOf(registry, measured);
  gaugesOf(registry, measured);
  if (measured.telephony) telephonyOf(registry, measured.telephony);
  if (measured.messages) messagesOf(registry, measured.messages);
  const close = eventLoop(registry);
  return { observe: durations.observe, text: () => registry.metrics(), content_type: registry.contentType, close };
}

function countersOf(registry: Registry, { runner, committer, dispatcher }: Measured): void {
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({ name: `activeflow_${name}`, help, registers: [registry], collect() { this.reset(); this.inc(read()); } });
  counter('commands_total', 'commands carried out', () => runner.stats.commands);
  counter('conflicts_total', 'commands decided again because the activeflow had moved', () => runner.stats.conflicts);
  counter('commands_refused_total', 'commands refused', () => runner.stats.refused);
  counter('activeflows_ended_total', 'activeflows that have ended', () => runner.stats.ended);
  counter('commit_groups_total', 'transactions', () => committer.stats.groups);
  counter('commit_changes_total', 'changes committed in them', () => committer.stats.changes);
  counter('effects_performed_total', 'effects handed to a driver', () => dispatcher.stats.performed);
  counter('effects_failed_total', 'times a driver failed', () => dispatcher.stats.failed);
  counter('effects_given_up_total', 'effects given up after their last attempt', () => dispatcher.stats.dead);
}

type Counts = Awaited<ReturnType<Store['counts']>>;

function gaugesOf(registry: Registry, { dispatcher, store }: Measured): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({ name: `activeflow_${name}`, help, registers: [registry], collect() { this.set(read()); } });
  gauge('effects_in_flight', 'effects being performed', () => dispatcher.stats.in_flight);
  gauge('process_resident_memory_bytes', 'memory of the process', () => process.memoryUsage.rss());
  gauge('process_cpu_seconds', 'CPU time of the process', () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; });
  // All three collect in one turn of a scrape, so they are one look at the store.
  let looking: Promise<Counts> | undefined;
  const counts = (): Promise<Counts> => {
    // A store that cannot be read takes its own three numbers away, not the others.
    looking ??= store.counts().catch(() => ({ running: Number.NaN, effects_due: Number.NaN, effects_dead: Number.NaN })).finally(() => { looking = undefined; });
    return looking;
  };
  const count = (name: string, help: string, which: keyof Counts) =>
    new Gauge({ name: `activeflow_${name}`, help, registers: [registry], async collect() { this.set((await counts())[which]); } });
  count('activeflows_running', 'activeflows that are running', 'running');
  count('effects_due', 'effects that are to be performed, now or later', 'effects_due');
  count('effects_dead', 'effects that were given up, as the store has them', 'effects_dead');
}

const OF_CALLS: readonly (readonly [name: string, kind: 'gauge' | 'counter', help: string, read: (counted: Telephony) => number])[] = [
  ['calls', 'gauge', 'calls that are up', ({ calls }) => calls], ['sip_phones', 'gauge', 'phones that are registered', ({ phones }) => phones],
  ['sip_requests_total', 'counter', 'SIP requests that came in', ({ sip }) => sip.requests], ['sip_responses_total', 'counter', 'SIP responses that came in', ({ sip }) => sip.responses],
  ['sip_retransmissions_total', 'counter', 'SIP messages sent again', ({ sip }) => sip.retransmissions], ['sip_bad_total', 'counter', 'messages that are no SIP', ({ sip }) => sip.bad],
  ['sip_dropped_total', 'counter', 'SIP messages dropped unread, because their source sent too many', ({ sip }) => sip.dropped],
  ['media_legs', 'gauge', 'legs that have sound', ({ media }) => media.legs], ['media_packets_in_total', 'counter', 'RTP packets that came in', ({ media }) => media.packets_in],
  ['media_packets_out_total', 'counter', 'RTP packets sent', ({ media }) => media.packets_out], ['media_refused_total', 'counter', 'RTP packets refused, because they came from somebody else', ({ media }) => media.refused],
  ['media_late_total', 'counter', 'frames of sound sent more than 10 ms late', ({ media }) => media.late],
];

function telephonyOf(registry: Registry, count: () => Promise<Telephony>): void {
  // All collect in one turn of a scrape, so the media worker is asked once.
  let asked: Promise<Telephony> | undefined;
  const counted = (): Promise<Telephony> => {
    asked ??= count().finally(() => { asked = undefined; });
    return asked;
  };
  for (const [name, kind, help, read] of OF_CALLS) {
    const about = { name: `activeflow_${name}`, help, registers: [registry] };
    if (kind === 'gauge') new Gauge({ ...about, async collect() { this.set(read(await counted())); } });
    else new Counter({ ...about, async collect() { const value = read(await counted()); this.reset(); this.inc(value); } });
  }
}

function messagesOf(registry: Registry, health: NonNullable<Measured['messages']>): void {
  const gauge = (name: string, help: string, read: (of: ReturnType<typeof health>[string]) => number): void => {
    const made = new Gauge({
      name: `activeflow_message_${name}`, help, labelNames: ['provider'], registers: [registry],
      collect() { for (const [provider, one] of Object.entries(health())) made.set({ provider }, read(one)); },
    });
  };
  gauge('provider_up', 'whether a provider of messages can submit', ({ up }) => Number(up));
  gauge('submissions', 'messages that are being handed to a provider', ({ in_flight }) => in_flight);
}

function eventLoop(registry: Registry): () => void {
  const delay = monitorEventLoopDelay({ resolution: 50 });
  delay.enable();
  const lag = new Gauge({
    name: 'activeflow_event_loop_lag_seconds', help: 'how late the event loop was since the last look', labelNames: ['quantile'], registers: [registry],
    collect() {
      for (const quantile of [50, 99]) lag.set({ quantile: quantile / 100 }, Math.max(0, delay.percentile(quantile) - 50e6) / 1e9);
      lag.set({ quantile: 1 }, Math.max(0, delay.max - 50e6) / 1e9);
      delay.reset();
    },
  });
  return () => { delay.disable(); };
}

type Series = { readonly operation: string; readonly status: string; readonly counts: Float64Array; sum: number; count: number };

/** A histogram whose observation is an addition: the library's own hashes its labels each time. */
function durationsOf(): { readonly observe: Metrics['observe']; readonly metric: Metric } {
  const all = new Map<string, (Series | undefined)[]>();
  const series = (operation: string, status: number): Series => {
    const of_operation = all.get(operation) ?? [];
    if (of_operation.length === 0) all.set(operation, of_operation);
    const hundred = Math.floor(status / 100);
    return (of_operation[hundred] ??= { operation, status: `${hundred}xx`, counts: new Float64Array(BUCKETS.length + 1), sum: 0, count: 0 });
  };
  const metric = {
    name: 'activeflow_http_request_duration_seconds',
    get: async () => ({
      name: metric.name, help: 'how long requests took', type: 'histogram', aggregator: 'sum',
      values: [...all.values()].flat().filter((one) => one !== undefined).flatMap((one) => exposed(metric.name, one)),
    }),
    reset: () => { all.clear(); },
  };
  const observe: Metrics['observe'] = (operation, status, milliseconds) => {
    const one = series(operation, status);
    const seconds = milliseconds / 1000;
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket++;
    one.counts[bucket] = (one.counts[bucket] ?? 0) + 1;
    one.sum += seconds;
    one.count++;
  };
  return { observe, metric: metric as unknown as Metric };
}

function exposed(name: string, { operation, status, counts, sum, count }: Series) {
  const labels = { operation, status };
  let below = 0;
  const buckets = BUCKETS.map((le, i) => { below += counts[i] ?? 0; return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below }; });
  return [...buckets, { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
    { metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: count }];
}
