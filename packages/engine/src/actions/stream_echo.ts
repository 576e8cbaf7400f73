import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { duration } from '../options.js';

export default defineAction({
  type: 'stream_echo',
  summary: 'Gives the caller the media stream back as it comes.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({ duration: duration('milliseconds') }),
  needs: ['duration'],
  run: ({ duration }, { reference }) => wait('call.echo', { call_id: reference.id, duration, stream: true }, duration + 30_000),
});
