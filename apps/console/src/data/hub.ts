// One connection to the feed for the tab, shared by all who listen. It comes back by itself, and says when it was away.
import type { Client, FeedEvent, FeedState } from '@activeflow/client';

/** Something that happened, as the feed tells it; `data` is the resource as it was then. */
export type LiveEvent = { readonly type: string; readonly data: Readonly<Record<string, unknown>>; readonly seq: number };

/** `live`: updates come in; `reconnecting`: they stopped, and what was missed is fetched once they come again. */
export type HubState = 'connecting' | 'live' | 'reconnecting';

type Listener = (events: readonly LiveEvent[]) => void;
type Listening = { readonly topics: readonly string[]; readonly listener: Listener };

/** One connection with many listeners. */
export type Hub = {
  /** Listens to topics. Gives a function that ends it. */
  readonly listen: (topics: readonly string[], listener: Listener) => () => void;
  readonly state: () => HubState;
  /** Calls when the state changes. Gives a function that ends it. */
  readonly watch: (listener: () => void) => () => void;
  /** Connects; gives a function that ends the connection. */
  readonly run: () => () => void;
};

/** Listened to by every page, so that the menu can say whether the server is there. Seldom does anything happen under it. */
const ALWAYS = 'recording';
/** Topics that nobody listens to any more are kept for a while: going from page to page should not reconnect each time. */
const KEEP_MS = 10_000;
/** A hidden tab gives its connection back after this: browsers have few for each server. */
const HIDDEN_MS = 5_000;
/** What the feed refuses for good is tried again after this. */
const REFUSED_MS = 5_000;
/** More than this at once is not told one by one: the listeners look for themselves. */
const MOST_WAITING = 2_000;

/** Makes the hub of a session. `refused` is told where the server says that the credentials are not good. */
export function createHub(client: Client, refused: (error: unknown) => boolean): Hub {
  const listening = new Set<Listening>();
  const watching = new Set<() => void>();
  let state: HubState = 'connecting';
  let connected: { readonly topics: ReadonlySet<string>; readonly end: AbortController } | undefined;
  let [running, planned]: [boolean, ReturnType<typeof setTimeout> | undefined] = [false, undefined];

  const become = (next: HubState): void => {
    if (next === state) return;
    state = next;
    for (const one of watching) one();
  };
  const batch = createBatch((events) => { deliver(listening, events); });
  const wanted = (): Set<string> => new Set([ALWAYS, ...[...listening].flatMap(({ topics }) => topics)]);

  const connect = async (topics: ReadonlySet<string>): Promise<void> => {
    const end = new AbortController();
    connected?.end.abort();
    connected = { topics, end };
    const over = await read(client, topics, end.signal, batch, (on) => { become(on ? 'live' : 'reconnecting'); });
    if (end.signal.aborted || refused(over)) return;
    become('reconnecting');
    connected = undefined;
    plan(REFUSED_MS);
  };
  /** Connects anew in a while, if the topics are then not what they should be. */
  const plan = (after_ms: number): void => {
    clearTimeout(planned);
    planned = setTimeout(() => {
      const topics = wanted();
      if (!running || document.hidden || (connected && sameTopics(connected.topics, topics))) return;
      void connect(topics);
    }, after_ms);
  };
  const drop = (): void => { connected?.end.abort(); connected = undefined; };
  const dropSoon = (): void => { clearTimeout(planned); planned = setTimeout(() => { if (document.hidden) drop(); }, HIDDEN_MS); };

  return {
    listen(topics, listener) {
      const one = { topics, listener };
      listening.add(one);
      if (running && !topics.every((topic) => connected?.topics.has(topic))) plan(0);
      return () => { listening.delete(one); if (running) plan(KEEP_MS); };
    },
    state: () => state,
    watch(listener) {
      watching.add(listener);
      return () => { watching.delete(listener); };
    },
    run() {
      running = true;
      const forget = onVisibility(() => { plan(0); }, dropSoon);
      plan(0);
      return () => {
        running = false;
        forget();
        clearTimeout(planned);
        drop();
      };
    },
  };
}

function onVisibility(shown: () => void, hidden: () => void): () => void {
  const changed = (): void => { if (document.hidden) hidden(); else shown(); };
  document.addEventListener('visibilitychange', changed);
  return () => { document.removeEventListener('visibilitychange', changed); };
}

/** Reads the feed into a batch until it is over, and gives why. */
async function read(client: Client, topics: ReadonlySet<string>, signal: AbortSignal, batch: Batch, told: (connected: boolean) => void): Promise<unknown> {
  const on_state = ({ connected }: FeedState): void => {
    if (signal.aborted) return;
    told(connected);
    // Whatever happened before is not told on this connection, or only from where the last one broke.
    if (connected) batch.missed();
  };
  try {
    for await (const event of client.events({ topics: [...topics], signal, on_state })) batch.add(event);
    return undefined;
  } catch (error) {
    return error;
  }
}

const sameTopics = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => a.size === b.size && [...a].every((topic) => b.has(topic));

/** Gives each listener its events; none at all to everybody where some are missing. */
function deliver(listening: ReadonlySet<Listening>, events: readonly FeedEvent[] | undefined): void {
  for (const { topics, listener } of [...listening]) {
    if (events === undefined) { listener([]); continue; }
    const own = events.flatMap((event) => (event.type !== 'resync' && topics.some((topic) => isUnder(topic, event)) ? [event as unknown as LiveEvent] : []));
    if (own.length > 0) listener(own);
  }
}

/** Whether an event is of a topic: of the resource that its type begins with, and of the id where the topic names one. */
export function isUnder(topic: string, { type, data }: Pick<Exclude<FeedEvent, { readonly type: 'resync' }>, 'type' | 'data'>): boolean {
  const [resource = '', id] = topic.split(':');
  return type.startsWith(`${resource}_`) && (id === undefined || data.id === id);
}

type Batch = { readonly add: (event: FeedEvent) => void; readonly missed: () => void };

/** Collects events and gives them on once a frame, so that however many there are, the page is drawn once. */
function createBatch(give: (events: readonly FeedEvent[] | undefined) => void): Batch {
  let waiting: FeedEvent[] = [];
  let missing = false;
  let frame: number | undefined;
  const flush = (): void => {
    const [events, lost] = [waiting, missing];
    frame = undefined;
    waiting = [];
    missing = false;
    give(lost ? undefined : events);
  };
  const soon = (): void => { frame ??= requestAnimationFrame(flush); };
  return {
    add(event) {
      if (event.type === 'resync' || waiting.length >= MOST_WAITING) missing = true; else waiting.push(event);
      soon();
    },
    missed() { missing = true; soon(); },
  };
}
