// Whether a message that could be read is one that may be acted upon (RFC 3261 §8.1.1, §8.2, §16.3; the cases of RFC 4475).
import { cseq } from './headers.js';
import { isUri, parseUri, splitAddress } from './uri.js';
import { parseVia } from './via.js';
import type { SipMessage } from './types.js';

// What may stand once (§7.3.1: only lists may be repeated).
const ONCE = new Set(['To', 'From', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Length', 'Content-Type', 'Expires', 'RAck', 'RSeq', 'Session-Expires', 'Min-SE']);
const MUST = ['To', 'From', 'Call-ID', 'CSeq', 'Via'];

/** What is wrong with a message, in a few words; `''` where nothing is. Of a response only what routes it and its dialog is checked. */
export function fault(message: SipMessage): string {
  const seen = new Set<string>();
  for (const [name, value] of message.headers) {
    if (seen.has(name) && ONCE.has(name)) return `More than one ${name}`;
    seen.add(name);
    if (!fits(message, name, value)) return `Bad ${name}`;
  }
  const missing = MUST.find((name) => !seen.has(name));
  if (missing !== undefined) return `No ${missing}`;
  return message.kind === 'response' ? '' : faultOfUri(message.uri);
}

function fits(message: SipMessage, name: string, value: string): boolean {
  switch (name) {
    case 'Via':
      return parseVia(value) !== undefined;
    case 'From':
    case 'To':
      return splitAddress(value) !== undefined;
    case 'Call-ID':
      return value !== '' && !/[ \t]/.test(value);
    case 'CSeq': {
      const found = cseq(message);
      return found !== undefined && (message.kind === 'response' || found.method === message.method);
    }
    default:
      return message.kind === 'response' || fitsRequest(name, value);
  }
}

function fitsRequest(name: string, value: string): boolean {
  switch (name) {
    case 'Max-Forwards':
      return /^\d{1,9}$/.test(value) && Number(value) <= 255;
    case 'Contact':
      return value === '*' || splitAddress(value) !== undefined;
    case 'Route':
    case 'Record-Route':
    case 'Path':
      return value.includes('<') && splitAddress(value) !== undefined;
    default:
      return true;
  }
}

// A Request-URI carries no headers (§19.1.1, table); of another scheme it is the UA's to refuse (416).
function faultOfUri(uri: string): string {
  return isUri(uri) && parseUri(uri)?.headers === undefined ? '' : 'Bad Request-URI';
}
