// One who listens: its topics, what it has been told, and how much may wait for it. It is told of the log's past as fast as it reads, of the
// present as it comes; where it reads too slowly for that, it misses something and is told so.
import type { Writable } from 'node:stream';
import { under, type Entry, type Heading, type Listener } from '../../runner/feed-index.js';
import type { Feed } from '../../runner/feed.js';
import type { Form } from './frames.js';
import { createOutlet } from './outlet.js';
import type { Topic } from './topics.js';

/** The most bytes that wait for one who does not read. */
export const MOST_WAITING_BYTES = 1_048_576;
/** While more than this waits, nothing of the past is added. */
const EASY_BYTES = 131_072;
/** The most entries that are looked at for somebody who was away; who missed more begins anew. */
export const MOST_BEHIND = 100_000;
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
  /** Resolves once what was asked for before is being told live. */
  settled(): Promise<void>;
  close(): void;
};

/** What a reader is made of: `out` takes bytes while `isOpen`; `told` hears of each entry that went out. `one_form`: event topics are told like any other. */
export type ReaderParts = {
  readonly feed: Feed; readonly out: Writable; readonly form: Form; readonly one_form: boolean; readonly isOpen: () => boolean; readonly told?: (entry: Entry) => void;
};

/** The numbers after `from`, up to `to`, under which a topic has been told; live where `to` has no end. */
type Heard = { readonly from: number; readonly to: number };
const NOTHING: Heard = { from: 0, to: 0 };
const LIVE = Number.POSITIVE_INFINITY;

/** Makes a reader of an opened feed. */
export function createReader({ feed, out, form, one_form, isOpen, told }: ReaderParts): Reader {
  const topics = new Map<string, Heard>();
  const last = { plain: 0, event: 0 };
  const outlet = createOutlet(out, isOpen);
  const mood = { slow_since: undefined as number | undefined, closed: false, round: 0, resumptions: 0 };
  let resuming: Promise<void> = Promise.resolve();

  const attach = (text: string, from = feed.position): void => { feed.index.add(text, listener); topics.set(text, { from, to: LIVE }); };
  const detach = (text: string, heard: Heard): void => { feed.index.remove(text, listener); topics.set(text, heard); };

  const lose = (): void => {
    if (mood.slow_since !== undefined || mood.closed) return;
    mood.slow_since = performance.now();
    // Whatever is being told of the past is void, too.
    mood.round++;
    outlet.forget();
    for (const text of topics.keys()) detach(text, NOTHING);
    void outlet.drained().then(recover);
  };

  /** It reads again: from here on it is told, and that something was missed. */
  const recover = (): void => {
    if (mood.closed || mood.slow_since === undefined) return;
    mood.slow_since = undefined;
    outlet.send(form.resync(feed.position));
    outlet.flush();
    for (const text of topics.keys()) attach(text);
  };

  const tell = (entry: Entry, event_topic: boolean): void => {
    const kind = event_topic && !one_form ? 'event' : 'plain';
    if (last[kind] === entry.seq || mood.slow_since !== undefined || mood.closed) return;
    const bytes = form.entry(entry, event_topic);
    // A single entry is never too large, whatever its size: it would never get through.
    if (outlet.waiting() > 0 && outlet.waiting() + bytes.length > MOST_WAITING_BYTES) { lose(); return; }
    last[kind] = entry.seq;
    outlet.send(bytes);
    told?.(entry);
  };

  const listener: Listener = { tell, lose, flush: outlet.flush };

  const pending = (wanted: readonly Topic[]): ReadonlySet<string> =>
    new Set(wanted.map(({ text }) => text).filter((text) => topics.has(text) && topics.get(text)?.to !== LIVE));

  /** Tells the past of topics, then attaches them. */
  const resume = async (wanted: readonly Topic[], after: number): Promise<void> => {
    const { round } = mood;
    const over = (): boolean => mood.closed || round !== mood.round;
    for (let at = after; !over();) {
      const asked = pending(wanted);
      if (at >= feed.position) {
        for (const text of asked) attach(text, after);
        return;
      }
      if (asked.size === 0) return;
      const page = await feed.page(at, (heading) => { const { plain, event } = under(heading, (text) => asked.has(text)); return plain || event; });
      for (const { heading, tell: made } of page.entries) {
        while (outlet.waiting() > EASY_BYTES && !over()) await outlet.drained();
        const entry = over() ? undefined : await made();
        if (!entry || over()) return;
        tellPast(entry, heading, asked);
      }
      at = page.at;
    }
  };

  /** What a topic tells live, or has told before, is not told again. Not noted as the last one: what is live runs ahead of the past. */
  const tellPast = (entry: Entry, heading: Heading, asked: ReadonlySet<string>): void => {
    const wants = under(heading, (text) => asked.has(text));
    const has = under(heading, (text) => { const { from, to } = topics.get(text) ?? NOTHING; return heading.seq > from && heading.seq <= to; });
    const kinds = one_form ? ([has.plain || has.event ? undefined : 'plain'] as const) : ([wants.plain && !has.plain ? 'plain' : undefined, wants.event && !has.event ? 'event' : undefined] as const);
    for (const kind of kinds) {
      if (kind === undefined) continue;
      outlet.send(form.entry(entry, kind === 'event'));
      told?.(entry);
    }
    outlet.flush();
  };

  const beginAnew = (asked: readonly Topic[]): void => {
    outlet.send(form.resync(feed.position));
    outlet.flush();
    for (const { text } of asked) attach(text);
  };

  return {
    get topics() { return topics.size; },
    get slow_since() { return mood.slow_since; },
    settled: () => resuming,
    subscribe(asked, after) {
      if (mood.closed) return true;
      const fresh = asked.filter(({ text }) => !topics.has(text));
      // One who is slow is attached when it reads again, and is told then that something is missing.
      if (mood.slow_since !== undefined) for (const { text } of fresh) topics.set(text, NOTHING);
      else if (after === undefined) for (const { text } of fresh) attach(text);
      else if (after > feed.position || feed.position - after > MOST_BEHIND) beginAnew(asked);
      else {
        if (mood.resumptions >= MOST_RESUMPTIONS) return false;
        const wanted = asked.filter(({ text }) => after < (topics.get(text)?.from ?? LIVE));
        for (const { text } of wanted) { const heard = topics.get(text); detach(text, heard ? { from: heard.from, to: Math.min(heard.to, feed.position) } : NOTHING); }
        mood.resumptions++;
        resuming = resuming.then(() => resume(wanted, after)).catch(lose).finally(() => { mood.resumptions--; });
      }
      return true;
    },
    unsubscribe(asked) {
      for (const { text } of asked) {
        feed.index.remove(text, listener);
        topics.delete(text);
      }
    },
    close() {
      if (mood.closed) return;
      outlet.flush();
      mood.closed = true;
      for (const text of topics.keys()) feed.index.remove(text, listener);
    },
  };
}
