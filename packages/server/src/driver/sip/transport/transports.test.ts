// The transports over real sockets on loopback: UDP, TCP, TLS, WebSocket (RFC 3261 §18, RFC 5626, RFC 7118).
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { header } from '../headers.js';
import { response, tagged } from '../message.js';
import { parseMessage } from '../parse.js';
import { createTransactions, type Wire, type WireSettings } from '../wire.js';
import { selfSigned } from '../testing/certificate.js';
import type { Listen } from './transport.js';
import type { Hop, ServerTransaction, SipRequest, TransportName } from '../types.js';

const HOST = '127.0.0.1';
const closers: (() => unknown)[] = [];
afterEach(async () => { for (const close of closers.splice(0)) await close(); });

type Side = { readonly wire: Wire; readonly hop: Hop; readonly port: number; readonly requests: ServerTransaction[] };
async function side(transport: TransportName, settings: Partial<WireSettings> = {}, tls?: Listen['tls']): Promise<Side> {
  const wire = createTransactions({ listen: [{ transport, address: HOST, port: 0, ...(tls === undefined ? {} : { tls }) }], ...settings });
  closers.push(() => wire.close());
  await wire.start();
  const { port } = wire.bound()[0]!;
  const requests: ServerTransaction[] = [];
  wire.setUser({ onRequest: (transaction) => { requests.push(transaction); transaction.respond(tagged(response(transaction.request, 200), 't')); }, onAck: () => undefined, onCancel: () => undefined });
  return { wire, hop: { transport, address: HOST, port }, port, requests };
}

let count = 0;
const options = (body = Buffer.alloc(0)): SipRequest => ({
  kind: 'request', method: 'OPTIONS', uri: 'sip:b@example.com', body,
  headers: [['From', '<sip:a@example.com>;tag=1'], ['To', '<sip:b@example.com>'], ['Call-ID', `call-${++count}`], ['CSeq', '1 OPTIONS'], ['Max-Forwards', '70']],
});
const ask = (wire: Wire, hop: Hop, request = options()): Promise<{ status: number; source?: Hop }> =>
  new Promise((resolve) => { wire.request(request, hop, { onResponse: ({ status }, source) => { resolve({ status, source }); }, onFailure: (status) => { resolve({ status }); } }); });
const text = (transport: string, more = 'Content-Length: 0\r\n') =>
  `OPTIONS sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/${transport} ${HOST}:9;branch=z9hG4bK${++count};rport\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: c${count}\r\nCSeq: 1 OPTIONS\r\n${more}\r\n`;

/** A bare TCP peer: what it got as text, and its end. */
async function peer(port: number): Promise<{ socket: Socket; got: () => string; closed: Promise<unknown>; until: (wanted: string | RegExp) => Promise<void> }> {
  const socket = connect(port, HOST);
  let got = '';
  socket.on('data', (data) => { got += data.toString('latin1'); });
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => { socket.once('close', resolve); });
  closers.push(() => socket.destroy());
  await Promise.race([once(socket, 'connect'), closed]);
  return { socket, got: () => got, closed, until: (wanted) => expect.poll(() => got).toMatch(wanted) };
}

describe.each(['udp', 'tcp', 'tls'] as const)('%s', (transport) => {
  const tls = transport === 'tls' ? selfSigned(HOST) : undefined;
  const both = async () => [await side(transport, {}, tls), await side(transport, {}, tls === undefined ? undefined : { ...tls, ca: tls.cert })] as const;

  test('a request, its response, and a request back the way it came', async () => {
    const [server, client] = await both();
    const body = Buffer.alloc(20_000, 'x\r\n\0');
    const { status, source } = await ask(client.wire, server.hop, options(body));
    expect([status, source!.port]).toEqual([200, server.port]);
    expect(server.requests[0]!.request.body.equals(body)).toBe(true);
    expect(header(server.requests[0]!.request, 'Via')).toMatch(new RegExp(`^SIP/2.0/${transport.toUpperCase()} 127.0.0.1:${client.port};branch=z9hG4bK[^;]+;rport=\\d+;received=127.0.0.1$`));
    expect((await ask(server.wire, server.requests[0]!.source)).status).toBe(200);
    expect(client.requests.length).toBe(1);
    expect(client.requests[0]!.source.port).toBe(server.port);
    expect([server.wire.stats.requests, server.wire.stats.responses]).toEqual([1, 1]);
  });

  test('many at once, none lost', async () => {
    const [server, client] = await both();
    const all = await Promise.all(Array.from({ length: 200 }, () => ask(client.wire, server.hop)));
    expect(all.every(({ status }) => status === 200)).toBe(true);
    expect(new Set(server.requests.map(({ source }) => `${source.port} ${source.flow ?? ''}`)).size).toBe(1);
  });
});

