import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collected, durationOf, loudnessOf, never } from '../testing/sounds.js';
import { encodeWav } from '../wav.js';
import { createOpenAi, type OpenAiSettings } from './openai.js';

const KEY = 'sk-secret-of-the-operator';
type Seen = { readonly path: string; readonly key: string; readonly body: Record<string, unknown> };
const seen: Seen[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => {
  let text = '';
  request.on('data', (part: Buffer) => (text += part.toString()));
  request.on('end', () => {
    seen.push({ path: request.url ?? '', key: request.headers.authorization ?? '', body: JSON.parse(text) as Record<string, unknown> });
    answer(request, response);
  });
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const settings = (more: Partial<OpenAiSettings> = {}): OpenAiSettings =>
  ({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: KEY, model: 'tts-1', voice: 'alloy', voice_female: 'nova', ...more });
const say = (more?: Partial<OpenAiSettings>, rate = 1, signal = never): Promise<Int16Array> => collected(createOpenAi(settings(more)).speak({ customer_id: 'a', text: 'Good morning', voice: 'tts-1:nova', rate }, signal));
const tone = (rate: number, seconds: number): Buffer => {
  const samples = Int16Array.from({ length: rate * seconds }, (_, i) => 10_000 * Math.sin((2 * Math.PI * 440 * i) / rate));
  return Buffer.from(samples.buffer);
};

test('a voice is chosen by name, else by gender; the model is part of its name', async () => {
  const openai = createOpenAi(settings({ languages: ['en', 'de'] }));
  const voice = (language: string, gender: string, voice_id: string): Promise<string | undefined> => openai.voice({ language, gender, voice_id });
  expect(await voice('en-US', '', '')).toBe('tts-1:alloy');
  expect(await voice('de-DE', 'female', '')).toBe('tts-1:nova');
  expect(await voice('en-US', 'male', 'en-US-Neural2-D')).toBe('tts-1:alloy');
  expect(await voice('en-US', 'female', 'onyx')).toBe('tts-1:onyx');
  expect(await voice('fr-FR', '', '')).toBeUndefined();
});

test('asks for 24 kHz without a header and gives 8 kHz, chunk by chunk, odd bytes and all', async () => {
  answer = (_request, response) => {
    const bytes = tone(24_000, 1);
    response.writeHead(200, { 'content-type': 'audio/pcm' });
    for (let at = 0; at < bytes.length; at += 4_097) response.write(bytes.subarray(at, at + 4_097));
    response.end();
  };
  const samples = await say({}, 1.5);
  expect(durationOf(samples)).toBeCloseTo(1_000, -1);
  expect(loudnessOf(samples)).toBeCloseTo(10_000 / Math.SQRT2, -3);
  expect(seen.at(-1)).toEqual({ path: '/v1/audio/speech', key: `Bearer ${KEY}`, body: { model: 'tts-1', voice: 'nova', input: 'Good morning', response_format: 'pcm', speed: 1.5 } });
});

test('the address may be given with or without its version', async () => {
  answer = (_request, response) => void response.writeHead(200, { 'content-type': 'audio/pcm' }).end(tone(24_000, 1));
  for (const end of ['', '/', '/v1', '/v1/', '/some/path/v1']) {
    await say({ url: settings().url + end });
    expect(seen.at(-1)?.path).toBe(`${end.startsWith('/some') ? '/some/path' : ''}/v1/audio/speech`);
  }
});

test('the first sound is there before the last is made', async () => {
  let finish = (): void => undefined;
  answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'audio/pcm' });
    response.write(tone(24_000, 1));
    finish = () => void response.end(tone(24_000, 1));
  };
  const chunks = createOpenAi(settings()).speak({ customer_id: 'a', text: 'x', voice: 'tts-1:nova', rate: 1 }, never)[Symbol.asyncIterator]();
  const first = await chunks.next();
  expect((first.value as Int16Array).length).toBeGreaterThan(0);
  finish();
  let rest = 0;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) rest += next.value.length;
  expect((first.value as Int16Array).length + rest).toBeCloseTo(16_000, -2);
});

test('a WAV file is taken as one, asked for or not', async () => {
  answer = (_request, response) => void response.writeHead(200, { 'content-type': 'audio/wav' }).end(Buffer.concat([...encodeWav(new Int16Array(8_000).fill(500))]));
  expect(await say()).toEqual(new Int16Array(8_000).fill(500));
  expect(await say({ format: 'wav' })).toEqual(new Int16Array(8_000).fill(500));
});

test.each([
  ['a refused key', 401, { error: { message: `Incorrect key ${KEY}` } }, /answered 401$/],
  ['a fault', 500, { error: { message: `broken, your key ${KEY} too` } }, /answered 500: broken, your key … too$/],
  ['no sound', 200, { ok: true }, /application\/json where pcm was asked for/],
])('%s is an error of one sentence without the key', async (_what, status, body, message) => {
  answer = (_request, response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const failure = await say().then(() => undefined, (error: Error) => error);
  expect(failure?.message).toMatch(message);
  expect(failure?.message).not.toContain('sk-');
  expect(failure).toHaveProperty('reason');
});

test('MP3, an empty answer, a redirect, a cut connection and nobody there are errors', async () => {
  answer = (_request, response) => void response.writeHead(200, { 'content-type': 'audio/mpeg' }).end('ID3');
  await expect(say()).rejects.toMatchObject({ reason: 'UNSUPPORTED_FORMAT' });
  answer = (_request, response) => void response.writeHead(200, { 'content-type': 'audio/pcm' }).end();
  await expect(say()).rejects.toThrow('without sound');
  answer = (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  await expect(say()).rejects.toMatchObject({ reason: 'TTS_FAILED' });
  answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'audio/pcm', 'content-length': '1000' });
    response.write(Buffer.alloc(10), () => response.destroy());
  };
  await expect(say()).rejects.toMatchObject({ reason: 'TTS_FAILED' });
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
  await new Promise((resolve) => gone.close(resolve));
  await expect(say({ url })).rejects.toThrow(/could not be reached \(ECONNREFUSED\)/);
});

test('a server that hangs is left when nobody wants its sound any more', async () => {
  let closed = false;
  const controller = new AbortController();
  answer = (_request, response) => {
    response.on('close', () => (closed = true));
    response.writeHead(200, { 'content-type': 'audio/pcm' });
    response.write(tone(24_000, 1), () => controller.abort());
  };
  await expect(say({}, 1, controller.signal)).rejects.toMatchObject({ reason: 'CANCELED' });
  await expect.poll(() => closed).toBe(true);
});
