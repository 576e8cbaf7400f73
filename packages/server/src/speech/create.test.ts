import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { createSpeech, PROVIDER_NAMES } from './create.js';
import type { Speech, Utterance } from './speech.js';
import { durationOf, loudnessOf, never, samplesOf } from './testing/sounds.js';

const directory = mkdtempSync(join(tmpdir(), 'speech-'));
const warnings: string[] = [];
let speech: Speech;
beforeEach(() => {
  warnings.length = 0;
  speech = createSpeech({ directory, most_bytes: 10_000_000, fetch_bytes: 1_000_000, order: PROVIDER_NAMES, espeak: 'espeak-ng', openai: null }, { fetch: () => Promise.reject(new Error('no')), log: { warn: (_fields, message) => void warnings.push(message) } });
});
afterEach(() => speech.close());
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const words = (text: string, more: Partial<Utterance> = {}): Utterance => ({ customer_id: 'a', text, language: 'en-US', gender: '', voice_id: '', provider: '', ...more });

test('a text becomes sound that lasts as long as its words and can be heard', async () => {
  const sound = await speech.say(words('Please press one now for sales or two for support.'), never);
  const samples = await samplesOf(sound);
  expect(durationOf(samples)).toBeGreaterThan(2_000);
  expect(durationOf(samples)).toBeLessThan(5_000);
  expect(loudnessOf(samples)).toBeGreaterThan(800);
});

test('what was said before is a file of the same sound', async () => {
  const first = await speech.say(words('Good morning.'), never);
  expect(first.kind).toBe('stream');
  const samples = await samplesOf(first);
  await expect.poll(async () => (await speech.say(words('Good morning.'), never)).kind).toBe('file');
  expect(await samplesOf(await speech.say(words('Good morning.'), never))).toEqual(samples);
  // By customer: the time it takes tells nobody what another one says.
  expect((await speech.say(words('Good morning.', { customer_id: 'b' }), never)).kind).toBe('stream');
});
