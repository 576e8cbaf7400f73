// Redirects that may be followed; those that may not are in the corpus.

import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEgress } from './egress.js';
import type { EgressResponse } from './egress.js';

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const seen: Seen[] = [];
const client = createEgress({ allow: ['127.0.0.1'] });

/** Redirects with `status` to `to` while the query says so, and answers 200 otherwise. */
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    seen.push({ method: request.method ?? '', path: pathname, headers: request.headers, body });
    const to = searchParams.get('to');
    if (to !== null) response.writeHead(Number(searchParams.get('status') ?? 302), { location: to });
    response.end(to === null ? 'arrived' : 'not here');
  });
});
let here = '';
let there = '';

const via = (to: string, status = 302): string => `${here}/?status=${status}&to=${encodeURIComponent(to)}`;

function get(url: string, redirects?: number, headers = {}): Promise<EgressResponse> {
  return client.request({ url, method: 'GET', headers, ...(redirects === undefined ? {} : { redirects }) });
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;
  here = `http://127.0.0.1:${port}`;
  there = `http://[::ffff:127.0.0.1]:${port}`; // the same machine, but another origin, and not permitted
});

beforeEach(() => {
  seen.length = 0;
});

afterAll(async () => {
  await client.close();
  server.close();
});

describe('following', () => {
  it('is not done unless asked for: a redirect is an answer like any other', async () => {
    const answer = await get(via('/end'));
    expect([answer.status, answer.headers['location'], Buffer.from(answer.body).toString()]).toEqual([302, '/end', 'not here']);
  });

  it.each([[1, 1], [3, 3], [3, 99]])('%i hops of %i permitted arrive', async (hops, redirects) => {
    let url = '/end#fragment';
    for (let i = 0; i < hops; i += 1) url = via(url);
    const answer = await get(url, redirects);
    expect([answer.status, answer.url, seen.length]).toEqual([200, `${here}/end`, hops + 1]);
  });

  it.each([[2, 1, 1], [4, 3, 3], [4, 99, 3]])('%i hops of %i permitted end after %i', async (hops, redirects, followed) => {
    let url = '/end';
    for (let i = 0; i < hops; i += 1) url = via(url);
    await expect(get(url, redirects)).rejects.toMatchObject({ name: 'Permanent', reason: 'TOO_MANY_REDIRECTS' });
    expect(seen).toHaveLength(followed + 1);
  });

  it('a target that is refused ends it, with the hop before in place', async () => {
    await expect(get(via(there), 1)).rejects.toMatchObject({ reason: 'EGRESS_REFUSED' });
    expect(seen).toHaveLength(1);
  });

  it.each([-1, Number.NaN])('%d permitted is none', async (redirects) => {
    expect((await get(via('/end'), redirects)).status).toBe(302);
  });

  it('a 3xx without a Location, or another 3xx with one, is an answer', async () => {
    expect((await get(via('/end', 304), 1)).status).toBe(304);
    expect((await get(via('/end', 300), 1)).status).toBe(300);
  });
});

describe('the request that follows', () => {
  it.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [301, 'HEAD', 'HEAD'],
    [301, 'PUT', 'PUT'],
    [302, 'DELETE', 'DELETE'],
    [307, 'POST', 'POST'],
    [308, 'PUT', 'PUT'],
  ])('after %i turns %s into %s, as fetch does', async (status, method, then) => {
    const body = method === 'HEAD' ? {} : { body: 'payload' };
    await client.request({ url: via('/end', status), method, headers: { 'Content-Type': 'a/b', accept: 'c/d' }, redirects: 1, ...body });
    const last = seen[1]!;
    expect([last.method, last.headers.accept]).toEqual([then, 'c/d']);
    const kept = then === method;
    expect([last.body, last.headers['content-type']]).toEqual([kept && method !== 'HEAD' ? 'payload' : '', kept ? 'a/b' : undefined]);
  });

  const secrets = [
    'authorization', 'cookie', 'webhook-id', 'webhook-timestamp', 'webhook-signature', 'x-api-key', 'apikey', 'x-auth-token', 'x-hub-signature-256',
  ];
  const headers = { ...Object.fromEntries(secrets.map((name) => [name, 'kept'])), accept: 'a/b', 'X-Other': 'c' };
  const kept = ({ headers: got }: Seen): string[] => secrets.filter((name) => got[name] !== undefined);

  it('keeps secrets within the origin', async () => {
    await get(via('/end'), 1, headers);
    expect(seen.map(kept)).toEqual([secrets, secrets]);
  });

  it('leaves secrets behind when the origin changes, for good', async () => {
    const other = createServer((_request, response) => response.writeHead(302, { location: `${here}/back` }).end());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const asked: Seen['headers'][] = [];
    other.on('request', (request: { headers: IncomingHttpHeaders }) => asked.push(request.headers));
    await get(via(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`), 2, headers);
    expect(secrets.filter((name) => asked[0]?.[name] !== undefined)).toEqual([]);
    expect([asked[0]?.accept, asked[0]?.['x-other']]).toEqual(['a/b', 'c']);
    expect(seen.map(({ path }) => path)).toEqual(['/', '/back']);
    expect(kept(seen[1]!)).toEqual([]);
    other.close();
  });
});
