// The little of WAV files that Asterisk needs from us: it plays 16-bit linear at 8 kHz, one channel, and nothing else under that name.
import { readFile } from 'node:fs/promises';
import { LAWS } from '../../media/g711.js';
import { SAMPLE_RATE, type Sound } from '../../media/sound.js';
import { createWaves } from '../../media/tone.js';

const HEADER_BYTES = 44;
const PCM = 1;
const ALAW = 6;
const MULAW = 7;

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

/** What a WAV file holds. */
export type Wav = { readonly format: number; readonly channels: number; readonly rate: number; readonly bits: number; readonly data: Buffer };

/** Reads a WAV file. Throws an Error of one sentence where it is none. */
export function readWav(file: Buffer): Wav {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') throw new Error('it is no WAV file');
  let head: Omit<Wav, 'data'> | undefined;
  for (let at = 12; at + 8 <= file.length;) {
    const name = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, at + 8 + size);
    if (name === 'fmt ' && body.length >= 16) head = { format: body.readUInt16LE(0), channels: body.readUInt16LE(2), rate: body.readUInt32LE(4), bits: body.readUInt16LE(14) };
    if (name === 'data' && head !== undefined) return { ...head, data: body };
    at += 8 + size + (size % 2);
  }
  throw new Error('it holds no sound');
}

/** Milliseconds of sound in a WAV file. */
export function wavDuration(file: Buffer): number {
  const { channels, rate, bits, data } = readWav(file);
  return Math.round(data.length * 8_000 / (channels * rate * bits));
}

/** The bytes of a file as Asterisk plays it, or that it is such already. Throws an Error of one sentence where it cannot be that. */
export async function asPcm(path: string): Promise<Buffer | 'as it is'> {
  const { format, channels, rate, bits, data } = readWav(await readFile(path));
  if (channels !== 1 || rate !== SAMPLE_RATE) throw new Error(`it has ${channels} channels at ${rate} Hz, not one at ${SAMPLE_RATE}`);
  if (format === PCM && bits === 16) return 'as it is';
  if (format !== MULAW && format !== ALAW) throw new Error(`its format ${format} with ${bits} bits is neither linear nor G.711`);
  const law = LAWS[format === MULAW ? 'PCMU' : 'PCMA'];
  return pcmWav(Int16Array.from(data, (byte) => law.decode[byte] ?? 0));
}

/** Sine waves mixed, on and off so many times. */
export function toneSamples({ frequencies_hz, on_ms, off_ms }: Omit<Extract<Sound, { kind: 'tone' }>, 'kind' | 'repeat'>, times: number): Int16Array {
  const on = Math.round(on_ms * SAMPLE_RATE / 1_000);
  const period = on + Math.round(off_ms * SAMPLE_RATE / 1_000);
  const samples = new Int16Array(period * times);
  for (let at = 0; at < samples.length; at += period) createWaves(frequencies_hz).write(samples, at, on);
  return samples;
}
