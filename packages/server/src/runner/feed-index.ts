// Who wants what: a map from the topics an entry is told under to those who listen.

/** Somebody who is told. */
export type Listener = {
  /** An entry under one of the listener's topics; `event_topic` where that topic names an event type. May come once for each topic that fits. */
  tell(entry: Entry, event_topic: boolean): void;
  /** An entry that could not be told: the listener has missed something. */
  lose(): void;
  /** No more for the moment: what was gathered may go out. */
  flush(): void;
};

/** What is known of an entry of the log before its text is made. */
export type Heading = {
  readonly seq: number; readonly customer_id: string; readonly resource: string; readonly id: string;
  /** `activeflow_updated`. */
  readonly type: string;
};

/** An entry of the log as it is told; `data` is the resource in its public form, as JSON, made once for all. */
export type Entry = Heading & { readonly data: string; readonly ended: boolean };

/** How many of the topics of an entry, the first ones, name no event type. */
const PLAIN = 3;

/** The topics that an entry is told under: by resource, then by event type. */
export const topicsOf = ({ customer_id, resource, id, type }: Heading): readonly string[] => {
  const [whole, kind] = [customer_id, `${customer_id}:${resource}`];
  return [whole, kind, `${kind}:${id}`, `${kind}:${type}`, `${kind}:${type}:${id}`];
};

/** Topics, by text, and those who listen to them. */
export type Index = {
  add(topic: string, listener: Listener): void;
  remove(topic: string, listener: Listener): void;
  /** Calls for each pair of a topic of the entry and somebody who listens to it. */
  each(heading: Heading, call: (listener: Listener, event_topic: boolean) => void): void;
  /** True where anybody listens to the entry. */
  wants(heading: Heading): boolean;
  readonly size: number;
};

/** Makes an empty index. */
export function createIndex(): Index {
  const topics = new Map<string, Set<Listener>>();
  return {
    get size() { return topics.size; },
    add(topic, listener) {
      const known = topics.get(topic);
      if (known) known.add(listener);
      else topics.set(topic, new Set([listener]));
    },
    remove(topic, listener) {
      const known = topics.get(topic);
      if (known?.delete(listener) && known.size === 0) topics.delete(topic);
    },
    each(heading, call) {
      topicsOf(heading).forEach((topic, i) => { for (const listener of topics.get(topic) ?? []) call(listener, i >= PLAIN); });
    },
    wants: (heading) => topicsOf(heading).some((topic) => topics.has(topic)),
  };
}

/** Which of a listener's topics an entry is under: among those that name no event type, and among those that do. */
export function under(heading: Heading, has: (topic: string) => boolean): { readonly plain: boolean; readonly event: boolean } {
  const hits = topicsOf(heading).map(has);
  return { plain: hits.slice(0, PLAIN).includes(true), event: hits.slice(PLAIN).includes(true) };
}
