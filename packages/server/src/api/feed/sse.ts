// Server-sent events: the feed as a plain answer that does not end (WHATWG HTML §9.2).
import type { ServerResponse } from 'node:http';
import type { Entry } from '../../runner/feed-index.js';
import type { Credentials, Identity } from '../identity.js';
import { SSE_FORM } from './frames.js';
import { HEARTBEAT, type Hub } from './hub.js';
import { createReader, type Reader } from './reader.js';
import type { Topic } from './topics.js';

/** An answer that goes on. */
export type Stream = { readonly reader: Reader; readonly end: () => void };

/** What a stream is about. `told` hears of each entry that goes out. */
export type Asked = { readonly topics: readonly Topic[]; readonly after: number | undefined; readonly told?: (entry: Entry) => void };

/** What the other side is told first: how soon to come back where the connection breaks, and the number to come back with. */
const hello = (seq: number): Buffer => Buffer.from(`retry: 1000\nid: ${seq}\n\n`);
/** A line that says nothing, so that whatever lies between does not take the connection for dead. */
const ALIVE = Buffer.from(':\n\n');
/** The same, with the number up to which there was nothing else to tell. */
const upTo = (seq: number): Buffer => Buffer.from(`:\nid: ${seq}\n\n`);

/** A listener that was let in: begins the answer, or leaves without one. */
export type Admitted = { readonly begin: (response: ServerResponse, headers: Readonly<Record<string, string>>, asked: Asked) => Stream; readonly leave: () => void };

/** Lets a listener in. The credentials and the topics have been checked. */
export async function admit(hub: Hub, { customer_id }: Identity, credentials: Credentials): Promise<Admitted> {
  let out: ServerResponse | undefined;
  let ended_ms: number | undefined;
  let reader: Reader | undefined;
  const end = (): void => {
    reader?.close();
    ended_ms ??= performance.now();
    out?.end();
  };
  const leave = await hub.enter({
    customer_id, credentials, waiting_bytes: () => out?.writableLength ?? 0,
    tick() {
      const since = reader?.slow_since ?? ended_ms;
      if (since !== undefined && performance.now() - since > HEARTBEAT.silence_ms) out?.destroy();
      else if (since === undefined) reader?.beat(upTo(hub.feed.position), ALIVE);
    },
    dismiss(why) {
      end();
      // The next request on this connection would only be refused.
      if (why === 'end') {
        out?.once('finish', () => { out?.socket?.destroySoon(); });
        setTimeout(() => { out?.destroy(); }, HEARTBEAT.leaving_ms).unref();
      }
      if (out === undefined) leave();
    },
  });
  const begin: Admitted['begin'] = (response, headers, { topics, after, told }) => {
    out = response;
    response.on('close', () => { reader?.close(); leave(); }).on('error', () => { response.destroy(); });
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no', ...headers });
    response.write(hello(after ?? hub.feed.position));
    const isOpen = (): boolean => !response.writableEnded && !response.destroyed;
    reader = createReader({ feed: hub.feed, out: response, form: SSE_FORM, one_form: true, isOpen, ...(told ? { told } : {}) });
    reader.subscribe(topics, after);
    if (ended_ms !== undefined) end();
    return { reader, end };
  };
  return { begin, leave };
}
