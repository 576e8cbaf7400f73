// How many submissions a provider is asked for at once. Whoever comes when too many wait already is sent away, so that one that hangs holds nobody else up.

/** A way in for a bounded number at once, in the order of arrival. */
export type Gate = {
  /** Undefined where too many wait; else settles when it is one's turn, with what leaves. */
  readonly enter: () => Promise<() => void> | undefined;
  readonly inside: () => number;
};

/** Those that may wait, beside those inside. */
const MOST_WAITING = 192;

/** Makes a gate for `window` at once. */
export function createGate(window: number): Gate {
  const waiting: (() => void)[] = [];
  let inside = 0;
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else inside--;
  };
  const once = (): (() => void) => {
    let left = false;
    return () => { if (!left) { left = true; leave(); } };
  };
  return {
    inside: () => inside,
    enter() {
      if (inside < window) { inside++; return Promise.resolve(once()); }
      if (waiting.length >= MOST_WAITING) return undefined;
      return new Promise((resolve) => { waiting.push(() => { resolve(once()); }); });
    },
  };
}
