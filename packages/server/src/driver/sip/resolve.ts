// Where a SIP URI leads (RFC 3263): numeric addresses at once, names by NAPTR, SRV, and A or AAAA.
import { promises as system } from 'node:dns';
import { isIP } from 'node:net';
import type { Hop, SipUri, TransportName } from './types.js';
import { parseUri } from './uri.js';
import { bare } from './via.js';

/** Where to ask for names; each throws where there is nothing. */
export type Dns = {
  naptr(name: string): Promise<readonly { readonly service: string; readonly order: number; readonly preference: number; readonly replacement: string }[]>;
  srv(name: string): Promise<readonly { readonly name: string; readonly port: number; readonly priority: number; readonly weight: number }[]>;
  addresses(name: string): Promise<readonly string[]>;
};

/** Gives the places to try, the best first; none where the URI leads nowhere. */
export type Resolve = (uri: string) => Promise<readonly Hop[]>;

/** No more places than that are tried. */
const MOST = 8;
const SERVICES: Readonly<Record<string, TransportName>> = { 'sip+d2u': 'udp', 'sip+d2t': 'tcp', 'sips+d2t': 'tls' };

/** The system's own resolver. */
export const SYSTEM_DNS: Dns = {
  naptr: (name) => system.resolveNaptr(name),
  srv: (name) => system.resolveSrv(name),
  addresses: async (name) => (await system.lookup(name, { all: true, order: 'ipv4first' })).map(({ address }) => address),
};

/** Makes what finds places. `chance` is a number from 0 to below 1, for the weights of SRV records (RFC 2782). */
export function createResolve(dns: Dns = SYSTEM_DNS, chance: () => number = Math.random): Resolve {
  return async (text) => {
    const uri = parseUri(text);
    if (uri === undefined || uri.scheme === 'tel') return [];
    // maddr is not followed: it would let anybody aim our requests at anybody.
    const host = bare(uri.host);
    const asked = transportOf(uri);
    // §4.1, §4.2: an address or a port says that it is meant literally.
    if (isIP(host) !== 0 || uri.port !== undefined) {
      const transport = asked ?? (uri.scheme === 'sips' ? 'tls' : 'udp');
      return (await addressesOf(dns, host)).slice(0, MOST).map((address) => ({ transport, address, port: uri.port ?? defaultPort(transport) }));
    }
    for (const { transport, name } of await services(dns, host, uri, asked)) {
      const hops = await ofService(dns, name, transport, chance);
      if (hops.length > 0) return hops.slice(0, MOST);
    }
    const transport = asked ?? (uri.scheme === 'sips' ? 'tls' : 'udp');
    return (await addressesOf(dns, host)).slice(0, MOST).map((address) => ({ transport, address, port: defaultPort(transport) }));
  };
}

/** Leaves out the places whose address may not be reached: `permitted` rejects for those. A URI that leads nowhere else leads nowhere. */
export function guarded(resolve: Resolve, permitted: (address: string) => Promise<unknown>): Resolve {
  return async (uri) => {
    const checked = await Promise.all((await resolve(uri)).map((hop) => permitted(hop.address).then(() => [hop], () => [])));
    return checked.flat();
  };
}

function transportOf({ scheme, parameters }: SipUri): TransportName | undefined {
  switch (parameters['transport']?.toLowerCase()) {
    case 'udp': return 'udp';
    case 'tcp': return scheme === 'sips' ? 'tls' : 'tcp';
    case 'tls': return 'tls';
    case 'ws': return scheme === 'sips' ? 'wss' : 'ws';
    case 'wss': return 'wss';
    case undefined: default: return undefined;
  }
}

function defaultPort(transport: TransportName): number {
  switch (transport) {
    case 'udp': case 'tcp': return 5060;
    case 'tls': return 5061;
    case 'ws': return 80;
    case 'wss': return 443;
    default: return transport satisfies never;
  }
}

type Service = { readonly transport: TransportName; readonly name: string };

/** The names to ask SRV records of, the preferred first. */
async function services(dns: Dns, host: string, { scheme }: SipUri, asked: TransportName | undefined): Promise<readonly Service[]> {
  const secure = scheme === 'sips';
  const usual: readonly Service[] = [
    ...(secure ? [] : [{ transport: 'udp', name: `_sip._udp.${host}` }, { transport: 'tcp', name: `_sip._tcp.${host}` }] as const),
    { transport: 'tls', name: `_sips._tcp.${host}` },
  ];
  if (asked !== undefined) return usual.filter(({ transport }) => transport === asked);
  const records = await dns.naptr(host).catch(() => []);
  const known = records.flatMap((record) => {
    const transport = SERVICES[record.service.toLowerCase()];
    return transport === undefined || (secure && transport !== 'tls') ? [] : [{ ...record, transport }];
  });
  if (known.length === 0) return usual;
  return known.sort((a, b) => a.order - b.order || a.preference - b.preference).map(({ transport, replacement }) => ({ transport, name: replacement }));
}

async function ofService(dns: Dns, name: string, transport: TransportName, chance: () => number): Promise<readonly Hop[]> {
  const records = await dns.srv(name).catch(() => []);
  const hops: Hop[] = [];
  for (const record of drawn(records, chance)) {
    if (hops.length >= MOST) break;
    for (const address of await addressesOf(dns, record.name)) hops.push({ transport, address, port: record.port });
  }
  return hops;
}

/** In the order of priority; within one, by lot as the weights say (RFC 2782). */
function drawn<Row extends { readonly priority: number; readonly weight: number }>(records: readonly Row[], chance: () => number): Row[] {
  const left = [...records].sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  const order: Row[] = [];
  for (let first = left[0]; first !== undefined; first = left[0]) {
    const equals = left.filter(({ priority }) => priority === first.priority);
    let lot = chance() * equals.reduce((sum, { weight }) => sum + weight, 0);
    const chosen = equals.find(({ weight }) => (lot -= weight) < 0) ?? first;
    left.splice(left.indexOf(chosen), 1);
    order.push(chosen);
  }
  return order;
}

async function addressesOf(dns: Dns, host: string): Promise<readonly string[]> {
  return isIP(host) === 0 ? dns.addresses(host).catch(() => []) : [host];
}
