import { Type } from 'typebox';
import { defineAction, waitFor } from '../action.js';
import { duration, MAX_DURATION_MS } from '../options.js';

export default defineAction({
  type: 'block',
  summary: 'Waits for a `continue` that names this action.',
  medium: 'non_rtc',
  on_failure: 'skip',
  option: Type.Object({ timeout: duration('milliseconds after which it goes on by itself', MAX_DURATION_MS) }),
  run: ({ timeout }) => waitFor('continue', timeout),
});
