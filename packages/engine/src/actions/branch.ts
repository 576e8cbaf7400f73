import { Type } from 'typebox';
import { defineAction, jump, next } from '../action.js';
import { target, text } from '../options.js';

const DIGITS = 'voipbin.call.digits';

export default defineAction({
  type: 'branch',
  summary: 'Jumps to the action named for the exact value of a variable, else to the default, else goes on; then empties the variable.',
  medium: 'any',
  on_failure: 'end',
  option: Type.Object({
    variable: text('the name of the variable to read', DIGITS),
    target_ids: Type.Record(Type.String(), target('where this value leads'), { description: 'value to action id', default: {} }),
    default_target_id: Type.Optional(target('where any other value leads')),
  }),
  targets: ['target_ids', 'default_target_id'],
  run({ variable: named, target_ids, default_target_id }, { variables }) {
    const variable = named || DIGITS;
    const value = Object.hasOwn(variables, variable) ? (variables[variable] ?? '') : '';
    const found = Object.hasOwn(target_ids, value) ? target_ids[value] : undefined;
    const emptied = { [variable]: '' };
    const target_id = found || default_target_id;
    return target_id ? jump(target_id, { variables: emptied }) : next(emptied);
  },
});
