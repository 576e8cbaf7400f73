// How fast an SMSC is asked: so many submissions at once, so many a second where that was agreed upon, and fewer for a while where it says that it is too much.

/** The pace of one SMSC. */
export type Pace = {
  /** Waits for a turn; false where none came within `wait_ms`, or nobody listens any more. Who got one gives it back. */
  readonly turn: (wait_ms: number, signal: AbortSignal) => Promise<boolean>;
  readonly back: () => void;
  /** The SMSC took one. */
  readonly taken: () => void;
  /** It said that it is too much: gives the milliseconds after which to ask again. */
  readonly full: () => number;
  readonly in_flight: () => number;
};

/** The least that is asked for in a second, however often it was too much. */
const LEAST_RATE = 1;
/** Faster than this, nothing is held back. */
const FREE_RATE = 5_000;
const [SLOWER, FASTER] = [0.7, 1.1];
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS, SECOND_MS] = [500, 20_000, 1_000];

/** Makes one. `rate`: submissions a second, 0 for as fast as it goes. `now_ms` may be given by tests. */
export function createPace({ window, rate, now_ms = () => performance.now() }: { readonly window: number; readonly rate: number; readonly now_ms?: () => number }): Pace {
  const most = rate === 0 ? Infinity : rate;
  let [in_flight, allowed, next_at, paused_until, pause_ms] = [0, most, 0, 0, FIRST_PAUSE_MS];
  let [second_at, in_second, last_second] = [now_ms(), 0, 0];
  const queue: (() => void)[] = [];

  /** What was taken lately is the measure; each quiet second allows a little more. */
  const roll = (now: number): void => {
    if (now - second_at < SECOND_MS) return;
    if (allowed < most && now > paused_until && in_second > 0) allowed = allowed * FASTER > FREE_RATE ? most : Math.min(most, allowed * FASTER + 1);
    [last_second, in_second, second_at] = [now - second_at < 2 * SECOND_MS ? in_second : 0, 0, now];
  };
  const back = (): void => {
    in_flight -= 1;
    queue.shift()?.();
  };
  const entered = (wait_ms: number, signal: AbortSignal): Promise<boolean> => {
    if (in_flight < window) { in_flight += 1; return Promise.resolve(true); }
    return new Promise((resolve) => {
      const enter = (): void => { leave(); in_flight += 1; resolve(true); };
      const give_up = (): void => { leave(); const at = queue.indexOf(enter); if (at >= 0) queue.splice(at, 1); resolve(false); };
      const leave = (): void => { clearTimeout(late); signal.removeEventListener('abort', give_up); };
      const late = setTimeout(give_up, wait_ms);
      signal.addEventListener('abort', give_up);
      queue.push(enter);
    });
  };
  return {
    back, in_flight: () => in_flight,
    async turn(wait_ms, signal) {
      const began = now_ms();
      if (!(await entered(wait_ms, signal))) return false;
      for (;;) {
        const now = now_ms();
        roll(now);
        const at = Math.max(now, next_at, paused_until);
        if (at - began > wait_ms || signal.aborted) { back(); return false; }
        if (allowed !== Infinity) next_at = Math.max(at, next_at) + SECOND_MS / allowed;
        if (at <= now) return true;
        await new Promise((resolve) => { setTimeout(resolve, at - now); });
        // Another was told meanwhile that it is too much.
        if (now_ms() >= paused_until) return true;
      }
    },
    taken() {
      roll(now_ms());
      in_second += 1;
      pause_ms = FIRST_PAUSE_MS;
    },
    full() {
      const now = now_ms();
      roll(now);
      // All that were under way are told the same: that is one word, not fifty.
      if (now < paused_until) return paused_until - now;
      allowed = Math.max(LEAST_RATE, Math.min(allowed, Math.max(in_second, last_second)) * SLOWER);
      [paused_until, next_at] = [now + pause_ms, now + pause_ms];
      pause_ms = Math.min(LONGEST_PAUSE_MS, pause_ms * 2);
      return paused_until - now;
    },
  };
}
