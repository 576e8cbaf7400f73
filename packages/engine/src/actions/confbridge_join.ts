import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { CALL_MS, text } from '../options.js';

export default defineAction({
  type: 'confbridge_join',
  summary: 'Joins the bridge of that id: everybody in it hears each other. Waits until the call leaves it.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({ confbridge_id: text('which bridge; any text, of one customer') }),
  needs: ['confbridge_id'],
  run: ({ confbridge_id }, { reference }) => wait('call.join', { call_id: reference.id, kind: 'confbridge', room: confbridge_id }, CALL_MS),
});
