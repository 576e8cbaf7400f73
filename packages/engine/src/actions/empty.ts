import { Type } from 'typebox';
import { defineAction, next } from '../action.js';

export default defineAction({
  type: 'empty',
  summary: 'Does nothing: a place to jump to.',
  medium: 'any',
  on_failure: 'skip',
  option: Type.Object({}),
  run: () => next(),
});
