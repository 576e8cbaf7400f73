// What must not be dialled is not dialled (the corpus), and what may be is, exactly once resolved.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Permanent, Retryable } from '../errors.js';
import corpus from './egress.corpus.json' with { type: 'json' };
import { createEgress } from './egress.js';
import type { Egress, EgressOptions, EgressRequest } from './egress.js';

interface Listener {
  readonly address: string;
  readonly port: number;
  readonly server: Server;
  /** What each connection sent, one string for a connection; an empty string is a connection too. */
  readonly got: string[];
}

/** Counts connections and answers each request with what `reply` says, on a raw socket, so that any answer can be played. */
function listen(address: string, port = 0, reply: (request: string) => string = () => ok('hello')): Promise<Listener> {
  const got: string[] = [];
  const server = createServer((socket) => {
    const index = got.push('') - 1;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      got[index] += chunk.toString('latin1');
      socket.write(Buffer.from(reply(chunk.toString('latin1'))));
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: address, ipv6Only: address.includes(':') }, () => {
      resolve({ address, port: (server.address() as AddressInfo).port, server, got });
    });
  });
}

const ok = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const redirect = (location: string): string => `HTTP/1.1 302 Found\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`;
const text = (body: Uint8Array): string => Buffer.from(body).toString();
const names = new Map(Object.entries(corpus.names));

/** The one thing that is played: names of the corpus, NXDOMAIN for all others; `asked` holds the questions. */
function fakeResolver(): { asked: string[]; resolve: NonNullable<EgressOptions['resolve']> } {
  const asked: string[] = [];
  const resolve = async (host: string): Promise<readonly string[]> => {
    asked.push(host);
    const answer = names.get(host.replace(/\.$/, ''));
    if (answer === undefined) throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    return answer;
  };
  return { asked, resolve };
}

// Every connection that undici is about to make, wherever it goes: seen even where no listener could stand (10.0.0.1, 169.254.169.254).
const dialled: string[] = [];
const onDial = (message: unknown): void => void dialled.push((message as { connectParams: { host: string } }).connectParams.host);

let forbidden: Listener[] = [];
let ports: number[] = [];
let hop: Listener;
const open: Egress[] = [];

function egress(options: Partial<EgressOptions> = {}): Egress {
  const client = createEgress({ allow: [], ...options });
  open.push(client);
  return client;
}

async function failure(client: Egress, request: Partial<EgressRequest> & { url: string }): Promise<Permanent | Retryable> {
  const outcome: unknown = await client.request({ method: 'GET', timeout_ms: 5_000, ...request }).catch((error: unknown) => error);
  if (outcome instanceof Permanent || outcome instanceof Retryable) return outcome;
  throw new Error(`expected a Permanent or a Retryable for ${request.url}`, { cause: outcome });
}

async function expectRefused(client: Egress, request: Partial<EgressRequest> & { url: string }, reason: string): Promise<void> {
  const error = await failure(client, request);
  expect({ name: error.name, reason: error.reason }).toEqual({ name: 'Permanent', reason });
  expect(error.message).not.toMatch(/secret|\?|meta-data|[\r\n]/);
  if (reason === 'EGRESS_REFUSED') expect(error.message).toContain('ACTIVEFLOW_EGRESS_ALLOW');
}

const expectSilence = async (): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(forbidden.map(({ address, got }) => [address, got])).toEqual(forbidden.map(({ address }) => [address, []]));
};

beforeAll(async () => {
  subscribe('undici:client:beforeConnect', onDial);
  const first = await listen('127.0.0.1');
  const second = await listen('127.0.0.2', first.port);
  const v6 = await listen('::1', first.port).catch(() => undefined); // not every machine has IPv6
  const any = await listen('0.0.0.0');
  forbidden = [first, second, any, ...(v6 === undefined ? [] : [v6])];
  ports = [first.port, any.port];
  // The one permitted listener; it redirects to whatever the query says: /?to=…
  hop = await listen('127.0.0.3', 0, (request) => {
    const query = new URLSearchParams(/^\S+ \S*?\?(\S*)/.exec(request)?.[1] ?? '');
    return query.has('to') ? redirect(query.get('to') ?? '') : ok('hop');
  });
});

beforeEach(() => {
  dialled.length = 0;
  hop.got.length = 0;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(open.splice(0).map((client) => client.close()));
});

afterAll(() => {
  unsubscribe('undici:client:beforeConnect', onDial);
  for (const { server } of [...forbidden, hop]) server.close();
});

const viaHop = (to: string): string => `http://127.0.0.3:${hop.port}/?to=${encodeURIComponent(to)}`;

