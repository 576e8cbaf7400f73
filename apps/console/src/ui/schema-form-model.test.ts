// Every action type has a form, and each property the input that serves it.
import { actions, type Definition } from '@activeflow/engine';
import { describe, expect, test } from 'vitest';
import { holdsPlaceholder, inputOf, inWords, needOf, readNumber, titleOf, withProperty, type FormSchema } from './schema-form-model.js';

const register = Object.values(actions) as unknown as readonly Definition[];
const inputs = Object.fromEntries(register.flatMap(({ type, option, targets = [], lists = [] }) =>
  Object.entries((option as unknown as FormSchema).properties ?? {}).map(([name, schema]) => [`${type}.${name}`, inputOf(name, schema, { targets, lists })])));

describe('inputs', () => {
  test('what is edited as JSON has no better form', () => {
    expect(Object.entries(inputs).filter(([, { kind }]) => kind === 'json').map(([name]) => name)).toEqual(['call.actions', 'email_send.attachments']);
  });

  test.each([
    ['talk.text', { kind: 'text', long: true }], ['talk.language', { kind: 'text', long: false }], ['talk.async', { kind: 'flag' }], ['talk.digits_handle', { kind: 'choice', values: ['', 'next'] }],
    ['digits_receive.duration', { kind: 'number', whole: true, unit: 'ms' }], ['recording_start.duration', { kind: 'number', whole: true, unit: 's' }], ['digits_receive.length', { kind: 'number', whole: true, unit: '' }],
    ['branch.target_ids', { kind: 'targets' }], ['branch.default_target_id', { kind: 'target' }], ['goto.target_id', { kind: 'target' }], ['condition_datetime.weekdays', { kind: 'days' }],
    ['connect.source', { kind: 'address' }], ['connect.destinations', { kind: 'addresses' }], ['play.stream_urls', { kind: 'texts' }], ['fetch_flow.flow_id', { kind: 'flow' }],
    ['condition_variable.value_number', { kind: 'number', whole: false, unit: '' }], ['recording_start.on_end_flow_id', { kind: 'flow' }],
  ])('%s', (name, input) => {
    expect(inputs[name]).toEqual(input);
  });

  test('times have units wherever they stand', () => {
    const times = Object.entries(inputs).filter(([name]) => /duration|timeout|interval|silence/.test(name));
    expect(times.filter(([, input]) => input.kind !== 'number' || input.unit === '')).toEqual([]);
  });
});

test('names, needs, values', () => {
  expect(['false_target_id', 'stream_urls', 'target_ids', 'text'].map(titleOf)).toEqual(['False target', 'Sounds', 'Targets', 'Text']);
  expect([needOf('a', ['a']), needOf('flow_id', [['flow_id', 'actions']]), needOf('c', ['a'])]).toEqual(['needed', 'needed, or actions', undefined]);
  expect([withProperty({ a: 1 }, 'b', 2), withProperty({ a: 1 }, 'a', undefined)]).toEqual([{ a: 1, b: 2 }, {}]);
  expect(['5', ' ', '${x}', '1.5', 'abc'].map(readNumber)).toEqual([5, undefined, '${x}', 1.5, 'abc']);
  expect([inWords(5_000, 'ms'), inWords(2_592_000_000, 'ms'), inWords(90, 's'), inWords(250, 'ms'), inWords('${x}', 'ms'), inWords(5, '')]).toEqual(['5 s', '30 d', '1 min 30 s', '0.25 s', '', '']);
  expect([holdsPlaceholder('${a}'), holdsPlaceholder('a'), holdsPlaceholder(5)]).toEqual([true, false, false]);
});
