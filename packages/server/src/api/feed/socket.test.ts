// The WebSocket against a real server: what is told, to whom, in which form, and what closes it.
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keyOf, startTest, STORES, type Body, type Tested } from '../testing/server.js';
import { listen, refused, type Ears } from './testing/ears.js';

const SET = { type: 'variable_set', option: { key: 'a', value: '1' } };
const BLOCK = { type: 'block' };
const NOBODY = '6f18ae1c-ddf8-413b-9572-ad30574604ef';

let t: Tested;
afterEach(() => t.close());

const run = async (actions: readonly object[], key?: string): Promise<string> => (await t.ask('POST', '/activeflows', { body: { actions }, ...(key ? { key } : {}) })).body.id as string;
const ended = ({ data, status }: Body) => (data?.status ?? status) === 'ended';
/** A socket that listens to topics. */
const subscribed = async (topics: readonly string[], more: object = {}): Promise<Ears> => {
  const ears = await listen(t);
  ears.say({ type: 'subscribe', topics, ...more });
  await ears.heard();
  return ears;
};

describe.each(STORES)('what is told, on %s', (store) => {
  beforeEach(async () => { t = await startTest(store); });

  test('each step of a run: created, one for each action and the finish, ended; in order, numbered without a gap', async () => {
    const ears = await subscribed([`customer_id:${t.customer_id}:activeflow`]);
    const id = await run([SET, SET]);
    const frames = await ears.until(ended);
    expect(frames.map(({ type, data }) => `${type} ${data.current_action.type} ${data.status}`)).toEqual([
      'activeflow_created  running', 'activeflow_updated variable_set running', 'activeflow_updated variable_set running', 'activeflow_updated  running', 'activeflow_updated  ended',
    ]);
    expect(frames.map(({ data }) => data.id)).toEqual(Array(5).fill(id));
    expect(frames.map(({ seq }) => seq - frames[0].seq)).toEqual([0, 1, 2, 3, 4]);
    // The last one is what a request shows.
    expect(frames[4].data).toEqual((await t.ask('GET', `/activeflows/${id}`)).body);
  });

  test.each([
    ['the customer', () => [`customer_id:${t.customer_id}`]],
    ['a resource', () => [`customer_id:${t.customer_id}:activeflow`]],
    ['a resource, as older clients write it', () => ['activeflow']],
    ['all of them at once: once', () => [`customer_id:${t.customer_id}`, `customer_id:${t.customer_id}:activeflow`, 'activeflow', 'activeflow', 'call']],
  ])('topics that name %s: a frame with type, data and number', async (_, topics) => {
    const ears = await subscribed(topics());
    await run([SET]);
    const frames = await ears.until(ended);
    expect(frames).toHaveLength(4);
    for (const frame of frames) expect(Object.keys(frame)).toEqual(['type', 'data', 'seq']);
  });

  test('topics that name an event type: the resource alone', async () => {
    const ears = await subscribed([`customer_id:${t.customer_id}:activeflow:activeflow_updated`]);
    const id = await run([SET]);
    const frames = await ears.until(ended);
    expect(frames.map((frame) => [frame.id, frame.status])).toEqual([[id, 'running'], [id, 'running'], [id, 'ended']]);
    expect(frames[2]).toEqual((await t.ask('GET', `/activeflows/${id}`)).body);
  });

  test('both forms on one socket: each event once in each', async () => {
    const ears = await subscribed([`customer_id:${t.customer_id}`, 'activeflow', `customer_id:${t.customer_id}:activeflow:activeflow_created`, 'activeflow:activeflow_created']);
    await run([]);
    const frames = await ears.until(ended);
    expect(frames.map(({ type }) => type ?? 'bare')).toEqual(['activeflow_created', 'bare', 'activeflow_updated', 'activeflow_updated']);
  });

  test('topics that name one activeflow: nothing of another; unsubscribed: nothing at all', async () => {
    const [one, other] = [await run([BLOCK]), await run([BLOCK])];
    const ears = await subscribed([`activeflow:${one}`, `customer_id:${t.customer_id}:activeflow:activeflow_updated:${other.toUpperCase()}`]);
    await t.ask('POST', `/activeflows/${other}/pause`);
    await t.ask('POST', `/activeflows/${one}/pause`);
    await ears.until(({ type }) => type !== undefined);
    expect(ears.frames.map(({ type, id, data }) => [type, id ?? data.id])).toEqual([[undefined, other], ['activeflow_updated', one]]);
    ears.say({ type: 'unsubscribe', topics: [`activeflow:${one}`] });
    await ears.heard();
    await t.ask('POST', `/activeflows/${one}/resume`);
    await t.ask('POST', `/activeflows/${other}/resume`);
    await ears.until(() => ears.frames.length === 3);
    expect(ears.frames[2].id).toBe(other);
  });

  test('calls and messages, from the first to the last of their states', async () => {
    const ears = await subscribed(['call', 'message', 'recording']);
    const call = (await t.ask('POST', '/simulator/calls', { body: { actions: [{ type: 'answer' }, { type: 'talk', option: { text: 'x' } }], auto_play: false } })).body;
    await t.until(`/activeflows/${call.activeflow_id}`, ({ current_action }) => current_action.type === 'talk');
    await t.ask('POST', `/simulator/calls/${call.id}/hangup`);
    const frames = await ears.until(({ type }) => type === 'call_hangup');
    expect(frames.map(({ type }) => type)).toEqual(expect.arrayContaining(['call_created', 'call_progressing', 'call_hangup']));
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map(({ seq }) => seq).sort((a, b) => a - b));
    for (const { data } of frames) expect(data.id).toBe(call.id);
    expect(frames.find(({ type }) => type === 'call_hangup').data).toEqual((await t.ask('GET', `/calls/${call.id}`)).body);
  });

  test('nothing of another customer, whatever the topic', async () => {
    const other = await t.customer();
    const theirs = await run([BLOCK], other.key);
    const ears = await subscribed([`customer_id:${t.customer_id}`, 'activeflow', `activeflow:${theirs}`, `customer_id:${t.customer_id}:activeflow:${theirs}`]);
    expect((await t.ask('POST', `/activeflows/${theirs}/pause`, { key: other.key })).status).toBe(200);
    const mine = await run([]);
    expect((await ears.until(ended)).map(({ data }) => data.id)).toEqual([mine, mine, mine]);
  });
});

