// Sound of any usual rate becomes sound of 8 kHz (or another rate), chunk by chunk: a windowed sinc, of which one phase is kept for each place that a sample
// of the outcome can have between two samples of the source.
import { SAMPLE_RATE } from './sound.js';

/** Gives what can be said of the outcome so far; `end` gives the rest. Together as long as the source, to within a sample. */
export type Resampler = { readonly push: (samples: Int16Array | Float32Array) => Int16Array; readonly end: () => Int16Array };

/** Rates that sound comes in, in samples a second. */
export const LOWEST_RATE = 4_000;
/** The highest of them. */
export const HIGHEST_RATE = 192_000;

/** Zero crossings of the sinc on each side: what is above the new half rate is some 70 dB down. */
const CROSSINGS = 16;
/** Of the band that the lower rate can carry, the part that is kept; the rest is where the filter falls. */
const KEPT = 0.92;
const KAISER_BETA = 7;
/** Rates without a common measure would ask for thousands of phases; the nearest of so many cannot be told from the right one. */
const MOST_PHASES = 640;

type Filter = { readonly up: number; readonly down: number; readonly phases: readonly Float32Array[]; readonly half: number };
const filters = new Map<number, Filter>();

/** Starts a resampler; throws an Error of one sentence at a rate that no sound has. */
export function createResampler(from_hz: number, to_hz: number = SAMPLE_RATE): Resampler {
  for (const rate of [from_hz, to_hz]) {
    if (!Number.isInteger(rate) || rate < LOWEST_RATE || rate > HIGHEST_RATE) throw new Error(`sound of ${rate} samples a second cannot be converted`);
  }
  if (from_hz === to_hz) return { push: (samples) => (samples instanceof Int16Array ? samples : Int16Array.from(samples, clamp)), end: () => new Int16Array(0) };
  return start(filterOf(from_hz, to_hz));
}

/** All of a sound at once. */
export function resample(samples: Int16Array, from_hz: number, to_hz: number = SAMPLE_RATE): Int16Array {
  const resampler = createResampler(from_hz, to_hz);
  const first = resampler.push(samples);
  const rest = resampler.end();
  if (rest.length === 0) return first;
  const all = new Int16Array(first.length + rest.length);
  all.set(first);
  all.set(rest, first.length);
  return all;
}

function start({ up, down, phases, half }: Filter): Resampler {
  // What is still needed of the source; half a filter of silence stands before it, so that the first sample is in the middle of the filter.
  let held = new Float32Array(half);
  let count = 0;
  // The next sample of the outcome lies `at + part / up` samples behind the beginning of `held`.
  let at = 0;
  let part = 0;

  const convert = (more: Float32Array): Int16Array => {
    const source = new Float32Array(held.length + more.length);
    source.set(held);
    source.set(more, held.length);
    const outcome = new Int16Array(Math.max(0, Math.ceil(((source.length - 2 * half - at) * up) / down) + 1));
    let made = 0;
    while (at + 2 * half < source.length) {
      const phase = phases[Math.round((part / up) * phases.length) % phases.length] as Float32Array;
      // Rounded up to a whole sample, the phase is the first of the next one.
      outcome[made++] = clamp(dot(phase, source, part / up > 1 - 0.5 / phases.length ? at + 1 : at));
      part += down;
      at += Math.floor(part / up);
      part %= up;
    }
    const used = Math.min(at, source.length);
    held = source.slice(used);
    at -= used;
    return outcome.subarray(0, made);
  };

  return {
    push: (samples) => {
      count += samples.length;
      return convert(Float32Array.from(samples));
    },
    end: () => (count === 0 ? new Int16Array(0) : convert(new Float32Array(half))),
  };
}

function dot(phase: Float32Array, source: Float32Array, from: number): number {
  let sum = 0;
  for (let i = 0; i < phase.length; i += 1) sum += (phase[i] as number) * (source[from + i] ?? 0);
  return sum;
}

const clamp = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.round(value)));

function filterOf(from_hz: number, to_hz: number): Filter {
  const key = from_hz * 1_000_000 + to_hz;
  const known = filters.get(key);
  if (known !== undefined) return known;
  const common = divisor(from_hz, to_hz);
  const [up, down] = [to_hz / common, from_hz / common];
  const cutoff = Math.min(1, to_hz / from_hz) * KEPT;
  const half = Math.ceil(CROSSINGS / cutoff);
  const count = Math.min(up, MOST_PHASES);
  const phases = Array.from({ length: count }, (_, i) => phaseOf(i / count, half, cutoff));
  const filter = { up, down, phases, half };
  // A few rates are in use; somebody who sends a file of each there is shall not fill the memory.
  if (filters.size >= 16) filters.clear();
  filters.set(key, filter);
  return filter;
}

/** The weights of the samples around a place that lies `part` of a sample behind the middle one. Their sum is one: silence stays silent, and a level keeps. */
function phaseOf(part: number, half: number, cutoff: number): Float32Array {
  const weights = Float32Array.from({ length: 2 * half + 1 }, (_, i) => {
    const x = i - half - part;
    return sinc(x * cutoff) * kaiser(x / (half + 1));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const kaiser = (x: number): number => (Math.abs(x) >= 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA));

/** The modified Bessel function of order zero, by its series. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-9; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
