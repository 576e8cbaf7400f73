// Substitution: what it gives, and that it costs no more than it reads and writes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evolve, type Event } from './event.js';
import { play } from './testing/play.js';
import {
  anyPlaceholder, hasPlaceholder, initialVariables, INITIAL_LIMITS, isPlaceholder, isSystemName, pointerToken, substitute, substituteValue, TooLarge, utf8Length, variablesBytes,
  type Variables,
} from './variables.js';

const fill = (text: string, variables: Variables = {}): string => substitute(text, variables, { left: 1e9 });

describe('substitute', () => {
  const table: readonly (readonly [string, string])[] = [
    ['plain', 'plain'],
    ['${a}', '1'],
    ['<${a}${b}>', '<12>'],
    ['${missing}', ''],
    ['a missing ${one} in between', 'a missing  in between'],
    ['unclosed ${a', 'unclosed ${a'],
    ['unclosed ${a\n${b}', 'unclosed ${a\n2'],
    ['${a\n}', '${a\n}'],
    ['$${a}', '$1'],
    ['$ {a} $a {a}', '$ {a} $a {a}'],
    ['${a}}', '1}'],
    ['${}', ''],
    ['${ a }', 'spaces count'],
    ['${${a}}', '}'],
    ['${x${a}', 'shortest from the first'],
    ['${nested}', '${a}'],
    ['${dollar}', '$& $1 $$'],
    ['${__proto__}${constructor}${toString}', ''],
    ['${A}', ''],
    ['${voipbin.call.source.target}', '+1'],
    ['😀${a}😀', '😀1😀'],
  ];
  const variables: Variables = {
    a: '1', b: '2', ' a ': 'spaces count', 'x${a': 'shortest from the first', nested: '${a}', dollar: '$& $1 $$', 'voipbin.call.source.target': '+1',
  };

  test.each(table)('%j gives %j', (text, expected) => expect(fill(text, variables)).toBe(expected));

  test('a variable may be named like a property of every object', () => {
    const own = JSON.parse('{"__proto__":"p","constructor":"c"}') as Variables;
    expect(fill('${__proto__}${constructor}', own)).toBe('pc');
  });

  test('agrees with the rule as a regular expression, for any text', () => {
    const bits = fc.array(fc.constantFrom('${', '}', '$', '{', 'a', 'b', '\n', ' ', '${a}', '${b}'), { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(fc.property(bits, (text) => {
      const expected = text.replace(/\$\{([^\n}]*)\}/g, (_all, name: string) => (Object.hasOwn(variables, name) ? (variables[name] ?? '') : ''));
      expect(fill(text, variables)).toBe(expected);
      expect(hasPlaceholder(text)).toBe(/\$\{[^\n}]*\}/.test(text));
      expect(isPlaceholder(text)).toBe(/^\$\{[^\n}]*\}$/.test(text) && !text.endsWith('\n'));
    }), { numRuns: 2_000 });
  });

  test('stops at its budget, which counts what is put in', () => {
    const budget = { left: 5 };
    expect(substitute('${a}${a}${a}', { a: '12' }, { left: 6 })).toBe('121212');
    expect(() => substitute('${a}${a}${a}', { a: '12' }, budget)).toThrow(TooLarge);
  });
});

describe('substitution is linear', () => {
  // 64 KiB is the longest value and 1 MiB the longest body; a quadratic scan of either is past counting.
  const adversarial = { open: '${', 'open and a line end': '${\n', closed: '${a}', 'two opens': '${${', 'closed later': '${a', dollars: '$', 'lines of opens': '${${${${\n' };

  /** Characters looked at while substituting, by counting the reads of a text that counts them. */
  function work(text: string): { readonly looked: number; readonly result: string } {
    let looked = 0;
    const original = Reflect.get<StringConstructor['prototype'], 'charCodeAt'>(String.prototype, 'charCodeAt');
    const find = Reflect.get<StringConstructor['prototype'], 'indexOf'>(String.prototype, 'indexOf');
    try {
      String.prototype.charCodeAt = function (this: string, at: number) { looked++; return original.call(this, at); };
      String.prototype.indexOf = function (this: string, what: string, from = 0) {
        const found = find.call(this, what, from);
        looked += (found < 0 ? this.length : found) - from + 1;
        return found;
      };
      return { result: fill(text, { a: '' }), looked };
    } finally {
      String.prototype.charCodeAt = original;
      String.prototype.indexOf = find;
    }
  }

  test.each(Object.entries(adversarial))('%s, over and over', (_name, unit) => {
    const text = unit.repeat(Math.ceil((64 * 1024) / unit.length));
    const { looked, result } = work(text);
    expect(looked).toBeLessThanOrEqual(3 * text.length + 10);
    expect(looked).toBeGreaterThan(text.length / 2);
    expect(result).toBe(unit === '${a}' ? '' : text);
  });

  test('a closing brace at the very end closes the first open one', () => {
    expect(fill(`${'${'.repeat(30_000)}}`)).toBe('');
  });
});

