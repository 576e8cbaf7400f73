import { describe, expect, test } from 'vitest';
import { encodeG711, LAWS } from './g711.js';

describe.each(['PCMU', 'PCMA'] as const)('%s', (codec) => {
  const { decode, encode, silence } = LAWS[codec];

  test('gives back every byte that it decodes, but for the second zero of µ-law', () => {
    for (let byte = 0; byte < 256; byte++) {
      const again = encode[(decode[byte] ?? 0) & 0xffff];
      expect(again, `byte ${byte}`).toBe(codec === 'PCMU' && byte === 0x7f ? 0xff : byte);
    }
  });

  test('takes each sample for the nearest value, or the one next to it at the edge of a segment', () => {
    const values = [...decode].sort((a, b) => a - b);
    for (let sample = -32_768; sample < 32_768; sample += 7) {
      const value = decode[encode[sample & 0xffff] ?? 0] ?? 0;
      const nearest = Math.min(...values.map((other) => Math.abs(other - sample)));
      expect(Math.abs(value - sample), `sample ${sample}`).toBeLessThanOrEqual(nearest + Math.max(16, Math.abs(sample) / 16));
    }
  });

  test('is silent at nothing', () => { expect([decode[silence], encode[0]]).toEqual([codec === 'PCMU' ? 0 : 8, silence]); });
});

// ITU-T G.711, tables 1 and 2: decoder output values, of 14 bits for µ-law and 13 for A-law, here times four and eight.
test.each([
  [0x80, 8_031 * 4], [0x8f, 4_191 * 4], [0x9f, 2_079 * 4], [0xaf, 1_023 * 4], [0xbf, 495 * 4], [0xcf, 231 * 4], [0xdf, 99 * 4], [0xef, 33 * 4], [0xfe, 2 * 4], [0xff, 0], [0x00, -8_031 * 4], [0x0f, -4_191 * 4], [0x7e, -2 * 4],
])('µ-law %i is %i', (byte, sample) => { expect(LAWS.PCMU.decode[byte]).toBe(sample); });
test.each([
  [0xaa, 4_032 * 8], [0xa5, 2_112 * 8], [0xb5, 1_056 * 8], [0x85, 528 * 8], [0x95, 264 * 8], [0xe5, 132 * 8], [0xf5, 66 * 8], [0xd5, 8], [0x55, -8], [0x2a, -4_032 * 8],
])('A-law %i is %i', (byte, sample) => { expect(LAWS.PCMA.decode[byte]).toBe(sample); });

test('encodes a frame at its place', () => {
  const bytes = new Uint8Array(6).fill(7);
  encodeG711(LAWS.PCMU, Int16Array.of(0, -32_768, 32_767), 3, bytes, 2);
  expect([...bytes]).toEqual([7, 7, 0xff, 0x00, 0x80, 7]);
});
