// The past: what the log holds for somebody who was away, told as fast as it is read, while the present goes on.
import { under, type Entry, type Heading } from '../../runner/feed-index.js';
import type { Feed } from '../../runner/feed.js';
import { attach, LIVE, NOTHING, type Hearing } from './hearing.js';

/** While more than this waits, nothing of the past is added. */
const EASY_BYTES = 131_072;
/** The most entries that are looked at for somebody who was away; who missed more begins anew. */
export const MOST_BEHIND = 100_000;

/** True for a number that the past cannot be told from: so far back that nobody looks, or none that there has been. */
export const isTooFar = ({ position }: Feed, after: number): boolean => after > position || position - after > MOST_BEHIND;

/** Tells the past of topics, then attaches them; nothing can happen between the two. */
export async function resume(hearing: Hearing, texts: readonly string[], after: number): Promise<void> {
  const { parts: { feed }, outlet, topics, round } = hearing;
  const over = (): boolean => hearing.closed || round !== hearing.round;
  for (let at = after; !over();) {
    // Some may have been given up meanwhile.
    const asked = new Set(texts.filter((text) => topics.has(text) && topics.get(text)?.to !== LIVE));
    if (at >= feed.position) for (const text of asked) attach(hearing, text, after);
    if (at >= feed.position || asked.size === 0) return;
    const page = await feed.page(at, (heading) => isUnder(heading, asked));
    for (const { heading, tell } of page.entries) {
      while (outlet.waiting() > EASY_BYTES && !over()) await outlet.drained();
      const entry = over() ? undefined : await tell();
      if (!entry || over()) return;
      tellPast(hearing, entry, heading, asked);
    }
    at = page.at;
  }
}

/** What a topic tells live, or has told before, is not told again. */
function tellPast({ parts: { form, one_form, told }, outlet, topics }: Hearing, entry: Entry, heading: Heading, asked: ReadonlySet<string>): void {
  const wants = under(heading, (text) => asked.has(text));
  const has = under(heading, (text) => { const { from, to } = topics.get(text) ?? NOTHING; return heading.seq > from && heading.seq <= to; });
  const plain = one_form ? !has.plain && !has.event : wants.plain && !has.plain;
  const event = !one_form && wants.event && !has.event;
  for (const event_topic of [...(plain ? [false] : []), ...(event ? [true] : [])]) {
    outlet.send(form.entry(entry, event_topic));
    told?.(entry);
  }
  outlet.flush();
}

/** Whether the log has anything for a topic after a number, or so much that nobody looks. */
export async function hasMore(feed: Feed, text: string, after: number | undefined): Promise<boolean> {
  if (after === undefined) return false;
  if (isTooFar(feed, after)) return true;
  const asked = new Set([text]);
  for (let at = after; at < feed.position;) {
    const page = await feed.page(at, (heading) => isUnder(heading, asked));
    if (page.entries.length > 0) return true;
    ({ at } = page);
  }
  return false;
}

const isUnder = (heading: Heading, asked: ReadonlySet<string>): boolean => {
  const { plain, event } = under(heading, (text) => asked.has(text));
  return plain || event;
};
