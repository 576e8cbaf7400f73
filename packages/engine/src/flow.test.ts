// Reading a definition: what is refused, where exactly, and what it becomes.
import { describe, expect, test } from 'vitest';
import { actions } from './actions/index.js';
import { parseActions, type Parsed, type ParseOptions } from './flow.js';
import { FINISH_ID, isUuid, NEXT_ID, NONE_ID, START_ID } from './ids.js';
import { defaultLimits } from './limits.js';
import type { Action } from './state.js';
import { uuid } from './testing/names.js';

function read(given: unknown, more: Partial<ParseOptions> = {}): Parsed {
  let made = 0;
  return parseActions(given, { newId: () => uuid(`new${made++}`), limits: defaultLimits, ...more });
}
const found = ({ problems }: Parsed): string[] => problems.map(({ pointer, reason }) => `${pointer} ${reason}`);
const warned = ({ warnings }: Parsed): string[] => warnings.map(({ pointer, reason }) => `${pointer} ${reason}`);
const first = ({ actions: [action] }: Parsed): Action => {
  if (!action) throw new Error('there is no action');
  return action;
};

describe('problems', () => {
  test('four faults in one flow give exactly four problems, each where it is', () => {
    expect(found(read([
      { id: 'menu', type: 'talk', option: { text: 'Hi' } },
      { id: 'menu', type: 'goto', option: { target_id: 'nowhere' } },
      { type: 'digits_receive', option: { duration: 'long' } },
      { type: 'dance' },
      { type: 'goto', option: { target_id: 'menu', loop_count: 2 } },
    ]))).toEqual([
      '/actions/1/id DUPLICATE_ACTION_ID',
      '/actions/1/option/target_id INVALID_ACTION_TARGET',
      '/actions/2/option/duration INVALID_ACTION_OPTION',
      '/actions/3/type INVALID_ACTION_TYPE',
    ]);
  });

  test.each<[string, unknown, string[]]>([
    ['no list', { type: 'talk' }, ['/actions INVALID_JSON_BODY']],
    ['nothing', undefined, ['/actions INVALID_JSON_BODY']],
    ['what is no action', [null, 'talk', 5, []], [0, 1, 2, 3].map((i) => `/actions/${i} INVALID_JSON_BODY`)],
    ['no type', [{ id: 'a' }], ['/actions/0/type INVALID_ACTION_TYPE']],
    ['a type that every object has', [{ type: '__proto__' }, { type: 'constructor' }, { type: 'toString' }], [0, 1, 2].map((i) => `/actions/${i}/type INVALID_ACTION_TYPE`)],
    ['an option that is none', [{ type: 'empty', option: [] }, { type: 'empty', option: 'x' }], [0, 1].map((i) => `/actions/${i}/option INVALID_ACTION_OPTION`)],
    ['an id of the wrong type', [{ type: 'empty', id: 5 }], ['/actions/0/id INVALID_ID']],
    ['a next_id of the wrong type', [{ type: 'empty', next_id: 5 }], ['/actions/0/next_id INVALID_ACTION_TARGET']],
    ['a next_id to nowhere', [{ type: 'empty', next_id: uuid('gone') }], ['/actions/0/next_id INVALID_ACTION_TARGET']],
    ['a placeholder as next_id, which nobody would fill', [{ type: 'empty', next_id: '${x}' }], ['/actions/0/next_id INVALID_ACTION_TARGET']],
    ['branch targets', [{ type: 'branch', option: { target_ids: { 1: 'x', 'a/b~': 5 }, default_target_id: 'y' } }], [
      '/actions/0/option/target_ids/1 INVALID_ACTION_TARGET', '/actions/0/option/target_ids/a~1b~0 INVALID_ACTION_TARGET', '/actions/0/option/default_target_id INVALID_ACTION_TARGET']],
    ['a map where a target belongs', [{ id: 'a', type: 'goto', option: { target_id: { 1: 'a' } } }], ['/actions/0/option/target_id INVALID_ACTION_TARGET']],
    ['a target where a map belongs', [{ id: 'a', type: 'branch', option: { target_ids: 'a' } }], ['/actions/0/option/target_ids INVALID_ACTION_OPTION']],
    ['out of range, not of the enumeration, deep inside', [
      { type: 'sleep', option: { duration: -1 } }, { type: 'sleep', option: { duration: 1.5 } }, { type: 'talk', option: { text: 'x', digits_handle: 'hang' } },
      { type: 'message_send', option: { destinations: [{ target: '+1' }, { target: 5 }], text: 'x' } }],
    ['/actions/0/option/duration INVALID_ACTION_OPTION', '/actions/1/option/duration INVALID_ACTION_OPTION', '/actions/2/option/digits_handle INVALID_ACTION_OPTION',
      '/actions/3/option/destinations/1/target INVALID_ACTION_OPTION']],
  ])('%s', (_name, given, expected) => expect(found(read(given))).toEqual(expected));

  test('are told in words that help', () => {
    const { problems } = read([{ type: 'talk', option: { text: 5, digits_handle: 'x' } }, { type: 'sleep', option: { duration: 'x' } }, { type: 'dance' }, 5]);
    expect(problems.map(({ message }) => message)).toEqual([
      'must be a string', 'must be one of "", "next"', 'must be an integer of at least 0 and of at most 2592000000', 'unknown action type "dance"', 'must be an action object, got number 5',
    ]);
  });

  test('begin at the pointer where the list stands', () => {
    const { problems } = parseActions([{ type: 'dance' }], { newId: () => uuid('n'), limits: defaultLimits }, '/steps/0/then');
    expect(problems[0]?.pointer).toBe('/steps/0/then/0/type');
  });

  test('one faulty property is not hidden by many placeholders in others', () => {
    const weekdays = Array.from({ length: 20 }, () => '${day}');
    expect(found(read([{ id: 'a', type: 'condition_datetime', option: { weekdays, condition: 'about', false_target_id: 'a' } }]))).toEqual(['/actions/0/option/condition INVALID_ACTION_OPTION']);
  });
});

