import { describe, expect, test } from 'vitest';
import { LAWS } from './g711.js';
import { amplitudeOf } from './testing/phone.js';
import { sine, wavBytes } from './testing/stage.js';
import { createWavReader } from './wav-read.js';

/** All samples of a file that comes in pieces of a size. */
function read(file: Uint8Array, piece = file.length): Int16Array {
  const reader = createWavReader();
  const all: number[] = [];
  for (let at = 0; at < file.length; at += piece) all.push(...reader.push(file.slice(at, at + piece)));
  return Int16Array.from([...all, ...reader.end()]);
}
/** Changes numbers of the header, at their places. */
function changed(file: Buffer, changes: Readonly<Record<number, number>>): Buffer {
  for (const [at, value] of Object.entries(changes)) file.writeUInt16LE(value, Number(at));
  return file;
}
const sound = sine(1_000, 0.25);

describe('a WAV file', () => {
  test('gives its samples, in pieces of any size', () => {
    const file = wavBytes(sound);
    for (const piece of [1, 7, 44, 1_000, file.length]) expect(read(file, piece)).toEqual(sound);
  });

  test('of G.711 is decoded', () => {
    for (const [codec, code] of [['PCMU', 7], ['PCMA', 6]] as const) {
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const file = Buffer.concat([changed(wavBytes(new Int16Array(128)), { 20: code, 32: 1, 34: 8 }).subarray(0, 44), bytes]);
      expect(read(file)).toEqual(LAWS[codec].decode);
    }
  });

  test('of two channels is mixed down', () => {
    const stereo = Int16Array.from({ length: 800 }, (_, i) => (i % 2 === 0 ? 1_000 : 3_000));
    expect([...new Set(read(wavBytes(stereo, 8_000, 2)))]).toEqual([2_000]);
    expect(read(wavBytes(stereo, 8_000, 2))).toHaveLength(400);
  });

  test.each([16_000, 22_050, 24_000, 44_100, 48_000, 11_025, 6_000])('of %i samples a second has the same pitch, length and level', (rate_hz) => {
    const samples = read(wavBytes(sine(1_000, 0.5, rate_hz), rate_hz), 999);
    expect(Math.abs(samples.length - 4_000)).toBeLessThanOrEqual(2);
    expect(amplitudeOf(samples.subarray(400, 3_600), 1_000) / 8_000).toBeCloseTo(1, 1);
  });

  test('may have other chunks before and after the sound, a size nobody knew, and an extensible format', () => {
    const file = wavBytes(sound);
    const list = Buffer.concat([Buffer.from('LIST\x05\0\0\0abcde\0', 'latin1')]);
    expect(read(Buffer.concat([file.subarray(0, 12), list, file.subarray(12), list]))).toEqual(sound);
    for (const size of [0, 0xffff_ffff]) {
      const streamed = Buffer.from(file);
      streamed.writeUInt32LE(size, 40);
      expect(read(streamed)).toEqual(sound);
    }
    const format = Buffer.alloc(48);
    file.copy(format, 0, 12, 36);
    format.writeUInt32LE(40, 4);
    format.writeUInt16LE(0xfffe, 8);
    format.writeUInt16LE(1, 32);
    expect(read(Buffer.concat([file.subarray(0, 12), format, file.subarray(36)]))).toEqual(sound);
  });

  test('that ends early gives what there is', () => { expect(read(wavBytes(sound).subarray(0, 44 + 801))).toEqual(sound.subarray(0, 400)); });
});

describe('what is no WAV file that can be played is named', () => {
  const file = (): Buffer => wavBytes(sound);
  test.each([
    ['a text', Buffer.from('This is not a WAV file, but it is long enough for one.'), 'This is no WAV file.'],
    ['nothing', Buffer.alloc(0), 'This is no WAV file.'],
    ['cut off in its header', file().subarray(0, 30), 'The WAV file ends before its sound.'],
    ['24 bits', changed(file(), { 34: 24 }), 'The WAV file is coded as format 1 with 24 bits; PCM of 16 or 8 bits, A-law and µ-law are played.'],
    ['MP3 inside', changed(file(), { 20: 85 }), 'The WAV file is coded as format 85 with 16 bits; PCM of 16 or 8 bits, A-law and µ-law are played.'],
    ['no channel', changed(file(), { 22: 0 }), 'The WAV file has 0 channels; 1 to 8 are played.'],
    ['a rate of nothing', changed(file(), { 24: 0, 26: 0 }), 'The WAV file has 0 samples a second; 4,000 to 192,000 are played.'],
    ['a chunk of 4 GiB', Buffer.concat([file().subarray(0, 12), Buffer.from('JUNK\xff\xff\xff\xff', 'latin1')]), 'The WAV file has a broken chunk.'],
    ['sound before its format', Buffer.concat([file().subarray(0, 12), file().subarray(36)]), 'The WAV file has sound before its format.'],
  ])('%s', (_name, bytes, message) => { expect(() => read(bytes)).toThrow(message); });
});
