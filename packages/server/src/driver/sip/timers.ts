// Waiting, in milliseconds that only go forward: real, or a time that tests move by hand.

/** What the timers of SIP need of time: a monotonic now, and a call after so many milliseconds; the function given back takes it back. */
export type Timers = {
  readonly now: () => number;
  readonly after: (milliseconds: number, run: () => void) => () => void;
};

/** Timers that stand still until they are moved; each runs at its own instant, in order. */
export type VirtualTimers = Timers & {
  readonly advance: (milliseconds: number) => void;
  /** How many are armed. */
  readonly armed: () => number;
};

/** Timers of the machine. They keep no process alive. */
export function realTimers(): Timers {
  return {
    now: () => performance.now(),
    after(milliseconds, run) {
      const timer = setTimeout(run, milliseconds).unref();
      return () => { clearTimeout(timer); };
    },
  };
}

/** Timers for tests, from zero on. */
export function virtualTimers(): VirtualTimers {
  type Timer = { readonly at: number; readonly number: number; readonly run: () => void; live: boolean };
  // A binary heap by instant, then by order of arming: thousands are armed and taken back.
  const heap: Timer[] = [];
  let time = 0;
  let count = 0;
  let live = 0;
  const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.number < b.number);
  const push = (timer: Timer): void => {
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Timer;
      if (before(parent, timer)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = timer;
  };
  const pop = (): void => {
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Timer, heap[child] as Timer)) child++;
      if (!before(heap[child] as Timer, last)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
  };
  return {
    now: () => time,
    after(milliseconds, run) {
      const timer: Timer = { at: time + Math.max(0, milliseconds), number: count++, run, live: true };
      live++;
      push(timer);
      return () => {
        if (!timer.live) return;
        timer.live = false;
        live--;
      };
    },
    advance(milliseconds) {
      const end = time + milliseconds;
      for (let next = heap[0]; next !== undefined && next.at <= end; next = heap[0]) {
        pop();
        if (!next.live) continue;
        time = next.at;
        next.live = false;
        live--;
        next.run();
      }
      time = end;
    },
    armed: () => live,
  };
}