describe('the corpus', () => {
  it('a name in another script is none of them', async () => {
    const { asked, resolve } = fakeResolver();
    await failure(egress({ resolve }), { url: 'http://bücher.example/' });
    expect(asked).toEqual(['xn--bcher-kva.example']);
  });

  it('has at least 120 cases', () => {
    const urls = corpus.groups.flatMap((group) => group.urls);
    expect(urls.length).toBe(new Set(urls).size);
    expect(urls.length + corpus.locations.length + corpus.requests.length).toBeGreaterThanOrEqual(120);
  });

  describe.each(corpus.groups)('$title', ({ reason, urls }) => {
    it.each(urls)('%j', async (url) => {
      const { asked, resolve } = fakeResolver();
      const client = egress({ resolve });
      for (const port of ports) {
        asked.length = 0;
        await expectRefused(client, { url: url.replaceAll('{port}', String(port)), redirects: 3 }, reason);
        expect(asked.length).toBeLessThanOrEqual(1);
      }
      expect(dialled).toEqual([]);
    });
  });

  describe('the same as the target of a redirect', () => {
    // Raw bytes above ASCII and control characters cannot stand in a Location; a URL without both slashes is relative there.
    const targets = corpus.groups.filter(({ reason }) => reason === 'EGRESS_REFUSED').flatMap(({ urls }) => urls);
    const absolute = targets.filter((url) => /^https?:\/\/[\x21-\x7e]*$/i.test(url));
    const cases = [...absolute.map((location) => ({ location, reason: 'EGRESS_REFUSED' })), ...corpus.locations];
    it.each(cases)('$location', async ({ location, reason }) => {
      const client = egress({ resolve: fakeResolver().resolve, allow: [`127.0.0.3:${hop.port}`] });
      for (const port of ports) {
        await expectRefused(client, { url: viaHop(location.replaceAll('{port}', String(port))), redirects: 1 }, reason);
      }
      expect(new Set(dialled)).toEqual(new Set([`127.0.0.3:${hop.port}`]));
    });
  });

  const requests: readonly { title: string; method?: string; headers?: object }[] = corpus.requests;
  it.each(requests)('$title', async ({ method = 'GET', headers }) => {
    const client = egress({ allow: ['127.0.0.0/8'] });
    await expectRefused(client, { url: `http://127.0.0.1:${ports[0]}/`, method, headers: { ...headers } }, 'INVALID_REQUEST');
    expect(dialled).toEqual([]);
  });

  it('no connection reached a forbidden listener', expectSilence);
});

describe('the address that was checked is the one that is dialled', () => {
  it('a name bound anew between check and dial gains nothing: there is no second resolution', async () => {
    const answers = [['127.0.0.3'], ['127.0.0.1'], ['127.0.0.1']];
    let asked = 0;
    const client = egress({ allow: ['127.0.0.3'], resolve: async () => answers[asked++] ?? [] });
    const url = `http://rebind.example:${hop.port}/`;
    expect(text((await client.request({ url, method: 'GET' })).body)).toBe('hop');
    expect(asked).toBe(1);
    // Nor does the warm connection carry a request whose own resolution is forbidden.
    await expectRefused(client, { url }, 'EGRESS_REFUSED');
    expect([asked, dialled.length, hop.got.length]).toEqual([2, 1, 1]);
    expect(hop.got[0]).toMatch(new RegExp(`host: rebind.example:${hop.port}\r\n`));
    await expectSilence();
  });

  it('a connection is shared by the same name and addresses only', async () => {
    const other = await listen('127.0.0.4', hop.port, () => ok('other'));
    const answers = [['127.0.0.3'], ['127.0.0.3'], ['127.0.0.4']];
    const client = egress({ allow: ['127.0.0.0/8'], resolve: async () => answers.shift() ?? [] });
    const bodies = [];
    for (let i = 0; i < 3; i += 1) {
      bodies.push(text((await client.request({ url: `http://a.example:${hop.port}/`, method: 'GET' })).body));
      await new Promise((resolve) => setTimeout(resolve, 10)); // the connection is free again a turn after the answer
    }
    expect(bodies).toEqual(['hop', 'hop', 'other']);
    expect([hop.got.length, other.got.length]).toEqual([1, 1]);
    other.server.close();
  });

  it('a second address is tried when the first does not listen', async () => {
    const client = egress({ allow: ['two.example'], resolve: async () => ['127.0.0.5', '127.0.0.3'] });
    expect((await client.request({ url: `http://two.example:${hop.port}/`, method: 'GET' })).status).toBe(200);
  });

  it('more origins than are kept at hand all get their answer', async () => {
    const client = egress({ allow: ['*.example'], resolve: async () => ['127.0.0.3'] });
    const urls = Array.from({ length: 300 }, (_, i) => `http://a${i}.example:${hop.port}/`);
    const answers = await Promise.all(urls.map((url) => client.request({ url, method: 'GET' })));
    expect(answers.filter(({ status, body }) => status === 200 && text(body) === 'hop')).toHaveLength(300);
  });

  it('proxies of the environment are not used', async () => {
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) vi.stubEnv(name, `http://127.0.0.1:${ports[0]}`);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    const client = egress({ allow: ['127.0.0.3'] });
    expect((await client.request({ url: `http://127.0.0.3:${hop.port}/`, method: 'GET' })).status).toBe(200);
    await expectSilence();
  });
});

