import { Type } from 'typebox';
import { defineAction, fail, next } from '../action.js';
import { text } from '../options.js';
import { isSystemName } from '../variables.js';

export default defineAction({
  type: 'variable_set',
  summary: 'Sets a variable.',
  medium: 'any',
  on_failure: 'skip',
  option: Type.Object({ key: text('the name, verbatim; not `voipbin.*`'), value: text('the value', '') }),
  needs: ['key'],
  run({ key, value }) {
    if (isSystemName(key)) return fail('INVALID_VARIABLES', `${key.slice(0, 100)} is set by the system only`);
    return next({ [key]: value });
  },
});
