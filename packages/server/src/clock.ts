// Now, and waking up later: real time, or a time that tests move by hand.
import type { Instant } from '@activeflow/engine';

/** A source of time. */
export type Clock = {
  readonly now: () => Instant;
  /** Calls `wake` once when `at` has come, never earlier; gives a function that takes it back. */
  readonly at: (at: Instant, wake: () => void) => () => void;
};

/** A clock that stands still until it is moved, in either direction. */
export type VirtualClock = Clock & { readonly set: (at: Instant) => void; readonly advance: (milliseconds: number) => void };

/** The longest that setTimeout can wait. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's wall clock, in microseconds. Follows corrections of the system's time. */
export function realClock(): Clock {
  let base = performance.timeOrigin;
  const now = (): Instant => {
    // performance.now() has the microseconds and never steps; Date.now() has the truth. Follow it when they part.
    const wall = Date.now();
    if (Math.abs(base + performance.now() - wall) > 5) base = wall - performance.now();
    return Math.floor((base + performance.now()) * 1000);
  };
  return {
    now,
    at(at, wake) {
      let timer: NodeJS.Timeout;
      const arm = () => {
        const left_ms = Math.ceil((at - now()) / 1000);
        timer = setTimeout(() => (now() >= at ? wake() : arm()), Math.min(Math.max(left_ms, 0), MAX_TIMEOUT_MS));
      };
      arm();
      return () => { clearTimeout(timer); };
    },
  };
}

/** A clock for tests and for rehearsing: starts at `start`. */
export function virtualClock(start: Instant): VirtualClock {
  let time = start;
  const waiting = new Set<{ readonly at: Instant; readonly wake: () => void }>();
  const set = (at: Instant) => {
    time = at;
    const due = [...waiting].filter((timer) => timer.at <= time).sort((a, b) => a.at - b.at);
    for (const timer of due) {
      waiting.delete(timer);
      timer.wake();
    }
  };
  return {
    now: () => time,
    at(at, wake) {
      const timer = { at, wake };
      waiting.add(timer);
      if (at <= time) queueMicrotask(() => { if (waiting.delete(timer)) wake(); });
      return () => { waiting.delete(timer); };
    },
    set,
    advance: (milliseconds) => { set(time + milliseconds * 1000); },
  };
}
