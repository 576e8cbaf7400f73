import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { PROMPT_ANSWER_MS } from '../options.js';

export default defineAction({
  type: 'answer',
  summary: 'Answers the call.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({}),
  run: (_option, { reference }) => wait('call.answer', { call_id: reference.id }, PROMPT_ANSWER_MS),
});