describe('the allow list', () => {
  it.each([
    ['127.0.0.3', 'http://127.0.0.3:{port}/'],
    ['127.0.0.0/8', 'http://0x7f.3:{port}/'],
    ['127.0.0.3:{port}', 'http://127.3:{port}/'],
    ['hook.internal', 'http://HOOK.internal.:{port}/'],
    ['hook.internal:{port}', 'http://hook.internal:{port}/'],
    ['*.internal', 'http://hook.internal:{port}/'],
  ])('%s permits %s', async (entry, url) => {
    const fill = (template: string): string => template.replace('{port}', String(hop.port));
    const client = egress({ allow: [fill(entry)], resolve: async () => ['127.0.0.3'] });
    const answer = await client.request({ url: fill(url), method: 'POST', body: 'x' });
    expect([answer.status, text(answer.body), answer.headers]).toEqual([200, 'hop', { 'content-length': '3' }]);
    // The next port over and the next name over stay forbidden.
    if (entry.includes('{port}')) await expectRefused(client, { url: url.replace('{port}', String(ports[0])) }, 'EGRESS_REFUSED');
    if (/[a-z]/.test(entry.replace('{port}', ''))) await expectRefused(client, { url: 'http://hook.elsewhere/' }, 'EGRESS_REFUSED');
  });

  it('permits a name by its addresses only if every one is permitted', async () => {
    const client = egress({ allow: ['127.0.0.3'], resolve: async () => ['127.0.0.3', '127.0.0.1'] });
    await expectRefused(client, { url: `http://a.example:${hop.port}/` }, 'EGRESS_REFUSED');
    expect(dialled).toEqual([]);
  });

  it('is checked when the client is made', () => {
    expect(() => createEgress({ allow: ['10.0.0.1/8'] })).toThrow(/^ACTIVEFLOW_EGRESS_ALLOW: .*\.$/);
  });
});

describe('what is sent', () => {
  it('is the request, with our own headers and no more', async () => {
    const client = egress({ allow: ['127.0.0.3'] });
    const url = `http://127.0.0.3:${hop.port}/a%20b/ü?q=1#fragment`;
    const headers = { 'X-A': 'é', 'Accept-Encoding': 'gzip' };
    const answer = await client.request({ url, method: 'post', headers, body: new Uint8Array([0xc3, 0xbc]) });
    expect(answer.url).toBe(`http://127.0.0.3:${hop.port}/a%20b/%C3%BC?q=1`);
    const [line, ...rest] = hop.got[0]?.split('\r\n') ?? [];
    expect(line).toBe('POST /a%20b/%C3%BC?q=1 HTTP/1.1');
    expect(rest.splice(-2)).toEqual(['', '\xc3\xbc']);
    expect(rest.sort()).toEqual([
      'accept-encoding: identity', 'connection: keep-alive', 'content-length: 2', `host: 127.0.0.3:${hop.port}`, 'user-agent: activeflow', 'x-a: \xe9',
    ]);
  });
});

describe('resolution failures are Retryable', () => {
  const failed = (code: string) => async () => Promise.reject(Object.assign(new Error('x'), { code }));
  it.each([
    ['NXDOMAIN', failed('ENOTFOUND'), 'ENOTFOUND'],
    ['SERVFAIL', failed('EAI_AGAIN'), 'EAI_AGAIN'],
    ['no address', async () => [], 'no address'],
  ])('%s', async (_title, resolve, told) => {
    const error = await failure(egress({ resolve }), { url: 'http://a.example/path?secret' });
    expect([error.name, error.message]).toEqual(['Retryable', `the host of http://a.example could not be resolved (${told})`]);
  });

  it('a resolver that never answers', async () => {
    const error = await failure(egress({ resolve: () => new Promise(() => undefined) }), { url: 'http://a.example/', timeout_ms: 50 });
    expect([error.name, error.message]).toEqual(['Retryable', 'http://a.example did not answer in full within 50 ms']);
  });

  it('the system resolver is the default, and its answers are checked', async () => {
    const client = egress();
    await expectRefused(client, { url: `http://localhost:${ports[0]}/` }, 'EGRESS_REFUSED');
    const permitted = egress({ allow: [`localhost:${hop.port}`] });
    expect(await failure(permitted, { url: `http://localhost:${hop.port}/` })).toBeInstanceOf(Retryable); // nobody listens there
    await expectSilence();
  });
});
