import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { duration } from '../options.js';

export default defineAction({
  type: 'echo',
  summary: 'Gives the caller back what it hears of the caller.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({ duration: duration('milliseconds') }),
  needs: ['duration'],
  run: ({ duration }, { reference }) => wait('call.echo', { call_id: reference.id, duration, stream: false }, duration + 30_000),
});
