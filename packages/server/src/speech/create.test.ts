import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSpeech, PROVIDER_NAMES, type SpeechSettings } from './create.js';
import { FLITE_VOICES } from './flite/flite.js';
import type { Speech, Utterance } from './speech.js';
import { durationOf, loudnessOf, never, samplesOf } from './testing/sounds.js';

const root = mkdtempSync(join(tmpdir(), 'speech-'));
const warnings: string[] = [];
const opened: Speech[] = [];
let number = 0;
let settings: SpeechSettings;
const open = (more: Partial<SpeechSettings> = {}): Speech => {
  const speech = createSpeech({ ...settings, ...more }, { fetch: () => Promise.reject(new Error('not here')), log: { warn: (_fields, message) => void warnings.push(message) } });
  opened.push(speech);
  return speech;
};
let speech: Speech;
beforeEach(() => {
  warnings.length = 0;
  settings = { directory: join(root, String(number++)), most_bytes: 10_000_000, fetch_bytes: 1_000_000, order: PROVIDER_NAMES, espeak: 'no-such-program', openai: null };
  speech = open();
});
afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const words = (text: string, more: Partial<Utterance> = {}): Utterance => ({ customer_id: 'a', text, language: 'en-US', gender: '', voice_id: '', provider: '', ...more });
const said = async (text: string, more: Partial<Utterance> = {}, by = speech): Promise<Int16Array> => samplesOf(await by.say(words(text, more), never));
/** How long the silence at its most silent lasts, in milliseconds. */
const longestSilence = (samples: Int16Array): number => {
  let [longest, now] = [0, 0];
  for (const sample of samples) {
    now = Math.abs(sample) < 60 ? now + 1 : 0;
    longest = Math.max(longest, now);
  }
  return longest / 8;
};

describe('what is said', () => {
  test('lasts as long as its words take, and can be heard', async () => {
    const samples = await said('Please press one now for sales or two for support.');
    expect(durationOf(samples)).toBeGreaterThan(2_000);
    expect(durationOf(samples)).toBeLessThan(5_000);
    expect(loudnessOf(samples)).toBeGreaterThan(800);
  });

  test('by each voice of flite is another sound, and the same voice says the same', async () => {
    const sounds = new Map<string, Int16Array>();
    for (const voice_id of FLITE_VOICES) sounds.set(voice_id, await said('Good morning.', { voice_id }));
    for (const samples of sounds.values()) {
      expect(durationOf(samples)).toBeGreaterThan(400);
      expect(loudnessOf(samples)).toBeGreaterThan(500);
    }
    expect(new Set([...sounds.values()].map((samples) => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength).toString('base64'))).size).toBe(FLITE_VOICES.length);
    const again = open({ directory: join(root, 'again') });
    expect(await said('Good morning.', { voice_id: 'slt' }, again)).toEqual(sounds.get('slt'));
    // By gender: she, he, and a Scot for a British man.
    expect(await said('Good morning.', { gender: 'female' })).toEqual(sounds.get('slt'));
    expect(await said('Good morning.', { gender: 'male' })).toEqual(sounds.get('rms'));
    expect(await said('Good morning.', { gender: 'male', language: 'en-GB' })).toEqual(sounds.get('awb'));
    expect(await said('Good morning.', { voice_id: 'en-US-Neural2-F', gender: 'male' })).toEqual(sounds.get('rms'));
  });

  test('slower takes longer, faster less', async () => {
    const text = 'Please hold the line.';
    const normal = durationOf(await said(text));
    expect(durationOf(await said(`<speak><prosody rate="50%">${text}</prosody></speak>`))).toBeGreaterThan(1.6 * normal);
    expect(durationOf(await said(`<speak><prosody rate="150%">${text}</prosody></speak>`))).toBeLessThan(0.8 * normal);
  });

  test('a pause adds what it says, in silence', async () => {
    const [first, second] = [await said('First.'), await said('Second.')];
    const samples = await said('<speak>First.<break time="2s"/>Second.</speak>');
    expect(durationOf(samples)).toBeCloseTo(durationOf(first) + 2_000 + durationOf(second), 3);
    expect(longestSilence(samples)).toBeGreaterThan(1_990);
    expect(await speech.say(words('<speak><break time="700ms"/></speak>'), never)).toEqual({ kind: 'silence', duration_ms: 700 });
    expect(await speech.say(words(''), never)).toEqual({ kind: 'silence', duration_ms: 0 });
  });

  test('digits one by one take longer than the number', async () => {
    const as = (how: string): Promise<Int16Array> => said(`<speak><say-as interpret-as="${how}">1990</say-as></speak>`);
    const number = durationOf(await as('cardinal'));
    for (const how of ['digits', 'characters', 'spell-out']) expect(durationOf(await as(how)), how).toBeGreaterThan(1.1 * number);
    expect(await as('digits')).toEqual(await said('1, 9, 9, 0', { customer_id: 'b' }));
    // One by one, too, without the pauses.
    expect(await as('telephone')).toEqual(await said('one nine nine zero', { customer_id: 'b' }));
  });

  test('broken SSML is said without its tags', async () => {
    expect(await said('<speak>Good <b>morning.</speak>')).toEqual(await said('Good morning.', { customer_id: 'b' }));
  });

  test('what no English voice can say is silence, not noise and not an error', async () => {
    expect(await said('こんにちは')).toHaveLength(0);
    expect(loudnessOf(await said('Café “olé” – 5 €'))).toBeGreaterThan(500);
  });

  test('long texts are heard before all of them is made', async () => {
    const text = 'This is one sentence. '.repeat(20);
    const sound = await speech.say(words(text), never);
    if (sound.kind !== 'stream') throw new Error(`a ${sound.kind}`);
    const chunks = sound.chunks[Symbol.asyncIterator]();
    expect(durationOf((await chunks.next()).value as Int16Array)).toBeLessThan(3_000);
    // It is not whole yet, or it would be kept.
    expect((await speech.say(words(text), never)).kind).toBe('stream');
    expect(durationOf(await samplesOf(sound))).toBeGreaterThan(20_000);
  });
});

