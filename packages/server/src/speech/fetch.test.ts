import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createEgress } from '../driver/http/egress.js';
import { openCache } from './cache.js';
import { createSoundFetcher, type SoundFetcher } from './fetch.js';
import { durationOf, loudnessOf, never, samplesOf } from './testing/sounds.js';
import { encodeWav } from './wav.js';

const egress = createEgress({ allow: ['127.0.0.1'] });
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const asked: IncomingMessage[] = [];
const server = createServer((request, response) => {
  asked.push(request);
  answer(request, response);
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await egress.close();
});

let directory: string;
let fetcher: SoundFetcher;
let time: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fetch-'));
  time = Date.now();
  asked.length = 0;
  fetcher = createSoundFetcher(egress.request, openCache({ directory, most_bytes: 10_000_000, warn: () => undefined }), 500_000, () => time);
});
afterEach(async () => {
  await fetcher.close();
  rmSync(directory, { recursive: true, force: true });
});
const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/prompt.wav?token=secret`;
const get = (key = '1'.repeat(64), signal = never) => fetcher.fetch('a', key, url(), signal);
const serve = (bytes: Uint8Array, headers: Record<string, string> = {}): void => {
  answer = (_request, response) => void response.writeHead(200, headers).end(bytes);
};

/** A WAV file of one second of a tone. */
function wav(tag: number, bits: number, channels: number, rate: number): Buffer {
  const frame = (channels * bits) / 8;
  const bytes = Buffer.alloc(44 + rate * frame);
  Buffer.concat([...encodeWav(new Int16Array(0))]).copy(bytes);
  bytes.writeUInt16LE(tag, 20);
  bytes.writeUInt16LE(channels, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt16LE(frame, 32);
  bytes.writeUInt16LE(bits, 34);
  bytes.writeUInt32LE(rate * frame, 40);
  for (let i = 0; i < rate * channels; i += 1) {
    const sample = 0.5 * Math.sin((2 * Math.PI * 440 * Math.floor(i / channels)) / rate);
    if (bits === 16) bytes.writeInt16LE(Math.round(32_767 * sample), 44 + 2 * i);
    else bytes[44 + i] = tag === 1 ? Math.round(128 + 127 * sample) : sample > 0 ? 0x90 : 0x10;
  }
  return bytes;
}

test.each([
  ['16 bits, 8 kHz', 1, 16, 1, 8_000], ['16 bits, 44.1 kHz, two channels', 1, 16, 2, 44_100], ['16 bits, 48 kHz', 1, 16, 1, 48_000], ['8 bits, 11 kHz', 1, 8, 1, 11_025],
  ['µ-law', 7, 8, 1, 8_000], ['A-law, 16 kHz', 6, 8, 1, 16_000],
])('a WAV file of %s is a file of 8 kHz', async (_what, tag, bits, channels, rate) => {
  serve(wav(tag, bits, channels, rate));
  const sound = await get();
  expect(sound.kind).toBe('file');
  const samples = await samplesOf(sound);
  expect(durationOf(samples)).toBeCloseTo(1_000, -1);
  expect(loudnessOf(samples)).toBeGreaterThan(1_000);
});

test('is asked for once by those who want it meanwhile, and not again while it is fresh', async () => {
  serve(wav(1, 16, 1, 8_000));
  const sounds = await Promise.all([get(), get(), get()]);
  expect(new Set(sounds.map((sound) => JSON.stringify(sound))).size).toBe(1);
  time += 59_000;
  await get();
  expect(asked).toHaveLength(1);
  // Another customer's is another sound.
  await get('2'.repeat(64));
  expect(asked).toHaveLength(2);
});

test('is asked for with what is known of it when it is no longer fresh', async () => {
  serve(wav(1, 16, 1, 8_000), { 'etag': '"one"', 'last-modified': 'Mon, 05 Jan 2026 09:00:00 GMT', 'cache-control': 'max-age=10' });
  const first = await get();
  time += 11_000;
  answer = (_request, response) => void response.writeHead(304, { 'cache-control': 'max-age=10' }).end();
  expect(await get()).toEqual(first);
  expect(asked.at(-1)?.headers).toMatchObject({ 'if-none-match': '"one"', 'if-modified-since': 'Mon, 05 Jan 2026 09:00:00 GMT' });
  await get();
  expect(asked).toHaveLength(2);
  time += 11_000;
  serve(wav(1, 16, 1, 16_000).subarray(0, 16_044), {});
  expect(durationOf(await samplesOf(await get()))).toBeCloseTo(500, -1);
  expect(asked).toHaveLength(3);
});

test('while its server is away, it is what it was; when it is gone there, it is an error', async () => {
  serve(wav(1, 16, 1, 8_000), { 'cache-control': 'no-store' });
  const first = await get();
  answer = (_request, response) => void response.writeHead(503).end();
  expect(await get()).toEqual(first);
  time += 61_000;
  answer = (_request, response) => void response.destroy();
  expect(await get()).toEqual(first);
  time += 61_000;
  answer = (_request, response) => void response.writeHead(404).end();
  await expect(get()).rejects.toMatchObject({ reason: 'FETCH_FAILED' });
});

test.each([
  ['MP3', Buffer.from('ID3\u0003 and so on'), 'MP3'], ['Ogg', Buffer.from('OggS and so on'), 'Ogg'], ['a page', Buffer.from('<!doctype html><p>Sorry'), 'text'],
  ['nothing', Buffer.alloc(0), 'empty'], ['a WAV file without sound', wav(1, 16, 1, 8_000).subarray(0, 30), 'WAV'], ['another kind of WAV file', wav(0x55, 16, 1, 8_000), 'WAV'],
  ['a rate that no sound has', wav(1, 16, 1, 1_000), 'WAV'],
])('%s is an error that says what would be right', async (_what, bytes, named) => {
  serve(bytes);
  const failure = await get().then(() => undefined, (error: Error) => error);
  expect(failure).toMatchObject({ reason: 'UNSUPPORTED_FORMAT' });
  expect(failure?.message).toContain(named);
  expect(failure?.message).toContain('has to be a WAV file');
});

test('a sound that never ends is an error', async () => {
  answer = (_request, response) => {
    response.writeHead(200);
    response.write(wav(1, 16, 1, 8_000).subarray(0, 44));
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  };
  await expect(get()).rejects.toMatchObject({ reason: 'RESPONSE_TOO_LARGE' });
});

test('an hour is the most', async () => {
  // A file of few bytes and many samples: 8 bits of 4 kHz would take 14 MB, so the converter is asked directly.
  const { decodeWav } = await import('./wav.js');
  expect(() => decodeWav(wav(1, 16, 1, 8_000), 7_999)).toThrow(expect.objectContaining({ reason: 'SOUND_TOO_LONG' }));
  expect(decodeWav(wav(1, 16, 1, 8_000), 8_000)).toHaveLength(8_000);
});

test('an address that is not permitted, a status and nobody there are errors that show no more than the origin', async () => {
  await expect(fetcher.fetch('a', '3'.repeat(64), 'http://10.0.0.1/x.wav', never)).rejects.toMatchObject({ reason: 'EGRESS_REFUSED' });
  await expect(fetcher.fetch('a', '3'.repeat(64), 'file:///etc/passwd', never)).rejects.toMatchObject({ reason: 'INVALID_URL' });
  answer = (_request, response) => void response.writeHead(500).end();
  const failure = await get().then(() => undefined, (error: Error) => error);
  expect(failure).toMatchObject({ reason: 'FETCH_FAILED' });
  expect(failure?.message).toContain('answered 500');
  expect(failure?.message).not.toContain('secret');
});

test('a server that hangs is left when nobody wants the sound any more', async () => {
  let closed = false;
  answer = (_request, response) => void response.on('close', () => (closed = true));
  const controller = new AbortController();
  const getting = get('4'.repeat(64), controller.signal);
  getting.catch(() => undefined);
  await expect.poll(() => asked.length).toBe(1);
  controller.abort();
  await expect(getting).rejects.toMatchObject({ reason: 'CANCELED' });
  await expect.poll(() => closed).toBe(true);
});

test('where nothing can be kept, it is heard all the same, by each who asked', async () => {
  rmSync(directory, { recursive: true });
  writeFileSync(directory, '');
  serve(wav(1, 16, 1, 8_000));
  for (const sound of await Promise.all([get(), get()])) expect(durationOf(await samplesOf(sound))).toBeCloseTo(1_000, -1);
});
