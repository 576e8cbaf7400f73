// Times as people read them: how long ago or how soon, exact on request. One clock ticks for all of them.
import { useSyncExternalStore } from 'react';
import type { Time } from '@activeflow/client';

/** The instant of a `tm_*`; undefined where it has not come (9999). */
export function instantOf(time: Time): number | undefined {
  if (time === '' || time.startsWith('9999')) return undefined;
  const parsed = Date.parse(`${time.slice(0, 23).replace(' ', 'T')}Z`);
  return Number.isNaN(parsed) ? undefined : parsed;
}

const STEPS = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1_000, 's']] as const;

/** A span of time in its largest unit, or in two where that says much more: `2 min`, `1 h 20 min`, `350 ms`. */
export function spanText(span_ms: number): string {
  const ms = Math.max(0, Math.round(span_ms));
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const at = STEPS.findIndex(([size]) => ms >= size);
  const [size, unit] = STEPS[at] ?? STEPS[3];
  const whole = Math.floor(ms / size);
  const next = STEPS[at + 1];
  const rest = next === undefined || whole >= 10 ? 0 : Math.floor((ms % size) / next[0]);
  return rest === 0 || next === undefined ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${next[1]}`;
}

/** `2 min ago`, `in 4 s`, `now`: in one unit, since it is a glance. */
export function relativeText(at_ms: number, now_ms: number): string {
  const span = Math.abs(now_ms - at_ms);
  if (span < 1_000) return 'now';
  const [size, unit] = STEPS.find(([one]) => span >= one) ?? STEPS[3];
  const text = `${Math.floor(span / size)} ${unit}`;
  return at_ms <= now_ms ? `${text} ago` : `in ${text}`;
}

/** The instant in full, in the reader's zone and in UTC. */
export function exactText(at_ms: number): string {
  const date = new Date(at_ms);
  return `${date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })} (${date.toISOString().replace('T', ' ').replace('Z', ' UTC')})`;
}

const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let now = Date.now();
let ticking: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (ticking === undefined) {
    // It stood still while nobody looked.
    now = Date.now();
    ticking = setInterval(() => { now = Date.now(); for (const one of listeners) one(); }, TICK_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) { clearInterval(ticking); ticking = undefined; }
  };
}

/** The present, once a second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** How long there is until a time: `29 s left`. */
export function Left({ time }: { readonly time: Time }) {
  const now_ms = useNow();
  const at_ms = instantOf(time);
  if (at_ms === undefined) return null;
  return <time dateTime={new Date(at_ms).toISOString()} title={exactText(at_ms)}>{at_ms - now_ms < 1_000 ? 'due' : `${relativeText(at_ms, now_ms).slice('in '.length)} left`}</time>;
}

/** A time as how long ago or how soon it is; exact as a tooltip. `never` stands where it has not come. */
export function When({ time, never = '—' }: { readonly time: Time; readonly never?: string }) {
  const now_ms = useNow();
  const at_ms = instantOf(time);
  if (at_ms === undefined) return <span className="soft">{never}</span>;
  return <time dateTime={new Date(at_ms).toISOString()} title={exactText(at_ms)}>{relativeText(at_ms, now_ms)}</time>;
}
