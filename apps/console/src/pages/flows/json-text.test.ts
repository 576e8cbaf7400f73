// JSON that somebody types: where each value stands, where it breaks, how it is printed.
import { describe, expect, test } from 'vitest';
import { locate, lineOf, placeOf, pointerAt, print, type Broken, type Located } from './json-text.js';

const good = (text: string): Located => {
  const located = locate(text);
  if ('message' in located) throw new Error(`${located.message} at ${located.from}`);
  return located;
};
const bad = (text: string): Broken => {
  const located = locate(text);
  if ('value' in located) throw new Error('it is JSON');
  return located;
};

describe('places', () => {
  const text = '{ "name": "x", "actions": [\n  { "type": "talk", "option": { "a/b": [1, true, null] } }\n] }';
  const { places, value } = good(text);

  test('of every value, by pointer', () => {
    expect(value).toEqual(JSON.parse(text));
    const at = (pointer: string): string => text.slice(places.get(pointer)?.from, places.get(pointer)?.to);
    expect(['/name', '/actions/0/type', '/actions/0/option/a~1b/1'].map(at)).toEqual(['"x"', '"talk"', 'true']);
    expect(places.get('')).toEqual({ from: 0, to: text.length });
  });

  test('the innermost around a position; the nearest of what is not there', () => {
    expect(pointerAt(places, text.indexOf('talk'))).toBe('/actions/0/type');
    expect(pointerAt(places, text.indexOf('[1'))).toBe('/actions/0/option/a~1b');
    expect(placeOf(places, '/actions/0/option/text')).toEqual(places.get('/actions/0/option'));
    expect(placeOf(places, '/nowhere/at/all')).toEqual(places.get(''));
  });
});

describe('broken text says where and why', () => {
  test.each([
    ['{ "a": 1, }', ',', 'no comma may stand before }'], ['[1 2]', '2', 'a comma or ] is expected'], ['{ a: 1 }', 'a', 'a name in double quotes'],
    ['{ "a" 1 }', '1', 'a colon'], ['{ "a": tru }', 'tru', 'a value is expected'], ['{ "a": 01 }', '01', 'a value is expected'], ['{} x', 'x', 'nothing may follow'],
    ['{ "a": "b\n" }', '"b', 'not closed'], ['{ "a": 1, "a": 2 }', '"a"', 'stands here twice'], ['[1', '', 'ends too early'], ['', '', 'ends too early'], ["{ 'a': 1 }", "'a'", 'a name in double quotes'],
  ])('%j', (text, where, message) => {
    const { from, to, message: said } = bad(text);
    expect([text.slice(from, to), said]).toEqual([where, expect.stringContaining(message)]);
  });

  test('and any depth ends', () => {
    expect(bad('['.repeat(100_000)).message).toContain('too deeply');
  });

  test('lines and columns begin at 1', () => {
    expect(lineOf('ab\ncd', 4)).toEqual({ line: 2, column: 2 });
  });
});

test('agrees with JSON.parse on what is JSON', () => {
  for (const text of ['1e5', '-0', '"\\u00e9\\n"', '[]', ' {} ', 'nul', '1.', '.5', '+1', '"\\x"', '[,]', '{"a":}', '\u00a01', 'NaN', '"\t"', '[1,[2,{"b":[]}]]', '1e', '--1', 'truefalse']) {
    const parses = (() => { try { JSON.parse(text); return true; } catch { return false; } })();
    expect([text, 'value' in locate(text)]).toEqual([text, parses]);
  }
});

describe('print', () => {
  test('puts on one line what fits, and loses nothing', () => {
    const flow = { name: 'f', actions: [{ type: 'answer' }, { id: 'x', type: 'talk', option: { text: 'A longer text that takes its own line, since it is so long' } }], left: undefined };
    const text = print(flow);
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(flow)));
    expect(text.split('\n')).toEqual([
      '{', '  "name": "f",', '  "actions": [', '    { "type": "answer" },', '    {', '      "id": "x",', '      "type": "talk",',
      '      "option": { "text": "A longer text that takes its own line, since it is so long" }', '    }', '  ]', '}',
    ]);
  });

  test('empty things', () => {
    expect(print({ a: {}, b: [], c: '' })).toBe('{\n  "a": {},\n  "b": [],\n  "c": ""\n}');
  });
});
