import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { CALL_MS } from '../options.js';

export default defineAction({
  type: 'play',
  summary: 'Plays sounds from URLs, one after the other, and waits for the end.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({ stream_urls: Type.Array(Type.String(), { description: 'what to play', default: [] }) }),
  needs: ['stream_urls'],
  run: ({ stream_urls }, { reference }) => wait('call.play', { call_id: reference.id, stream_urls }, CALL_MS),
});
