// Sound for phones, and what of it is to be heard at the other end: 8 kHz, one channel, 16-bit.
import { writeFileSync } from 'node:fs';

const RATE = 8_000;

/** So many seconds of a sine wave; of silence at 0 Hz. */
export function tone(frequency_hz: number, seconds: number): Int16Array {
  return Int16Array.from({ length: seconds * RATE }, (_, i) => Math.round(8_000 * Math.sin((2 * Math.PI * frequency_hz * i) / RATE)));
}

/** Writes a WAV file of one channel. */
export function writeWav(path: string, samples: Int16Array): void {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.byteLength, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.byteLength, 40);
  writeFileSync(path, Buffer.concat([head, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]));
}

/** The share of the frames of 20 ms in which a frequency is most of what is heard, by Goertzel's algorithm; frames that are silent count as without. */
export function shareOf(frequency_hz: number, samples: Int16Array): number {
  const frames = Math.floor(samples.length / 160);
  let found = 0;
  for (let i = 0; i < frames; i++) if (isMostly(frequency_hz, samples.subarray(i * 160, i * 160 + 160))) found++;
  return frames === 0 ? 0 : found / frames;
}

/** Where a frequency is heard and where it is not, in turn: spells of at least a fifth of a second, in frames of 20 ms, the ones without it negative. */
export function spells(frequency_hz: number, samples: Int16Array): readonly number[] {
  const found: number[] = [];
  for (let i = 0; i + 160 <= samples.length; i += 160) {
    const one = isMostly(frequency_hz, samples.subarray(i, i + 160)) ? 1 : -1;
    if (Math.sign(found.at(-1) ?? 0) === one) found[found.length - 1] = (found.at(-1) ?? 0) + one;
    else found.push(one);
  }
  return found.filter((frames) => Math.abs(frames) >= 10).reduce<number[]>((all, frames) => {
    if (Math.sign(all.at(-1) ?? 0) === Math.sign(frames)) all[all.length - 1] = (all.at(-1) ?? 0) + frames;
    else all.push(frames);
    return all;
  }, []);
}

/** Seconds in which something is heard. */
export function soundSeconds(samples: Int16Array): number {
  let loud = 0;
  for (let i = 0; i + 160 <= samples.length; i += 160) if (energy(samples.subarray(i, i + 160)) > 160 * 200 ** 2) loud++;
  return loud / 50;
}

const energy = (frame: Int16Array): number => frame.reduce((sum, sample) => sum + sample * sample, 0);

function isMostly(frequency_hz: number, frame: Int16Array): boolean {
  const all = energy(frame);
  if (all < frame.length * 200 ** 2) return false;
  return power(frequency_hz, frame) > 0.3 * all;
}

/** The energy of a frame at a frequency: of a pure sine of it, all there is. */
function power(frequency_hz: number, frame: Int16Array): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency_hz) / RATE);
  let [one, two] = [0, 0];
  for (const sample of frame) [one, two] = [sample + coefficient * one - two, one];
  return (2 * (one * one + two * two - coefficient * one * two)) / frame.length;
}

/** The samples of a WAV file of 16-bit PCM. */
export function soundOf(file: Buffer): Int16Array {
  const at = file.indexOf('data') + 8;
  const bytes = (file.length - at) & ~1;
  return new Int16Array(file.buffer.slice(file.byteOffset + at, file.byteOffset + at + bytes));
}

/** The two channels of a WAV file of 16-bit PCM, left and right. */
export function sidesOf(file: Buffer): readonly [Int16Array, Int16Array] {
  const both = soundOf(file);
  return [both.filter((_, i) => i % 2 === 0), both.filter((_, i) => i % 2 === 1)];
}

/** Samples as G.711 µ-law, a byte each. */
export function ulaw(samples: Int16Array): Buffer {
  return Buffer.from(Uint8Array.from(samples, (sample) => {
    const magnitude = Math.min(Math.abs(sample), 32_635) + 132;
    const exponent = 31 - Math.clz32(magnitude) - 7;
    return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
  }));
}