describe('who comes back', () => {
  beforeEach(async () => { t = await startTest('sqlite'); });

  test('is told what came since, then what comes; each once', async () => {
    const first = await subscribed(['activeflow']);
    const id = await run([BLOCK]);
    const [{ seq }] = await first.until(({ type }) => type === 'activeflow_created');
    first.ws.terminate();
    await first.closed;
    await t.ask('POST', `/activeflows/${id}/pause`);
    await t.ask('POST', `/activeflows/${id}/resume`);
    const again = await subscribed(['activeflow'], { after: seq });
    await t.ask('POST', `/activeflows/${id}/stop`);
    expect((await again.until(ended)).map((frame) => frame.seq - seq)).toEqual([1, 2, 3, 4]);
  });

  test('is told in both forms, and of its topics only', async () => {
    await run([SET]);
    const other = await run([SET]);
    const ears = await subscribed([`activeflow:${other}`, 'activeflow:activeflow_created'], { after: 0 });
    const frames = await ears.until(ended);
    expect(frames.map(({ type, data, id }) => `${type ?? 'bare'} ${(data?.id ?? id) === other ? 'other' : 'one'}`)).toEqual([
      'bare one', 'activeflow_created other', 'bare other', 'activeflow_updated other', 'activeflow_updated other', 'activeflow_updated other',
    ]);
  });

  test('is told nothing twice, however its topics overlap and whenever it asks', async () => {
    await run([SET, SET, SET]);
    const ears = await subscribed(['activeflow'], { after: 2 });
    const runs: Promise<unknown>[] = [];
    for (let i = 0; i < 12; i++) {
      runs.push(run([SET, SET, SET]));
      ears.say({ type: 'subscribe', topics: i % 2 === 0 ? [`customer_id:${t.customer_id}`] : ['activeflow', `customer_id:${t.customer_id}:activeflow`], after: 2 + (i % 3) });
    }
    await Promise.all(runs);
    await expect.poll(() => ears.frames.length, { timeout: 30_000 }).toBe(12 * 6 + 4);
    await ears.heard();
    const numbers = ears.frames.map(({ seq }) => seq).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 12 * 6 + 4 }, (_, i) => 3 + i));
  });

  test.each([['from the future', 1_000_000], ['no number that there can be', Number.MAX_SAFE_INTEGER]])('with a number %s begins anew', async (_, after) => {
    await run([SET]);
    const position = await t.server.parts.store.last();
    const ears = await subscribed(['activeflow'], { after });
    await run([]);
    const frames = await ears.until(ended);
    expect(frames.map(({ type, seq }) => [type, seq - position])).toEqual([['resync', 0], ['activeflow_created', 1], ['activeflow_updated', 2], ['activeflow_updated', 3]]);
  });
});

