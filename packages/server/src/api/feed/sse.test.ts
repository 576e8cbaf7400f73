// Server-sent events against a real server: what a line of curl sees.
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTest, STORES, type Tested } from '../testing/server.js';

const SET = { type: 'variable_set', option: { key: 'a', value: '1' } };
const NOBODY = '6f18ae1c-ddf8-413b-9572-ad30574604ef';

let t: Tested;
afterEach(() => t.close());

const run = async (actions: readonly object[]): Promise<string> => (await t.ask('POST', '/activeflows', { body: { actions } })).body.id as string;

type Block = { readonly id: number; readonly event: string; readonly data: { readonly id: string; readonly status: string } };

/** Reads a stream in the background, once its first bytes are there. */
const open = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
  const ends = new AbortController();
  const response = await fetch(`${t.url}/v1.0${path}`, { headers: { authorization: `Bearer ${t.key}`, ...headers }, signal: ends.signal });
  let text = '';
  const over = (async () => {
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) text += decoder.decode(part as Uint8Array, { stream: true });
  })().then(() => 'ended', () => 'cut');
  await expect.poll(() => text, { timeout: 20_000 }).not.toBe('');
  const blocks = (): Block[] => [...text.matchAll(/^id: (\d+)\nevent: (\w+)\ndata: (.+)\n\n/gm)].map(([, id, event = '', data = '']) => ({ id: Number(id), event, data: JSON.parse(data) as Block['data'] }));
  return { response, text: () => text, blocks, over, close: () => { ends.abort(); return over; } };
};
const until = (blocks: () => Block[], count: number) => expect.poll(() => blocks().length, { timeout: 20_000 }).toBe(count);

describe.each(STORES)('streams on %s', (store) => {
  beforeEach(async () => { t = await startTest(store); });

  test('events have a number, a type and the resource; what comes before says where they begin', async () => {
    const stream = await open('/events?topics=activeflow,call');
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers.get('cache-control')).toBe('no-store');
    expect(stream.response.headers.get('x-request-id')).toMatch(/^req_/);
    expect(stream.text()).toBe('retry: 1000\nid: 0\n\n');
    const id = await run([SET]);
    await until(stream.blocks, 4);
    expect(stream.blocks().map((block) => [block.id, block.event, block.data.status])).toEqual([
      [1, 'activeflow_created', 'running'], [2, 'activeflow_updated', 'running'], [3, 'activeflow_updated', 'running'], [4, 'activeflow_updated', 'ended'],
    ]);
    expect(stream.blocks()[3]?.data).toEqual((await t.ask('GET', `/activeflows/${id}`)).body);
    expect(await stream.close()).toBe('cut');
    await expect.poll(() => t.server.parts.hub.size, { timeout: 20_000 }).toBe(0);
  });

  test.each([['Last-Event-ID', '', { 'last-event-id': '2' }], ['after', '&after=2', {}], ['Last-Event-ID before after', '&after=1', { 'last-event-id': '2' }]])('goes on after %s', async (_, query, headers) => {
    await run([SET]);
    const stream = await open(`/events?topics=activeflow${query}`, headers);
    await until(stream.blocks, 2);
    expect(stream.blocks().map(({ id }) => id)).toEqual([3, 4]);
    await run([]);
    await until(stream.blocks, 5);
    expect(stream.blocks().map(({ id }) => id)).toEqual([3, 4, 5, 6, 7]);
    await stream.close();
  });

  test('a topic that names an event type is told like any other, each event once', async () => {
    const stream = await open('/events?topics=activeflow:activeflow_created,activeflow:activeflow_updated,activeflow');
    await run([]);
    await until(stream.blocks, 3);
    await run([]);
    await until(stream.blocks, 6);
    await stream.close();
  });

  test('a number that cannot be gone on from: resync', async () => {
    await run([]);
    const stream = await open('/events?topics=activeflow&after=4711');
    await expect.poll(stream.text, { timeout: 20_000 }).toContain('id: 3\nevent: resync\ndata: {"type":"resync","seq":3}\n\n');
    await stream.close();
  });

  test('of one activeflow: to its end, and no further', async () => {
    const id = await run([{ type: 'block' }]);
    const stream = await open(`/activeflows/${id}/events`);
    await run([]);
    await t.ask('POST', `/activeflows/${id}/pause`);
    await t.ask('POST', `/activeflows/${id}/stop`);
    expect(await stream.over).toBe('ended');
    expect(stream.blocks().map(({ data }) => [data.id, data.status])).toEqual([[id, 'running'], [id, 'ended']]);
    const last = stream.blocks().at(-1)?.id ?? 0;
    // Ended: what is left of it, and then nothing, which a browser takes for the end.
    const rest = await open(`/activeflows/${id}/events?after=${last - 1}`);
    expect(await rest.over).toBe('ended');
    expect(rest.blocks().map((block) => block.id)).toEqual([last]);
    expect((await t.ask('GET', `/activeflows/${id}/events?after=${last}`)).status).toBe(204);
    expect((await t.ask('GET', `/activeflows/${id}/events`)).status).toBe(204);
  });
});

