import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DIGITS } from './dtmf.js';
import { createToneListener } from './goertzel.js';
import { COLUMNS, KEYPAD, ROWS } from './tone.js';
import { createWavReader } from './wav-read.js';

const pair = (digit: string): readonly [number, number] => [ROWS[KEYPAD.indexOf(digit) >> 2]!, COLUMNS[KEYPAD.indexOf(digit) & 3]!];
/** A digit's two waves. */
function key(digit: string, ms: number, { off = 1, low = 4_000, high = 4_000 } = {}): number[] {
  const [row, column] = pair(digit).map((hz) => hz * off) as [number, number];
  return Array.from({ length: ms * 8 }, (_, i) => Math.round(low * Math.sin((2 * Math.PI * row * i) / 8_000) + high * Math.sin((2 * Math.PI * column * i) / 8_000)));
}
const pause = (ms: number): number[] => new Array<number>(ms * 8).fill(0);
/** The same noise each time. */
function noise(level: number): () => number {
  let seed = 7;
  return () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return ((seed >> 8) % (2 * level)) - level;
  };
}
function heard(samples: ArrayLike<number>): string {
  const listen = createToneListener();
  let digits = '';
  for (let at = 0; at + 160 <= samples.length; at += 160) digits += listen(Int16Array.from({ length: 160 }, (_, i) => samples[at + i] ?? 0));
  return digits;
}

describe('digits in the sound', () => {
  test('are heard, each of them, once however long it lasts', () => {
    for (const ms of [50, 80, 400]) expect(heard([...DIGITS].flatMap((digit) => [...key(digit, ms), ...pause(60)]))).toBe(DIGITS);
    expect(heard([...key('5', 60), ...pause(50), ...key('5', 60), ...pause(50)])).toBe('55');
  });

  test('are heard where they begin, at any place of a block', () => {
    for (let shift = 0; shift < 110; shift += 7) expect(heard([...new Array<number>(shift).fill(0), ...key('7', 45), ...pause(60)]), `shift ${shift}`).toBe('7');
  });

  test('are heard through noise, a frequency a little off, and a column louder or softer than the row', () => {
    const next = noise(400);
    expect(heard([...key('3', 80), ...pause(60)].map((sample) => sample + next()))).toBe('3');
    for (const off of [0.986, 1.014]) expect(heard([...DIGITS].flatMap((digit) => [...key(digit, 80, { off }), ...pause(60)])), `off ${off}`).toBe(DIGITS);
    expect(heard([...key('9', 80, { low: 2_000, high: 4_000 }), ...pause(60)])).toBe('9');
    expect(heard([...key('9', 80, { low: 4_000, high: 2_800 }), ...pause(60)])).toBe('9');
  });

  test('are not heard in one wave, in noise, in a digit of 20 ms, or one that is far off', () => {
    const next = noise(9_000);
    expect(heard(key('5', 300, { low: 0 }))).toBe('');
    expect(heard(key('5', 300, { high: 0 }))).toBe('');
    expect(heard(key('5', 300, { off: 1.05 }))).toBe('');
    expect(heard([...pause(60), ...key('5', 18), ...pause(60)])).toBe('');
    expect(heard(pause(4_000).map(next))).toBe('');
    // Dial tone and busy tone are two waves as well.
    expect(heard(Array.from({ length: 16_000 }, (_, i) => 5_000 * (Math.sin((2 * Math.PI * 350 * i) / 8_000) + Math.sin((2 * Math.PI * 440 * i) / 8_000))))).toBe('');
  });

  test.skipIf(spawnSync('espeak-ng', ['--version']).error !== undefined)('are not heard in speech (espeak-ng speaks)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'talk-off-'));
    try {
      const text = 'Thank you for calling. Our office is closed. Please leave a message after the tone, or press one for sales, two for support, and three to hear this again. ';
      for (const voice of ['en', 'en+f3', 'en+m7', 'de', 'es+f2']) {
        const path = join(folder, 'speech.wav');
        execFileSync('espeak-ng', ['-v', voice, '-a', '180', '-w', path, text.repeat(6)]);
        const reader = createWavReader();
        const samples = reader.push(readFileSync(path));
        expect(samples.length).toBeGreaterThan(8_000 * 20);
        expect(heard(samples), voice).toBe('');
      }
    } finally { rmSync(folder, { recursive: true }); }
  });
});
