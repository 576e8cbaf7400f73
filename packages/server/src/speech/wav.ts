// WAV files: of any usual kind they become sound of 8 kHz, whole or while they come; and a sound becomes a file.
import { endianness } from 'node:os';
import { SAMPLE_RATE } from '../media/sound.js';
import { createWavReader } from '../media/wav-read.js';
import { NoSound } from './errors.js';

/** Takes bytes as they come, gives the sound so far; `end` gives the rest. Both throw `UNSUPPORTED_FORMAT`. */
export type Decoder = { readonly push: (bytes: Uint8Array) => Int16Array; readonly end: () => Int16Array };

const FILE_PART = 65_536;

/** Starts a decoder of one file. */
export function createDecoder(): Decoder {
  const reader = createWavReader();
  let start: Uint8Array | undefined;
  const read = (how: () => Int16Array): Int16Array => {
    try {
      return how();
    } catch (error) {
      throw new NoSound('UNSUPPORTED_FORMAT', `the sound is ${kindOf(start)} (${(error as Error).message}), and has to be a WAV file: PCM or G.711, of any usual rate`);
    }
  };
  return {
    push: (bytes) => {
      start ??= bytes.slice(0, 12);
      return read(() => reader.push(bytes));
    },
    end: () => read(() => reader.end()),
  };
}

/** All of a file, at most so long: throws `UNSUPPORTED_FORMAT` or `SOUND_TOO_LONG`. */
export function decodeWav(bytes: Uint8Array, longest_samples = Infinity): Int16Array {
  const decoder = createDecoder();
  const parts: Int16Array[] = [];
  let size = 0;
  const add = (part: Int16Array): void => {
    size += part.length;
    if (size > longest_samples) throw new NoSound('SOUND_TOO_LONG', `the sound is longer than ${Math.floor(longest_samples / SAMPLE_RATE)} seconds`);
    parts.push(part);
  };
  for (let at = 0; at < bytes.length; at += FILE_PART) add(decoder.push(bytes.subarray(at, at + FILE_PART)));
  add(decoder.end());
  return joined(parts);
}

/** Sounds one after the other. */
export function joined(parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The bytes of a file of a sound, in two parts so that a long one is not copied: PCM of 16 bits, one channel, 8 kHz. */
export function encodeWav(samples: Int16Array): readonly [Buffer, Buffer] {
  const head = Buffer.alloc(44);
  const body = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + body.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(SAMPLE_RATE, 24);
  head.writeUInt32LE(2 * SAMPLE_RATE, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(body.length, 40);
  return [head, endianness() === 'LE' ? body : Buffer.from(body).swap16()];
}

/** What a file is by its first bytes, for whoever took it for a WAV file. */
function kindOf(bytes: Uint8Array | undefined): string {
  const start = Buffer.from(bytes ?? []).toString('latin1');
  if (start === '') return 'empty';
  if (start.startsWith('RIFF')) return 'a WAV file of another kind';
  if (start.startsWith('ID3') || /^\xff[\xe0-\xff]/.test(start)) return 'MP3 or AAC';
  if (start.startsWith('OggS')) return 'Ogg';
  if (start.startsWith('fLaC')) return 'FLAC';
  if (start.slice(4, 8) === 'ftyp') return 'MP4';
  return /^\s*[<{[]/.test(start) ? 'text' : 'of an unknown kind';
}
