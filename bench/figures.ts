// What was promised: each figure with its must and its goal, and whether it was met.
import { median, type Entry } from './entry.js';
import { show, table } from './report.js';

type Bound = { readonly at_most: number } | { readonly at_least: number } | { readonly about: number };

/** A promise about a number. */
export type Figure = { readonly name: string; readonly text: string; readonly unit: string; readonly must?: Bound; readonly goal?: Bound };

/** A figure with what the rounds measured. */
export type Verdict = {
  readonly figure: string; readonly unit: string; readonly value: number; readonly min: number; readonly max: number;
  readonly must: string; readonly must_met: 'PASS' | 'MISS' | ''; readonly goal: string; readonly goal_met: 'PASS' | 'MISS' | '';
};

/** One round's value of a figure. */
export type Value = { readonly name: string; readonly value: number };

const most = (must: number, goal: number) => ({ must: { at_most: must }, goal: { at_most: goal } });
const least = (must: number, goal: number) => ({ must: { at_least: must }, goal: { at_least: goal } });

/** All of them, in the order they are shown. */
export const FIGURES: readonly Figure[] = [
  { name: 'burst_cpu', text: 'ten-step run in one burst, 64 at once: engine CPU a step', unit: 'us', ...most(40, 22) },
  { name: 'burst_cpu_posts', text: 'the same, a run in units of a bare node:http POST', unit: 'x' },
  { name: 'burst_rate', text: 'the same: steps a second (moves with the machine)', unit: '/s', ...least(30_000, 60_000) },
  { name: 'event_share', text: 'event at 64, as a share of bare node:http POST', unit: 'x', ...least(0.4, 0.7) },
  { name: 'event_cpu', text: 'event at 64: engine CPU', unit: 'us', ...most(200, 110) },
  { name: 'event_cpu_posts', text: 'the same, in units of a bare node:http POST', unit: 'x' },
  { name: 'event_syncs', text: 'event alone, p50 in units of an fdatasync (4 KiB appended)', unit: 'x', ...most(4, 2) },
  { name: 'event_syncs_overwrite', text: 'the same, in units of an overwriting fdatasync', unit: 'x' },
  { name: 'event_flushes', text: 'flushes an event, alone', unit: '', must: { about: 1 }, goal: { about: 1 } },
  { name: 'burst_flushes', text: 'flushes a step, in bursts at 64', unit: '', ...most(0.01, 0.003) },
  { name: 'read_share', text: 'read by id at 64, as a share of bare node:http GET', unit: 'x', ...least(0.5, 0.8) },
  { name: 'late_step', text: 'a continue late in a run against step 10: p50', unit: 'x', ...most(1.3, 1.1) },
  { name: 'late_step_cpu', text: 'the same: engine CPU', unit: 'x', ...most(1.3, 1.1) },
  { name: 'late_wake_cpu', text: 'a step by a timer, late against step 10: engine CPU (no request, no answer)', unit: 'x', ...most(1.3, 1.1) },
  { name: 'long_flow', text: 'a step at the end of a 2,000-action flow against a 10-action one: p50', unit: 'x', ...most(1.3, 1.1) },
  { name: 'long_flow_cpu', text: 'the same: engine CPU', unit: 'x', ...most(1.3, 1.1) },
  { name: 'long_flow_start', text: 'the same at the start of the flow (100 actions ahead in the answer): p50', unit: 'x', ...most(1.3, 1.1) },
  { name: 'long_flow_start_cpu', text: 'the same: engine CPU', unit: 'x', ...most(1.3, 1.1) },
  { name: 'list_worst', text: 'full list pages, any depth and filter, large table against small: worst p50 ratio', unit: 'x', ...most(2, 1.5) },
  { name: 'list_sparse_ms', text: 'slowest sparse list of the large table: p50', unit: 'ms' },
  { name: 'transitions', text: 'events a second at 64, large table against small', unit: 'x', ...least(0.7, 0.9) },
  { name: 'transitions_cpu', text: 'the same: engine CPU an event, large against small', unit: 'x' },
  { name: 'parked_bytes', text: 'waiting runs: memory each', unit: 'bytes', ...most(1_024, 102.4) },
  { name: 'parked_idle', text: 'all of them waiting: share of a core', unit: 'core', ...most(0.02, 0.005) },
  { name: 'parked_ready', text: 'start after kill -9 to the first answer', unit: 's', ...most(5, 1) },
  { name: 'parked_ready_empty', text: 'the same with an empty store, for scale', unit: 's' },
  { name: 'timer_late_p50', text: 'timers due in one second: late until committed, p50', unit: 'ms' },
  { name: 'timer_late_p99', text: 'the same, p99', unit: 'ms' },
  { name: 'timer_late_max', text: 'the same, worst', unit: 'ms' },
  { name: 'timer_early', text: 'timers that ran early, or never', unit: '', must: { at_most: 0 }, goal: { at_most: 0 } },
  { name: 'feed_p50', text: 'event committed to frame, 100 clients, 1,000 events/s: p50', unit: 'ms', ...most(5, 2) },
  { name: 'feed_p99', text: 'the same, p99', unit: 'ms', ...most(50, 20) },
  { name: 'feed_many_p99', text: '5,000 sockets of which 500 never read, 1,000 events/s: p99 of the others', unit: 'ms', ...most(250, 100) },
  { name: 'feed_filling_p99', text: 'the same while the buffers of those who never read fill up', unit: 'ms' },
  { name: 'feed_deaf_bytes', text: 'the same: most bytes waiting for one that never reads', unit: 'bytes', ...most(1_048_576, 1_048_576) },
  { name: 'feed_events', text: 'events a second that were committed: 100 clients', unit: '/s' },
  { name: 'feed_many_events', text: 'the same: 5,000 sockets', unit: '/s' },
  { name: 'feed_lost', text: 'events missing or told twice at a client that reads', unit: '', must: { at_most: 0 }, goal: { at_most: 0 } },
  { name: 'feed_resumed', text: 'the same over a kill -9, resumed by the last number', unit: '', must: { at_most: 0 }, goal: { at_most: 0 } },
  { name: 'webhook_p50', text: 'event to its delivery at an endpoint that answers, no other: p50', unit: 'ms' },
  { name: 'webhook_p99', text: 'the same, p99', unit: 'ms' },
  { name: 'webhook_beside_p50', text: 'the same beside an endpoint that never answers: p50', unit: 'ms' },
  { name: 'webhook_beside_p99', text: 'the same, p99', unit: 'ms', ...most(1_000, 250) },
  { name: 'webhook_held', text: 'most requests at once held by the one that never answers', unit: '' },
  { name: 'webhook_rate', text: 'deliveries a second at it, no other endpoint', unit: '/s' },
  { name: 'webhook_cpu', text: 'engine CPU a delivery, without its activeflow', unit: 'us' },
  { name: 'webhook_wrong', text: 'deliveries missing or told twice at the endpoint that answers', unit: '', must: { at_most: 0 }, goal: { at_most: 0 } },
  { name: 'media_p50', text: '200 calls played and recorded by one media worker: packet interval, p50', unit: 'ms', ...most(20.5, 20.1) },
  { name: 'media_p99', text: 'the same, p99', unit: 'ms', ...most(30, 25) },
  { name: 'media_core', text: 'the same: CPU of the worker and its disk', unit: 'core', ...most(0.45, 0.35) },
  { name: 'media_blocked_p50', text: 'the same with the main thread blocked 60 ms in every 250: p50', unit: 'ms', ...most(20.5, 20.1) },
  { name: 'media_blocked_p99', text: 'the same, p99', unit: 'ms', ...most(30, 25) },
  { name: 'media_blocked_core', text: 'the same: CPU of the worker and its disk', unit: 'core', ...most(0.45, 0.35) },
  { name: 'media_late', text: 'frames sent more than 10 ms after their time, both', unit: 'share' },
  { name: 'media_gaps', text: 'packets missing at the far end', unit: '' },
  { name: 'speech_first', text: 'ten words said by flite: first sound, p50', unit: 'ms', ...most(150, 80) },
  { name: 'speech_first_p99', text: 'the same, p99', unit: 'ms' },
  { name: 'speech_cold', text: 'the same by a server that has just started', unit: 'ms' },
  { name: 'speech_cached', text: 'ten words said before: p99', unit: 'ms', ...most(5, 2) },
  { name: 'speech_pace', text: 'sound made in the time that it lasts', unit: 'x' },
  { name: 'browser_connected', text: 'a call from a browser: offer to connected, p50', unit: 'ms', ...most(500, 300) },
  { name: 'browser_connected_max', text: 'the same, worst', unit: 'ms' },
  { name: 'browser_core', text: '50 browsers that speak and are played to: CPU of their worker and of the sound', unit: 'core', ...most(0.6, 0.4) },
  { name: 'browser_heard', text: 'the same: packets a second that the browsers heard', unit: '/s' },
  { name: 'message_p50', text: 'a message that comes in, 200/s, to its next action, committed: p50', unit: 'ms' },
  { name: 'message_p99', text: 'the same, p99', unit: 'ms', ...most(20, 10) },
  { name: 'message_unread', text: 'runs that did not read what came for them', unit: '', must: { at_most: 0 }, goal: { at_most: 0 } },
  { name: 'smpp_rate', text: 'messages out through one SMPP bind, window 50: asked for over HTTP, committed, submitted', unit: '/s', ...least(1_000, 1_500) },
  { name: 'smpp_lost', text: 'the same: those that the SMSC never got', unit: '', must: { at_most: 0 }, goal: { at_most: 0 } },
  { name: 'smpp_doubled', text: 'the same: those that it got twice', unit: '', must: { at_most: 0 }, goal: { at_most: 0 } },
  { name: 'smpp_receipts', text: 'the same: receipts that were not taken', unit: '', must: { at_most: 0 }, goal: { at_most: 0 } },
  { name: 'calls_failed', text: 'calls by sipp, 100 a second: failed', unit: '', must: { at_most: 0 }, goal: { at_most: 0 } },
  { name: 'calls_lossy_failed', text: 'the same, a tenth of the messages lost both ways: failed', unit: '', must: { at_most: 0 }, goal: { at_most: 0 } },
  { name: 'calls_left', text: 'calls that were still up when all had hung up', unit: '', must: { at_most: 0 }, goal: { at_most: 0 } },
  { name: 'calls_core', text: 'new calls a second for each core that they take: SIP, sound, flow and disk', unit: '/s', ...least(200, 300) },
  { name: 'calls_most', text: 'the highest rate tried at which none failed, on this machine', unit: '/s' },
];

