// One who listens. It is told of the log's past as fast as it reads, of the present as it comes; where it reads too slowly for that, it misses
// something and is told so.
import type { Entry, Listener } from '../../runner/feed-index.js';
import { attach, beginAnew, detach, LIVE, NOTHING, type Hearing, type ReaderParts } from './hearing.js';
import { createOutlet } from './outlet.js';
import { isTooFar, resume } from './past.js';
import type { Topic } from './topics.js';

/** The most bytes that wait for one who does not read. */
export const MOST_WAITING_BYTES = 1_048_576;
/** The most resumptions that wait for one another. */
const MOST_RESUMPTIONS = 32;

/** One who listens. */
export type Reader = {
  /** Listens to topics: from now on, or from after a number. False where it has asked for too many resumptions at once. */
  subscribe(topics: readonly Topic[], after?: number): boolean;
  unsubscribe(topics: readonly Topic[]): void;
  readonly topics: number;
  /** Since when (`performance.now()`) it has read too slowly; undefined where it does not. */
  readonly slow_since: number | undefined;
  /** Resolves once all that was asked for is being told live. */
  settled(): Promise<void>;
  /** Sends a sign of life after all that was told: one where everything up to the feed's position has been, else the other. */
  beat(all: Buffer, otherwise: Buffer): void;
  close(): void;
};

/** Makes a reader of an opened feed. */
export function createReader(parts: ReaderParts): Reader {
  const { feed } = parts;
  const outlet = createOutlet(parts.out, parts.isOpen);
  const hearing: Hearing = {
    parts, outlet, topics: new Map(), slow_since: undefined, closed: false, round: 0,
    listener: { tell: createTell(parts, () => hearing), lose: () => { lose(hearing); }, flush: outlet.flush },
  };
  const { topics } = hearing;
  let resuming: Promise<void> = Promise.resolve();
  let resumptions = 0;

  return {
    get topics() { return topics.size; },
    get slow_since() { return hearing.slow_since; },
    settled: () => resuming,
    beat(all, otherwise) {
      if (hearing.closed || hearing.slow_since !== undefined) return;
      outlet.send(resumptions === 0 ? all : otherwise);
      outlet.flush();
    },
    subscribe(asked, after) {
      if (hearing.closed) return true;
      const texts = asked.map(({ text }) => text);
      const fresh = texts.filter((text) => !topics.has(text));
      // One who is slow is attached when it reads again, and is told then that something is missing.
      if (hearing.slow_since !== undefined) for (const text of fresh) topics.set(text, NOTHING);
      else if (after === undefined) for (const text of fresh) attach(hearing, text);
      else if (isTooFar(feed, after)) beginAnew(hearing, texts);
      else {
        if (resumptions >= MOST_RESUMPTIONS) return false;
        const wanted = texts.filter((text) => after < (topics.get(text)?.from ?? LIVE));
        for (const text of wanted) { const { from, to } = topics.get(text) ?? NOTHING; detach(hearing, text, { from, to: Math.min(to, feed.position) }); }
        resumptions++;
        resuming = resuming.then(() => resume(hearing, wanted, after)).catch(() => { lose(hearing); }).finally(() => { resumptions--; });
      }
      return true;
    },
    unsubscribe(asked) {
      for (const { text } of asked) {
        feed.index.remove(text, hearing.listener);
        topics.delete(text);
      }
    },
    close() {
      if (hearing.closed) return;
      outlet.flush();
      hearing.closed = true;
      for (const text of topics.keys()) feed.index.remove(text, hearing.listener);
    },
  };
}

/** Tells an entry, once for each form, however many topics it comes under. */
function createTell({ form, one_form, told }: ReaderParts, of: () => Hearing): Listener['tell'] {
  const last = { plain: 0, event: 0 };
  return (entry: Entry, event_topic: boolean): void => {
    const hearing = of();
    const { outlet } = hearing;
    const kind = event_topic && !one_form ? 'event' : 'plain';
    if (last[kind] === entry.seq || hearing.slow_since !== undefined || hearing.closed) return;
    const bytes = form.entry(entry, event_topic);
    // A single entry is never too large, whatever its size: it would never get through.
    if (outlet.waiting() > 0 && outlet.waiting() + bytes.length > MOST_WAITING_BYTES) { lose(hearing); return; }
    last[kind] = entry.seq;
    outlet.send(bytes);
    told?.(entry);
  };
}

/** It reads too slowly, or something could not be told: nothing more until it has read what waits, and then the word that something is missing. */
function lose(hearing: Hearing): void {
  if (hearing.slow_since !== undefined || hearing.closed) return;
  hearing.slow_since = performance.now();
  hearing.round++;
  hearing.outlet.forget();
  for (const text of hearing.topics.keys()) detach(hearing, text, NOTHING);
  void hearing.outlet.drained().then(() => {
    hearing.slow_since = undefined;
    if (!hearing.closed) beginAnew(hearing, [...hearing.topics.keys()]);
  });
}