describe('ids', () => {
  test('that are no UUIDs become UUIDs, the same one everywhere', () => {
    const { actions: list, problems } = read([
      { id: 'menu', type: 'branch', next_id: 'end', option: { target_ids: { 1: 'menu', 2: 'yes' }, default_target_id: 'end' } },
      { id: 'yes', type: 'goto', option: { target_id: 'menu', loop_count: 2 } },
      { id: 'if', type: 'condition_variable', option: { variable: 'x', false_target_id: 'yes' } },
      { id: 'when', type: 'condition_datetime', option: { false_target_id: 'if' } },
      { id: 'key', type: 'condition_call_digits', option: { false_target_id: 'when' } },
      { id: 'end', type: 'condition_call_status', option: { false_target_id: 'key' } },
    ]);
    expect(problems).toEqual([]);
    const [menu, yes, cond, when, key, end] = list.map(({ id }) => id);
    expect(list.every(({ id }) => isUuid(id)) && new Set(list.map(({ id }) => id)).size).toBe(6);
    expect(list.map(({ next_id }) => next_id)).toEqual([end, NONE_ID, NONE_ID, NONE_ID, NONE_ID, NONE_ID]);
    expect(list[0]?.option).toEqual({ target_ids: { 1: menu, 2: yes }, default_target_id: end });
    expect(list.slice(1).map(({ option }) => option['target_id'] ?? option['false_target_id'])).toEqual([menu, yes, cond, when, key]);
  });

  test('that are UUIDs are kept, in lower case, whichever case names them', () => {
    const id = uuid('zoe');
    const { actions: list, problems } = read([{ id: id.toUpperCase(), type: 'empty' }, { type: 'goto', next_id: id, option: { target_id: id.toUpperCase() } }]);
    expect(problems).toEqual([]);
    expect(list[0]?.id).toBe(id);
    expect(list[1]).toMatchObject({ next_id: id, option: { target_id: id } });
    expect(found(read([{ id, type: 'empty' }, { id: id.toUpperCase(), type: 'empty' }]))).toEqual(['/actions/1/id DUPLICATE_ACTION_ID']);
  });

  test('that are names differ by case', () => {
    const { actions: list, problems } = read([{ id: 'a', type: 'empty' }, { id: 'A', type: 'goto', option: { target_id: 'a' } }]);
    expect(problems).toEqual([]);
    expect(list[1]?.option['target_id']).toBe(list[0]?.id);
    expect(list[1]?.id).not.toBe(list[0]?.id);
  });

  test('left out, empty, null or none are made', () => {
    const { actions: list, problems } = read([{ type: 'empty' }, { id: '', type: 'empty' }, { id: null, type: 'empty' }, { id: NONE_ID, type: 'empty', next_id: NONE_ID }]);
    expect(problems).toEqual([]);
    expect(list.map(({ id }) => id)).toEqual([uuid('new0'), uuid('new1'), uuid('new2'), uuid('new3')]);
    expect(list[3]?.next_id).toBe(NONE_ID);
  });

  test('reserved ones name no action and no target', () => {
    for (const id of [START_ID, FINISH_ID, NEXT_ID]) {
      expect(found(read([{ id, type: 'empty' }]))).toEqual(['/actions/0/id INVALID_ID']);
      expect(found(read([{ type: 'goto', next_id: id, option: { target_id: id } }]))).toEqual(['/actions/0/next_id INVALID_ACTION_TARGET', '/actions/0/option/target_id INVALID_ACTION_TARGET']);
    }
  });

  test('named like properties of every object are names like any other', () => {
    const { actions: list, problems } = read([{ id: '__proto__', type: 'goto', option: { target_id: 'constructor' } }, { id: 'constructor', type: 'empty', next_id: '__proto__' }]);
    expect(problems).toEqual([]);
    expect(list[0]?.option['target_id']).toBe(list[1]?.id);
  });

  test('unset targets are gone, as if left out, and so is null', () => {
    const { actions: [branch, jump], problems } = read([
      { type: 'branch', option: { target_ids: { 1: '', 2: null, 3: NONE_ID }, default_target_id: NONE_ID, variable: null } }, { type: 'goto', option: { target_id: '' } },
    ]);
    expect(problems).toEqual([]);
    expect([branch?.option, jump?.option]).toStrictEqual([{ target_ids: {} }, {}]);
  });

  test('outside the list: reached where allowed, not to be used twice where taken', () => {
    const given = [{ id: uuid('x'), type: 'goto', option: { target_id: uuid('out') } }];
    expect(found(read(given))).toHaveLength(1);
    expect(found(read(given, { outer: (id) => id === uuid('out') }))).toEqual([]);
    expect(found(read(given, { outer: () => true, taken: new Set([uuid('x')]) }))).toEqual(['/actions/0/id DUPLICATE_ACTION_ID']);
  });
});

