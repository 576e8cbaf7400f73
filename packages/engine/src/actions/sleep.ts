import { Type } from 'typebox';
import { defineAction, waitFor } from '../action.js';
import { duration } from '../options.js';

export default defineAction({
  type: 'sleep',
  summary: 'Waits for a time. The timer is durable.',
  medium: 'any',
  on_failure: 'skip',
  option: Type.Object({ duration: duration('milliseconds') }),
  needs: ['duration'],
  run: ({ duration }) => waitFor('timer', duration),
});