describe('connections', () => {
  test('what waits on one is told when it goes, and the next request makes another', async () => {
    const client = await side('tcp');
    let connections = 0;
    const server = createServer((socket) => {
      const rude = ++connections === 1;
      closers.push(() => socket.destroy());
      socket.on('data', (data) => { if (rude) socket.destroy(); else socket.write(data.toString().replace(/^OPTIONS .*/, 'SIP/2.0 204 Fine')); });
    });
    await new Promise<void>((resolve) => { server.listen(0, HOST, resolve); });
    const hop: Hop = { transport: 'tcp', address: HOST, port: (server.address() as AddressInfo).port };
    expect((await ask(client.wire, hop)).status).toBe(503);
    expect((await ask(client.wire, hop)).status).toBe(204);
    expect((await ask(client.wire, hop)).status).toBe(204);
    expect(connections).toBe(2);
    server.close();
    for (const close of closers.splice(1)) await close();
    // Nobody listens there any more.
    await expect.poll(async () => (await ask(client.wire, hop)).status).toBe(503);
  });

  test('a flow that is gone is a 503, not another connection', async () => {
    const server = await side('tcp');
    const client = await side('tcp');
    const { source } = await ask(client.wire, server.hop);
    expect(source!.flow).toMatch(/^0:\d+$/);
    expect((await ask(client.wire, source!)).status).toBe(200);
    await server.wire.close();
    await expect.poll(async () => (await ask(client.wire, source!)).status).toBe(503);
    expect((await ask(client.wire, { ...source!, flow: '0:999' })).status).toBe(503);
  });

  test('a response whose connection has gone finds the place the Via names (§18.2.2)', async () => {
    const server = await side('tcp');
    const heard = new Promise<ServerTransaction>((resolve) => { server.wire.setUser({ onRequest: resolve, onAck: () => undefined, onCancel: () => undefined }); });
    const home = createServer();
    await new Promise<void>((resolve) => { home.listen(0, HOST, resolve); });
    closers.push(() => home.close());
    const { socket, closed } = await peer(server.port);
    socket.write(text('TCP').replace(`${HOST}:9;`, `${HOST}:${(home.address() as AddressInfo).port};`));
    const transaction = await heard;
    socket.destroy();
    await closed;
    const called = once(home, 'connection') as Promise<[Socket]>;
    await expect.poll(async () => (await ask(server.wire, transaction.source)).status).toBe(503);
    transaction.respond(tagged(response(transaction.request, 200), 't'));
    const [back] = await called;
    closers.push(() => back.destroy());
    const [data] = await once(back, 'data') as [Buffer];
    expect(data.toString()).toMatch(/^SIP\/2\.0 200 OK\r\n/);
  });

  test('several messages at once, in pieces, and pings between them (RFC 5626 §3.5.1)', async () => {
    const server = await side('tcp');
    const { socket, until, got } = await peer(server.port);
    socket.write('\r\n\r\n');
    await until(/^\r\n$/);
    socket.write(`\r\n${text('TCP')}${text('TCP')}\r\n\r\n${text('TCP', 'l: 2\r\n')}`);
    await expect.poll(() => server.requests.length).toBe(2);
    socket.write('ab');
    await expect.poll(() => server.requests.length).toBe(3);
    expect(server.requests[2]!.request.body.toString()).toBe('ab');
    await until(/(SIP\/2\.0 200 [^]*){3}/);
    expect(got().match(/^\r\n/gm)!.length).toBeGreaterThanOrEqual(2);
  });

  test.each([
    ['no SIP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', /^$/],
    ['bytes', '\x16\x03\x01\x02\x00', /^$/],
    ['no length', text('TCP', ''), /^$/],
    ['no sensible length', text('TCP', 'Content-Length: -5\r\n'), /^SIP\/2\.0 400 Bad Content-Length\r\n/],
    ['too great a length', text('TCP', 'Content-Length: 70000\r\n'), /^SIP\/2\.0 400 /],
    ['a head without an end', `OPTIONS sip:a@b SIP/2.0\r\n${'X: y\r\n'.repeat(20_000)}`, /^$/],
  ])('%s closes the connection', async (_name, sent, answered) => {
    const server = await side('tcp');
    const { socket, closed, got } = await peer(server.port);
    socket.write(sent, 'latin1');
    await closed;
    expect(got()).toMatch(answered);
    expect((await ask((await side('tcp')).wire, server.hop)).status).toBe(200);
  });

  test.each([
    ['never says anything', ''],
    ['says pings only', '\r\n\r\n'],
    ['begins a message and does not end it', 'OPTIONS sip:a@b SIP/2.0\r\n'],
    ['leaves a body out', text('TCP', 'Content-Length: 10\r\n')],
    ['does so after a first message', `${text('TCP')}OPTIONS`],
  ])('who %s is not kept', async (_name, sent) => {
    const server = await side('tcp', { connections: { message_ms: 100 } });
    const { socket, closed } = await peer(server.port);
    socket.write(sent);
    await closed;
  });

  test('a connection on which nothing comes any more is closed', async () => {
    const server = await side('tcp', { connections: { idle_ms: 100 } });
    const { socket, closed } = await peer(server.port);
    socket.write(text('TCP'));
    await closed;
  });

  test.each([['in all', { max_connections: 2 }], ['of one source', { max_per_source: 2 }]])('so many %s, and no more', async (_name, connections) => {
    const server = await side('tcp', { connections });
    const [first, second] = [await peer(server.port), await peer(server.port)];
    for (const one of [first, second]) { one.socket.write(text('TCP')); await one.until('200 OK'); }
    await (await peer(server.port)).closed;
    first.socket.destroy();
    // Once the first is seen to be gone there is room for another.
    await expect.poll(async () => {
      const one = await peer(server.port);
      one.socket.write(text('TCP'));
      await Promise.race([one.closed, once(one.socket, 'data')]);
      return one.got();
    }).toContain('200 OK');
    second.socket.write(text('TCP'));
    await second.until(/(200 OK[^]*){2}/);
  });

  test('whoever is not allowed is not read', async () => {
    const server = await side('udp', { allow: ({ port }) => port !== denied });
    const client = await side('udp');
    const other = await side('udp');
    const denied = client.port;
    const first = ask(client.wire, server.hop);
    expect((await ask(other.wire, server.hop)).status).toBe(200);
    await expect.poll(() => server.wire.stats.dropped).toBeGreaterThan(0);
    expect(server.requests.length).toBe(1);
    await client.wire.close();
    void first;
  });

  test('a flood of one source costs the others nothing', async () => {
    const server = await side('udp', { rate: { per_second: 0.001, burst: 3 } });
    const client = await side('udp');
    for (let number = 0; number < 10; number++) void ask(client.wire, server.hop);
    await expect.poll(() => server.wire.stats.dropped).toBeGreaterThanOrEqual(7);
    expect(server.requests.length).toBe(3);
  });
});

