import { Type } from 'typebox';
import { defineAction, jump, next } from '../action.js';
import { target, text } from '../options.js';

export default defineAction({
  type: 'condition_call_digits',
  summary: 'Goes on where the received digits are long enough or hold one of the keys, else jumps.',
  medium: 'rtc',
  on_failure: 'end',
  option: Type.Object({
    length: Type.Integer({ minimum: 0, description: 'holds from this many digits on; 0 asks nothing', default: 0 }),
    key: text('holds where one of these keys was pressed', ''),
    false_target_id: target('where to go if neither holds'),
  }),
  needs: ['false_target_id'],
  targets: ['false_target_id'],
  run({ length, key, false_target_id }, { variables }) {
    const digits = variables['voipbin.call.digits'] ?? '';
    const holds = (length > 0 && digits.length >= length) || [...key].some((digit) => digits.includes(digit));
    return holds ? next() : jump(false_target_id);
  },
});
