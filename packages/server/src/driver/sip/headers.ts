// Names and values of headers (RFC 3261 §7.3, §20).
import { parseParameters, splitList, TOKEN } from './scan.js';
import type { HeaderList, SipMessage } from './types.js';

const KNOWN = [
  'Accept', 'Accept-Contact', 'Accept-Encoding', 'Accept-Language', 'Alert-Info', 'Allow', 'Allow-Events', 'Authentication-Info', 'Authorization', 'Call-ID',
  'Call-Info', 'Contact', 'Content-Disposition', 'Content-Encoding', 'Content-Language', 'Content-Length', 'Content-Type', 'CSeq', 'Date', 'Diversion',
  'Error-Info', 'Event', 'Expires', 'From', 'History-Info', 'Identity', 'Identity-Info', 'In-Reply-To', 'MIME-Version', 'Max-Forwards', 'Min-Expires', 'Min-SE',
  'Organization', 'P-Asserted-Identity', 'P-Preferred-Identity', 'Path', 'Priority', 'Privacy', 'Proxy-Authenticate', 'Proxy-Authorization', 'Proxy-Require',
  'RAck', 'RSeq', 'Reason', 'Record-Route', 'Refer-To', 'Referred-By', 'Reject-Contact', 'Replaces', 'Reply-To', 'Request-Disposition', 'Require', 'Retry-After',
  'Route', 'SIP-ETag', 'SIP-If-Match', 'Server', 'Service-Route', 'Session-Expires', 'Subject', 'Subscription-State', 'Supported', 'Timestamp', 'To',
  'Unsupported', 'User-Agent', 'Via', 'WWW-Authenticate', 'Warning',
];

const COMPACT: Readonly<Record<string, string>> = {
  a: 'Accept-Contact', b: 'Referred-By', c: 'Content-Type', d: 'Request-Disposition', e: 'Content-Encoding', f: 'From', i: 'Call-ID', j: 'Reject-Contact',
  k: 'Supported', l: 'Content-Length', m: 'Contact', n: 'Identity-Info', o: 'Event', r: 'Refer-To', s: 'Subject', t: 'To', u: 'Allow-Events', v: 'Via',
  x: 'Session-Expires', y: 'Identity',
};

const CANONICAL = new Map([...KNOWN.map((name) => [name.toLowerCase(), name] as const), ...Object.entries(COMPACT)]);
// As they are usually spelled, so that most messages cost no lower-casing.
for (const name of KNOWN) CANONICAL.set(name, name);

/** The headers whose comma lists become one entry each. */
const LISTS = new Set(['Via', 'Route', 'Record-Route', 'Contact', 'Path', 'Service-Route']);

/** Whether a header's value is a list that is kept as one entry each; takes the canonical name. */
export function isList(canonical: string): boolean {
  return LISTS.has(canonical);
}

/** A header's name as it is spelled everywhere here: `call-id` and `i` are `Call-ID`; an unknown name has capitals after hyphens. */
export function canonicalName(name: string): string {
  return CANONICAL.get(name) ?? CANONICAL.get(name.toLowerCase()) ?? name.toLowerCase().replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/** The first value of a header; any spelling of the name will do. */
export function header(message: { readonly headers: HeaderList }, name: string): string | undefined {
  const wanted = canonicalName(name);
  for (const [found, value] of message.headers) if (found === wanted) return value;
  return undefined;
}

/** Every value of a header, in order. */
export function headers(message: { readonly headers: HeaderList }, name: string): string[] {
  const wanted = canonicalName(name);
  const values: string[] = [];
  for (const [found, value] of message.headers) if (found === wanted) values.push(value);
  return values;
}

/** The words of a comma list, over all headers of the name, in lower case: option tags, methods, media types. */
export function words(message: { readonly headers: HeaderList }, name: string): string[] {
  return headers(message, name).flatMap(splitList).map((word) => word.toLowerCase()).filter((word) => word !== '');
}

/** The sequence number and method of a message (§20.16); undefined where it says none. */
export function cseq(message: { readonly headers: HeaderList }): { readonly number: number; readonly method: string } | undefined {
  const value = header(message, 'CSeq');
  const match = value === undefined ? null : /^(\d{1,10})[ \t]+(\S+)$/.exec(value);
  if (match === null) return undefined;
  const [, digits = '', method = ''] = match;
  const number = Number(digits);
  return number < 2 ** 31 && TOKEN.test(method) ? { number, method } : undefined;
}

/** The tag of From or To, whatever its URI is like; `''` where there is none. */
export function tagOf(message: SipMessage, name: 'From' | 'To'): string {
  const value = header(message, name);
  if (value === undefined) return '';
  const end = endOfAddress(value);
  return end === -1 ? '' : (parseParameters(value, end)?.['tag'] ?? '');
}

/** Where the parameters of a name-addr or addr-spec begin (§20.10: without brackets, the first `;` begins the header's own); -1: it is none. */
export function endOfAddress(value: string): number {
  let at = 0;
  if (value.charCodeAt(0) === 0x22) {
    for (at = 1; at < value.length && value.charCodeAt(at) !== 0x22; at++) if (value.charCodeAt(at) === 0x5c) at++;
  }
  const open = value.indexOf('<', at);
  if (open === -1) {
    const semicolon = value.indexOf(';', at);
    return semicolon === -1 ? value.length : semicolon;
  }
  const close = value.indexOf('>', open);
  return close === -1 ? -1 : close + 1;
}