/** The figures of the works of one request each, of one round. */
export function requestValues(round: readonly Entry[]): readonly Value[] {
  const of = (work: string, conc: number, value: (entry: Entry) => number | null): readonly number[] =>
    round.filter((entry) => entry.work === work && entry.conc === conc).map(value).filter((found) => found !== null);
  const values: Readonly<Record<string, readonly number[]>> = {
    burst_cpu: of('burst', 64, (entry) => entry.engine_cpu_us_per), burst_rate: of('burst', 64, ({ per_s }) => per_s),
    event_share: of('event', 64, ({ per_s, http_post_per_s }) => per_s / http_post_per_s), event_cpu: of('event', 64, (entry) => entry.engine_cpu_us_per),
    event_cpu_posts: of('event', 64, ({ engine_cpu_us_per, http_post_cpu_us }) => (engine_cpu_us_per ?? 0) / http_post_cpu_us),
    burst_cpu_posts: of('burst', 64, ({ engine_cpu_us_per, http_post_cpu_us }) => (10 * (engine_cpu_us_per ?? 0)) / http_post_cpu_us),
    event_syncs: of('event', 1, ({ p50_ms, fdatasync_per_s }) => ((p50_ms ?? 0) / 1000) * fdatasync_per_s),
    event_syncs_overwrite: of('event', 1, ({ p50_ms, fdatasync_overwrite_per_s }) => ((p50_ms ?? 0) / 1000) * fdatasync_overwrite_per_s),
    event_flushes: of('event', 1, (entry) => entry.disk_flushes_per), burst_flushes: of('burst', 64, (entry) => entry.disk_flushes_per),
    read_share: of('read', 64, ({ per_s, http_get_per_s }) => per_s / http_get_per_s),
  };
  return Object.entries(values).flatMap(([name, found]) => found.map((value) => ({ name, value })));
}

