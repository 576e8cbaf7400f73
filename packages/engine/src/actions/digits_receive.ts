import { Type } from 'typebox';
import { defineAction, next, wait } from '../action.js';
import { duration, text } from '../options.js';

/** How long after the collection's own end the driver may still report. */
const GRACE_MS = 10_000;

export default defineAction({
  type: 'digits_receive',
  summary: 'Collects digits until there are enough, until a key, or until the time is over. Digits typed ahead count.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({
    duration: duration('milliseconds to collect', 5_000),
    length: Type.Integer({ minimum: 0, maximum: 1_000, description: 'ends at this many digits; 0 asks nothing', default: 0 }),
    key: text('each of these digits ends it and is kept in the value', ''),
  }),
  run: ({ duration, length, key }, { reference }) => wait('call.digits_receive', { call_id: reference.id, duration, length, key }, duration + GRACE_MS),
  settle: (_option, { digits }) => next({ 'voipbin.call.digits': typeof digits === 'string' ? digits : '' }),
});
