// What tests of speech ask of a sound.
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Sound } from '../../media/sound.js';
import { decodeWav, joined } from '../wav.js';

/** All samples of a sound. */
export async function samplesOf(sound: Sound): Promise<Int16Array> {
  if (sound.kind === 'file') return decodeWav(readFileSync(sound.path));
  if (sound.kind !== 'stream') throw new Error(`a ${sound.kind} has no samples`);
  return collected(sound.chunks);
}

/** All samples of a stream. */
export async function collected(chunks: AsyncIterable<Int16Array>): Promise<Int16Array> {
  const parts: Int16Array[] = [];
  for await (const part of chunks) parts.push(part);
  return joined(parts);
}

/** Milliseconds. */
export const durationOf = (samples: Int16Array): number => samples.length / 8;

/** The root of the mean square: speech on a phone has some thousands. */
export const loudnessOf = (samples: Int16Array): number => Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length));

/** A signal that is never given. */
export const never = new AbortController().signal;
setMaxListeners(0, never);
