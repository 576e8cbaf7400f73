// Bytes become a message (RFC 3261 §7, §25), or a reason why not. Nothing that comes by the network makes it throw.
import { canonicalName, isList } from './headers.js';
import { fault } from './check.js';
import { splitList, TOKEN } from './scan.js';
import type { SipMessage, SipRequest } from './types.js';

/** The largest message, in bytes: what a UDP datagram can hold. */
export const MAX_MESSAGE_BYTES = 65_536;
/** The most header fields of a message, comma lists counted by entry. */
export const MAX_HEADERS = 200;

/** What became of the bytes. `answerable` is set where a request could be read well enough to be told (§8.2.6, §21.4.1). */
export type Parsed =
  | { readonly message: SipMessage }
  | { readonly message?: undefined; readonly status: 400 | 505; readonly reason: string; readonly answerable?: SipRequest };

type Start = { readonly kind: 'request'; readonly method: string; readonly uri: string; readonly version: string } | { readonly kind: 'response'; readonly status: number; readonly phrase: string };
type Draft = { headers: [string, string][]; fault: string };

const REQUEST_LINE = /^([A-Za-z0-9\-.!%*_+`'~]+) (\S+) (SIP\/\d{1,4}\.\d{1,4})$/i;
// A request line that is wrong in its blanks only: it can still be answered.
const LOOSE_LINE = /^([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+(.*?)[ \t]+(SIP\/\d{1,4}\.\d{1,4})[ \t]*$/i;
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d) ([^]*)$/i;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/**
 * Reads one message that fills the bytes: a datagram, a WebSocket message, or what the framing of a stream has cut out. Without a
 * Content-Length the body is the rest; what stands behind it is ignored (§18.3).
 */
export function parseMessage(data: Buffer): Parsed {
  if (data.length > MAX_MESSAGE_BYTES) return bad('Message too large');
  let begin = 0;
  // §7.5: empty lines before the start line are skipped.
  while (data[begin] === 0x0d && data[begin + 1] === 0x0a) begin += 2;
  const end = data.indexOf(END_OF_HEAD, begin);
  const text = data.toString('utf8', begin, end === -1 ? data.length : end);
  const eol = text.indexOf('\r\n');
  const line = eol === -1 ? text : text.slice(0, eol);
  const start = parseStart(line);
  if (start === undefined) return bad('Bad start line');
  const draft = parseHeaders(eol === -1 ? '' : text.slice(eol + 2));
  const body = bodyOf(data, end === -1 ? data.length : end + 4, draft);
  if (start.kind === 'response') {
    const response = { kind: 'response', status: start.status, phrase: start.phrase, headers: draft.headers, body } as const;
    const wrong = draft.fault || fault(response);
    return wrong === '' ? { message: response } : bad(wrong);
  }
  const request: SipRequest = { kind: 'request', method: start.method, uri: start.uri, headers: draft.headers, body };
  const known = start.version.toUpperCase() === 'SIP/2.0';
  const wrong = !known ? 'Version not supported' : !REQUEST_LINE.test(line) ? 'Bad request line' : end === -1 ? 'No end of headers' : draft.fault || fault(request);
  return wrong === '' ? { message: request } : refuse(request, known ? 400 : 505, wrong);
}

function bad(reason: string): Parsed {
  return { status: 400, reason };
}

// An ACK is answered by nothing, and a request without what an answer copies cannot be answered.
function refuse(request: SipRequest, status: 400 | 505, reason: string): Parsed {
  const has = (wanted: string): boolean => request.headers.some(([name]) => name === wanted);
  const answerable = request.method !== 'ACK' && ['Via', 'From', 'To', 'Call-ID', 'CSeq'].every(has);
  return { status, reason, ...(answerable ? { answerable: request } : {}) };
}

function parseStart(line: string): Start | undefined {
  const response = STATUS_LINE.exec(line);
  if (response !== null) return { kind: 'response', status: Number(response[1]), phrase: response[2] ?? '' };
  const request = REQUEST_LINE.exec(line) ?? LOOSE_LINE.exec(line);
  if (request === null) return undefined;
  const [, method = '', uri = '', version = ''] = request;
  return { kind: 'request', method, uri, version };
}

function parseHeaders(block: string): Draft {
  const draft: Draft = { headers: [], fault: '' };
  if (block === '') return draft;
  // §7.3.1: a line that begins with a blank goes on the one before.
  const text = /\r\n[ \t]/.test(block) ? block.replaceAll(/[ \t]*\r\n[ \t]+/g, ' ') : block;
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = colon === -1 ? '' : line.slice(0, colon).trimEnd();
    const value = line.slice(colon + 1).trim();
    if (!TOKEN.test(name) || hasControl(value)) {
      draft.fault ||= 'Bad header line';
      continue;
    }
    const canonical = canonicalName(name);
    if (isList(canonical) && value.includes(',')) for (const part of splitList(value)) draft.headers.push([canonical, part]);
    else draft.headers.push([canonical, value]);
    if (draft.headers.length > MAX_HEADERS) {
      draft.fault ||= 'Too many headers';
      break;
    }
  }
  return draft;
}

// §25.1: only a quoted pair may carry one, and never a line break.
function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    const control = (char < 0x20 && char !== 0x09) || char === 0x7f;
    if (control && (char === 0x0d || char === 0x0a || text.charCodeAt(at - 1) !== 0x5c)) return true;
  }
  return false;
}

function bodyOf(data: Buffer, from: number, draft: Draft): Buffer {
  const lengths = draft.headers.filter(([name]) => name === 'Content-Length');
  const length = lengths[0]?.[1];
  if (length === undefined) return data.subarray(from);
  if (lengths.length > 1 || !/^\d{1,9}$/.test(length)) draft.fault ||= 'Bad Content-Length';
  else if (Number(length) > data.length - from) draft.fault ||= 'Body shorter than Content-Length';
  return data.subarray(from, Math.min(data.length, from + (Number(length) || 0)));
}
