// Sine waves, mixed: tones of the network and digits in the sound.
import { SAMPLE_RATE } from './sound.js';
import { DIGITS } from './dtmf.js';

/** Waves that go on: `add` writes the next `count` samples from `at` on. */
export type Waves = { write(out: Int16Array, at: number, count: number): void };

const LOUDEST = 22_000;
const EACH = 8_000;

/** Mixes sine waves, each at about -12 dB of the loudest there is. By y[n] = 2 cos(w) y[n-1] - y[n-2]: no sine is computed for a sample. */
export function createWaves(frequencies_hz: readonly number[]): Waves {
  const amplitude = Math.min(EACH, LOUDEST / Math.max(1, frequencies_hz.length));
  const waves = frequencies_hz.map((hz) => {
    const w = (2 * Math.PI * hz) / SAMPLE_RATE;
    return { twice: 2 * Math.cos(w), before: -amplitude * Math.sin(w), now: 0 };
  });
  return {
    write(out, at, count) {
      out.fill(0, at, at + count);
      for (const wave of waves) {
        let { before, now } = wave;
        const { twice } = wave;
        for (let i = at; i < at + count; i++) {
          out[i] = (out[i] ?? 0) + now;
          const next = twice * now - before;
          before = now;
          now = next;
        }
        wave.before = before;
        wave.now = now;
      }
    },
  };
}

/** The rows and columns of the keypad, in hertz (ITU-T Q.23). */
export const ROWS = [697, 770, 852, 941] as const;
/** See `ROWS`. */
export const COLUMNS = [1_209, 1_336, 1_477, 1_633] as const;
/** The digits of the keypad, row by row. */
export const KEYPAD = '123A456B789C*0#D';

/** The two waves of a digit, by its event code. */
export function wavesOfDigit(code: number): Waves {
  const key = KEYPAD.indexOf(DIGITS[code] ?? '');
  return createWaves([ROWS[key >> 2] ?? 0, COLUMNS[key & 3] ?? 0]);
}