describe('substituteValue', () => {
  test('goes through maps and arrays; keys, numbers, booleans and null stay', () => {
    const value = { '${a}': ['${a}', { deep: '-${a}-', n: 1, no: false, nil: null }], __proto: '${a}' };
    expect(substituteValue(value, { a: 'x' }, { left: 99 })).toEqual({ '${a}': ['x', { deep: '-x-', n: 1, no: false, nil: null }], __proto: 'x' });
    expect(value['${a}'][0]).toBe('${a}');
  });

  test('shares one budget over all texts', () => {
    expect(() => substituteValue(['${a}', '${a}'], { a: '123' }, { left: 5 })).toThrow(TooLarge);
  });

  test('keeps a key named __proto__ a plain key', () => {
    const given = JSON.parse('{"__proto__":{"polluted":"${a}"}}') as object;
    const result = substituteValue(given, { a: 'x' }, { left: 9 });
    expect(JSON.stringify(result)).toBe('{"__proto__":{"polluted":"x"}}');
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });

  test('anyPlaceholder finds one wherever it stands, and none in keys', () => {
    expect(anyPlaceholder({ a: [1, { b: 'x${y}' }] })).toBe(true);
    expect(anyPlaceholder({ '${a}': [1, null, 'x${y'] })).toBe(false);
  });
});

describe('lengths', () => {
  test('utf8Length is what encoding gives, for any text, lone surrogates included', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      expect(utf8Length(text)).toBe(Buffer.byteLength(text));
    }));
    for (const text of ['', '\ud800', '\udc00', '\ud800\ud800\udc00', 'é€😀']) expect(utf8Length(text)).toBe(Buffer.byteLength(text));
  });

  test('variablesBytes counts keys and values', () => expect(variablesBytes({ é: '€', a: '' })).toBe(2 + 3 + 1));

  test('the state keeps count of its variables through every change, and linearly', () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, '']));
    const { state } = play({ flow: [] });
    const event: Event = { n: state.events, version: 1, at: state.tm_create, cause: { by: 'api' }, type: 'variables_set', variables: many };
    const after = evolve(state, event);
    expect(after.variables_bytes).toBe(variablesBytes(after.variables));
    const gone = evolve(after, { ...event, n: after.events, variables: Object.fromEntries(Object.keys(many).map((key) => [key, null])) });
    expect(gone.variables).toEqual(state.variables);
    expect(gone.variables_bytes).toBe(state.variables_bytes);
  });
});

describe('what a client may set', () => {
  test('names of the system, in any case', () => {
    expect(['voipbin.x', 'VoipBin.x', 'VOIPBIN.'].map(isSystemName)).toEqual([true, true, true]);
    expect(['voipbin', 'voipbinx.', ' voipbin.x', 'my.voipbin.x'].map(isSystemName)).toEqual([false, false, false, false]);
  });

  test('with a start: keys trimmed, blank and system keys dropped', () => {
    expect(initialVariables({ ' a ': '1', '': 'x', '  ': 'x', 'voipbin.call.id': 'x', ' VOIPBIN.x': 'x', b: '' })).toEqual({ variables: { a: '1', b: '' }, problems: [] });
  });

  test('with a start: too many, too long, too much in all, no text', () => {
    const problems = (given: Record<string, unknown>) => initialVariables(given).problems.map(({ pointer, reason }) => `${pointer} ${reason}`);
    const filled = (n: number, value: string) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, value]));
    expect(problems(filled(INITIAL_LIMITS.keys, ''))).toEqual([]);
    expect(problems(filled(101, ''))).toEqual(['/variables INVALID_VARIABLES']);
    expect(problems({ 'a/b~c': 5, n: null })).toEqual(['/variables/a~1b~0c INVALID_VARIABLES', '/variables/n INVALID_VARIABLES']);
    expect(problems({ long: 'é'.repeat(16 * 1024) })).toEqual([]);
    expect(problems({ long: 'é'.repeat(16 * 1024) + 'x' })).toEqual(['/variables/long INVALID_VARIABLES']);
    expect(problems(filled(2, 'x'.repeat(32 * 1024)))).toEqual(['/variables INVALID_VARIABLES']);
  });

  test('while it runs: merged, null removes, system names refused however they are written', () => {
    const played = play({ flow: [{ type: 'block' }], variables: { a: '1', b: '2' } });
    played.change({ type: 'set_variables', variables: { a: null, ' c ': '3', ['__proto__']: 'p' } });
    expect(JSON.stringify(Object.fromEntries(Object.entries(played.state.variables).filter(([key]) => !isSystemName(key))))).toBe('{"b":"2","c":"3","__proto__":"p"}');
    for (const key of ['voipbin.call.id', ' voipbin.call.id', '\tVoIPBIN.x', ' ']) {
      expect(played.send({ type: 'set_variables', variables: { [key]: 'x', fine: 'x' } })).toMatchObject({ outcome: 'refused', reason: 'INVALID_VARIABLES', problems: [{ pointer: `/variables/${pointerToken(key)}` }] });
    }
    expect(played.send({ type: 'set_variables', variables: { n: 5 } })).toMatchObject({ outcome: 'refused', problems: [{ pointer: '/variables/n' }] });
  });
});

test('pointerToken escapes as RFC 6901 asks', () => expect([pointerToken('a/b~c'), pointerToken('~1'), pointerToken(0)]).toEqual(['a~1b~0c', '~01', '0']));