describe('TLS', () => {
  test('is made only with whom it proves to be', async () => {
    const mine = selfSigned('sip.example.com');
    const server = await side('tls', {}, mine);
    const trusting = await side('tls', {}, { ...mine, ca: mine.cert });
    const named = (name: string): Hop => ({ ...server.hop, name });
    expect((await ask((await side('tls', {}, mine)).wire, named('sip.example.com'))).status).toBe(503);
    expect((await ask(trusting.wire, named('sip.example.com'))).status).toBe(200);
    expect((await ask(trusting.wire, named('other.example.com'))).status).toBe(503);
    expect((await ask(trusting.wire, server.hop)).status).toBe(503);
    expect((await ask((await side('tls', {}, { ...mine, verify: false })).wire, server.hop)).status).toBe(200);
  });

  test('who shakes no hands is not kept', async () => {
    const server = await side('tls', { connections: { message_ms: 100 } }, selfSigned(HOST));
    await (await peer(server.port)).closed;
    const { socket, closed } = await peer(server.port);
    socket.write('\x16\x03\x01');
    await closed;
  });
});

describe.each(['ws', 'wss'] as const)('%s', (transport) => {
  const tls = transport === 'wss' ? selfSigned(HOST) : undefined;
  const open = async (settings: Partial<WireSettings> = {}, protocols = ['sip']) => {
    const server = await side(transport, settings, tls);
    const socket = new WebSocket(`${transport}://${HOST}:${server.port}/`, protocols, { rejectUnauthorized: false });
    const got: Buffer[] = [];
    socket.on('message', (data: Buffer) => { got.push(data); });
    socket.on('error', () => undefined);
    const closed = new Promise<number>((resolve) => { socket.once('close', (code) => { resolve(code); }); });
    closers.push(() => { socket.terminate(); });
    await Promise.race([new Promise((resolve) => { socket.once('open', resolve); }), closed]);
    return { server, socket, got, closed };
  };
  const VIA = transport.toUpperCase();

  test('a browser asks and is asked on its one connection', async () => {
    const { server, socket, got } = await open();
    expect(socket.protocol).toBe('sip');
    socket.send(text(VIA, '').replace(`${HOST}:9`, 'df7jal23ls0d.invalid'));
    await expect.poll(() => got.length).toBe(1);
    expect(parseMessage(got[0]!).message).toMatchObject({ status: 200 });
    expect(header(parseMessage(got[0]!).message!, 'Via')).toMatch(/^SIP\/2\.0\/WSS? df7jal23ls0d\.invalid;branch=[^;]+;rport=\d+;received=127\.0\.0\.1$/);
    socket.on('message', (data: Buffer) => {
      const { message } = parseMessage(data);
      if (message?.kind === 'request') socket.send(Buffer.from(`SIP/2.0 204 Fine\r\n${message.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`));
    });
    const { source } = server.requests[0]!;
    expect(await ask(server.wire, source)).toMatchObject({ status: 204, source });
    const waiting = ask(server.wire, source);
    socket.terminate();
    expect([204, 503]).toContain((await waiting).status);
    await expect.poll(async () => (await ask(server.wire, source)).status).toBe(503);
  });

  test('an empty line is answered, and so is a ping', async () => {
    const { socket, got } = await open();
    socket.send('\r\n\r\n');
    await expect.poll(() => got.map(String)).toEqual(['\r\n']);
    socket.ping('x');
    expect(String((await once(socket, 'pong'))[0])).toBe('x');
  });

  test('without the subprotocol, or with too much to say, there is no connection', async () => {
    expect(await (await open({}, [])).closed).toBe(1006);
    const { socket, closed } = await open();
    socket.send(Buffer.alloc(70_000));
    expect(await closed).toBe(1009);
  });

  test('who finishes no handshake is not kept', async () => {
    const { server } = await open({ connections: { message_ms: 200 } });
    const { socket, closed } = await peer(server.port);
    socket.write('GET / HTTP/1.1\r\n');
    await closed;
  });
});

