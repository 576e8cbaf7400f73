// Times at the edge: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC, six digits; instants everywhere else (wire.md §1).
import type { Instant } from '@activeflow/engine';

/** What a time shows that has not come. */
export const NEVER = '9999-01-01 00:00:00.000000';

/** The text of seconds shown lately: an answer shows the same few over and over. */
const seconds = new Map<number, string>();
const MOST_SECONDS = 4_096;

/** An instant as the wire shows it; `NEVER` for null. */
export function showTime(at: Instant | null): string {
  if (at === null) return NEVER;
  const second = Math.floor(at / 1_000_000);
  return `${seconds.get(second) ?? showSecond(second)}.${String(at - second * 1_000_000).padStart(6, '0')}`;
}

function showSecond(second: number): string {
  const text = new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ');
  if (seconds.size >= MOST_SECONDS) seconds.clear();
  seconds.set(second, text);
  return text;
}

const FORM = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)?$/;

/** An instant as clients write it: the wire's form or RFC 3339; undefined where it is neither. */
export function readTime(text: string): Instant | undefined {
  const match = FORM.exec(text.trim());
  if (!match) return undefined;
  const [, date = '', time = '', fraction = '', zone = 'Z'] = match;
  const ms = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(ms) ? undefined : ms * 1000 + Number(fraction.padEnd(6, '0'));
}
