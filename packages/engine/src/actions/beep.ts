import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { PROMPT_ANSWER_MS } from '../options.js';

export default defineAction({
  type: 'beep',
  summary: 'Plays a short tone.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({}),
  run: (_option, { reference }) => wait('call.beep', { call_id: reference.id }, PROMPT_ANSWER_MS),
});
