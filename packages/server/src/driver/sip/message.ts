// Responses, made of the requests they answer (RFC 3261 §8.2.6, §21).
import { header, tagOf } from './headers.js';
import type { HeaderList, SipRequest, SipResponse } from './types.js';

const PHRASES: Readonly<Record<number, string>> = {
  100: 'Trying', 180: 'Ringing', 181: 'Call Is Being Forwarded', 182: 'Queued', 183: 'Session Progress', 200: 'OK', 202: 'Accepted', 300: 'Multiple Choices',
  301: 'Moved Permanently', 302: 'Moved Temporarily', 305: 'Use Proxy', 380: 'Alternative Service', 400: 'Bad Request', 401: 'Unauthorized', 402: 'Payment Required',
  403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 406: 'Not Acceptable', 407: 'Proxy Authentication Required', 408: 'Request Timeout', 410: 'Gone',
  413: 'Request Entity Too Large', 414: 'Request-URI Too Long', 415: 'Unsupported Media Type', 416: 'Unsupported URI Scheme', 420: 'Bad Extension',
  421: 'Extension Required', 422: 'Session Interval Too Small', 423: 'Interval Too Brief', 480: 'Temporarily Unavailable', 481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected', 483: 'Too Many Hops', 484: 'Address Incomplete', 485: 'Ambiguous', 486: 'Busy Here', 487: 'Request Terminated', 488: 'Not Acceptable Here',
  489: 'Bad Event', 491: 'Request Pending', 493: 'Undecipherable', 500: 'Server Internal Error', 501: 'Not Implemented', 502: 'Bad Gateway',
  503: 'Service Unavailable', 504: 'Server Time-out', 505: 'Version Not Supported', 513: 'Message Too Large', 600: 'Busy Everywhere', 603: 'Decline',
  604: 'Does Not Exist Anywhere', 606: 'Not Acceptable',
};

const COPIED = new Set(['Via', 'From', 'To', 'Call-ID', 'CSeq']);
const NOTHING = Buffer.alloc(0);

/** The usual phrase of a status. */
export function phraseOf(status: number): string {
  return PHRASES[status] ?? (status < 200 ? 'Progress' : status < 300 ? 'OK' : 'Failure');
}

/** A response with every Via, From, To, Call-ID and CSeq of the request, in order; a 100 has its Timestamp, too (§8.2.6.1). The To tag is the UA's: `tagged`. */
export function response(request: SipRequest, status: number, phrase = phraseOf(status), headers: HeaderList = [], body: Buffer = NOTHING): SipResponse {
  const copied = request.headers.filter(([name]) => COPIED.has(name) || (status === 100 && name === 'Timestamp'));
  return { kind: 'response', status, phrase, headers: [...copied, ...headers], body };
}

/** The response with a tag on its To; one that is there stays. */
export function tagged(response: SipResponse, tag: string): SipResponse {
  if (tagOf(response, 'To') !== '') return response;
  return { ...response, headers: response.headers.map(([name, value]) => (name === 'To' ? [name, `${value};tag=${tag}`] : [name, value])) };
}

/** Whether a request is within a dialog: it has a To tag. */
export function inDialog(request: SipRequest): boolean {
  return tagOf(request, 'To') !== '';
}

/** A request's Max-Forwards; undefined where it says none. */
export function maxForwards(request: SipRequest): number | undefined {
  const value = header(request, 'Max-Forwards');
  return value === undefined ? undefined : Number(value);
}
