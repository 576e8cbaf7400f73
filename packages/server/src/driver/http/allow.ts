// The operator's exceptions: the setting ACTIVEFLOW_EGRESS_ALLOW.

import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { inRange, parseAddress, parseRange } from './address.js';
import type { Range } from './address.js';

/** What the operator permits beyond the public addresses. */
export interface AllowList {
  /** Whether an entry matches: `host` as in the URL (no brackets), `port` as dialled, `address` one that the host resolved to. */
  readonly permits: (host: string, port: number, address: string) => boolean;
}

interface Rule {
  readonly match: { readonly range: Range } | { readonly name: string } | { readonly suffix: string };
  /** undefined: every port. */
  readonly port: number | undefined;
}

/** Reads hosts, `host:port`, `*.suffix`, IP addresses and CIDR blocks, given as a list or separated by commas; throws an Error of one
 *  sentence at the first bad entry. A host permits whatever it resolves to; an address permits itself only, not its mapped forms. */
export function parseAllow(setting: string | readonly string[]): AllowList {
  const entries = [setting].flat().flatMap((part) => part.split(','));
  const rules = entries.map((entry) => entry.trim().toLowerCase()).filter((entry) => entry !== '').map(parseRule);
  return {
    permits(host, port, address) {
      const name = plainName(host);
      const parsed = parseAddress(address);
      return rules.some((rule) => (rule.port === undefined || rule.port === port) && matches(rule.match, name, parsed));
    },
  };
}

/** The name in lower case and without the dot of the root, as names are compared. */
export function plainName(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

function matches(match: Rule['match'], name: string, address: ReturnType<typeof parseAddress>): boolean {
  if ('range' in match) return address !== undefined && inRange(address, match.range);
  // An address in the URL is never a name, so that `*.1` or the like cannot match one.
  if (isIP(name) !== 0) return false;
  return 'name' in match ? name === match.name : name.endsWith(match.suffix);
}

function parseRule(entry: string): Rule {
  if (entry.includes('%')) throw bad(entry, 'has a zone id, which the setting does not know');
  if (entry.includes('://')) throw bad(entry, 'is a URL; write the host alone');
  if (entry.includes('/')) return { match: { range: parseCidr(entry) }, port: undefined };
  const { host, port } = splitPort(entry);
  const address = parseRange(host);
  if (address !== undefined) return { match: { range: address }, port };
  if (host.startsWith('*.')) return { match: { suffix: `.${parseName(entry, host.slice(2))}` }, port };
  return { match: { name: parseName(entry, host) }, port };
}

function parseCidr(entry: string): Range {
  const range = parseRange(entry);
  if (range === undefined) throw bad(entry, 'is not a CIDR block such as 10.0.0.0/8, with no bit set beyond its prefix');
  return range;
}

function splitPort(entry: string): { host: string; port: number | undefined } {
  if (isIP(entry) !== 0) return { host: entry, port: undefined };
  const found = /^(?:\[([0-9a-f:.]+)\]|([^[\]:?#@\\\s]+))(?::(\d{1,5}))?$/.exec(entry);
  if (found === null) throw bad(entry, 'is not a host, host:port, *.suffix, IP address or CIDR block');
  const [, bracketed, plain, digits] = found;
  if (bracketed !== undefined && isIP(bracketed) !== 6) throw bad(entry, 'has brackets around something that is not an IPv6 address');
  const port = digits === undefined ? undefined : Number(digits);
  if (port === 0 || (port ?? 1) > 65535) throw bad(entry, 'has a port outside 1-65535');
  return { host: bracketed ?? plain ?? '', port };
}

function parseName(entry: string, text: string): string {
  const name = plainName(domainToASCII(text));
  if (name.length > 253 || !/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name)) throw bad(entry, 'is not a host name');
  // `127.1` and `0x7f000001` are addresses to a URL; which one was meant is better written out.
  if (isIP(name) !== 0 || /^(?:.*\.)?(?:\d+|0x[0-9a-f]*)$/.test(name)) throw bad(entry, 'is an IP address in short; write it in full');
  return name;
}

function bad(entry: string, why: string): Error {
  return new Error(`ACTIVEFLOW_EGRESS_ALLOW: the entry "${entry.slice(0, 100)}" ${why}.`);
}
