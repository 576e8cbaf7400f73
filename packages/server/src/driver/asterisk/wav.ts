// The little of WAV files that Asterisk needs from us: it plays 16-bit linear at 8 kHz, one channel, and nothing else under that name.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { SAMPLE_RATE, type Sound } from '../../media/sound.js';
import { createWaves } from '../../media/tone.js';
import { createWavReader } from '../../media/wav-read.js';

const HEADER_BYTES = 44;
/** What is read of a file to know what it holds: some writers put notes before the sound. */
const HEAD_BYTES = 64 * 1024;
const PCM = 1;
/** The longest sound that is kept in memory: an hour. */
const MOST_SAMPLES = 3_600 * SAMPLE_RATE;

/** A WAV file of samples. */
export function pcmWav(samples: Int16Array): Buffer {
  const wav = Buffer.alloc(HEADER_BYTES + samples.length * 2);
  wav.write('RIFF', 0, 'latin1');
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write('WAVEfmt ', 8, 'latin1');
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(PCM, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(SAMPLE_RATE, 24);
  wav.writeUInt32LE(SAMPLE_RATE * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36, 'latin1');
  wav.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((sample, at) => { wav.writeInt16LE(sample, HEADER_BYTES + at * 2); });
  return wav;
}

/** What stands before the sound, and where that begins. */
type Head = { readonly code: number; readonly channels: number; readonly rate: number; readonly bits: number; readonly sound_at: number };

function headOf(file: Buffer): Head | undefined {
  let format: Omit<Head, 'sound_at'> | undefined;
  for (let at = 12; at + 8 <= file.length; at += 8 + file.readUInt32LE(at + 4) + (file.readUInt32LE(at + 4) & 1)) {
    const name = file.toString('latin1', at, at + 4);
    if (name === 'fmt ' && at + 24 <= file.length) format = { code: file.readUInt16LE(at + 8), channels: file.readUInt16LE(at + 10), rate: file.readUInt32LE(at + 12), bits: file.readUInt16LE(at + 22) };
    if (name === 'data') return format && { ...format, sound_at: at + 8 };
  }
  return undefined;
}

async function beginning(path: string): Promise<{ readonly head: Head | undefined; readonly size_bytes: number }> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return { head: headOf(buffer.subarray(0, bytesRead)), size_bytes: (await file.stat()).size };
  } finally {
    await file.close();
  }
}

/** Milliseconds of sound in a WAV file, by its head and its size. Throws an Error of one sentence where it is none. */
export async function wavDuration(path: string): Promise<number> {
  const { head, size_bytes } = await beginning(path);
  if (head === undefined) throw new Error('what was recorded is no WAV file');
  return Math.round((size_bytes - head.sound_at) * 8_000 / (head.channels * head.rate * head.bits));
}

/** The bytes of a file as Asterisk plays it, or that it is such already. Throws an Error of one sentence where it cannot be that. */
export async function asPcm(path: string): Promise<Buffer | 'as it is'> {
  const { head } = await beginning(path);
  if (head?.code === PCM && head.bits === 16 && head.channels === 1 && head.rate === SAMPLE_RATE) return 'as it is';
  return pcmWav(await collect(converted(path), new AbortController().signal));
}

async function* converted(path: string): AsyncIterable<Int16Array> {
  const reader = createWavReader();
  for await (const bytes of createReadStream(path)) yield reader.push(bytes as Buffer);
  yield reader.end();
}

/** All of a stream; what has come of it when it is stopped. Throws an Error of one sentence where it does not end. */
export async function collect(chunks: AsyncIterable<Int16Array>, signal: AbortSignal): Promise<Int16Array> {
  const parts: Int16Array[] = [];
  const iterator = chunks[Symbol.asyncIterator]();
  const stop = new Promise<undefined>((resolve) => { signal.addEventListener('abort', () => { resolve(undefined); }, { once: true }); });
  let length = 0;
  while (!signal.aborted) {
    const next = await Promise.race([iterator.next(), stop]);
    if (next === undefined || next.done === true) break;
    length += next.value.length;
    if (length > MOST_SAMPLES) throw new Error('the sound is longer than an hour');
    parts.push(next.value);
  }
  // Not waited for: one that is still being made may hang.
  if (signal.aborted) void iterator.return?.();
  const all = new Int16Array(length);
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
}

/** Sine waves mixed, on and off so many times. */
export function toneSamples({ frequencies_hz, on_ms, off_ms }: Omit<Extract<Sound, { kind: 'tone' }>, 'kind' | 'repeat'>, times: number): Int16Array {
  const on = Math.round(on_ms * SAMPLE_RATE / 1_000);
  const period = on + Math.round(off_ms * SAMPLE_RATE / 1_000);
  const samples = new Int16Array(period * times);
  for (let at = 0; at < samples.length; at += period) createWaves(frequencies_hz).write(samples, at, on);
  return samples;
}
