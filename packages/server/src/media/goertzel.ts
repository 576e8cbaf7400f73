// Digits in the sound (ITU-T Q.23, Q.24), for far ends without telephone-event: the energy at the eight frequencies, by Goertzel, in blocks of 12.75 ms.
import { COLUMNS, KEYPAD, ROWS } from './tone.js';
import { SAMPLE_RATE } from './sound.js';

/** Hears frames in turn; the digit that begins in this one, or ''. */
export type ToneListener = (frame: Int16Array) => string;

const BLOCK = 102;
/** As many blocks in a row must hold a digit until it is one, and none until it is over: 40 ms are a digit, and a drop of 10 ms is none. */
const HITS = 2;
/** -36 dB of the loudest a sine can be, for each of both. */
const LEAST = ((520 * BLOCK) / 2) ** 2;
/** A peak is 8 dB over the others of its group; the column at most 8 dB over the row, the row 4 dB over the column. */
const PEAK = 6.3;
const TWIST = 6.3;
const REVERSE_TWIST = 2.5;
/** So much of all energy is in both waves. In speech it never is for long: this is what keeps words from being digits. */
const SHARE = 0.74;

const FREQUENCIES = [...ROWS, ...COLUMNS];
const TWICE_COS = Float64Array.from(FREQUENCIES, (hz) => 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE));

/** The place of the largest of four powers from `at` on, where it stands out; -1 otherwise. */
function peakOf(powers: Float64Array, at: number): number {
  let best = at;
  for (let i = at + 1; i < at + 4; i++) if ((powers[i] ?? 0) > (powers[best] ?? 0)) best = i;
  const power = powers[best] ?? 0;
  if (power < LEAST) return -1;
  for (let i = at; i < at + 4; i++) if (i !== best && (powers[i] ?? 0) * PEAK > power) return -1;
  return best - at;
}

/** The key of a block; '' where it is none. */
function keyOf(powers: Float64Array, energy: number): string {
  const [row, column] = [peakOf(powers, 0), peakOf(powers, 4)];
  if (row < 0 || column < 0) return '';
  const [low, high] = [powers[row] ?? 0, powers[4 + column] ?? 0];
  if (high > low * TWIST || low > high * REVERSE_TWIST) return '';
  return ((low + high) * 2) / BLOCK >= SHARE * energy ? KEYPAD[row * 4 + column] ?? '' : '';
}

/** Makes a listener. */
export function createToneListener(): ToneListener {
  const first = new Float64Array(8);
  const second = new Float64Array(8);
  const powers = new Float64Array(8);
  let energy = 0;
  let samples = 0;
  let last = '';
  let alike = 0;
  let current = '';

  /** A block is full: the digit that it makes certain. */
  const block = (): string => {
    for (let k = 0; k < 8; k++) {
      const [a, b] = [first[k] ?? 0, second[k] ?? 0];
      powers[k] = a * a + b * b - (TWICE_COS[k] ?? 0) * a * b;
    }
    const key = keyOf(powers, energy);
    first.fill(0);
    second.fill(0);
    energy = samples = 0;
    alike = key === last ? alike + 1 : 1;
    last = key;
    if (alike < HITS || key === current) return '';
    current = key;
    return key;
  };

  return (frame) => {
    let digit = '';
    for (const sample of frame) {
      for (let k = 0; k < 8; k++) {
        const now = sample + (TWICE_COS[k] ?? 0) * (first[k] ?? 0) - (second[k] ?? 0);
        second[k] = first[k] ?? 0;
        first[k] = now;
      }
      energy += sample * sample;
      if (++samples === BLOCK) digit = block() || digit;
    }
    return digit;
  };
}
