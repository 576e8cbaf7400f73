// What a caller may ask for, checked before anything is resolved or dialled. Pure.

import { domainToUnicode } from 'node:url';
import { Permanent } from '../errors.js';
import { plainName } from './allow.js';

/** A URL that may be asked for, its address not yet checked. */
export interface Target {
  readonly url: URL;
  /** As the resolver is asked: lower case, ASCII, no brackets; the dot of the root stays, as it turns the search list off. */
  readonly host: string;
  readonly port: number;
  /** Scheme, host and port without the dot of the root: where to connect, and all that a message may show of the URL. */
  readonly origin: string;
}

/** One request on the wire; header names in lower case. */
export interface Hop {
  readonly target: Target;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

/** The answer to one request; header names in lower case, repeated ones joined with a comma. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

const maxUrlLength = 8_192;

/** Checks a URL (absolute, or relative to `base`) as WHATWG URL reads it; throws Permanent `INVALID_URL`. */
export function parseTarget(text: string, base?: URL): Target {
  // The URL parser drops tabs and line breaks silently; whoever sends them is up to something.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) throw invalid('has a control character');
  if (text.length > maxUrlLength) throw invalid(`is longer than ${maxUrlLength} characters`);
  if (!URL.canParse(text, base?.href)) throw invalid('cannot be read');
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw invalid('must begin with http:// or https://');
  if (url.username !== '' || url.password !== '') throw invalid('must not hold a user name or password');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const name = plainName(host);
  if (name.length > 253 || (!name.includes(':') && !/^[^.]{1,63}(\.[^.]{1,63})*$/.test(name)) || name.split('.').some(onlyLooksEncoded)) throw invalid('has a bad host name');
  const port = url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port);
  if (port === 0) throw invalid('has port 0');
  url.hash = '';
  const shown = url.port === '' ? '' : `:${url.port}`;
  return { url, host, port, origin: `${url.protocol}//${plainName(url.hostname)}${shown}` };
}

/** True for a label that says it is Punycode and decodes to nothing: some versions of the URL parser let it pass. */
const onlyLooksEncoded = (label: string): boolean => label.startsWith('xn--') && /^(?:xn--.*)?$/.test(domainToUnicode(label));

// The connection is ours: these would change where the request ends, which host it is for, or what comes back.
const ownHeaders =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|upgrade|expect|te|trailer|http2-settings|proxy-.*)$/;

/** Checks method and headers and adds ours; throws Permanent `INVALID_REQUEST`. */
export function firstHop(target: Target, method: string, headers: Record<string, string>, body: string | Uint8Array | undefined): Hop {
  const verb = method.toUpperCase();
  if (!/^[A-Z][A-Z-]{0,31}$/.test(verb) || /^(?:CONNECT|TRACE|TRACK)$/.test(verb)) throw bad('the method is not permitted');
  const checked: Record<string, string> = { 'user-agent': 'activeflow' };
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) throw bad('a header name has a character that RFC 9110 forbids');
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw bad(`the header ${name} has a character that RFC 9110 forbids`);
    if (ownHeaders.test(name.toLowerCase())) throw bad(`the header ${name} is not the caller's to set`);
    checked[name.toLowerCase()] = value;
  }
  // Nothing is ever decompressed: a few compressed bytes can be gigabytes.
  checked['accept-encoding'] = 'identity';
  return { target, method: verb, headers: checked, body: body === undefined ? undefined : Buffer.from(body) };
}

/** The request that the answer redirects to, undefined if it does not; throws Permanent `INVALID_URL` or `REDIRECT_REFUSED`. */
export function nextHop({ target, method, headers, body }: Hop, { status, headers: { location } }: Answer): Hop | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  const next = redirectTarget(location, target);
  if (target.url.protocol === 'https:' && next.url.protocol === 'http:') {
    throw new Permanent('REDIRECT_REFUSED', `${target.origin} redirects from https to http, which is never followed`);
  }
  // Fetch standard, "HTTP-redirect fetch", step 12: which redirects turn into a GET.
  const get = status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST';
  const kept = Object.entries(headers).filter(([name]) => {
    return !(get && name.startsWith('content-')) && (next.url.origin === target.url.origin || !secretHeader.test(name));
  });
  return { target: next, method: get ? 'GET' : method, headers: Object.fromEntries(kept), body: get ? undefined : body };
}

// Wider than the Fetch standard, which names `authorization` alone: keys travel under many names.
const secretHeader = /auth|cookie|token|secret|signature|password|api-?key|^webhook-/;

function redirectTarget(location: string, from: Target): Target {
  try {
    return parseTarget(location, from.url);
  } catch (error) {
    if (!(error instanceof Permanent)) throw error;
    throw new Permanent(error.reason, `${from.origin} redirects, and there ${error.message}`);
  }
}

function invalid(why: string): Permanent {
  return new Permanent('INVALID_URL', `the URL ${why}`);
}

function bad(why: string): Permanent {
  return new Permanent('INVALID_REQUEST', why);
}