describe('placeholders', () => {
  /** Every property of every action that is text, number, boolean or one of a few words; not the ids of an `actions` list. */
  const properties = Object.values(actions).flatMap(({ type, option, lists = [] }: { type: string; option: { properties: object }; lists?: readonly string[] }) =>
    Object.keys(option.properties).filter((name) => !lists.includes(name) && name !== 'source').map((name) => [type, name] as const));

  test.each(properties)('%s takes one for %s', (type, name) => expect(read([{ type, option: { [name]: '${x}' } }]).problems).toEqual([]));

  test('in lists, in maps and within a text', () => {
    expect(read([
      { type: 'condition_datetime', option: { weekdays: ['${d}', 1], hour: '${h}', timezone: 'Europe/${city}', false_target_id: '${t}' } },
      { type: 'branch', option: { target_ids: { x: '${t}' }, default_target_id: 'action-${n}' } },
    ]).problems).toEqual([]);
  });

  test('not where the braces never close, not as an id, not for an actions list', () => {
    expect(found(read([
      { type: 'sleep', option: { duration: '${x' } }, { type: 'goto', option: { target_id: '${x' } }, { type: 'call', option: { actions: '${x}' } },
    ]))).toEqual(['/actions/0/option/duration INVALID_ACTION_OPTION', '/actions/1/option/target_id INVALID_ACTION_TARGET', '/actions/2/option/actions INVALID_JSON_BODY']);
  });
});

