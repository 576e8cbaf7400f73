import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { PROMPT_ANSWER_MS } from '../options.js';

export default defineAction({
  type: 'external_media_stop',
  summary: 'Sends the sound of the call to nobody outside any more.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({}),
  run: (_option, { reference }) => wait('call.external_media_stop', { call_id: reference.id }, PROMPT_ANSWER_MS),
});