describe('what is refused', () => {
  beforeEach(async () => { t = await startTest('memory'); });

  test.each([
    ['/events', 400, 'MISSING_REQUEST_PARAMETER'], ['/events?topics=', 400, 'MISSING_REQUEST_PARAMETER'], ['/events?topics=nonsense', 400, 'INVALID_REQUEST_PARAMETER'],
    ['/events?topics=activeflow,nonsense', 400, 'INVALID_REQUEST_PARAMETER'], [`/events?topics=customer_id:${NOBODY}`, 403, 'PERMISSION_DENIED'],
    ['/events?topics=activeflow&after=x', 400, 'INVALID_REQUEST_PARAMETER'], ['/events?topics=activeflow&after=-1', 400, 'INVALID_REQUEST_PARAMETER'],
    [`/activeflows/${NOBODY}/events`, 404, 'ACTIVEFLOW_NOT_FOUND'], ['/activeflows/x/events', 400, 'INVALID_ID'],
  ])('%s', async (path, status, reason) => {
    const { status: got, body } = await t.ask('GET', path);
    expect([got, body.error.reason]).toEqual([status, reason]);
    expect(t.server.parts.hub.size).toBe(0);
  });

  test('another customer\'s activeflow, as if there were none; credentials that are none', async () => {
    const other = await t.customer();
    const id = await run([{ type: 'block' }]);
    expect((await t.ask('GET', `/activeflows/${id}/events`, { key: other.key })).status).toBe(404);
    expect((await t.ask('GET', '/events?topics=activeflow', { key: null })).body.error.reason).toBe('AUTHENTICATION_REQUIRED');
  });

  test('a key that was deleted ends its streams at the next look', async () => {
    const key = (await t.ask('POST', '/accesskeys', { body: { name: 'short-lived' } })).body;
    const stream = await open('/events?topics=activeflow', { authorization: `Bearer ${key.token}` });
    await t.ask('DELETE', `/accesskeys/${key.id}`);
    await t.server.parts.hub.check();
    expect(await stream.over).toBe('ended');
  });

  test('a server that closes waits for no stream, also where nobody reads it', async () => {
    const stream = await open('/events?topics=activeflow');
    const deaf = connect({ host: '127.0.0.1', port: Number(new URL(t.url).port) });
    deaf.on('error', () => { /* it is cut */ }).pause().write(`GET /v1.0/events?topics=activeflow HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${t.key}\r\n\r\n`);
    await expect.poll(() => t.server.parts.hub.size, { timeout: 20_000 }).toBe(2);
    await t.server.close();
    expect(await stream.over).toBe('ended');
    deaf.destroy();
  });
});
