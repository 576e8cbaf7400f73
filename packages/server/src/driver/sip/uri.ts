// SIP and TEL URIs, and the addresses that carry them (RFC 3261 §19.1, §20.10, §25.1; RFC 3966).
import { endOfQuoted, parseParameters, printParameters, quote, skipBlank, TOKEN, unquote, type Parameters } from './scan.js';
import type { NameAddress, SipUri } from './types.js';

/** A host: a name, an IPv4 address, or an IPv6 reference in brackets. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9\-._]*[A-Za-z0-9.])?)$/;
const USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#]|%[0-9A-Fa-f]{2})+$/;
const PASSWORD = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,]|%[0-9A-Fa-f]{2})*$/;
const PARAMETER = /^(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+$/;
const HEADERS = /^(?:[A-Za-z0-9\-_.!~*'()[\]/?:+$&=]|%[0-9A-Fa-f]{2})*$/;
const TEL = /^(?:\+?[0-9A-Fa-f*#\-.()]+)$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+\-.]*:\S+$/;

/** Whether a text is a URI of any scheme: who cannot serve the scheme says 416, not 400. */
export function isUri(text: string): boolean {
  return /^(?:sips?|tel):/i.test(text) ? parseUri(text) !== undefined : SCHEME.test(text) && !/[<>"]/.test(text);
}

/** Reads a `sip:`, `sips:` or `tel:` URI; undefined for what is none. The host in lower case, an IPv6 one in its brackets. */
export function parseUri(text: string): SipUri | undefined {
  const match = /^(sips?|tel):/i.exec(text);
  if (match === null) return undefined;
  const scheme = (match[1] ?? '').toLowerCase() as SipUri['scheme'];
  return scheme === 'tel' ? parseTel(text.slice(4)) : parseSip(scheme, text.slice(scheme.length + 1));
}

function parseTel(rest: string): SipUri | undefined {
  const semicolon = rest.indexOf(';');
  const number = semicolon === -1 ? rest : rest.slice(0, semicolon);
  const parameters = uriParameters(semicolon === -1 ? '' : rest.slice(semicolon));
  if (!TEL.test(number) || parameters === undefined) return undefined;
  return { scheme: 'tel', user: number, host: '', port: undefined, parameters };
}

function parseSip(scheme: 'sip' | 'sips', rest: string): SipUri | undefined {
  // The user may hold `;` and `?`, but no `@`: whatever stands before the last one is the user.
  const at = rest.lastIndexOf('@');
  const userinfo = at === -1 ? undefined : parseUserinfo(rest.slice(0, at));
  if (at !== -1 && userinfo === undefined) return undefined;
  const place = rest.slice(at + 1);
  const question = place.indexOf('?');
  const headers = question === -1 ? undefined : place.slice(question + 1);
  if (headers !== undefined && !HEADERS.test(headers)) return undefined;
  const before = question === -1 ? place : place.slice(0, question);
  const semicolon = before.indexOf(';');
  const parameters = uriParameters(semicolon === -1 ? '' : before.slice(semicolon));
  const hostport = parseHostPort(semicolon === -1 ? before : before.slice(0, semicolon));
  if (parameters === undefined || hostport === undefined) return undefined;
  return { scheme, user: userinfo?.user ?? '', ...(userinfo?.password === undefined ? {} : { password: userinfo.password }), ...hostport, parameters, ...(headers === undefined ? {} : { headers }) };
}

function parseUserinfo(text: string): { readonly user: string; readonly password?: string } | undefined {
  const colon = text.indexOf(':');
  const user = colon === -1 ? text : text.slice(0, colon);
  if (!USER.test(user)) return undefined;
  if (colon === -1) return { user: unescape(user) };
  const password = text.slice(colon + 1);
  return PASSWORD.test(password) ? { user: unescape(user), password: unescape(password) } : undefined;
}

/** Reads `host[:port]`; undefined where it is none. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number | undefined } | undefined {
  const colon = text.charCodeAt(0) === 0x5b ? text.indexOf(':', text.indexOf(']')) : text.indexOf(':');
  const host = (colon === -1 ? text : text.slice(0, colon)).trimEnd();
  if (!HOST.test(host) || host.length > 255) return undefined;
  if (colon === -1) return { host: host.toLowerCase(), port: undefined };
  const digits = text.slice(colon + 1).trim();
  const port = Number(digits);
  return /^\d{1,5}$/.test(digits) && port <= 65_535 ? { host: host.toLowerCase(), port } : undefined;
}

function uriParameters(text: string): Parameters | undefined {
  const found = Object.create(null) as Record<string, string>;
  if (text === '') return found;
  for (const part of text.slice(1).split(';')) {
    const equals = part.indexOf('=');
    const name = equals === -1 ? part : part.slice(0, equals);
    const value = equals === -1 ? '' : part.slice(equals + 1);
    if (!PARAMETER.test(name) || (equals !== -1 && !PARAMETER.test(value))) return undefined;
    const key = unescape(name).toLowerCase();
    if (!(key in found)) found[key] = unescape(value);
  }
  return found;
}

/** A URI as text; what the grammar does not allow as it is, is escaped. */
export function printUri(uri: SipUri): string {
  const parameters = Object.keys(uri.parameters)
    .map((name) => {
      const value = uri.parameters[name] ?? '';
      return value === '' ? `;${escape(name, NOT_PARAMETER)}` : `;${escape(name, NOT_PARAMETER)}=${escape(value, NOT_PARAMETER)}`;
    })
    .join('');
  if (uri.scheme === 'tel') return `tel:${uri.user}${parameters}`;
  const password = uri.password === undefined ? '' : `:${escape(uri.password, NOT_PASSWORD)}`;
  const user = uri.user === '' ? '' : `${escape(uri.user, NOT_USER)}${password}@`;
  const port = uri.port === undefined ? '' : `:${uri.port}`;
  return `${uri.scheme}:${user}${uri.host}${port}${parameters}${uri.headers === undefined ? '' : `?${uri.headers}`}`;
}

const NOT_USER = /[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/gu;
const NOT_PASSWORD = /[^A-Za-z0-9\-_.!~*'()&=+$,]/gu;
const NOT_PARAMETER = /[^A-Za-z0-9\-_.!~*'()[\]/:&+$]/gu;

function escape(text: string, not: RegExp): string {
  return text.replaceAll(not, (char) => [...Buffer.from(char, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join(''));
}

function unescape(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // Escaped bytes that are no UTF-8: they stay as they were written.
    return text;
  }
}

/** The parts of a name-addr or addr-spec, its URI as text and of any scheme, the display name without control characters; undefined where it is none. */
export function splitAddress(value: string): { readonly display: string; readonly uri: string; readonly parameters: Parameters } | undefined {
  let at = skipBlank(value, 0);
  let display = '';
  if (value.charCodeAt(at) === 0x22) {
    const end = endOfQuoted(value, at);
    if (end === -1) return undefined;
    display = unquote(value.slice(at, end));
    at = skipBlank(value, end);
    if (value.charCodeAt(at) !== 0x3c) return undefined;
  }
  const open = value.indexOf('<', at);
  if (open === -1) return splitBare(value.slice(at));
  const name = value.slice(at, open).trim();
  if (name !== '' && (display !== '' || !name.split(/[ \t]+/).every((word) => TOKEN.test(word)))) return undefined;
  const close = value.indexOf('>', open);
  if (close === -1) return undefined;
  const uri = value.slice(open + 1, close);
  const parameters = parseParameters(value, close + 1);
  return parameters === undefined || !isUri(uri) ? undefined : { display: display === '' ? name : display.replaceAll(/\p{Cc}/gu, ''), uri, parameters };
}

// §20.10: without brackets, everything after the first semicolon is the header's own; a URI with comma or question mark needs brackets.
function splitBare(value: string): ReturnType<typeof splitAddress> {
  const semicolon = value.indexOf(';');
  const uri = (semicolon === -1 ? value : value.slice(0, semicolon)).trimEnd();
  const parameters = parseParameters(value, semicolon === -1 ? value.length : semicolon);
  return parameters === undefined || /[,?]/.test(uri) || !isUri(uri) ? undefined : { display: '', uri, parameters };
}

/** Reads a name-addr or addr-spec with its parameters; undefined for what is none, and for a URI that is neither SIP nor TEL. */
export function parseNameAddress(value: string): NameAddress | undefined {
  const parts = splitAddress(value);
  const uri = parts === undefined ? undefined : parseUri(parts.uri);
  return parts === undefined || uri === undefined ? undefined : { display: parts.display, uri, parameters: parts.parameters };
}

/** A name-addr as text; always in brackets, the display name quoted. */
export function printNameAddress(address: NameAddress): string {
  const display = address.display === '' ? '' : `${quote(address.display)} `;
  return `${display}<${printUri(address.uri)}>${printParameters(address.parameters)}`;
}