/** Judges the medians of what the rounds gave, for the figures that were measured. */
export function judge(values: readonly Value[]): readonly Verdict[] {
  return FIGURES.flatMap(({ name, unit, must, goal, text }) => {
    const found = values.filter((value) => value.name === name).map(({ value }) => value);
    if (found.length === 0) return [];
    const value = median(found);
    return [{ figure: text, unit, value, min: Math.min(...found), max: Math.max(...found), must: say(must), must_met: met(must, value), goal: say(goal), goal_met: met(goal, value) }];
  });
}

function met(bound: Bound | undefined, value: number): Verdict['must_met'] {
  if (!bound) return '';
  const good = 'at_most' in bound ? value <= bound.at_most : 'at_least' in bound ? value >= bound.at_least : Math.abs(value / bound.about - 1) <= 0.02;
  return good ? 'PASS' : 'MISS';
}

function say(bound: Bound | undefined): string {
  if (!bound) return '';
  return 'at_most' in bound ? `<= ${show(bound.at_most)}` : 'at_least' in bound ? `>= ${show(bound.at_least)}` : `= ${show(bound.about)}`;
}

/** The verdicts as a table. */
export function showVerdicts(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ figure, unit, value, min, max, must, must_met, goal, goal_met }) =>
    [figure, `${show(value)}${unit ? ` ${unit}` : ''}`, min === max ? '' : `(${show(min)} - ${show(max)})`, must, must_met, goal, goal_met]);
  return table([['figure', 'measured', '(min - max)', 'must', '', 'goal', ''], ...rows], 1);
}
