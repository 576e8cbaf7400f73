// Peers that are slow, endless, oversized, malformed or not who they claim to be.

import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Permanent, Retryable } from '../errors.js';
import { createEgress } from './egress.js';
import type { Egress, EgressRequest } from './egress.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

const client = createEgress({ allow: ['127.0.0.1'] });

/** A raw peer; `onRequest` is called once for each connection, with the first bytes. `closed` counts connections that ended. */
async function peer(onRequest: Act): Promise<{ url: string; closed: () => number; connections: () => number }> {
  let closed = 0;
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.on('close', () => (closed += 1));
    socket.once('data', () => onRequest(socket));
  });
  const port = await listening(server);
  return { url: `http://127.0.0.1:${port}/path?token=secret`, closed: () => closed, connections: () => connections };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function failure(url: string, request: Partial<EgressRequest> = {}, by: Egress = client): Promise<Permanent | Retryable> {
  const outcome: unknown = await by.request({ url, method: 'GET', ...request }).catch((error: unknown) => error);
  if (outcome instanceof Permanent || outcome instanceof Retryable) {
    expect(outcome.message).not.toContain('secret');
    return outcome;
  }
  throw new Error('expected a Permanent or a Retryable', { cause: outcome });
}

type Act = (socket: Socket) => unknown;

/** Writes `first`, then `chunk` as fast as the peer reads, for ever. */
const flood = (first: string, chunk: string): Act => (socket) => {
  const pump = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', pump);
  socket.write(first);
  pump();
};

/** Writes `first`, then `chunk` every 20 ms, for ever. */
const drip = (first: string, chunk: string): Act => (socket) => {
  const timer = setInterval(() => socket.write(chunk), 20);
  socket.on('close', () => clearInterval(timer));
  socket.write(first);
};

const head = 'HTTP/1.1 200 OK\r\n';
const chunked = `${head}transfer-encoding: chunked\r\n\r\n`;
const eventually = (count: () => number): Promise<void> => expect.poll(count, { timeout: 30_000 }).toBe(1);