describe('nested lists', () => {
  test('of a call have ids of their own and are checked like any', () => {
    const { actions: [outer, call], problems } = read([
      { id: 'a', type: 'empty' },
      { id: 'b', type: 'call', option: { destinations: [{ target: '+1' }], actions: [{ id: 'a', type: 'talk', option: { text: '${x}' } }, { type: 'goto', option: { target_id: 'a' } }] } },
    ]);
    expect(problems).toEqual([]);
    const [talk, jump] = call?.option['actions'] as Action[];
    expect(talk).toMatchObject({ type: 'talk', next_id: NONE_ID, option: { text: '${x}' } });
    expect(talk?.id).not.toBe(outer?.id);
    expect(jump?.option['target_id']).toBe(talk?.id);
  });

  test('name their problems and warnings from the root, and cannot reach outwards', () => {
    const parsed = read([{ id: 'a', type: 'call', option: { destinations: [], actions: [{ type: 'goto', option: { target_id: 'a' } }, { type: 'case_create' }, { type: 'call', option: { actions: [{ type: 'x' }] } }] } }]);
    expect(found(parsed)).toEqual(['/actions/0/option/actions/0/option/target_id INVALID_ACTION_TARGET', '/actions/0/option/actions/2/option/actions/0/type INVALID_ACTION_TYPE']);
    expect(warned(parsed)).toEqual(['/actions/0/option/actions/1/type NOT_SUPPORTED', '/actions/0/option/actions/2/option/destinations OPTION_MISSING',
      '/actions/0/option/actions/2/option/flow_id OPTION_MISSING', '/actions/0/option/destinations OPTION_MISSING']);
  });
});

describe('warnings', () => {
  test('name what is not supported and what does nothing as written', () => {
    expect(warned(read([
      { type: 'case_create' }, { type: 'talk' }, { type: 'talk', option: { text: '' } }, { type: 'play', option: { stream_urls: [] } }, { type: 'goto', option: { target_id: NONE_ID } },
      { type: 'talk', option: { text: '${x}' } }, { type: 'empty' },
    ]))).toEqual(['/actions/0/type NOT_SUPPORTED', '/actions/1/option/text OPTION_MISSING', '/actions/2/option/text OPTION_MISSING',
      '/actions/3/option/stream_urls OPTION_MISSING', '/actions/4/option/target_id OPTION_MISSING']);
  });
});

describe('bounds', () => {
  const many = (n: number) => Array.from({ length: n }, () => ({ type: 'empty' }));

  test('2,000 actions and no more', () => {
    expect(read(many(2_000)).actions).toHaveLength(2_000);
    expect(read(many(2_001))).toMatchObject({ actions: [], problems: [{ pointer: '/actions', reason: 'INVALID_ARGUMENT' }] });
    expect(found(read([{ type: 'call', option: { actions: many(2_001) } }]))).toEqual(['/actions/0/option/actions INVALID_ARGUMENT']);
  });

  test('32 levels and no more, and a bottomless value costs nothing', () => {
    const deep = (levels: number): unknown => Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 1);
    expect(found(read([{ type: 'empty', option: { deep: deep(29) } }]))).toEqual([]);
    expect(found(read([{ type: 'empty', option: { deep: deep(30) } }]))).toEqual(['/actions INVALID_ARGUMENT']);
    expect(found(read([{ type: 'empty', option: { deep: deep(200_000) } }]))).toEqual(['/actions INVALID_ARGUMENT']);
  });
});

describe('what is kept', () => {
  test('unknown fields of an option, as they are; nothing else of an action', () => {
    expect(first(read([{ id: uuid('a'), type: 'talk', tm_execute: 'x', more: 1, option: { text: 'Hi', gender: 'female', deep: [{ x: null }] } }])))
      .toEqual({ id: uuid('a'), next_id: NONE_ID, type: 'talk', option: { text: 'Hi', gender: 'female', deep: [{ x: null }] } });
  });

  test('a key named __proto__ stays a plain key and pollutes nothing', () => {
    const { option } = first(read(JSON.parse('[{"type":"branch","__proto__":{"id":"x"},"option":{"__proto__":{"polluted":1},"target_ids":{"__proto__":"${x}"}}}]')));
    expect(JSON.stringify(option)).toBe('{"__proto__":{"polluted":1},"target_ids":{"__proto__":"${x}"}}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});