describe('what closes a socket', () => {
  beforeEach(async () => { t = await startTest('memory'); });

  test.each([
    ['no JSON', 'nonsense', /^4400 no JSON/],
    ['no object', '[]', /^4400/],
    ['another type', { type: 'shout', topics: [] }, /^4400 \/type/],
    ['no topics', { type: 'subscribe' }, /^4400 \/topics/],
    ['topics that are no list', { type: 'subscribe', topics: 'activeflow' }, /^4400 \/topics/],
    ['a malformed topic', { type: 'subscribe', topics: ['activeflow', 'nonsense'] }, /^4400 nonsense: /],
    ['a topic that is a number', { type: 'subscribe', topics: [7] }, /^4400 7: /],
    ['a foreign topic', { type: 'subscribe', topics: [`customer_id:${NOBODY}`] }, new RegExp(`^4403 customer_id:${NOBODY}`)],
    ['a foreign topic, unsubscribed', { type: 'unsubscribe', topics: [`customer_id:${NOBODY}:activeflow`] }, /^4403/],
    ['a number that is none', { type: 'subscribe', topics: ['activeflow'], after: -1 }, /^4400 \/after/],
    ['a number that is text', { type: 'subscribe', topics: ['activeflow'], after: '1' }, /^4400 \/after/],
    ['a binary frame', Buffer.from('{"type":"subscribe","topics":["activeflow"]}'), /^1003/],
    ['a frame of a megabyte', JSON.stringify({ type: 'subscribe', topics: ['x'.repeat(1_048_576)] }), /^1009/],
    ['more topics than one may have', { type: 'subscribe', topics: Array.from({ length: 1_001 }, (_, i) => `activeflow:${NOBODY.slice(0, -4)}${String(i).padStart(4, '0')}`) }, /^1008/],
  ])('%s', async (_, message, how) => {
    const ears = await listen(t);
    ears.say(message);
    expect(await ears.closed).toMatch(how);
    await expect.poll(() => t.server.parts.hub.size, { timeout: 20_000 }).toBe(0);
    // What others hear goes on.
    const others = await subscribed(['activeflow']);
    await run([]);
    await others.until(ended);
  });

  test('a key that was deleted, at the next look', async () => {
    const key = (await t.ask('POST', '/accesskeys', { body: { name: 'short-lived' } })).body;
    const ears = await listen(t, { key: key.token });
    const kept = await listen(t);
    await t.ask('DELETE', `/accesskeys/${key.id}`);
    await t.server.parts.hub.check();
    expect(await ears.closed).toMatch(/^4401/);
    kept.say({ type: 'subscribe', topics: ['activeflow'] });
    await kept.heard();
  });

  test('a token that has expired', async () => {
    await t.customer({ username: 'ada', password: 'correct horse' });
    const { token } = (await t.ask('POST', '/auth/login', { body: { username: 'ada', password: 'correct horse' }, key: null })).body;
    const ears = await listen(t, { key: null, query: `?token=${token}` });
    await t.server.parts.hub.check();
    await ears.heard();
    t.server.parts.virtual?.advance(8 * 86_400_000);
    await t.server.parts.hub.check();
    expect(await ears.closed).toMatch(/^4401/);
  });

  test('the end of the server', async () => {
    const ears = await subscribed(['activeflow']);
    await t.server.close();
    expect(await ears.closed).toMatch(/^1001/);
  });

  test('the end of the server, also for one that does not read, and for a connection that has asked nothing', async () => {
    const ears = await subscribed(['activeflow']);
    ears.ws.pause();
    const unused = connect({ host: '127.0.0.1', port: Number(new URL(t.url).port) });
    await new Promise((resolve) => { unused.once('connect', resolve); });
    await t.ask('GET', '/me');
    const gone = new Promise((resolve) => { unused.once('close', resolve); });
    await t.server.close();
    await gone;
    ears.ws.terminate();
  });
});

