// From the entries of one round to the figures they answer.
import { quantile, type Entry } from './entry.js';
import type { Value } from './figures.js';
import type { FeedMeasured } from './works/feed.js';
import { FULL_LISTS } from './works/lists.js';
import type { CallsMeasured } from './works/calls.js';
import type { BrowserMeasured } from './works/browser.js';
import type { MediaMeasured } from './works/media.js';
import type { MessagesMeasured } from './works/messages.js';
import type { SmppMeasured } from './works/smpp.js';
import type { SpeechMeasured } from './works/speech.js';
import type { Lateness } from './works/timers.js';
import type { Waiting } from './works/waiting.js';
import type { WebhooksMeasured } from './works/webhooks.js';

type Field = 'p50_ms' | 'engine_cpu_us_per' | 'per_s';

/** One entry's field against another's, where both were measured. */
function ratio(name: string, over: Entry | undefined, under: Entry | undefined, field: Field): readonly Value[] {
  const [a, b] = [over?.[field], under?.[field]];
  return a == null || b == null ? [] : [{ name, value: a / b }];
}

/** Late against early, long against short. */
export function growthValues(entries: readonly Entry[], long_step: number): readonly Value[] {
  const of = (work: string) => entries.find((entry) => entry.work === work);
  const both = (name: string, over: string, under: string): readonly Value[] =>
    [...ratio(name, of(over), of(under), 'p50_ms'), ...ratio(`${name}_cpu`, of(over), of(under), 'engine_cpu_us_per')];
  return [
    ...both('late_step', `continue at step ${long_step.toLocaleString('en-US')}`, 'continue at step 10'),
    ...ratio('late_wake_cpu', of(`timer step at step ${long_step.toLocaleString('en-US')}`), of('timer step at step 10'), 'engine_cpu_us_per'),
    ...both('long_flow', 'continue in a flow of 2,000, at its end', 'continue in a flow of 10, at its end'),
    ...both('long_flow_start', 'continue in a flow of 2,000, at its start', 'continue in a flow of 10, at its start'),
  ];
}

/** The worst of the lists that are full in both tables, and the slowest of the others. The small table's entry comes first. */
export function listValues(entries: readonly Entry[]): readonly Value[] {
  const nameOf = ({ work }: Entry): string => work.slice(work.indexOf(': ') + 2);
  const pairs = entries.flatMap((entry, i) => (i % 2 === 0 ? [[entry, entries[i + 1]] as const] : []));
  const ratios = pairs.filter(([small]) => FULL_LISTS.includes(nameOf(small))).flatMap(([small, large]) => ratio('list_worst', large, small, 'p50_ms')).map(({ value }) => value);
  const sparse = pairs.filter(([small]) => !FULL_LISTS.includes(nameOf(small))).map(([, large]) => large?.p50_ms ?? 0);
  return [{ name: 'list_worst', value: Math.max(...ratios) }, { name: 'list_sparse_ms', value: Math.max(...sparse) }];
}

/** The large table against the small one. */
export const transitionValues = ([small, large]: readonly Entry[]): readonly Value[] =>
  [...ratio('transitions', large, small, 'per_s'), ...ratio('transitions_cpu', large, small, 'engine_cpu_us_per')];

/** What the waiting runs cost. */
export const waitingValues = ({ bytes_each, idle_core, ready_s, ready_empty_s }: Waiting): readonly Value[] => [
  { name: 'parked_bytes', value: bytes_each }, { name: 'parked_idle', value: idle_core }, { name: 'parked_ready', value: ready_s }, { name: 'parked_ready_empty', value: ready_empty_s },
];

/** What the feed came to. */
export const feedValues = ({ few, many, resumed }: FeedMeasured): readonly Value[] => [
  { name: 'feed_p50', value: quantile(few.latencies, 0.5) ?? Number.NaN }, { name: 'feed_p99', value: quantile(few.latencies, 0.99) ?? Number.NaN },
  { name: 'feed_many_p99', value: quantile(many.latencies, 0.99) ?? Number.NaN }, { name: 'feed_deaf_bytes', value: many.most_waiting_bytes },
  { name: 'feed_events', value: few.events_per_s }, { name: 'feed_many_events', value: many.events_per_s }, { name: 'feed_filling_p99', value: quantile(many.warm_latencies, 0.99) ?? Number.NaN },
  { name: 'feed_lost', value: few.lost + few.repeated + few.resyncs + many.lost + many.repeated + many.resyncs }, { name: 'feed_resumed', value: resumed.lost + resumed.repeated + resumed.resyncs },
];