test('what is no WebSocket is told so', async () => {
  const server = await side('ws');
  expect((await fetch(`http://${HOST}:${server.port}/`)).status).toBe(426);
});

describe('what others are told to reach us by', () => {
  test('the address that is bound, one of this machine where all are, or the public one', async () => {
    const one = await side('udp');
    expect(one.wire.contact('udp')).toEqual({ address: HOST, port: one.port });
    const all = createTransactions({ listen: [{ transport: 'udp', address: '0.0.0.0', port: 0 }] });
    closers.push(() => all.close());
    await all.start();
    expect(all.contact('udp').address).not.toBe('0.0.0.0');
    const open = await side('tcp', { public_address: '203.0.113.1' });
    expect(open.wire.contact('tcp')).toEqual({ address: '203.0.113.1', port: open.port });
  });

  test('a port that is taken is said at the start', async () => {
    for (const transport of ['udp', 'tcp', 'ws'] as const) {
      const one = await side(transport);
      const two = createTransactions({ listen: [{ transport, address: HOST, port: one.port }] });
      await expect(two.start()).rejects.toThrow('EADDRINUSE');
      await two.close();
    }
  });
});

test.each(['udp', 'tcp', 'ws'] as const)('a request over %s that meets the end of its transport fails, and is not thrown', async (transport) => {
  const [here, there] = [await side(transport), await side(transport)];
  await here.wire.close();
  expect(await ask(here.wire, there.hop)).toMatchObject({ status: 503 });
});
