// `Retry-After` (RFC 9110 §10.2.3), for every driver that asks over HTTP.
import type { Clock } from '../clock.js';

/** The longest that it is obeyed. */
const LONGEST_MS = 24 * 3_600_000;

/** The header's value in milliseconds from now: seconds or a date; undefined where there is none that can be read, or it is past. */
export function retryAfterMs(value: string | undefined, clock: Pick<Clock, 'now'>): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - clock.now() / 1000;
  return Number.isFinite(ms) && ms > 0 ? Math.min(Math.ceil(ms), LONGEST_MS) : undefined;
}
