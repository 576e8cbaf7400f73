// The feed: one cursor over the numbered log for everybody who listens. It sleeps while nobody does.
import type { Log } from '../log.js';
import type { LoggedEvent, Store } from '../store/store.js';
import { createIndex, type Entry, type Heading, type Index, type Listener } from './feed-index.js';

/** What is told of an entry: its heading, undefined where nobody is told of it; and the resource as it was then. */
export type Tells = {
  heading(logged: LoggedEvent): Heading | undefined;
  /** `past`: for somebody who was away, and not in the order of the log. */
  tell(logged: LoggedEvent, heading: Heading, past: boolean): Promise<Entry>;
};

/** A page of the log for somebody who was away: what is told, and the number up to which all has been looked at. */
export type Page = { readonly entries: readonly { readonly heading: Heading; readonly tell: () => Promise<Entry> }[]; readonly at: number };

/** The feed of a store. */
export type Feed = {
  /** The number up to which everything has been handed out. Means something between `open` and the closing of all that was opened. */
  readonly position: number;
  /** Something has been committed. Costs nothing while nobody listens. */
  wake(): void;
  /** Begins to read; gives the function that says it is no longer wanted. */
  open(): Promise<() => void>;
  readonly index: Index;
  /** Resolves once everything that was committed before has been handed out. */
  reached(): Promise<void>;
  /** The next entries above a number and not above `position`, of those that `wants` picks. One caller at a time is served. */
  page(after: number, wants: (heading: Heading) => boolean): Promise<Page>;
  close(): void;
};

/** How many entries are read at once: while they are told, everything else waits. */
const PAGE = 128;
/** After how many entries of a page those who were told may send. */
const BATCH = 32;
/** How long the feed waits for a store that fails. */
const AGAIN_MS = 250;

/** What a feed is made of. */
export type FeedParts = { readonly store: Pick<Store, 'feed' | 'last'>; readonly tells: Tells; readonly log: Log };

/** Where the feed stands. `round` counts how often it began to read. */
type Mood = { position: number; opened: number; round: number; woken: boolean; running: boolean; closed: boolean };

const nextTurn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

/** Makes the feed of a store that this process alone writes: it looks when it is woken. */
export function createFeed(parts: FeedParts): Feed {
  const { store, tells, log } = parts;
  const index = createIndex();
  const mood: Mood = { position: 0, opened: 0, round: 0, woken: false, running: false, closed: false };
  let opening: Promise<void> | undefined;
  let waiting: { readonly seq: number; readonly resolve: () => void }[] = [];
  let again: NodeJS.Timeout | undefined;

  const run = async (): Promise<void> => {
    mood.running = true;
    // Who answers a request about what was committed goes first.
    await nextTurn();
    try {
      while (mood.woken && mood.opened > 0 && !mood.closed) {
        mood.woken = false;
        while (await handOut(parts, mood, index)) await nextTurn();
        const done = waiting.filter(({ seq }) => seq <= mood.position);
        waiting = waiting.filter(({ seq }) => seq > mood.position);
        for (const { resolve } of done) resolve();
      }
    } catch (error) {
      log.warn({ err: error }, 'the feed cannot read the log; it tries again');
      again = setTimeout(wake, AGAIN_MS);
    }
    mood.running = false;
    if (mood.woken && again === undefined) wake();
  };

  const wake = (): void => {
    again = undefined;
    if (mood.opened === 0 || mood.closed) return;
    mood.woken = true;
    if (!mood.running) void run();
  };

  const begin = async (): Promise<void> => {
    mood.round++;
    mood.position = await store.last();
  };

  return {
    get position() { return mood.position; },
    wake, index, page: createPast(store, tells, mood),
    async open() {
      // The first one finds out where the log ends, and the others wait for that.
      if (mood.opened++ === 0) opening = begin();
      await opening?.catch((error: unknown) => { mood.opened--; throw error; });
      wake();
      let open = true;
      return () => {
        if (open) mood.opened--;
        open = false;
      };
    },
    async reached() {
      const seq = await store.last();
      if (seq > mood.position) await new Promise<void>((resolve) => { waiting.push({ seq, resolve }); wake(); });
    },
    close() {
      mood.closed = true;
      clearTimeout(again);
    },
  };
}

/** Hands out a page; false where there was nothing. */
async function handOut({ store, tells, log }: FeedParts, mood: Mood, index: Index): Promise<boolean> {
  const { round } = mood;
  const page = await store.feed(mood.position, PAGE);
  // Everybody has left meanwhile, and whoever came since began at the end of the log.
  const over = (): boolean => round !== mood.round;
  const touched = new Set<Listener>();
  const flush = (): void => { for (const listener of touched) listener.flush(); touched.clear(); };
  if (over()) return false;
  for (const [i, logged] of page.entries()) {
    const heading = tells.heading(logged);
    if (heading && index.wants(heading)) {
      // One entry that cannot be told must not keep the others back: who wanted it learns that something is missing.
      const entry = await tells.tell(logged, heading, false).catch((error: unknown) => {
        log.error({ err: error, seq: heading.seq, resource: heading.resource, id: heading.id }, 'an entry of the log cannot be told');
      });
      if (over()) return false;
      index.each(heading, (listener, event_topic) => {
        if (entry) listener.tell(entry, event_topic);
        else listener.lose();
        touched.add(listener);
      });
    }
    // Whoever comes from here on, comes after this entry.
    mood.position = logged.seq;
    if (i % BATCH === BATCH - 1) flush();
  }
  flush();
  return page.length > 0;
}

/** Reads pages of the past, one caller after the other. */
function createPast(store: FeedParts['store'], tells: Tells, mood: Mood): Feed['page'] {
  let lane: Promise<unknown> = Promise.resolve();
  return (after, wants) => {
    const read = async (): Promise<Page> => {
      // Between two pages the living get their turn.
      await nextTurn();
      const until = mood.position;
      const found = (await store.feed(after, PAGE)).filter(({ seq }) => seq <= until);
      const entries = found.flatMap((logged) => {
        const heading = tells.heading(logged);
        return heading && wants(heading) ? [{ heading, tell: () => tells.tell(logged, heading, true) }] : [];
      });
      return { entries, at: found.at(-1)?.seq ?? until };
    };
    const page = lane.then(read);
    lane = page.catch(() => undefined);
    return page;
  };
}