describe('the total time ends', () => {
  it.each<[string, Act]>([
    ['silence', () => undefined],
    ['a slow status line', drip('HTTP/1.1 200 ', 'x')],
    ['slow headers', drip(head, 'a: b\r\n')],
    ['a slow body', drip(`${head}content-length: 1000\r\n\r\n`, 'x')],
    ['a slow chunked body', drip(chunked, '1\r\nx\r\n')],
    ['an endless chunk extension', drip(`${chunked}1;`, 'x'.repeat(1_000))],
    ['interim answers alone', (socket) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n')],
  ])('%s', async (_title, act) => {
    const { url, closed } = await peer(act);
    const error = await failure(url, { timeout_ms: 200 });
    expect(error.name).toBe('Retryable');
    expect(error.message).toMatch(/^http:\/\/127\.0\.0\.1:\d+ did not answer in full within 200 ms$/);
    await eventually(closed);
  });

  it('redirects included: a chain of slow hops has one clock', async () => {
    const again = 'HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';
    const { url } = await peer((socket) => setTimeout(() => socket.end(again), 120));
    expect((await failure(url, { timeout_ms: 250, redirects: 3 })).message).toContain('within 250 ms');
  });

  it('a peer that takes the connection and never speaks TLS, after 5 s', async () => {
    const { url } = await peer(() => undefined);
    const error = await failure(url.replace('http:', 'https:'));
    expect([error.name, error.message]).toEqual(['Retryable', expect.stringContaining('did not accept a connection within 5000 ms')]);
  });
});

describe('the caller ends', () => {
  it('a request under way, by its signal', async () => {
    const controller = new AbortController();
    const { url, closed } = await peer(() => { controller.abort(); });
    const error = await failure(url, { signal: controller.signal });
    expect([error.name, error.message]).toEqual(['Retryable', expect.stringContaining('was cancelled')]);
    await eventually(closed);
  });

  it('a request before it began: nothing is resolved or dialled', async () => {
    const { url, connections } = await peer(() => undefined);
    let asked = 0;
    const own = createEgress({ allow: ['127.0.0.1'], resolve: async () => (asked++, ['127.0.0.1']) });
    closing.push(() => own.close());
    expect(await failure(url.replace('127.0.0.1', 'hook.example'), { signal: AbortSignal.abort() }, own)).toBeInstanceOf(Retryable);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([asked, connections()]).toEqual([0, 0]);
  });

  it('everything, by close()', async () => {
    const own = createEgress({ allow: ['127.0.0.1'] });
    const { url, closed } = await peer(() => { void own.close(); });
    expect(await failure(url, {}, own)).toBeInstanceOf(Retryable);
    await eventually(closed);
    expect((await failure(url, {}, own)).message).toContain('stopping');
  });
});

describe('too large', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => `x-${i}: y\r\n`).join('');

  it.each<[string, Act]>([
    ['an endless body that ends with the connection', flood(`${head}\r\n`, 'x'.repeat(65_536))],
    ['an endless chunked body', flood(chunked, '1\r\nx\r\n'.repeat(10_000))],
    ['a body one byte too long', (socket) => socket.write(`${head}content-length: 1048577\r\n\r\n${'x'.repeat(1_048_577)}`)],
    ['10,000 headers', (socket) => socket.write(`${head}${many}\r\n`)],
    ['10,000 headers of one byte', (socket) => socket.write(`${head}${'a:b\r\n'.repeat(10_000)}\r\n`)],
    ['one endless header', flood(`${head}a: `, 'x'.repeat(65_536))],
    ['endless trailers', flood(`${chunked}0\r\n`, 'a: b\r\n'.repeat(1_000))],
    ['endless interim answers', flood('', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100))],
    ['an endless body of a redirect', flood('HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n', 'x'.repeat(65_536))],
  ])('%s', async (_title, act) => {
    const { url, closed } = await peer(act);
    expect(await failure(url, { redirects: 1 })).toMatchObject({ name: 'Permanent', reason: 'RESPONSE_TOO_LARGE' });
    await eventually(closed);
  });

  it('is what max_bytes says: exactly as many pass', async () => {
    const { url } = await peer((socket) => socket.end(`${head}\r\n${'x'.repeat(10)}`));
    expect((await client.request({ url, method: 'GET', max_bytes: 10 })).body).toEqual(new Uint8Array(10).fill(120));
    expect(await failure(url, { max_bytes: 9 })).toMatchObject({ reason: 'RESPONSE_TOO_LARGE' });
  });

  it('a gzip bomb stays shut', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1_048_576));
    const { url } = await peer((socket) => {
      socket.write(`${head}content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
      socket.write(bomb);
    });
    const answer = await client.request({ url, method: 'GET' });
    expect([answer.headers['content-encoding'], answer.body.length]).toEqual(['gzip', bomb.length]);
  });
});

describe('lies and broken HTTP', () => {
  const early = 'closed the connection before the answer was complete';
  const broken = 'answered with something other than HTTP';
  const length = 'sent another number of bytes than it announced';

  it.each<[string, string, string]>([
    ['a body shorter than announced', `${head}content-length: 10\r\n\r\nshort`, early],
    ['an end amid chunks', `${chunked}a\r\nshort`, early],
    ['an end amid headers', `${head}a: b\r\n`, early],
    ['an end without a word', '', early],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', broken],
    ['two lengths', `${head}content-length: 1\r\ncontent-length: 2\r\n\r\nxx`, length],
    ['a length and chunks', `${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, length],
    ['a negative length', `${head}content-length: -1\r\n\r\n`, broken],
    ['an upgrade nobody asked for', 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', early],
  ])('%s', async (_title, bytes, message) => {
    const { url } = await peer((socket) => socket.end(bytes));
    const error = await failure(url);
    expect([error.name, error.message]).toEqual(['Retryable', `${new URL(url).origin} ${message}`]);
  });

  it('bytes beyond the announced length are no part of this answer nor of the next', async () => {
    const bytes = `${head}content-length: 2\r\n\r\nok${head}content-length: 6\r\n\r\nforged`;
    const { url } = await peer((socket) => socket.write(bytes));
    for (let i = 0; i < 2; i += 1) expect(Buffer.from((await client.request({ url, method: 'GET' })).body).toString()).toBe('ok');
  });

  it('headers that are names of the prototype are plain data, and repeated ones are joined', async () => {
    const fields = '__proto__: x\r\nconstructor: y\r\ntoString: z\r\nSet-Cookie: a\r\nset-cookie: b\r\n';
    const { url } = await peer((socket) => socket.end(`${head}${fields}\r\n`));
    const { headers } = await client.request({ url, method: 'GET' });
    expect(Object.entries(headers)).toEqual([['constructor', 'y'], ['tostring', 'z'], ['set-cookie', 'a, b']]);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });

  it('a refused and a reset connection are Retryable', async () => {
    const { url } = await peer((socket) => socket.resetAndDestroy());
    expect((await failure(url)).message).toMatch(/ reset the connection$/);
    await Promise.all(closing.splice(0).map((close) => close()));
    expect((await failure(url)).message).toMatch(/ refused the connection$/);
  });
});

