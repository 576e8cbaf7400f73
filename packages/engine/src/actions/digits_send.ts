import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { duration, text } from '../options.js';

export default defineAction({
  type: 'digits_send',
  summary: 'Sends DTMF digits to the other side.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({
    digits: text('0-9, A-D, * and #'),
    duration: duration('milliseconds of each digit', 100),
    interval: duration('milliseconds between digits', 70),
  }),
  needs: ['digits'],
  run: ({ digits, duration, interval }, { reference }) =>
    wait('call.digits_send', { call_id: reference.id, digits, duration, interval }, digits.length * (duration + interval) + 30_000),
});
