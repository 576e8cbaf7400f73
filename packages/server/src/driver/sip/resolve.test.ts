import { describe, expect, it } from 'vitest';
import { createEgress } from '../http/egress.js';
import { createResolve, guarded, type Dns } from './resolve.js';

const nothing = (): Promise<never> => Promise.reject(new Error('ENOTFOUND'));

/** Names that lead somewhere; every other name does not. */
function dns(given: { readonly naptr?: Record<string, Awaited<ReturnType<Dns['naptr']>>>; readonly srv?: Record<string, Awaited<ReturnType<Dns['srv']>>>; readonly a?: Record<string, readonly string[]> }, asked: string[] = []): Dns {
  const look = <Value>(kind: string, table: Record<string, Value> | undefined) => (name: string): Promise<Value> => {
    asked.push(`${kind} ${name}`);
    const found = table?.[name];
    return found === undefined ? nothing() : Promise.resolve(found);
  };
  return { naptr: look('naptr', given.naptr), srv: look('srv', given.srv), addresses: look('a', given.a) };
}
const places = async (uri: string, given: Parameters<typeof dns>[0] = {}, chance = 0): Promise<readonly string[]> =>
  (await createResolve(dns(given), () => chance)(uri)).map(({ transport, address, port }) => `${transport} ${address} ${port}`);

describe('where a URI leads (RFC 3263)', () => {
  it.each([
    ['sip:a@192.0.2.1', 'udp 192.0.2.1 5060'], ['sip:192.0.2.1:5080;transport=tcp', 'tcp 192.0.2.1 5080'], ['sips:a@192.0.2.1', 'tls 192.0.2.1 5061'], ['sip:a@[2001:db8::1]:5070', 'udp 2001:db8::1 5070'],
    ['sip:192.0.2.1;transport=TLS', 'tls 192.0.2.1 5061'], ['sips:192.0.2.1;transport=tcp', 'tls 192.0.2.1 5061'], ['sip:192.0.2.1;transport=ws', 'ws 192.0.2.1 80'], ['sip:192.0.2.1;maddr=192.0.2.66', 'udp 192.0.2.1 5060'],
  ])('%s needs no name', async (uri, place) => {
    const asked: string[] = [];
    expect((await createResolve(dns({}, asked))(uri)).map(({ transport, address, port }) => `${transport} ${address} ${port}`)).toEqual([place]);
    expect(asked).toEqual([]);
  });

  it('a name with a port is an address and no service', async () => {
    const given = { a: { 'p.example': ['192.0.2.1', '192.0.2.2'] }, srv: { '_sip._udp.p.example': [{ name: 'x', port: 1, priority: 1, weight: 1 }] } };
    expect(await places('sip:p.example:5070', given)).toEqual(['udp 192.0.2.1 5070', 'udp 192.0.2.2 5070']);
  });

  it('a name alone is asked for its services: the order of NAPTR, then of SRV, by weight', async () => {
    const srv = {
      '_sips._tcp.p.example': [{ name: 'tls.example', port: 5061, priority: 1, weight: 1 }],
      '_sip._udp.p.example': [{ name: 'last.example', port: 5062, priority: 9, weight: 0 }, { name: 'b.example', port: 5060, priority: 1, weight: 75 }, { name: 'a.example', port: 5060, priority: 1, weight: 25 }],
    };
    const a = { 'tls.example': ['192.0.2.9'], 'a.example': ['192.0.2.1'], 'b.example': ['192.0.2.2'], 'last.example': ['192.0.2.3'] };
    expect(await places('sip:p.example', { srv, a }, 0)).toEqual(['udp 192.0.2.1 5060', 'udp 192.0.2.2 5060', 'udp 192.0.2.3 5062']);
    expect(await places('sip:p.example', { srv, a }, 0.9)).toEqual(['udp 192.0.2.2 5060', 'udp 192.0.2.1 5060', 'udp 192.0.2.3 5062']);
    const naptr = { 'p.example': [{ service: 'SIP+D2U', order: 2, preference: 1, replacement: '_sip._udp.p.example' }, { service: 'SIPS+D2T', order: 1, preference: 1, replacement: '_sips._tcp.p.example' }] };
    expect(await places('sip:p.example', { naptr, srv, a })).toEqual(['tls 192.0.2.9 5061']);
    expect(await places('sips:p.example', { srv, a })).toEqual(['tls 192.0.2.9 5061']);
    expect(await places('sip:p.example;transport=tcp', { srv, a: { ...a, 'p.example': ['192.0.2.7'] } })).toEqual(['tcp 192.0.2.7 5060']);
  });

  it('a name without services is an address', async () => {
    expect(await places('sip:p.example', { a: { 'p.example': ['192.0.2.7'] } })).toEqual(['udp 192.0.2.7 5060']);
  });

  it('what leads nowhere gives no place, and too many places are cut', async () => {
    expect(await places('sip:nowhere.example')).toEqual([]);
    expect(await places('tel:+49')).toEqual([]);
    expect(await places('nonsense')).toEqual([]);
    expect(await places('sip:p.example', { a: { 'p.example': Array.from({ length: 50 }, (_, i) => `192.0.2.${i}`) } })).toHaveLength(8);
  });
});

describe('a guarded way', () => {
  const lead = async (uri: string, allow: readonly string[]): Promise<readonly string[]> => {
    const egress = createEgress({ allow });
    const given = { a: { 'p.example': ['10.0.0.5', '192.0.2.1', '203.0.113.9', '8.8.8.8'] } };
    try {
      return (await guarded(createResolve(dns(given)), egress.address)(uri)).map(({ address }) => address);
    } finally {
      await egress.close();
    }
  };

  it.each(['sip:127.0.0.1', 'sip:10.1.2.3:5080', 'sip:[::1]', 'sip:169.254.169.254', 'sip:[::ffff:10.0.0.1]'])('leads to no private place: %s', async (uri) => {
    expect(await lead(uri, [])).toEqual([]);
  });

  it('leaves out the private ones among the places of a name, and takes what the operator allows', async () => {
    expect(await lead('sip:p.example:5060', [])).toEqual(['8.8.8.8']);
    expect(await lead('sip:p.example:5060', ['10.0.0.0/8'])).toEqual(['10.0.0.5', '8.8.8.8']);
  });
});
