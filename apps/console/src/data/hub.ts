// Where updates come from, behind one interface. It asks each second until the feed is there.

/** Something that happened, as the feed tells it. */
export type LiveEvent = { readonly type: string; readonly data: Readonly<Record<string, unknown>>; readonly seq?: number };

/** `live`: updates come in; `reconnecting`: they stopped, and what was missed is fetched once they come again. */
export type HubState = 'connecting' | 'live' | 'reconnecting';

type Listener = (events: readonly LiveEvent[]) => void;

/** One connection with many listeners. */
export type Hub = {
  /** Listens to topics. Gives a function that ends it. */
  readonly listen: (topics: readonly string[], listener: Listener) => () => void;
  readonly state: () => HubState;
  /** Calls when the state changes. Gives a function that ends it. */
  readonly watch: (listener: () => void) => () => void;
};

const POLL_MS = 1_000;

/** Makes the hub of a tab. */
export function createHub(): Hub {
  const listeners = new Set<Listener>();
  let timer: ReturnType<typeof setInterval> | undefined;
  const tick = (): void => {
    if (document.hidden) return;
    for (const listener of listeners) listener([]);
  };
  return {
    listen(_topics, listener) {
      listeners.add(listener);
      timer ??= setInterval(tick, POLL_MS);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) { clearInterval(timer); timer = undefined; }
      };
    },
    state: () => 'live',
    watch: () => () => undefined,
  };
}
