import { Type } from 'typebox';
import { defineAction, fail, jump, next } from '../action.js';
import { compare, CONDITIONS, type Condition } from '../condition.js';
import { oneOf, target, text } from '../options.js';
import type { Instant } from '../state.js';

const field = (description: string, minimum: number, maximum: number) => Type.Optional(Type.Integer({ description, minimum, maximum }));

export default defineAction({
  type: 'condition_datetime',
  summary: 'Goes on where the time of day or year compares as asked, else jumps.',
  medium: 'any',
  on_failure: 'end',
  option: Type.Object({
    condition: oneOf(CONDITIONS, 'how now compares with the moment that the fields below name', '=='),
    minute: field('0 to 59; not constrained where left out or -1', -1, 59),
    hour: field('0 to 23; not constrained where left out or -1', -1, 23),
    day: field('1 to 31; not constrained where left out, 0 or less', -1, 31),
    month: field('1 to 12; not constrained where left out, 0 or less', -1, 12),
    weekdays: Type.Optional(Type.Array(Type.Integer({ minimum: 0, maximum: 6 }), { description: 'days it can hold on; 0 is Sunday' })),
    false_target_id: target('where to go if it does not hold'),
    timezone: text('an IANA time zone', 'UTC'),
  }),
  needs: ['false_target_id'],
  targets: ['false_target_id'],
  run({ condition, minute = -1, hour = -1, day = 0, month = 0, weekdays = [], false_target_id, timezone }, { at }) {
    const now = localTime(at, timezone || 'UTC');
    if (now === undefined) return fail('INVALID_ACTION_OPTION', `unknown time zone "${timezone.slice(0, 64)}"`);
    const constrained = ([[now.month, month, 1], [now.day, day, 1], [now.hour, hour, 0], [now.minute, minute, 0]] as const).filter(([, wanted, lowest]) => wanted >= lowest);
    const today = weekdays.length === 0 || weekdays.includes(now.weekday);
    return today && holds(condition, constrained) ? next() : jump(false_target_id);
  },
});

/** Compares field by field, the most significant first; without a constrained field there is nothing to fail. */
function holds(condition: Condition, fields: readonly (readonly [number, number, number])[]): boolean {
  const differing = fields.find(([now, wanted]) => now !== wanted);
  if (fields.length === 0) return true;
  return differing ? compare(condition, differing[0], differing[1]) : compare(condition, 0, 0);
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** The calendar fields of an instant in a time zone; undefined for an unknown zone. */
function localTime(at: Instant, timeZone: string) {
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', weekday: 'short', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' });
    const parts = Object.fromEntries(format.formatToParts(Math.floor(at / 1000)).map(({ type, value }) => [type, value]));
    const number = (name: string) => Number(parts[name]);
    return { weekday: WEEKDAYS.indexOf(parts['weekday'] ?? ''), month: number('month'), day: number('day'), hour: number('hour'), minute: number('minute') };
  } catch {
    return undefined;
  }
}
