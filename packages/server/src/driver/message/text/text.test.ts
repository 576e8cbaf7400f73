import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cut, partsOf, ROOM } from './cut.js';
import { codingOf, decode } from './decode.js';
import { decodeGsm, ESCAPE, septetsOf } from './gsm.js';
import { placeHeader, takeHeader } from './header.js';

/** Every letter of the alphabet, spelled out here once more as the standard's table prints it: columns of sixteen. */
const BASIC = [
  '@£$¥èéùìòÇ\nØø\rÅå', 'Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ', ' !"#¤%&\'()*+,-./', '0123456789:;<=>?',
  '¡ABCDEFGHIJKLMNO', 'PQRSTUVWXYZÄÖÑÜ§', '¿abcdefghijklmno', 'pqrstuvwxyzäöñüà',
].join('');
const EXTENSION = '\f^{}\\[~]|€';
const EMOJI = ['😀', '👍🏽', '👩‍👩‍👧‍👦', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🇩🇪', 'é', 'ệ'];

const letters = (set: string | readonly string[]) => fc.array(fc.constantFrom(...set), { minLength: 1, maxLength: 2_000 }).map((all) => all.join(''));
const texts = fc.oneof(letters(BASIC), letters(BASIC + EXTENSION), letters([...BASIC, ...EXTENSION, 'ж', '漢', 'ç']), letters([...EMOJI, 'a', '漢']), fc.string({ unit: 'binary', minLength: 1, maxLength: 2_000 }),
  // Whatever JSON can carry, half a pair, too.
  fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 2_000 }).map((units) => String.fromCharCode(...units)));

const back = (text: string): string => {
  const { alphabet, parts } = cut(text);
  return decode(parts.map((octets) => ({ octets, coding: alphabet })));
};

describe('text in, text out', () => {
  test('byte for byte, whatever it is made of and however long', () => {
    fc.assert(fc.property(texts, (text) => { expect(back(text)).toBe(text); }), { numRuns: 400 });
  });

  test('every letter of the alphabet and of its extension', () => {
    expect(BASIC).toHaveLength(127);
    expect(back(BASIC + EXTENSION)).toBe(BASIC + EXTENSION);
    expect(cut(BASIC + EXTENSION).alphabet).toBe('gsm');
    for (const letter of EXTENSION) expect(septetsOf(letter)).toHaveLength(2);
  });

  test('parts alone are whole letters: each reads by itself', () => {
    fc.assert(fc.property(texts, (text) => {
      const { alphabet, parts } = cut(text);
      expect(parts.map((octets) => decode([{ octets, coding: alphabet }])).join('')).toBe(text);
      if (alphabet === 'gsm') for (const part of parts) expect(part.at(-1)).not.toBe(ESCAPE);
    }), { numRuns: 200 });
  });

  test('an octet stream split anywhere by somebody else reads the same', () => {
    fc.assert(fc.property(texts, fc.array(fc.nat(), { maxLength: 12 }), (text, at) => {
      const { alphabet, parts } = cut(text);
      const whole = Buffer.concat(parts);
      const ends = [...new Set([...at.map((position) => position % (whole.length + 1)), whole.length])].sort((a, b) => a - b);
      const pieces = ends.map((end, i) => ({ octets: whole.subarray(ends[i - 1] ?? 0, end), coding: alphabet }));
      expect(decode(pieces)).toBe(text);
    }), { numRuns: 200 });
  });

  test('a letter outside of the alphabet makes it UTF-16, one inside does not', () => {
    expect(cut('Grüße €[]{}').alphabet).toBe('gsm');
    // The capital only is in the alphabet.
    expect(cut('Ç').alphabet).toBe('gsm');
    expect(cut('ç').alphabet).toBe('ucs2');
    expect(cut('\u001b').alphabet).toBe('ucs2');
    expect(cut('`').alphabet).toBe('ucs2');
  });
});

describe('units', () => {
  test.each([
    ['a', 160, 1], ['a', 161, 2], ['a', 306, 2], ['a', 307, 3], ['€', 80, 1], ['€', 81, 2], ['€', 152, 2], ['€', 153, 3],
    ['ж', 70, 1], ['ж', 71, 2], ['ж', 134, 2], ['ж', 135, 3], ['😀', 35, 1], ['😀', 36, 2], ['😀', 66, 2], ['😀', 67, 3], ['a', 10_000, 66], ['ж', 10_000, 150],
  ])('%s × %i is %i', (letter, times, parts) => {
    expect(partsOf(letter.repeat(times))).toBe(parts);
  });

  test('no part has more than there is room for, and none could have held the next letter', () => {
    fc.assert(fc.property(texts, (text) => {
      const { alphabet, parts } = cut(text);
      const room = ROOM[alphabet];
      const units = parts.map(({ length }) => (alphabet === 'gsm' ? length : length / 2));
      for (const part of units) expect(part).toBeLessThanOrEqual(parts.length === 1 ? room.alone : room.several);
      if (parts.length > 1) expect(units.reduce((a, b) => a + b, 0)).toBeGreaterThan(room.alone);
    }), { numRuns: 200 });
  });

  test('an emoji of many code points stays whole where that costs nothing', () => {
    const family = '👩‍👩‍👧‍👦';
    const { parts } = cut(`${'x'.repeat(60)}${family}${'y'.repeat(40)}`);
    expect(parts.map((octets) => decode([{ octets, coding: 'ucs2' }]))).toEqual(['x'.repeat(60), `${family}${'y'.repeat(40)}`]);
    // Here it would: two parts would become three.
    const tight = `${'x'.repeat(59)}${family}${'y'.repeat(64)}`;
    expect(tight).toHaveLength(134);
    expect(partsOf(tight)).toBe(2);
  });
});

