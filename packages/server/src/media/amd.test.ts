import { spawnSync, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createDetector, type Detected } from './amd.js';
import { createWavReader } from './wav-read.js';

/** Sound as [milliseconds, loud], with a little noise; what was found, and after how many milliseconds. */
function detected(sound: Iterable<number>): Detected & { readonly after_ms: number } {
  const detect = createDetector();
  const samples = Int16Array.from(sound);
  for (let frame = 0; ; frame++) {
    const found = detect(Int16Array.from({ length: 160 }, (_, i) => samples[frame * 160 + i] ?? 0));
    if (found !== null) return { ...found, after_ms: (frame + 1) * 20 };
  }
}
const words = (...lengths_ms: readonly number[]): number[] =>
  lengths_ms.flatMap((ms, i) => Array.from({ length: ms * 8 }, (_, n) => (i % 2 === 1 ? 5_000 * Math.sin(n / 4) : (n * 7_919) % 60)));

describe('who answered', () => {
  test.each([
    ['a person: one word', words(400, 350, 2_000), false, /^1 word in \d+ ms, then 8\d0 ms of silence$/],
    ['a person: two words', words(300, 250, 150, 500, 2_000), false, /^2 words in/],
    ['a machine: a long greeting', words(200, 3_000, 1_000), true, /^a greeting of 15\d\d ms and more$/],
    ['a machine: many short words', words(100, 160, 100, 160, 100, 160, 100, 160, 100, 160, 2_000), true, /^4 words in \d+ ms: more than a person says$/],
    ['a machine: a greeting with pauses', words(100, 300, 400, 300, 300, 400, 100), true, /greeting/],
    ['nobody', words(6_000), null, /^nobody spoke for 2500 ms$/],
    ['a crackle is no word', words(300, 40, 4_000), null, /^nobody spoke/],
    ['not decided in time', words(2_300, 300, 500, 300, 700, 300, 5_000).slice(0, 8 * 4_000), false, /words in/],
  ] as const)('%s', (_name, sound, machine, detail) => {
    const found = detected(sound);
    expect(found).toMatchObject({ machine, detail: expect.stringMatching(detail) });
    expect(found.after_ms).toBeLessThanOrEqual(5_000);
  });

  test('is found through the noise of a line', () => {
    const noisy = (sound: readonly number[]): number[] => sound.map((sample, i) => sample + (((i * 7_919) % 601) - 300));
    expect(detected(noisy(words(1_800, 350, 2_000)))).toMatchObject({ machine: false });
    expect(detected(noisy(words(1_800, 3_000, 1_000)))).toMatchObject({ machine: true });
  });

  test.skipIf(spawnSync('espeak-ng', ['--version']).error !== undefined)('is told of speech, too (espeak-ng speaks)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'amd-'));
    const say = (text: string): Int16Array => {
      execFileSync('espeak-ng', ['-v', 'en', '-w', join(folder, 'a.wav'), text]);
      return createWavReader().push(readFileSync(join(folder, 'a.wav')));
    };
    try {
      expect(detected(say('Hello?'))).toMatchObject({ machine: false });
      expect(detected(say('Yes, hello?'))).toMatchObject({ machine: false });
      expect(detected(say('Hello. You have reached the voice mail of John Miller. Please leave a message after the beep.'))).toMatchObject({ machine: true });
    } finally { rmSync(folder, { recursive: true }); }
  });
});