describe('what was said', () => {
  test('is a file of the same sound, for the same customer', async () => {
    const first = await speech.say(words('Good morning.'), never);
    expect(first.kind).toBe('stream');
    const samples = await samplesOf(first);
    await expect.poll(async () => (await speech.say(words('Good morning.'), never)).kind).toBe('file');
    expect(await said('Good morning.')).toEqual(samples);
    expect((await open().say(words('Good morning.'), never)).kind).toBe('file');
    expect((await speech.say(words('Good morning.', { customer_id: 'b' }), never)).kind).toBe('stream');
  });

  test('at once by many is made once', async () => {
    const sounds = await Promise.all(Array.from({ length: 20 }, () => said('Everybody hears the same.')));
    for (const samples of sounds) expect(samples).toEqual(sounds[0]);
  });

  test('cannot be kept: it is said all the same, and that is told once', async () => {
    mkdirSync(root, { recursive: true });
    writeFileSync(settings.directory, '');
    for (const text of ['One.', 'Two.', 'One.']) expect(loudnessOf(await said(text))).toBeGreaterThan(500);
    await expect.poll(() => warnings).toEqual([expect.stringContaining('sounds cannot be kept')]);
  });
});

describe('who says it', () => {
  test('nobody speaks the language: an error with a reason', async () => {
    await expect(speech.say(words('Grüezi', { language: 'gsw-CH' }), never)).rejects.toMatchObject({ reason: 'NO_VOICE', message: 'nobody here speaks gsw-CH' });
    await expect(speech.say(words('x'.repeat(30_000)), never)).rejects.toMatchObject({ reason: 'TEXT_TOO_LONG' });
    await expect(speech.say(words('x'), AbortSignal.abort())).rejects.toMatchObject({ reason: 'CANCELED' });
  });

  test('a provider that is none of ours is whoever is there', async () => {
    expect(await said('Good morning.', { provider: 'gcp' })).toEqual(await said('Good morning.', { provider: 'flite', customer_id: 'b' }));
  });

  test('first who was asked for, then the order; who fails is told of, once, and the next one speaks', async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.writeHead(500).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const both = open({ openai: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'k', model: 'm', voice: 'v' } });
      const [one, two] = [await said('One.', {}, both), await said('Two.', {}, both)];
      expect([loudnessOf(one), loudnessOf(two)].every((loudness) => loudness > 500)).toBe(true);
      expect(asked).toBe(2);
      expect(warnings).toEqual([expect.stringMatching(/^openai could not say a text: .* answered 500$/)]);
      await said('Three.', { provider: 'flite' }, both);
      expect(asked).toBe(2);
      // Nobody else speaks it: the failure is the answer.
      await expect(said('Vier.', { language: 'de-DE' }, both)).rejects.toMatchObject({ reason: 'TTS_FAILED' });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('after the end nothing is said any more', async () => {
    await speech.close();
    await expect(said('Good morning.')).rejects.toMatchObject({ reason: 'CANCELED' });
  });
});