describe('headers', () => {
  test('what we write is what we read', () => {
    const place = { reference: 0xa7, parts: 255, part: 17 };
    expect(placeHeader(place)).toEqual(Buffer.from([5, 0, 3, 0xa7, 255, 17]));
    expect(takeHeader(Buffer.concat([placeHeader(place), Buffer.from('text')]))).toEqual({ octets: Buffer.from('text'), place });
  });

  test('a reference of 16 bits, and elements before it that nobody knows', () => {
    const header = Buffer.from([10, 0x24, 1, 1, 0x7f, 0, 0x08, 4, 0x12, 0x34, 3, 2]);
    header[0] = header.length - 1;
    expect(takeHeader(Buffer.concat([header, Buffer.from('b')]))).toEqual({ octets: Buffer.from('b'), place: { reference: 0x1234, parts: 3, part: 2 } });
  });

  test.each([
    ['longer than the message', [9, 0, 3, 1, 2, 1]], ['with an element longer than itself', [5, 0, 9, 1, 2, 1, 65]],
  ])('%s, it is none', (_, octets) => {
    expect(takeHeader(Buffer.from(octets))).toEqual({ octets: Buffer.from(octets), place: undefined });
  });

  test.each([[0, 0], [2, 0], [2, 3], [1, 1]])('part %#: of %i the number %i says nothing', (parts, part) => {
    expect(takeHeader(Buffer.from([5, 0, 3, 1, parts, part, 65]))).toEqual({ octets: Buffer.from('A'), place: undefined });
  });

  test('rubbish never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 160 }), fc.nat(255), (octets, data_coding) => {
      const { octets: rest } = takeHeader(Buffer.from(octets));
      expect(typeof decode([{ octets: rest, coding: codingOf(data_coding) }])).toBe('string');
    }), { numRuns: 500 });
  });
});

describe('data codings', () => {
  test.each([
    [0x00, 'gsm'], [0x01, 'ascii'], [0x03, 'latin1'], [0x04, 'bytes'], [0x06, 'iso-8859-5'], [0x08, 'ucs2'], [0x0e, 'euc-kr'],
    [0x10, 'gsm'], [0x14, 'bytes'], [0x18, 'ucs2'], [0x19, 'ucs2'], [0xc8, 'gsm'], [0xd8, 'gsm'], [0xe0, 'ucs2'], [0xf0, 'gsm'], [0xf5, 'bytes'],
  ])('%i is %s', (data_coding, coding) => {
    expect(codingOf(data_coding)).toBe(coding);
  });

  test('letters come out of each', () => {
    expect(decode([{ octets: Buffer.from([0xe4, 0x80]), coding: 'latin1' }])).toBe('ä\u0080');
    expect(decode([{ octets: Buffer.from([0x41, 0xe4]), coding: 'ascii' }])).toBe('A\ufffd');
    expect(decode([{ octets: Buffer.from('größe €', 'utf8'), coding: 'bytes' }])).toBe('größe €');
    expect(decode([{ octets: Buffer.from([0xff, 0xe4]), coding: 'bytes' }])).toBe('ÿä');
    expect(decode([{ octets: Buffer.from([0xb6]), coding: 'iso-8859-5' }])).toBe('Ж');
    expect(decode([{ octets: Buffer.from([0xb0, 0xa1]), coding: 'euc-kr' }])).toBe('가');
    expect(decode([{ octets: Buffer.from([0x04, 0x16, 0x41]), coding: 'ucs2' }])).toBe('Ж');
  });

  test('what is no letter is shown as none, and what stands behind an unknown escape is read without it', () => {
    expect(decodeGsm(Buffer.from([0x41, 0x80, 0xff, 0x42]))).toBe('A\ufffd\ufffdB');
    expect(decodeGsm(Buffer.from([ESCAPE, 0x41, ESCAPE, ESCAPE, ESCAPE, 0x65, ESCAPE]))).toBe('A €\ufffd');
  });

  test('a letter cut between two parts by a careless sender is put together', () => {
    expect(decode([{ octets: Buffer.from([0x41, ESCAPE]), coding: 'gsm' }, { octets: Buffer.from([0x65]), coding: 'gsm' }])).toBe('A€');
    expect(decode([{ octets: Buffer.from([0x41]), coding: 'gsm' }, { octets: Buffer.from([0x04, 0x16]), coding: 'ucs2' }])).toBe('AЖ');
  });
});