/** How late the timers were. */
export const timerValues = ({ durable, early, missing }: Lateness): readonly Value[] => [
  { name: 'timer_late_p50', value: quantile(durable, 0.5) ?? Number.NaN }, { name: 'timer_late_p99', value: quantile(durable, 0.99) ?? Number.NaN },
  { name: 'timer_late_max', value: durable[durable.length - 1] ?? Number.NaN }, { name: 'timer_early', value: early + missing },
];

/** What webhooks came to. The CPU of a delivery is what telling costs beside the same activeflows that tell nobody. */
export const webhookValues = ({ untold_cpu_us, alone, beside }: WebhooksMeasured): readonly Value[] => [
  { name: 'webhook_p50', value: quantile(alone.latencies, 0.5) ?? Number.NaN }, { name: 'webhook_p99', value: quantile(alone.latencies, 0.99) ?? Number.NaN },
  { name: 'webhook_beside_p50', value: quantile(beside.latencies, 0.5) ?? Number.NaN }, { name: 'webhook_beside_p99', value: quantile(beside.latencies, 0.99) ?? Number.NaN },
  { name: 'webhook_rate', value: alone.per_s }, { name: 'webhook_cpu', value: (alone.engine_cpu_us - untold_cpu_us) / Math.max(1, alone.deliveries) },
  { name: 'webhook_held', value: beside.held }, { name: 'webhook_wrong', value: alone.wrong + beside.wrong },
];

/** What calls sounded like. */
export const mediaValues = ({ calm, blocked }: MediaMeasured): readonly Value[] => [
  { name: 'media_p50', value: quantile(calm.intervals, 0.5) ?? Number.NaN }, { name: 'media_p99', value: quantile(calm.intervals, 0.99) ?? Number.NaN }, { name: 'media_core', value: calm.core },
  { name: 'media_blocked_p50', value: quantile(blocked.intervals, 0.5) ?? Number.NaN }, { name: 'media_blocked_p99', value: quantile(blocked.intervals, 0.99) ?? Number.NaN },
  { name: 'media_blocked_core', value: blocked.core }, { name: 'media_gaps', value: calm.gaps + blocked.gaps }, { name: 'media_late', value: (calm.late + blocked.late) / Math.max(1, calm.packets + blocked.packets) },
];

/** How soon browsers were connected, and what they took. */
export const browserValues = ({ connected, core, heard_per_s }: BrowserMeasured): readonly Value[] => [
  { name: 'browser_connected', value: quantile(connected, 0.5) ?? Number.NaN }, { name: 'browser_connected_max', value: connected[connected.length - 1] ?? Number.NaN },
  { name: 'browser_core', value: core }, { name: 'browser_heard', value: heard_per_s },
];

/** How soon a message led to something. */
export const messageValues = ({ latencies, kept }: MessagesMeasured): readonly Value[] => [
  { name: 'message_p50', value: quantile(latencies, 0.5) ?? Number.NaN }, { name: 'message_p99', value: quantile(latencies, 0.99) ?? Number.NaN }, { name: 'message_unread', value: kept },
];

/** How messages left, and what became of them. */
export const smppValues = ({ messages, per_s, missing, doubled, receipts }: SmppMeasured): readonly Value[] => [
  { name: 'smpp_rate', value: per_s }, { name: 'smpp_lost', value: missing }, { name: 'smpp_doubled', value: doubled }, { name: 'smpp_receipts', value: messages - receipts },
];

/** How calls went; one core's worth of them is what their CPU allows. */
export const callValues = ({ plain, lossy, most, left }: CallsMeasured): readonly Value[] => [
  { name: 'calls_failed', value: plain.failed }, { name: 'calls_lossy_failed', value: lossy.failed }, { name: 'calls_core', value: 1e6 / plain.core_us }, { name: 'calls_most', value: most },
  { name: 'calls_left', value: left },
];

/** How soon speech was heard. */
export const speechValues = ({ first, cached, cold_ms, pace }: SpeechMeasured): readonly Value[] => [
  { name: 'speech_first', value: quantile(first, 0.5) ?? Number.NaN }, { name: 'speech_first_p99', value: quantile(first, 0.99) ?? Number.NaN },
  { name: 'speech_cold', value: cold_ms }, { name: 'speech_cached', value: quantile(cached, 0.99) ?? Number.NaN }, { name: 'speech_pace', value: pace },
];
