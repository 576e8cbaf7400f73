import { spawnSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { VoiceAsked } from '../speech.js';
import { collected, durationOf, loudnessOf, never } from '../testing/sounds.js';
import { createEspeak } from './espeak.js';

const directory = mkdtempSync(join(tmpdir(), 'espeak-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const missing = spawnSync('espeak-ng', ['--version']).error !== undefined;
const asked = (language: string, gender = '', voice_id = ''): VoiceAsked => ({ language, gender, voice_id });

/** A program that stands in for one that misbehaves. */
const program = (lines: string): string => {
  const path = join(directory, `p${Math.random().toString(36).slice(2)}`);
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
  return path;
};
const LIST = 'if [ "$1" = --voices ]; then echo " 5  en  --/M  English  gmw/en"; exit 0; fi';

describe.skipIf(missing)('eSpeak NG, which is not installed here where this is skipped', () => {
  const espeak = createEspeak('espeak-ng');

  test.each([
    ['de-DE', '', '', 'de'], ['en-GB', '', '', 'en-gb'], ['en-US', 'female', '', 'en-us+f3'], ['pt_BR', '', '', 'pt-br'], ['zh-CN', '', '', 'cmn'], ['', '', '', 'en-us'],
    ['nl', '', 'de+f2', 'de+f2'], ['fr-FR', 'male', 'fr-FR-Neural2-B', 'fr-fr'], ['de', '', '../../etc/passwd', 'de'], ['xx-XX', '', '', undefined], ['--help', '', '', undefined],
  ])('%j, %j, %j is the voice %j', async (language, gender, voice_id, voice) => {
    expect(await espeak.voice(asked(language, gender, voice_id))).toBe(voice);
  });

  test('speaks German, and the slower the longer', async () => {
    const say = (rate: number): Promise<Int16Array> => collected(espeak.speak({ customer_id: 'a', text: 'Guten Tag, bitte drücken Sie die Eins.', voice: 'de', rate }, never));
    const [normal, slow] = [await say(1), await say(0.6)];
    expect(durationOf(normal)).toBeGreaterThan(1_000);
    expect(durationOf(normal)).toBeLessThan(6_000);
    expect(loudnessOf(normal)).toBeGreaterThan(500);
    expect(durationOf(slow)).toBeGreaterThan(1.2 * durationOf(normal));
  });

  test('a text is a text, whatever it looks like', async () => {
    for (const text of ['--help', '$(touch pwned)', '; rm -rf /', '<speak>']) {
      expect(loudnessOf(await collected(espeak.speak({ customer_id: 'a', text, voice: 'en-us', rate: 1 }, never)))).toBeGreaterThan(100);
    }
  });
});

test('where there is no program, it speaks nothing', async () => {
  const espeak = createEspeak(join(directory, 'no-such-program'));
  expect(await espeak.voice(asked('de'))).toBeUndefined();
  await expect(collected(espeak.speak({ customer_id: 'a', text: 'x', voice: 'de', rate: 1 }, never))).rejects.toThrow('there is no program');
});

test('a program that fails, or gives no sound, is an error of one sentence', async () => {
  const failing = createEspeak(program(`${LIST}\necho out of order >&2; exit 3`));
  await expect(collected(failing.speak({ customer_id: 'a', text: 'x', voice: 'en', rate: 1 }, never))).rejects.toMatchObject({ reason: 'TTS_FAILED', message: expect.stringContaining('code 3: out of order') as string });
  const chatty = createEspeak(program(`${LIST}\necho hello, this is no sound`));
  await expect(collected(chatty.speak({ customer_id: 'a', text: 'x', voice: 'en', rate: 1 }, never))).rejects.toMatchObject({ reason: 'UNSUPPORTED_FORMAT' });
});

test('a program that hangs is killed when nobody wants its sound any more', async () => {
  const mark = join(directory, 'pid');
  const espeak = createEspeak(program(`${LIST}\necho $$ > ${mark}\nexec sleep 1000`));
  const controller = new AbortController();
  const saying = collected(espeak.speak({ customer_id: 'a', text: 'x', voice: 'en', rate: 1 }, controller.signal));
  saying.catch(() => undefined);
  const pid = await expect.poll(() => { try { return Number(readFileSync(mark, 'utf8')); } catch { return 0; } }).toBeGreaterThan(0).then(() => Number(readFileSync(mark, 'utf8')));
  controller.abort();
  await expect(saying).rejects.toThrow();
  await expect.poll(() => { try { process.kill(pid, 0); return 'alive'; } catch { return 'gone'; } }).toBe('gone');
  // Sooner than by the minute that each phrase has.
}, 45_000);

test('at most four of a customer speak at once, and who fills his places stands in nobody else\'s way', async () => {
  const marks = join(directory, 'runs');
  const espeak = createEspeak(program(`${LIST}\necho x >> ${marks}\nexec sleep 1000`));
  const controller = new AbortController();
  const say = (customer_id: string): Promise<unknown> => collected(espeak.speak({ customer_id, text: 'x', voice: 'en', rate: 1 }, controller.signal)).catch(() => 'ended');
  setMaxListeners(0, controller.signal);
  const count = (): number => { try { return readFileSync(marks, 'utf8').length / 2; } catch { return 0; } };
  const sayings = Array.from({ length: 8 }, () => say('a'));
  await expect.poll(count).toBe(4);
  sayings.push(say('b'));
  await expect.poll(count).toBe(5);
  controller.abort();
  expect(await Promise.all(sayings)).toEqual(Array.from({ length: 9 }, () => 'ended'));
  expect(count()).toBe(5);
});
