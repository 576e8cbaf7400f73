// What one listener has been told of each of its topics: enough to tell nothing twice and leave nothing out.
import type { Writable } from 'node:stream';
import type { Entry, Listener } from '../../runner/feed-index.js';
import type { Feed } from '../../runner/feed.js';
import type { Form } from './frames.js';
import type { Outlet } from './outlet.js';

/** What a reader is made of: `out` takes bytes while `isOpen`; `told` hears of each entry that goes out. `one_form`: event topics are told like any other. */
export type ReaderParts = {
  readonly feed: Feed; readonly out: Writable; readonly form: Form; readonly one_form: boolean; readonly isOpen: () => boolean; readonly told?: (entry: Entry) => void;
};

/** The numbers after `from`, up to `to`, under which a topic has been told; live where `to` has no end. */
export type Heard = { readonly from: number; readonly to: number };
/** Of a topic that nothing has been told of. */
export const NOTHING: Heard = { from: 0, to: 0 };
/** The end of what is told live. */
export const LIVE = Number.POSITIVE_INFINITY;

/** A listener as its parts see it. `round` counts what makes the telling of the past void; `slow_since` is set while it reads too slowly. */
export type Hearing = {
  readonly parts: ReaderParts;
  readonly outlet: Outlet;
  readonly topics: Map<string, Heard>;
  readonly listener: Listener;
  slow_since: number | undefined;
  closed: boolean;
  round: number;
};

/** Tells a topic live; what was told of it before began after `from`. */
export function attach({ parts: { feed }, topics, listener }: Hearing, text: string, from = feed.position): void {
  feed.index.add(text, listener);
  topics.set(text, { from, to: LIVE });
}

/** Tells a topic no longer; keeps what it has heard. */
export function detach({ parts: { feed }, topics, listener }: Hearing, text: string, heard: Heard): void {
  feed.index.remove(text, listener);
  topics.set(text, heard);
}

/** Says that something is missing, and tells topics from here on. */
export function beginAnew(hearing: Hearing, texts: readonly string[]): void {
  const { outlet, parts: { feed, form } } = hearing;
  outlet.send(form.resync(feed.position));
  outlet.flush();
  for (const text of texts) attach(hearing, text);
}
