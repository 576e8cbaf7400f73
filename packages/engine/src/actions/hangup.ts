import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { oneOf, PROMPT_ANSWER_MS, text } from '../options.js';

export default defineAction({
  type: 'hangup',
  summary: 'Hangs a call up; its own where no other is named.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({
    reason: oneOf(['', 'normal', 'failed', 'busy', 'cancel', 'timeout', 'noanswer', 'dialout', 'amd'], 'the reason given to the other side', 'normal'),
    reference_id: text('another call of the same customer', ''),
  }),
  run: ({ reason, reference_id }, { reference }) =>
    wait('call.hangup', { call_id: reference_id || reference.id, reason: reason || 'normal' }, PROMPT_ANSWER_MS),
});
