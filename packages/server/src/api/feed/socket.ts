// A WebSocket that listens (wire.md §7): what it may send, and what closes it.
import type { IncomingMessage } from 'node:http';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { ApiError } from '../../problem.js';
import type { Credentials, Identity } from '../identity.js';
import { SOCKET_FORM } from './frames.js';
import { HEARTBEAT, type Hub } from './hub.js';
import { createReader, type Reader } from './reader.js';
import { readTopic, type Topic } from './topics.js';
import type { Upgrade } from './upgrade.js';

/** Why a socket is closed by us. */
export const CLOSED = {
  end: 1001, binary: 1003, too_much: 1008, malformed: 4400, credentials: 4401, forbidden: 4403,
} as const;

/** The largest frame that is taken; a larger one closes the socket (1009). */
const MOST_FRAME_BYTES = 65_536;
/** The most topics of one socket. */
export const MOST_TOPICS = 1_000;

/** A word of the client. */
type Said = { readonly type: 'subscribe' | 'unsubscribe'; readonly topics: readonly Topic[]; readonly after: number | undefined };
type Refused = { readonly code: number; readonly why: string };

const sockets = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: MOST_FRAME_BYTES, perMessageDeflate: false });

/** Completes the handshake and listens until either side has enough. The credentials have been checked. */
export async function openSocket(hub: Hub, request: IncomingMessage, { socket, head }: Upgrade, { customer_id }: Identity, credentials: Credentials): Promise<() => void> {
  let ws: WebSocket | undefined;
  let dismissed: number | undefined;
  let heard_ms = performance.now();
  const leave = await hub.enter({
    customer_id, credentials, waiting_bytes: () => socket.writableLength,
    tick() {
      if (performance.now() - heard_ms > HEARTBEAT.silence_ms) ws?.terminate();
      else if (ws?.readyState === ws?.OPEN) ws?.ping();
    },
    dismiss(why) {
      dismissed = CLOSED[why];
      if (ws) close(ws, { code: dismissed, why: why === 'end' ? 'the server ends' : 'the credentials are good no longer' });
    },
  });
  // Whoever goes away during the handshake is gone, too.
  socket.once('close', leave);
  return () => {
    sockets.handleUpgrade(request, socket, head, (opened) => {
      ws = opened;
      const reader = createReader({ feed: hub.feed, out: socket, form: SOCKET_FORM, one_form: false, isOpen: () => opened.readyState === opened.OPEN });
      const alive = (): void => { heard_ms = performance.now(); };
      opened.on('pong', alive).on('message', (data, binary) => {
        alive();
        const refused = take(reader, customer_id, data, binary);
        if (refused) close(opened, refused);
      });
      // What the other side did wrong closes the socket by itself, with the code that says it.
      opened.on('error', () => { /* told by the close */ }).on('close', () => { reader.close(); leave(); });
      if (dismissed !== undefined) opened.close(dismissed);
    });
  };
}

/** Does what a message asks for; says what is wrong with it. */
function take(reader: Reader, customer_id: string, data: RawData, binary: boolean): Refused | undefined {
  if (binary) return { code: CLOSED.binary, why: 'text frames only' };
  const said = readMessage((data as Buffer).toString('utf8'), customer_id);
  if ('why' in said) return said;
  if (said.type === 'unsubscribe') reader.unsubscribe(said.topics);
  else if (!reader.subscribe(said.topics, said.after)) return { code: CLOSED.too_much, why: 'too many resumptions at once' };
  return reader.topics > MOST_TOPICS ? { code: CLOSED.too_much, why: `at most ${MOST_TOPICS} topics` } : undefined;
}

/** Reads what a client says. Topics are checked each time, against the customer of the connection. */
export function readMessage(text: string, customer_id: string): Said | Refused {
  const malformed = (why: string): Refused => ({ code: CLOSED.malformed, why });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return malformed('no JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return malformed('a message is an object');
  const { type, topics, after } = json as { type?: unknown; topics?: unknown; after?: unknown };
  if (type !== 'subscribe' && type !== 'unsubscribe') return malformed('/type: subscribe or unsubscribe');
  if (!Array.isArray(topics)) return malformed('/topics: a list of topics');
  if (after !== undefined && !(typeof after === 'number' && Number.isSafeInteger(after) && after >= 0)) return malformed('/after: a whole number from 0');
  const read: Topic[] = [];
  for (const one of topics as readonly unknown[]) {
    const topic = readTopic(one, customer_id);
    if ('fault' in topic) return { code: CLOSED[topic.fault], why: topic.message };
    read.push(topic);
  }
  return { type, topics: read, after };
}

/** The most bytes of a reason (RFC 6455 §5.5.1: 125 for a control frame, two are the code). */
const MOST_REASON_BYTES = 123;
function close(ws: WebSocket, { code, why }: Refused): void {
  let reason = why;
  while (Buffer.byteLength(reason) > MOST_REASON_BYTES) reason = reason.slice(0, -1);
  ws.close(code, reason);
  setTimeout(() => { ws.terminate(); }, HEARTBEAT.leaving_ms).unref();
}

/** Refuses a socket that another site's page opens with the cookie of whoever looks at it. Throws `PERMISSION_DENIED`. */
export function checkOrigin(origin: string | undefined, host: string, from_cookie: boolean): void {
  if (!from_cookie || origin === undefined) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host) throw new ApiError('PERMISSION_DENIED', 'a page of another site may not listen with a cookie of this one');
}
