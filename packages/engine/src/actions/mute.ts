import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { PROMPT_ANSWER_MS } from '../options.js';

export default defineAction({
  type: 'mute',
  summary: 'Mutes the caller.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({}),
  run: (_option, { reference }) => wait('call.mute', { call_id: reference.id }, PROMPT_ANSWER_MS),
});