describe('TLS', () => {
  const resolve = async (): Promise<readonly string[]> => ['127.0.0.1'];

  async function tlsPeer(name: string): Promise<{ port: number; cert: string; asked: string[] }> {
    const { key, cert } = selfSigned(name);
    const asked: string[] = [];
    const SNICallback = (servername: string, done: (error: null) => void): void => {
      asked.push(servername);
      done(null);
    };
    const server = createTlsServer({ key, cert, SNICallback, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
      socket.once('data', () => socket.end(`${head}content-length: 2\r\n\r\nok`));
      socket.on('error', () => undefined);
    });
    server.on('tlsClientError', () => undefined);
    return { port: await listening(server), cert, asked };
  }

  async function ask(url: string, ca?: string[]): Promise<string> {
    const own = createEgress({ allow: ['127.0.0.1'], resolve, ...(ca === undefined ? {} : { ca }) });
    closing.push(() => own.close());
    const answer = own.request({ url, method: 'GET' });
    return answer.then(({ body }) => Buffer.from(body).toString(), (error: Error) => `${error.name}: ${error.message}`);
  }

  it('verifies against the host name of the URL, and asks for it, though the address is dialled', async () => {
    const { port, cert, asked } = await tlsPeer('hook.example');
    expect(await ask(`https://hook.example:${port}/`, [cert])).toBe('ok');
    expect(await ask(`https://HOOK.example.:${port}/`, [cert])).toBe('ok');
    expect(asked).toEqual(['hook.example', 'hook.example']);
  });

  it('refuses a certificate of another name', async () => {
    const { port, cert, asked } = await tlsPeer('hook.example');
    expect(await ask(`https://other.example:${port}/`, [cert])).toMatch(/^Retryable: .*ERR_TLS_CERT_ALTNAME_INVALID/);
    expect(await ask(`https://127.0.0.1:${port}/`, [cert])).toMatch(/^Retryable: .*ERR_TLS_CERT_ALTNAME_INVALID/);
    expect(asked).toEqual(['other.example']); // an address is no server name (RFC 6066)
  });

  it('refuses a certificate that nobody vouches for, whatever the environment says', async () => {
    const { port } = await tlsPeer('hook.example');
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    closing.push(() => vi.unstubAllEnvs());
    expect(await ask(`https://hook.example:${port}/`)).toMatch(/^Retryable: .*DEPTH_ZERO_SELF_SIGNED_CERT/);
  });

  it('never follows a redirect from https to http', async () => {
    const { key, cert } = selfSigned('hook.example');
    const server = createTlsServer({ key, cert }, (socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 302 Found\r\nlocation: http://hook.example/\r\ncontent-length: 0\r\n\r\n'));
    });
    const own = createEgress({ allow: ['127.0.0.1'], resolve, ca: [cert] });
    closing.push(() => own.close());
    const error = await failure(`https://hook.example:${await listening(server)}/?secret`, { redirects: 1 }, own);
    expect(error).toMatchObject({ name: 'Permanent', reason: 'REDIRECT_REFUSED' });
  });
});

/** A certificate for one name, valid until 2049, made here so that no private key lies in the repository (X.509 v3, RFC 5280). */
function selfSigned(name: string): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
    const content = Buffer.concat(parts);
    const long = content.length > 255 ? [0x82, content.length >> 8, content.length & 255] : [0x81, content.length];
    return Buffer.concat([Buffer.from([tag, ...(content.length < 128 ? [content.length] : long)]), content]);
  };
  const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
  const ecdsaWithSha256 = der(0x30, der(0x06, bytes('2a8648ce3d040302')));
  const issuer = der(0x30, der(0x31, der(0x30, der(0x06, bytes('550403')), der(0x0c, Buffer.from(name)))));
  const validity = der(0x30, der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')));
  const altName = der(0x30, der(0x06, bytes('551d11')), der(0x04, der(0x30, der(0x82, Buffer.from(name)))));
  const version = der(0xa0, der(0x02, bytes('02')));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const tbs = der(0x30, version, der(0x02, bytes('01')), ecdsaWithSha256, issuer, validity, issuer, spki, der(0xa3, der(0x30, altName)));
  const cert = der(0x30, tbs, ecdsaWithSha256, der(0x03, bytes('00'), sign('sha256', tbs, privateKey)));
  const pem = `-----BEGIN CERTIFICATE-----\n${cert.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pem };
}
