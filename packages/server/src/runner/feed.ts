// The feed: one cursor over the numbered log for everybody who listens. It sleeps while nobody does.
import type { Log } from '../log.js';
import type { LoggedEvent, Store } from '../store/store.js';
import { createIndex, type Heading, type Index, type Listener, type Entry } from './feed-index.js';

/** What is told of an entry: its heading, undefined where nobody is told of it; and the resource as it was then. */
export type Projection = {
  heading(logged: LoggedEvent): Heading | undefined;
  tell(logged: LoggedEvent, heading: Heading): Promise<Entry>;
};

/** A page of the log for somebody who was away: what is told, and the number up to which all has been looked at. */
export type Page = { readonly entries: readonly { readonly heading: Heading; tell(): Promise<Entry> }[]; readonly at: number };

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

/** What a feed is made of. `poll_ms`: how often to look without being woken; 0 where this process alone writes the store. */
export type FeedParts = { readonly store: Pick<Store, 'feed' | 'last'>; readonly projection: Projection; readonly log: Log; readonly poll_ms?: number };

const nextTurn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

/** Makes the feed of a store. */
export function createFeed({ store, projection, log, poll_ms = 0 }: FeedParts): Feed {
  const index = createIndex();
  const mood = { position: 0, opened: 0, round: 0, woken: false, running: false, closed: false };
  let opening: Promise<void> | undefined;
  let waiting: { readonly seq: number; readonly resolve: () => void }[] = [];
  let poll: NodeJS.Timeout | undefined;
  let again: NodeJS.Timeout | undefined;

  /** Hands out a page; false where there was nothing. */
  const handOut = async (): Promise<boolean> => {
    const { round } = mood;
    const page = await store.feed(mood.position, PAGE);
    const touched = new Set<Listener>();
    const flush = (): void => { for (const listener of touched) listener.flush(); touched.clear(); };
    if (round !== mood.round) return false;
    for (const [i, logged] of page.entries()) {
      const heading = projection.heading(logged);
      if (heading && index.wants(heading)) {
        const entry = await attempt(logged, heading);
        // Everybody has left meanwhile, and whoever came since began at the end of the log.
        if (round !== mood.round) return false;
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
  };

  /** One entry that cannot be told must not keep the others back: who wanted it learns that something is missing. */
  const attempt = async (logged: LoggedEvent, heading: Heading): Promise<Entry | undefined> => {
    try {
      return await projection.tell(logged, heading);
    } catch (error) {
      log.error({ err: error, seq: heading.seq, resource: heading.resource, id: heading.id }, 'an entry of the log cannot be told');
      return undefined;
    }
  };

  const run = async (): Promise<void> => {
    mood.running = true;
    try {
      await nextTurn();
      while (mood.woken && mood.opened > 0 && !mood.closed) {
        mood.woken = false;
        while (await handOut()) await nextTurn();
        const done = waiting;
        waiting = [];
        // Read to the end: what was there when they asked is behind us.
        for (const one of done) if (one.seq <= mood.position) one.resolve(); else waiting.push(one);
      }
    } catch (error) {
      log.warn({ err: error }, 'the feed cannot read the log; it tries again');
      again = setTimeout(wake, AGAIN_MS);
    } finally {
      mood.running = false;
    }
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
    if (poll_ms > 0) poll ??= setInterval(wake, poll_ms).unref();
  };

  let lane: Promise<unknown> = Promise.resolve();

  return {
    get position() { return mood.position; },
    wake, index,
    async open() {
      // The first one finds out where the log ends, and the others wait for that.
      if (mood.opened++ === 0) opening = begin();
      await opening?.catch((error: unknown) => { mood.opened--; throw error; });
      wake();
      let open = true;
      return () => {
        if (!open) return;
        open = false;
        if (--mood.opened === 0) { clearInterval(poll); poll = undefined; }
      };
    },
    async reached() {
      const seq = await store.last();
      if (seq <= mood.position) return;
      await new Promise<void>((resolve) => { waiting.push({ seq, resolve }); wake(); });
    },
    page(after, wants) {
      const read = async (): Promise<Page> => {
        // Between two pages the living get their turn.
        await nextTurn();
        const until = mood.position;
        const found = (await store.feed(after, PAGE)).filter(({ seq }) => seq <= until);
        const entries = found.flatMap((logged) => {
          const heading = projection.heading(logged);
          return heading && wants(heading) ? [{ heading, tell: () => projection.tell(logged, heading) }] : [];
        });
        return { entries, at: found.at(-1)?.seq ?? until };
      };
      const page = lane.then(read);
      lane = page.catch(() => undefined);
      return page;
    },
    close() {
      mood.closed = true;
      clearInterval(poll);
      clearTimeout(again);
    },
  };
}
