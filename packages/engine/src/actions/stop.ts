import { Type } from 'typebox';
import { defineAction, stop } from '../action.js';

export default defineAction({
  type: 'stop',
  summary: 'Ends the whole activeflow, whatever frame it is in.',
  medium: 'any',
  on_failure: 'end',
  option: Type.Object({}),
  run: () => stop(),
});
