// What happens between the client and a server that is busy, slow, gone, or something else altogether.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ActiveflowError, createClient } from './index.js';

type Seen = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

let peer: Server;
let base_url: string;
let seen: Seen[];
let answer: (response: ServerResponse, tries: number) => void;

beforeEach(async () => {
  seen = [];
  peer = createServer((request, response) => {
    seen.push(request);
    request.resume().on('end', () => { answer(response, seen.length); });
  });
  await new Promise<void>((resolve) => { peer.listen(0, '127.0.0.1', resolve); });
  base_url = `http://127.0.0.1:${(peer.address() as AddressInfo).port}`;
});
afterEach(() => { peer.closeAllConnections(); peer.close(); });

const refusal = (status: string, reason: string) => JSON.stringify({ error: { status, reason, message: 'no', request_id: 'req_1', details: [{ limited_by: 'customer' }] } });
const busy = (code: number, headers: Record<string, string> = { 'retry-after': '0' }) => (response: ServerResponse) => {
  response.writeHead(code, headers).end(refusal('RESOURCE_EXHAUSTED', 'RATE_LIMIT_EXCEEDED'));
};
const fine = (response: ServerResponse) => { response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"1"}'); };
const reasonOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason);
  return error instanceof ActiveflowError ? error.reason : `not an ActiveflowError: ${String(error)}`;
};

describe('trying again', () => {
  test.each([429, 503])('%i: a GET goes on until it is answered', async (code) => {
    answer = (response, tries) => { (tries < 3 ? busy(code) : fine)(response); };
    expect(await createClient({ base_url }).flows.get('1')).toEqual({ id: '1' });
    expect(seen).toHaveLength(3);
  });

  test('waits as long as Retry-After says', async () => {
    answer = (response, tries) => { (tries < 2 ? busy(503, { 'retry-after': '1' }) : fine)(response); };
    const began = performance.now();
    await createClient({ base_url }).flows.get('1');
    expect(performance.now() - began).toBeGreaterThan(950);
  });

  test('is bounded: in tries, and in how long it lets itself be put off', async () => {
    answer = busy(429);
    expect(await reasonOf(createClient({ base_url, max_retries: 2 }).flows.get('1'))).toBe('RATE_LIMIT_EXCEEDED');
    expect(seen).toHaveLength(3);
    answer = busy(429, { 'retry-after': '3600' });
    expect(await reasonOf(createClient({ base_url }).flows.get('1'))).toBe('RATE_LIMIT_EXCEEDED');
    expect(seen).toHaveLength(4);
  });

  test('a POST only with an Idempotency-Key, or where it changes the same the second time', async () => {
    const client = createClient({ base_url, max_retries: 1 });
    answer = busy(503);
    await reasonOf(client.activeflows.start({ flow_id: '1' }));
    expect(seen).toHaveLength(1);
    await reasonOf(client.activeflows.start({ flow_id: '1' }, { idempotency_key: 'k' }));
    expect(seen).toHaveLength(3);
    expect(seen[2]?.headers['idempotency-key']).toBe('k');
    await reasonOf(client.activeflows.stop('1'));
    expect(seen).toHaveLength(5);
  });

  test('nothing else is tried again', async () => {
    answer = busy(500);
    await reasonOf(createClient({ base_url }).flows.get('1'));
    expect(seen).toHaveLength(1);
  });

  test('stops waiting when the caller gives up', async () => {
    answer = busy(503, { 'retry-after': '20' });
    const began = performance.now();
    await reasonOf(createClient({ base_url }).flows.get('1', { signal: AbortSignal.timeout(100) }));
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});

describe('what is sent', () => {
  test('the access key in a header, in no URL', async () => {
    answer = fine;
    await createClient({ base_url, access_key: 'af_secret' }).flows.get('1', {});
    expect(seen[0]?.headers.authorization).toBe('Bearer af_secret');
    expect(seen[0]?.url).toBe('/v1.0/flows/1');
  });

  test('If-Match in quotes; a base with /v1.0 or a slash is the same', async () => {
    answer = fine;
    await createClient({ base_url: `${base_url}/v1.0/`, token: 't' }).activeflows.stop('1', { if_match: 7 });
    expect(seen[0]).toMatchObject({ url: '/v1.0/activeflows/1/stop', headers: { 'if-match': '"7"', authorization: 'Bearer t' } });
  });

  test('no redirect is followed with the credentials', async () => {
    answer = (response) => { response.writeHead(302, { location: `${base_url}/elsewhere` }).end(); };
    expect(await reasonOf(createClient({ base_url, access_key: 'af_secret' }).flows.get('1'))).toBe('UNREACHABLE');
    expect(seen).toHaveLength(1);
  });
});

describe('no answer, or not the API\'s', () => {
  test('details, request id and status are kept', async () => {
    answer = busy(429, {});
    const error = (await createClient({ base_url, max_retries: 0 }).flows.get('1').catch((reason: unknown) => reason)) as ActiveflowError;
    expect(error).toMatchObject({ status: 'RESOURCE_EXHAUSTED', http_status: 429, request_id: 'req_1', details: [{ limited_by: 'customer' }], message: 'no' });
  });

  test.each([[200, '<html>'], [404, '<html>'], [502, ''], [500, '{"error":"text"}']])('HTTP %i %s', async (code, body) => {
    answer = (response) => { response.writeHead(code).end(body); };
    expect(await reasonOf(createClient({ base_url }).flows.get('1'))).toBe('INVALID_ANSWER');
  });

  test('too slow, given up, gone', async () => {
    answer = () => { /* never */ };
    expect(await reasonOf(createClient({ base_url, timeout_ms: 50 }).flows.get('1'))).toBe('TIMEOUT');
    const aborted = AbortSignal.abort();
    expect(await reasonOf(createClient({ base_url }).flows.get('1', { signal: aborted }))).toBe('ABORTED');
    expect(await reasonOf(createClient({ base_url: 'http://127.0.0.1:1' }).flows.get('1'))).toBe('UNREACHABLE');
  });

  test('options that cannot be used are refused at once', () => {
    for (const bad of ['nowhere', 'ftp://host', 'http://user:secret@host']) expect(() => createClient({ base_url: bad })).toThrow(TypeError);
    expect(() => createClient({ base_url, token: 't', access_key: 'af_k' })).toThrow(TypeError);
  });
});
