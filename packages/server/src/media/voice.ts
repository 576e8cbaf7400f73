// Whether somebody speaks: the energy of a frame against the noise that is always there.
import { FRAME_SAMPLES } from './sound.js';

/** Hears frames in turn; true: somebody speaks in this one. */
export type Voice = (frame: Int16Array) => boolean;

/** Root mean squares of 16-bit samples: the noise of a quiet line, the most noise that is taken for one (-32 dB), what is never a voice (-47 dB). */
const FLOOR_AT_FIRST = 100;
const FLOOR_MOST = 800;
const QUIET = 150;
/** A voice is 10 dB over the noise. */
const OVER = 3;
/** The noise may be found to rise by 4 dB a second, and to fall at once. */
const RISE = 1.01;

/** The root mean square of a frame. */
export function energyOf(frame: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < FRAME_SAMPLES; i++) sum += (frame[i] ?? 0) ** 2;
  return Math.sqrt(sum / FRAME_SAMPLES);
}

/** Makes a listener that knows nothing of the noise yet. */
export function createVoice(): Voice {
  let floor = FLOOR_AT_FIRST;
  return (frame) => {
    const energy = energyOf(frame);
    floor = energy < floor ? 0.7 * floor + 0.3 * energy : Math.min(FLOOR_MOST, floor * RISE);
    // A line without any noise would make a voice of the first crackle.
    floor = Math.max(1, floor);
    return energy > Math.max(QUIET, OVER * floor);
  };
}
