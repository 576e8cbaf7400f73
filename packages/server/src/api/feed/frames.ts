// Entries as they go over the wire. The bytes are the same for everybody, so they are made once.
import type { Entry } from '../../runner/feed-index.js';

/** How a reader is told: the bytes of an entry, and of the word that something was missed. */
export type Form = { readonly entry: (entry: Entry, event_topic: boolean) => Buffer; readonly resync: (seq: number) => Buffer };

type Made = { typed?: Buffer; bare?: Buffer; event?: Buffer };
const made = new WeakMap<Entry, Made>();

const once = (entry: Entry, name: keyof Made, make: () => Buffer): Buffer => {
  let all = made.get(entry);
  if (!all) made.set(entry, all = {});
  return (all[name] ??= make());
};

/** WebSocket: `{type, data, seq}`, and the bare resource for a topic that names an event type. */
export const SOCKET_FORM: Form = {
  entry: (entry, event_topic) => (event_topic
    ? once(entry, 'bare', () => frame(entry.data))
    : once(entry, 'typed', () => frame(`{"type":"${entry.type}","data":${entry.data},"seq":${entry.seq}}`))),
  resync: (seq) => frame(JSON.stringify({ type: 'resync', seq })),
};

/** SSE: the number, the type, the resource. JSON text has no line break in it. */
export const SSE_FORM: Form = {
  entry: (entry) => once(entry, 'event', () => Buffer.from(`id: ${entry.seq}\nevent: ${entry.type}\ndata: ${entry.data}\n\n`)),
  resync: (seq) => Buffer.from(`id: ${seq}\nevent: resync\ndata: ${JSON.stringify({ type: 'resync', seq })}\n\n`),
};

const TEXT_FRAME = 0x81;

/** A text in one WebSocket frame from a server, which is not masked (RFC 6455 §5.2). */
export function frame(text: string): Buffer {
  const size = Buffer.byteLength(text);
  const head = size < 126 ? 2 : size < 65_536 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(head + size);
  bytes[0] = TEXT_FRAME;
  bytes[1] = size < 126 ? size : head === 4 ? 126 : 127;
  if (head === 4) bytes.writeUInt16BE(size, 2);
  if (head === 10) bytes.writeBigUInt64BE(BigInt(size), 2);
  bytes.write(text, head, 'utf8');
  return bytes;
}
