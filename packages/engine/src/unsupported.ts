// Actions that other servers have and we do not have yet: accepted, warned about, recorded as skipped.
import { Type } from 'typebox';
import { defineAction, next, type Medium } from './action.js';

/** Defines an action that is skipped with reason `not_supported`. */
export const unsupported = (type: string, medium: Medium) => defineAction({
  type,
  summary: 'Not supported yet: recorded as skipped.',
  medium,
  on_failure: 'skip',
  option: Type.Object({}),
  unsupported: true,
  run: () => next(),
});
