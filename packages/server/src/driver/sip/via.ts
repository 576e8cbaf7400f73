// Via: the way a response takes (RFC 3261 §18.1, §18.2, §20.42; RFC 3581).
import { parseHostPort } from './uri.js';
import { parseParameters, printParameters, type Parameters } from './scan.js';
import type { HeaderList, Hop, SipMessage } from './types.js';

/** A Via. `transport` as written, in capitals. */
export type Via = { readonly transport: string; readonly host: string; readonly port: number | undefined; readonly parameters: Parameters };

/** What a branch begins with that names a transaction all by itself (§8.1.1.7). */
export const MAGIC = 'z9hG4bK';

const SENT = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+([^;]+)/i;

/** Reads one Via; undefined where it is none. */
export function parseVia(value: string): Via | undefined {
  const match = SENT.exec(value);
  if (match === null) return undefined;
  const [sent, transport = '', place = ''] = match;
  const hostport = parseHostPort(place.trim());
  const parameters = parseParameters(value, sent.length);
  return hostport === undefined || parameters === undefined ? undefined : { transport: transport.toUpperCase(), ...hostport, parameters };
}

/** A Via as text. */
export function printVia(via: Via): string {
  return `SIP/2.0/${via.transport} ${via.host}${via.port === undefined ? '' : `:${via.port}`}${printParameters(via.parameters)}`;
}

/** The Via on top; undefined where there is none that can be read. */
export function topVia(message: { readonly headers: HeaderList }): Via | undefined {
  const found = message.headers.find(([name]) => name === 'Via');
  return found === undefined ? undefined : parseVia(found[1]);
}

/** The headers with another Via on top of what is there. */
export function pushVia(message: SipMessage, via: string): HeaderList {
  return [['Via', via], ...message.headers];
}

/** A request's headers with its top Via telling where it really came from (§18.2.1, RFC 3581 §4); what it claimed about that itself is gone. */
export function markSource(headers: HeaderList, via: Via, source: Hop): HeaderList {
  const address = bare(source.address);
  const asked = 'rport' in via.parameters;
  const { received: _claimed, ...rest } = via.parameters;
  if (!asked && _claimed === undefined && bare(via.host) === address) return headers;
  const parameters: Record<string, string> = { ...rest, ...(asked ? { rport: String(source.port) } : {}), ...(asked || bare(via.host) !== address ? { received: address } : {}) };
  const marked = printVia({ ...via, parameters });
  const index = headers.findIndex(([name]) => name === 'Via');
  return headers.with(index, ['Via', marked]);
}

/**
 * Where a response goes (§18.2.2): back over the connection the request came by; by UDP to the address it came from, at the port it came from
 * where rport asks so, else at the port the Via names. `maddr` is not followed: it would let anybody aim our answers at anybody.
 */
export function returnPath(via: Via, source: Hop): Hop {
  if (source.transport !== 'udp' || 'rport' in via.parameters) return source;
  return { ...source, port: via.port ?? 5060 };
}

/** An address without the brackets of an IPv6 reference. */
export function bare(host: string): string {
  return host.charCodeAt(0) === 0x5b ? host.slice(1, -1) : host;
}

/** A host as URIs and Vias spell it: an IPv6 address in brackets. */
export function hostOf(address: string): string {
  return address.includes(':') && address.charCodeAt(0) !== 0x5b ? `[${address}]` : address;
}
