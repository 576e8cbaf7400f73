// The worker's clock: a tick every 20 ms at absolute times, so that what one tick takes delays no other.
import { FRAME_MS } from './sound.js';

/** What is called: `frame` once for each 20 ms, `skip` where the thread stood still for so long that frames are left out. */
export type Ticks = { frame(late_ms: number): void; skip(frames: number): void };

/** A clock that runs only while it is needed. */
export type Clock = { start(): void; stop(): void };

/** After a stall so many frames are sent at once, no more: a far end buffers little, and what is sent in a burst is lost there. */
const CATCH_UP_FRAMES = 3;

/** Makes a clock; it stands. */
export function createClock(ticks: Ticks, now: () => number = () => performance.now()): Clock {
  let timer: NodeJS.Timeout | undefined;
  let due = 0;

  const arm = (): void => { timer = setTimeout(wake, Math.max(0, due - now())); };

  const wake = (): void => {
    if (now() < due - 0.5) arm();
    // After the poll of this turn: what has arrived by now is taken before anything is sent.
    else setImmediate(run);
  };

  const run = (): void => {
    if (timer === undefined) return;
    let frames = 1 + Math.floor(Math.max(0, now() - due) / FRAME_MS);
    if (frames > CATCH_UP_FRAMES) {
      ticks.skip(frames - CATCH_UP_FRAMES);
      due += (frames - CATCH_UP_FRAMES) * FRAME_MS;
      frames = CATCH_UP_FRAMES;
    }
    for (; frames > 0; frames--) {
      ticks.frame(now() - due);
      due += FRAME_MS;
    }
    arm();
  };

  return {
    start() {
      if (timer !== undefined) return;
      due = now() + FRAME_MS;
      arm();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
