// Which IP addresses may be dialled. Pure: text in, verdict out.

import { isIPv4, isIPv6 } from 'node:net';

/** An IP address as a number; IPv4 and IPv6 never compare equal, not even an address and its mapped form. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A CIDR block: `base` has no bit set beyond the first `bits`. */
export interface Range extends Address {
  readonly bits: number;
}

/** Why an address is refused: what it is for, and the document that says so. */
export interface Refusal {
  readonly kind: string;
  readonly source: string;
}

/** Reads an address in the forms that `node:net` accepts, a zone id (`%eth0`) aside; undefined if it is none. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: 4, value: value4(text) };
  if (isIPv6(text)) return { family: 6, value: value6(text.replace(/%.*$/s, '')) };
  return undefined;
}

/** Reads `address/bits`, or an address as the block of itself; undefined if it is neither or has bits set beyond its prefix. */
export function parseRange(text: string): Range | undefined {
  const [head = '', prefix, ...rest] = text.split('/');
  const address = parseAddress(head);
  if (address === undefined || rest.length > 0) return undefined;
  const width = address.family === 4 ? 32 : 128;
  if (prefix === undefined) return { ...address, bits: width };
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > width) return undefined;
  const range = { ...address, bits: Number(prefix) };
  return range.value === masked(range, range.bits) ? range : undefined;
}

/** Whether the address lies in the block; always false across families. */
export function inRange(address: Address, range: Range): boolean {
  return address.family === range.family && masked(address, range.bits) === range.value;
}

/** Why the address is not dialled by default, or undefined for a public one; text that is no address is refused too. */
export function refusal(text: string): Refusal | undefined {
  const address = parseAddress(text);
  if (address === undefined) return { kind: 'not an IP address', source: 'RFC 4291' };
  const found = refused.find(({ range }) => inRange(address, range));
  if (found !== undefined) return found;
  // Whatever IANA has not handed out as global unicast has no business on the public network, known to this table or not.
  if (address.family === 6 && !inRange(address, globalUnicast)) return { kind: 'not global unicast', source: 'RFC 4291' };
  return undefined;
}

function value4(text: string): bigint {
  return text.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n);
}

function value6(text: string): bigint {
  const [left = '', right] = text.split('::');
  const head = groups(left);
  const tail = right === undefined ? [] : groups(right);
  const zeros = Array<bigint>(8 - head.length - tail.length).fill(0n);
  return [...head, ...zeros, ...tail].reduce((value, group) => value * 65536n + group, 0n);
}

function groups(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const v4 = value4(group);
    return [v4 >> 16n, v4 & 0xffffn];
  });
}

function masked({ family, value }: Address, bits: number): bigint {
  const rest = BigInt((family === 4 ? 32 : 128) - bits);
  return (value >> rest) << rest;
}

function range(cidr: string): Range {
  const parsed = parseRange(cidr);
  if (parsed === undefined) throw new Error(`address.ts: ${cidr} is not a CIDR block`);
  return parsed;
}

const globalUnicast = range('2000::/3');

// The first match wins, so a narrow block stands before the one around it.
// The registries: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890).
const refused = (
  [
    ['0.0.0.0/8', 'this network', 'RFC 1122'],
    ['10.0.0.0/8', 'private', 'RFC 1918'],
    ['100.64.0.0/10', 'carrier-grade NAT', 'RFC 6598'],
    ['127.0.0.0/8', 'loopback', 'RFC 1122'],
    ['168.63.129.16/32', 'cloud platform', 'Azure virtual public IP'], // looks public, answers only from inside
    ['169.254.0.0/16', 'link-local', 'RFC 3927'], // holds the metadata service of most clouds
    ['172.16.0.0/12', 'private', 'RFC 1918'],
    ['192.0.0.0/24', 'protocol assignments', 'RFC 6890'],
    ['192.0.2.0/24', 'documentation', 'RFC 5737'],
    ['192.88.99.0/24', '6to4 relay', 'RFC 7526'],
    ['192.168.0.0/16', 'private', 'RFC 1918'],
    ['198.18.0.0/15', 'benchmarking', 'RFC 2544'],
    ['198.51.100.0/24', 'documentation', 'RFC 5737'],
    ['203.0.113.0/24', 'documentation', 'RFC 5737'],
    ['224.0.0.0/4', 'multicast', 'RFC 5771'],
    ['255.255.255.255/32', 'broadcast', 'RFC 919'],
    ['240.0.0.0/4', 'reserved', 'RFC 1112'],
    ['::/128', 'unspecified', 'RFC 4291'],
    ['::1/128', 'loopback', 'RFC 4291'],
    ['::/96', 'IPv4-compatible', 'RFC 4291'],
    ['::ffff:0:0/96', 'IPv4-mapped', 'RFC 4291'],
    ['::ffff:0:0:0/96', 'IPv4-translated', 'RFC 2765'],
    ['64:ff9b::/96', 'NAT64', 'RFC 6052'],
    ['64:ff9b:1::/48', 'NAT64', 'RFC 8215'],
    ['100::/64', 'discard-only', 'RFC 6666'],
    ['2001::/32', 'Teredo', 'RFC 4380'],
    ['2001:2::/48', 'benchmarking', 'RFC 5180'],
    ['2001:10::/28', 'ORCHID', 'RFC 4843'],
    ['2001:20::/28', 'ORCHIDv2', 'RFC 7343'],
    ['2001::/23', 'protocol assignments', 'RFC 2928'],
    ['2001:db8::/32', 'documentation', 'RFC 3849'],
    ['2002::/16', '6to4', 'RFC 3056'],
    ['3ffe::/16', '6bone', 'RFC 3701'],
    ['3fff::/20', 'documentation', 'RFC 9637'],
    ['5f00::/16', 'segment routing', 'RFC 9602'],
    ['fc00::/7', 'unique local', 'RFC 4193'],
    ['fe80::/10', 'link-local', 'RFC 4291'],
    ['fec0::/10', 'site-local', 'RFC 3879'],
    ['ff00::/8', 'multicast', 'RFC 4291'],
  ] as const
).map(([cidr, kind, source]) => ({ range: range(cidr), kind, source }));
