// What flows ask of the web: real requests to real servers on the loopback, over the real runner, dispatcher and store.
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredEffect } from '../../store/store.js';
import { Retryable } from '../driver.js';
import { openWorld, startRun, walk, type World } from '../testing/world.js';
import { createEgress, type Egress } from './egress.js';
import { createHttp, KEPT_BODY_BYTES } from './http.js';

type Got = { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string };

let world: World;
let egress: Egress;
let server: Server;
let origin: string;
let got: Got[];
let answer: (got: Got, response: ServerResponse) => void;

beforeEach(async () => {
  got = [];
  answer = (_got, response) => { response.end('[]'); };
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() };
      got.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  egress = createEgress({ allow: ['127.0.0.1'] });
  world = await openWorld((host) => [createHttp({ egress, clock: host.clock })]);
});
afterEach(async () => {
  await world.stop();
  await egress.close();
  server.closeAllConnections();
  await new Promise((resolve) => { server.close(resolve); });
});

const set = (key: string, value: string) => ({ type: 'variable_set', option: { key, value } });
const json = (status: number, value: unknown, headers: Record<string, string> = {}) => (_got: Got, response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
};

describe('fetch', () => {
  const fetching = (option: object = {}) => startRun(world, [{ type: 'fetch', option: { event_url: `${origin}/actions?key=secret`, ...option } }, set('then', '${fetched}')], { variables: { given: 'x' } });

  it('sends what the run knows, and runs the actions of the answer', async () => {
    answer = json(200, [set('fetched', '${given}y')]);
    const id = await fetching();
    await world.idle();
    expect((await world.state(id)).variables).toMatchObject({ fetched: 'xy', then: 'xy' });
    const [effect] = await world.effects(id);
    expect(got).toMatchObject([{ method: 'POST', headers: {
      'content-type': 'application/json', 'user-agent': 'activeflow', 'idempotency-key': effect!.id, 'webhook-id': effect!.id,
    } }]);
    expect(JSON.parse(got[0]!.body)).toMatchObject({ activeflow_id: id, variables: { given: 'x' } });
  });

  it.each([
    ['an object', json(200, { actions: [] }), 'INVALID_ANSWER'],
    ['no JSON', (_got: Got, response: ServerResponse) => { response.end('<p>'); }, 'INVALID_ANSWER'],
    ['another success', json(201, []), 'HTTP_STATUS'],
    ['not found', json(404, []), 'HTTP_STATUS'],
  ])('ends the run at %s, once and without showing the secret', async (_what, reply, reason) => {
    answer = reply;
    const id = await fetching();
    await world.idle();
    expect(await world.state(id)).toMatchObject({ end_reason: 'failed', end_detail: expect.stringContaining(reason) as string });
    expect((await world.state(id)).end_detail).not.toContain('secret');
    expect(got).toHaveLength(1);
  });

  it.each([429, 500, 503])('asks again after status %i, with the same key', async (status) => {
    answer = (one, response) => { (got.length < 3 ? json(status, {}) : json(200, [set('fetched', 'z')]))(one, response); };
    const id = await fetching();
    await world.idle();
    expect(got).toHaveLength(1);
    await world.pass(10_000);
    expect(got).toHaveLength(3);
    expect(new Set(got.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect((await world.state(id)).variables).toMatchObject({ then: 'z' });
  });

  it('follows a redirect, and gives up a peer that only redirects', async () => {
    answer = (one, response) => { if (one.url.startsWith('/actions')) response.writeHead(307, { location: '/there' }).end(); else json(200, [set('fetched', 'r')])(one, response); };
    const id = await fetching();
    await world.idle();
    expect((await world.state(id)).variables).toMatchObject({ then: 'r' });
    answer = (_one, response) => { response.writeHead(307, { location: '/again' }).end(); };
    const other = await fetching();
    await world.idle();
    expect((await world.state(other)).end_detail).toContain('TOO_MANY_REDIRECTS');
  });

  it('a GET has no body', async () => {
    await fetching({ event_method: 'GET' });
    await world.idle();
    expect(got).toMatchObject([{ method: 'GET', body: '' }]);
  });
});

describe('Retry-After', () => {
  const effect = (clock: World['clock']) => ({
    id: 'e:1:0', kind: 'http.webhook_send', activeflow_id: 'e', customer_id: 'c', step: 1, deadline: null, status: 'performing', attempt: 1, due_at: null, result: null, error: '',
    payload: { uri: origin, method: 'POST', data_type: 'text/plain', data: 'x', sync: false }, tm_create: clock.now(), tm_update: clock.now(),
  }) satisfies StoredEffect;

  it.each([['7', 7_000], ['0', undefined], ['soon', undefined], ['date', 90_000], ['999999999', 86_400_000]])('%s', async (value, retry_after_ms) => {
    const header = value === 'date' ? new Date(world.clock.now() / 1000 + 90_000).toUTCString() : value;
    answer = json(503, {}, { 'retry-after': header });
    const failure: unknown = await createHttp({ egress, clock: world.clock }).perform(effect(world.clock), new AbortController().signal).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Retryable);
    expect(failure).toMatchObject({ retry_after_ms, message: `${origin} answered with status 503` });
  });
});

describe('webhook_send', () => {
  const sending = (option: object) => startRun(world, [{ type: 'webhook_send', option: { uri: `${origin}/hook`, data: '{"a":"${given}"}', ...option } }, set('then', '${voipbin.webhook.status} ${voipbin.webhook.body}')], { variables: { given: 'x' } });

  it('goes on at once, and the answer is in the history', async () => {
    answer = json(202, { ok: true });
    const id = await sending({ method: 'PUT', data_type: 'application/x-mine' });
    await world.idle();
    expect(got).toMatchObject([{ method: 'PUT', url: '/hook', body: '{"a":"x"}', headers: { 'content-type': 'application/x-mine' } }]);
    expect((await world.state(id)).variables['then']).toBe(' ');
    expect(await world.effects(id)).toMatchObject([{ status: 'done', result: { ok: true, data: { status: 202, body: '{"ok":true}' } } }]);
  });

  it.each([[302, 'failed', 1], [400, 'failed', 1], [410, 'failed', 1], [500, 'done', 3], [429, 'done', 3]])('status %i comes to %s after %i requests', async (status, outcome, times) => {
    answer = (one, response) => { json(got.length < times || outcome === 'failed' ? status : 200, {}, { location: '/elsewhere' })(one, response); };
    const id = await sending({});
    await world.pass(60_000);
    expect(got).toHaveLength(times);
    expect(await world.effects(id)).toMatchObject([{ status: outcome }]);
  });

  it.each([200, 302, 404, 500])('with sync, status %i is an answer', async (status) => {
    answer = json(status, { variables: { mine: 'm' } }, { location: '/elsewhere' });
    const id = await sending({ sync: true });
    await world.idle();
    expect((await world.state(id)).variables).toMatchObject({ then: `${status} {"variables":{"mine":"m"}}`, mine: 'm' });
    expect(got).toHaveLength(1);
  });

  it('with sync, a peer that cannot be reached is asked again, then given up before the wait ends', async () => {
    answer = (_one, response) => { response.destroy(); };
    const id = await sending({ sync: true });
    await world.pass(34_000);
    expect(got.length).toBeGreaterThan(2);
    expect(walk(await world.events(id))).toEqual(['start', 'webhook_send:failed:RETRIES_EXHAUSTED', 'variable_set', 'ended:completed']);
  });

  it('keeps at most 64 KiB of an answer, and no half of a character', async () => {
    answer = (_one, response) => { response.end(`a${'é'.repeat(KEPT_BODY_BYTES / 2)}`); };
    const id = await sending({});
    await world.idle();
    const [effect] = await world.effects(id);
    const { result } = effect as unknown as { result: { data: { body: string } } };
    expect(result.data.body).toBe(`a${'é'.repeat(KEPT_BODY_BYTES / 2 - 1)}`);
  });

  it('a run that ends gives up the request that it waited for', async () => {
    answer = () => undefined;
    const closed = new Promise((resolve) => { server.on('connection', (socket) => { socket.on('close', resolve); }); });
    const id = await sending({ sync: true });
    while (got.length === 0) await new Promise((resolve) => { setTimeout(resolve, 5); });
    await world.node().host.ended(id, 'test');
    await closed;
    await world.idle();
    expect(await world.effects(id)).toMatchObject([{ status: 'canceled' }]);
  });
});

it('one lane for each host', () => {
  const driver = createHttp({ egress, clock: world.clock });
  const of = (uri: unknown) => driver.lane?.({ payload: { uri } } as unknown as StoredEffect);
  expect([of('https://a.example/x?y'), of('https://A.example:443/'), of('http://a.example:81/'), of('no URL'), of(7)]).toEqual(['a.example', 'a.example', 'a.example:81', '', '']);
});
