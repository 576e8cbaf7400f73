// The same feed over a WebSocket, where there is one: it comes back by itself, and goes on after the last number that was read.
import { ActiveflowError } from './error.js';
import type { FeedEvent, FeedOptions, Topics } from './feed-types.js';
import { asError, mayPass, pauseBefore, wait } from './retry.js';
import type { Transport } from './transport.js';

/** What of a WebSocket is used: the browser's, or that of a library. */
export type WebSocketLike = {
  send(text: string): void;
  close(): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
};

/**
 * What a feed over a WebSocket takes; topics that name an event type are for plain sockets: their frames have no number to go on after.
 * `WebSocket` stands in where the platform has none.
 */
export type SocketOptions = Topics & FeedOptions & { readonly WebSocket?: new (url: string) => WebSocketLike };

/** Nobody has seen it, so that the server answers with the number where it stands. */
const NO_NUMBER = Number.MAX_SAFE_INTEGER;
/** So much is kept for one who reads slowly; then the socket is closed, and the rest asked for again. */
const MOST_KEPT = 10_000;
/** What another try would not mend, by the code that closes the socket. */
const REFUSED: Readonly<Record<number, readonly [status: string, reason: string, http_status: number]>> = {
  1008: ['RESOURCE_EXHAUSTED', 'RATE_LIMIT_EXCEEDED', 429], 4400: ['INVALID_ARGUMENT', 'INVALID_REQUEST_PARAMETER', 400],
  4401: ['UNAUTHENTICATED', 'INVALID_CREDENTIALS', 401], 4403: ['PERMISSION_DENIED', 'PERMISSION_DENIED', 403],
};

/** Loops over a feed until the signal ends it. Throws a `TypeError` where there is no WebSocket, and what no other try would mend. */
export async function* followSocket(transport: Transport, { topics, after, signal, on_state, WebSocket }: SocketOptions): AsyncGenerator<FeedEvent, void, undefined> {
  const Socket = WebSocket ?? (globalThis as { readonly WebSocket?: SocketOptions['WebSocket'] }).WebSocket;
  if (!Socket) throw new TypeError('there is no WebSocket here: give one, or use events()');
  if (topics.some((topic) => /:[a-z]+_[a-z]+(:|$)/.test(topic))) throw new TypeError('a topic that names an event type has no numbers: use events()');
  const stop = signal ?? new AbortController().signal;
  const place = { after: after ?? NO_NUMBER, tries: 0 };
  while (!stop.aborted) {
    const line = openLine(new Socket(transport.address('/ws').replace(/^http/, 'ws')), { topics, after: place.after });
    const hangUp = (): void => { line.close(); };
    stop.addEventListener('abort', hangUp, { once: true });
    try {
      for await (const event of line.events()) {
        place.tries = 0;
        on_state?.({ connected: true });
        // The answer to no number: it says where the feed stands.
        const silent = event.type === 'resync' && place.after === NO_NUMBER;
        place.after = event.seq;
        if (!silent) yield event;
      }
    } finally {
      stop.removeEventListener('abort', hangUp);
      line.close();
    }
    if (stop.aborted) return;
    const { error } = line;
    if (error) throw error;
    // A browser does not say why a handshake failed; a request does.
    const why = line.opened ? undefined : await transport.json('GET', '/me', { options: { signal: stop } }).then(() => undefined, asError);
    if (why && !mayPass(why) && !stop.aborted) throw why;
    const retry_ms = pauseBefore(place.tries++);
    on_state?.({ connected: false, retry_ms, ...(why ? { error: why } : {}) });
    await wait(retry_ms, stop);
  }
}

type Line = { events(): AsyncGenerator<FeedEvent>; close(): void; readonly opened: boolean; readonly error: ActiveflowError | undefined };

/** One connection: what it says, until it is closed, and why that was. */
function openLine(socket: WebSocketLike, subscription: { readonly topics: readonly string[]; readonly after: number }): Line {
  let kept: FeedEvent[] = [];
  let wake = (): void => { /* nobody waits */ };
  const mood = { opened: false, closed: false, error: undefined as ActiveflowError | undefined };
  socket.onopen = () => {
    mood.opened = true;
    socket.send(JSON.stringify({ type: 'subscribe', ...subscription }));
  };
  socket.onmessage = ({ data }: { readonly data: string }) => {
    if (mood.closed) return;
    kept.push(JSON.parse(data) as FeedEvent);
    // What was not read is asked for again, by its number.
    if (kept.length > MOST_KEPT) { mood.closed = true; socket.close(); }
    wake();
  };
  socket.onerror = () => { /* told by the close */ };
  socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) => {
    const refused = REFUSED[code];
    if (refused) mood.error = new ActiveflowError({ status: refused[0], reason: refused[1], message: reason, http_status: refused[2] });
    mood.closed = true;
    wake();
  };
  return {
    get opened() { return mood.opened; },
    get error() { return mood.error; },
    close() { mood.closed = true; socket.close(); wake(); },
    async* events() {
      for (;;) {
        const all = kept;
        kept = [];
        yield* all;
        if (kept.length > 0) continue;
        if (mood.closed) return;
        await new Promise<void>((resolve) => { wake = resolve; });
      }
    },
  };
}
