import { Type } from 'typebox';
import { defineAction, jump, next } from '../action.js';
import { oneOf, target } from '../options.js';

export default defineAction({
  type: 'condition_call_status',
  summary: 'Goes on where the call has a status, else jumps.',
  medium: 'rtc',
  on_failure: 'end',
  option: Type.Object({
    status: oneOf(['dialing', 'ringing', 'progressing', 'terminating', 'canceling', 'hangup'], 'the status asked for', 'progressing'),
    false_target_id: target('where to go if it has another'),
  }),
  needs: ['false_target_id'],
  targets: ['false_target_id'],
  run: ({ status, false_target_id }, { variables }) => (variables['voipbin.call.status'] === status ? next() : jump(false_target_id)),
});