describe('who may listen', () => {
  const cookie = (value: string) => ({ cookie: `accesskey=${value}` });
  beforeEach(async () => { t = await startTest('memory'); });

  test.each([
    ['a header', () => ({})],
    ['a query', () => ({ key: null, query: `?accesskey=${t.key}` })],
    ['a cookie', () => ({ key: null, headers: cookie(t.key) })],
    ['a cookie, from a page of ours', () => ({ key: null, headers: { ...cookie(t.key), origin: t.url } })],
    ['a header, from any page: it knows the key', () => ({ headers: { origin: 'https://elsewhere.example' } })],
  ])('credentials in %s', async (_, connecting) => {
    const ears = await listen(t, connecting());
    ears.say({ type: 'subscribe', topics: [`customer_id:${t.customer_id}`] });
    await ears.heard();
    await run([]);
    await ears.until(ended);
  });

  test.each([
    ['nobody', () => ({ key: null }), 401, 'AUTHENTICATION_REQUIRED'],
    ['a wrong key', () => ({ key: keyOf('Z') }), 401, 'INVALID_CREDENTIALS'],
    ['a cookie, from a page of others', () => ({ key: null, headers: { ...cookie(t.key), origin: 'https://elsewhere.example' } }), 403, 'PERMISSION_DENIED'],
    ['a cookie, from a page that has no origin', () => ({ key: null, headers: { ...cookie(t.key), origin: 'null' } }), 403, 'PERMISSION_DENIED'],
  ])('%s is refused', async (_, connecting, status, reason) => {
    const { status: got, body } = await refused(t, connecting());
    expect([got, body.error.reason, body.error.request_id]).toEqual([status, reason, expect.stringMatching(/^req_/)]);
    expect(t.server.parts.hub.size).toBe(0);
  });

  test('a query, where it is switched off, is nobody', async () => {
    await t.close();
    t = await startTest('memory', { QUERY_CREDENTIALS: 'false' });
    expect((await refused(t, { key: null, query: `?accesskey=${t.key}` })).status).toBe(401);
  });

  test('a plain request is told what this is; one for another protocol is answered as ever', async () => {
    expect((await t.ask('GET', '/ws')).body.error.reason).toBe('INVALID_REQUEST_PARAMETER');
    const raw = (head: string): Promise<string> => new Promise((resolve) => {
      let text = '';
      const socket: Socket = connect({ host: '127.0.0.1', port: Number(new URL(t.url).port) }, () => { socket.write(`${head}\r\nhost: x\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\nauthorization: Bearer ${t.key}\r\n\r\n`); });
      socket.setEncoding('utf8').on('data', (part: string) => { text += part; }).on('close', () => { resolve(text); });
    });
    expect(await raw('GET /v1.0/me HTTP/1.1')).toMatch(/^HTTP\/1.1 200 OK[^]*"customer_id"/);
    expect(await raw('GET /v1.0/nowhere HTTP/1.1')).toMatch(/^HTTP\/1.1 404 [^]*ROUTE_NOT_FOUND/);
    expect(await raw('POST /v1.0/activeflows HTTP/1.1')).toMatch(/^HTTP\/1.1 400 [^]*INVALID_ARGUMENT/);
  });
});
