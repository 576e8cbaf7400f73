import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { CALL_MS, text } from '../options.js';

export default defineAction({
  type: 'conference_join',
  summary: 'Joins the conference of that id: everybody in it hears each other. Waits until the call leaves it.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({ conference_id: text('which conference; any text, of one customer') }),
  needs: ['conference_id'],
  run: ({ conference_id }, { reference }) => wait('call.join', { call_id: reference.id, kind: 'conference', room: conference_id }, CALL_MS),
});
