import { Type } from 'typebox';
import { defineAction, jump, next } from '../action.js';
import { CONDITIONS, compare } from '../condition.js';
import { oneOf, target, text } from '../options.js';

export default defineAction({
  type: 'condition_variable',
  summary: 'Goes on where a comparison holds, else jumps.',
  medium: 'any',
  on_failure: 'end',
  option: Type.Object({
    condition: oneOf(CONDITIONS, 'how to compare', '=='),
    variable: text('the name of a variable, or a text with placeholders that is compared as it comes out'),
    value_type: oneOf(['string', 'number', 'length'], 'what is compared: text, a double, or the count of characters', 'string'),
    value_string: text('compared where value_type is `string`', ''),
    value_number: Type.Number({ description: 'compared where value_type is `number`', default: 0 }),
    value_length: Type.Integer({ minimum: 0, description: 'compared where value_type is `length`', default: 0 }),
    false_target_id: target('where to go if it does not hold'),
  }),
  needs: ['variable', 'false_target_id'],
  targets: ['false_target_id'],
  run(option, { variables, written }) {
    const name = option.variable;
    const literal = typeof written['variable'] === 'string' && written['variable'].includes('${');
    const value = literal ? name : Object.hasOwn(variables, name) ? (variables[name] ?? '') : '';
    return holds(option, value) ? next() : jump(option.false_target_id);
  },
});

function holds({ condition, value_type, value_string, value_number, value_length }: Compared, value: string): boolean {
  switch (value_type) {
    case 'string': return compare(condition, value, value_string);
    case 'length': return compare(condition, [...value].length, value_length);
    case 'number': {
      const number = value.trim() === '' ? Number.NaN : Number(value);
      return !Number.isNaN(number) && compare(condition, number, value_number);
    }
    default: return value_type satisfies never;
  }
}

type Compared = {
  readonly condition: (typeof CONDITIONS)[number];
  readonly value_type: 'string' | 'number' | 'length';
  readonly value_string: string;
  readonly value_number: number;
  readonly value_length: number;
};
