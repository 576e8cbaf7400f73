// Messages out of a stream of bytes (RFC 3261 §18.3, §7.5; RFC 5626 §3.5.1). The work is linear in the bytes, however they are cut.
import { MAX_MESSAGE_BYTES } from '../parse.js';

/** What is found in a stream. */
export type FrameEvents = {
  /** One message; the bytes are the receiver's own. */
  readonly message: (data: Buffer) => void;
  /** A double CRLF between messages: the far end wants to know that we live. */
  readonly ping: () => void;
};

/** The framing of one connection. */
export type Frames = {
  /** Takes what came. False: this is no SIP, or where a message ends cannot be told; the connection is of no more use. */
  readonly push: (chunk: Buffer) => boolean;
  /** Whether a message has begun that is not whole. */
  readonly unfinished: () => boolean;
};

const CR = 0x0d;
const LF = 0x0a;
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const LENGTH = /\r\n(?:content-length|l)[ \t]*:(?:[ \t]|\r\n[ \t])*([^\r\n]*)/gi;
const FIRST_CHAR = /^[A-Za-z0-9\-.!%*_+`'~]/;
const FIRST_LINE = /^(?:SIP\/2\.0 |[A-Za-z0-9\-.!%*_+`'~]+[ \t].*SIP\/\d)/i;

/** What has come and was not cut out yet: the bytes from `begin` to `end`. Neither is looked for twice: up to `scanned` no head ends, and `whole` is the length of the message once its head was read. */
type Store = { bytes: Buffer; begin: number; end: number; scanned: number; whole: number };

/** Cuts a stream into messages. */
export function frames(events: FrameEvents): Frames {
  const store: Store = { bytes: Buffer.allocUnsafe(4_096), begin: 0, end: 0, scanned: 0, whole: 0 };
  return {
    push(chunk) {
      add(store, chunk);
      for (;;) {
        const more = next(store, events);
        if (more !== true) return more === false;
      }
    },
    unfinished: () => unfinished(store),
  };
}

function add(store: Store, chunk: Buffer): void {
  if (store.end + chunk.length > store.bytes.length) {
    const used = store.end - store.begin;
    const bytes = used + chunk.length > store.bytes.length / 2 ? Buffer.allocUnsafe(2 * (used + chunk.length)) : store.bytes;
    store.bytes.copy(bytes, 0, store.begin, store.end);
    store.scanned -= store.begin;
    store.bytes = bytes;
    store.begin = 0;
    store.end = used;
  }
  chunk.copy(store.bytes, store.end);
  store.end += chunk.length;
}

// Up to three bytes of a double CRLF may be the beginning of one.
function unfinished({ bytes, begin, end }: Store): boolean {
  const left = end - begin;
  const blank = bytes[begin] === CR && (left < 2 || bytes[begin + 1] === LF) && (left < 3 || bytes[begin + 2] === CR);
  return left > 3 || (left > 0 && !blank);
}

function skipBlankLines(store: Store, events: FrameEvents): void {
  const { bytes, end } = store;
  const isBlank = (at: number): boolean => end - at >= 2 && bytes[at] === CR && bytes[at + 1] === LF;
  while (isBlank(store.begin)) {
    const rest = store.begin + 2;
    const double = isBlank(rest);
    if (!double && (rest === end || (rest + 1 === end && bytes[rest] === CR))) return;
    store.begin = double ? rest + 2 : rest;
    if (double) events.ping();
  }
}

/** True: a message was cut out, there may be more; undefined: garbage. */
function next(store: Store, events: FrameEvents): boolean | undefined {
  if (store.whole === 0) {
    skipBlankLines(store, events);
    if (!unfinished(store)) return false;
    const head = headOf(store);
    if (head === 'garbage') return undefined;
    if (head === 'partial') return false;
    const length = bodyLength(store.bytes.toString('latin1', store.begin, head));
    if (length === 'none') return undefined;
    // Where it ends is anybody's guess: the parser will find the same fault and say so, and that is all.
    if (length === 'bad' || head + length - store.begin > MAX_MESSAGE_BYTES) {
      events.message(Buffer.from(store.bytes.subarray(store.begin, head)));
      return undefined;
    }
    store.whole = head + length - store.begin;
  }
  if (store.end - store.begin < store.whole) return false;
  const message = Buffer.from(store.bytes.subarray(store.begin, store.begin + store.whole));
  store.begin += store.whole;
  store.scanned = store.begin;
  store.whole = 0;
  events.message(message);
  return true;
}

/** Where the head ends; what is looked at is bounded, and what cannot become a message is told by its first line. */
function headOf(store: Store): number | 'partial' | 'garbage' {
  const { begin, end } = store;
  const seen = store.bytes.subarray(0, end);
  const from = Math.max(store.scanned, begin);
  if (from - begin < 4_096) {
    const eol = seen.indexOf(LF, begin);
    const line = seen.toString('latin1', begin, Math.min(eol === -1 ? end : eol, begin + 4_096));
    if (eol === -1 ? !FIRST_CHAR.test(line) : !FIRST_LINE.test(line)) return 'garbage';
  }
  const found = seen.indexOf(END_OF_HEAD, from);
  if (found !== -1) return found + 4;
  store.scanned = Math.max(begin, end - 3);
  return end - begin > MAX_MESSAGE_BYTES ? 'garbage' : 'partial';
}

/** The Content-Length of a head: by a stream there must be one (§20.14), and one only. */
function bodyLength(head: string): number | 'none' | 'bad' {
  const found = [...head.matchAll(LENGTH)].map((match) => (match[1] ?? '').trim());
  const [first] = found;
  if (first === undefined) return 'none';
  return found.length === 1 && /^\d{1,9}$/.test(first) ? Number(first) : 'bad';
}
