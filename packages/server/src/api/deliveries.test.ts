// Webhooks from end to end: a real server, a real receiver, and what the API says of the deliveries.
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RETRY_MS } from '../driver/webhook/webhook.js';
import { openReceiver, verify, type Got, type Receiver } from '../driver/webhook/testing/receiver.js';
import { sweepOnce } from './deliveries.js';
import { startTest, STORES, type Body, type Tested } from './testing/server.js';

const told = ({ text }: Got): Body => JSON.parse(text);
const DAY_MS = 24 * 3_600_000;
/** A wait with all of its jitter. */
const longest = (wait_ms: number): number => Math.ceil(wait_ms * 1.1);

describe.each(STORES)('webhooks on %s', (store) => {
  let t: Tested;
  let receiver: Receiver;
  let secret: string;
  beforeEach(async () => {
    receiver = await openReceiver();
    t = await startTest(store, { EGRESS_ALLOW: '127.0.0.1' });
    secret = (await t.ask('POST', '/customer/webhook_secret')).body.webhook_secret as string;
  });
  afterEach(async () => { await t.close(); await receiver.close(); });

  const hook = (body: object = {}) => t.ask('PUT', '/customer', { body: { webhook_uri: receiver.url, ...body } });
  const start = async (body: object): Promise<string> => (await t.ask('POST', '/activeflows', { body })).body.id as string;
  const list = async (query = ''): Promise<Body[]> => (await t.ask('GET', `/webhook_deliveries${query}`)).body.result as Body[];
  const settled = (query = '') => t.until(`/webhook_deliveries${query}`, ({ result }) => result.length > 0 && result.every(({ status }: Body) => !['pending', 'performing'].includes(status)));
  const advance = (advance_ms: number) => t.ask('POST', '/simulator/clock', { body: { advance_ms } });

  test('a run of three actions tells exactly: created, updated for each and for the finish, updated as ended; each signed', async () => {
    await hook();
    const id = await start({ actions: ['a', 'b', 'c'].map((key) => ({ type: 'variable_set', option: { key, value: key } })) });
    const got = await receiver.until(6);
    expect(got.map(told).map(({ type, data }) => [type, data.status, data.current_action.type, data.executed_actions.length])).toEqual([
      ['activeflow_created', 'running', '', 0], ['activeflow_updated', 'running', 'variable_set', 1], ['activeflow_updated', 'running', 'variable_set', 2],
      ['activeflow_updated', 'running', 'variable_set', 3], ['activeflow_updated', 'running', '', 4], ['activeflow_updated', 'ended', '', 4],
    ]);
    const whole = (await t.ask('GET', `/activeflows/${id}`)).body;
    expect(told(got[5]!).data).toEqual(whole);
    expect(new Set(got.map(({ headers }) => headers['webhook-id'])).size).toBe(6);
    for (const one of got) {
      expect(verify(one, secret)).toEqual(told(one));
      expect(one.headers['x-voipbin-signature']).toBe(`sha256=${createHmac('sha256', secret).update(one.text).digest('hex')}`);
      expect(one).toMatchObject({ method: 'POST', url: '/hook', headers: { 'content-type': 'application/json' } });
    }
    expect((await settled()).result).toHaveLength(6);
    await t.ask('DELETE', `/activeflows/${id}`);
    expect(told((await receiver.until(7))[6]!)).toMatchObject({ type: 'activeflow_deleted', data: { id } });
  });

  test('an activeflow\'s own webhook is told as well, by its own method, and without a customer\'s one too', async () => {
    const own = { webhook_uri: `${receiver.url}/own`, webhook_method: 'PUT' };
    await start({ actions: [], ...own });
    await receiver.until(3);
    await hook();
    await start({ actions: [], ...own });
    const got = await receiver.until(9);
    const of = (url: string) => got.filter((one) => one.url === url).map((one) => [one.method, told(one).type, verify(one, secret) !== undefined]);
    expect(of('/hook/own')).toEqual([...Array<unknown>(2)].flatMap(() => ['created', 'updated', 'updated'].map((what) => ['PUT', `activeflow_${what}`, true])));
    expect(of('/hook')).toEqual(['created', 'updated', 'updated'].map((what) => ['POST', `activeflow_${what}`, true]));
    expect((await settled()).result.map(({ receiver: to }: Body) => to).sort()).toEqual(['activeflow', 'activeflow', 'activeflow', 'activeflow', 'activeflow', 'activeflow', 'customer', 'customer', 'customer']);
  });

  test('without a webhook nothing is told, and with none any more', async () => {
    await start({ actions: [] });
    await hook();
    await hook({ webhook_uri: '' });
    await start({ actions: [] });
    expect([await list(), receiver.got]).toEqual([[], []]);
  });

  test('keeps the order of an activeflow while deliveries fail, and delays no other activeflow', async () => {
    await hook();
    receiver.reply = 503;
    const first = await start({ actions: [{ type: 'variable_set', option: { key: 'a', value: 'b' } }] });
    await receiver.until(1);
    receiver.reply = (got: Got) => (told(got).data.id === first ? 500 : 204);
    const second = await start({ actions: [] });
    await settled(`?activeflow_id=${second}`);
    for (let tries = 0; tries < 4; tries++) {
      const [waiting] = (await list(`?activeflow_id=${first}`)).toReversed() as [Body];
      expect(waiting).toMatchObject({ type: 'activeflow_created', attempts: tries + 1, last_status: tries === 0 ? 503 : 500, last_error: expect.stringContaining('answered with status') });
      await advance(longest(RETRY_MS[tries]!));
      await t.until(`/webhook_deliveries/${waiting.id}`, ({ attempts }) => attempts === tries + 2);
    }
    receiver.reply = 204;
    await advance(longest(RETRY_MS[4]));
    await settled(`?activeflow_id=${first}`);
    const good = receiver.got.filter((one) => told(one).data.id === first).slice(5);
    expect(good.map((one) => told(one).data.version + told(one).data.current_action.type + told(one).data.status)).toEqual(['0running', '1variable_setrunning', '1running', '1ended']);
    expect(new Set(receiver.got.filter((one) => told(one).data.id === first).slice(0, 6).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  test('gives up after ten tries, tells why, lets the next go on, and sends it again when asked to', async () => {
    await hook();
    receiver.reply = (got: Got) => (told(got).type === 'activeflow_created' ? 500 : 204);
    const id = await start({ actions: [] });
    await receiver.until(1);
    const delivery = (await list()).at(-1);
    for (const [i, wait] of RETRY_MS.entries()) {
      await t.until(`/webhook_deliveries/${delivery.id}`, ({ attempts }) => attempts === i + 1);
      expect((await t.ask('POST', `/webhook_deliveries/${delivery.id}/replay`)).status).toBe(409);
      await advance(longest(wait));
    }
    await settled();
    expect((await list('?status=dead'))).toMatchObject([{ id: delivery.id, attempts: 10, last_status: 500, tm_next: '9999-01-01 00:00:00.000000' }]);
    expect((await list('?status=done')).map(({ type }) => type)).toEqual(['activeflow_updated', 'activeflow_updated']);
    const before = receiver.got.length;
    receiver.reply = 200;
    const replayed = await t.ask('POST', `/webhook_deliveries/${delivery.id}/replay`, { headers: { 'idempotency-key': 'once' } });
    expect(replayed.body).toMatchObject({ id: delivery.id, status: 'pending', attempts: 0, body: { type: 'activeflow_created', data: { id } } });
    const again = (await receiver.until(before + 1))[before]!;
    expect([again.headers['webhook-id'], told(again)]).toEqual([delivery.id, replayed.body.body]);
    expect((await settled('?type=activeflow_created')).result).toMatchObject([{ status: 'done', attempts: 1, last_status: 200, last_error: '' }]);
    expect((await t.ask('POST', `/webhook_deliveries/${delivery.id}/replay`, { headers: { 'idempotency-key': 'once' } })).body).toEqual(replayed.body);
    expect(receiver.got).toHaveLength(before + 1);
    await t.ask('POST', `/webhook_deliveries/${delivery.id}/replay`);
    await receiver.until(before + 2);
  });

  test('a receiver that answers 410 is told nothing more until the webhook is set again', async () => {
    await hook();
    receiver.reply = 410;
    await start({ actions: [] });
    await settled();
    expect((await list()).map(({ status, last_status }) => [status, last_status])).toEqual([['failed', 0], ['failed', 0], ['failed', 410]]);
    expect((await t.ask('GET', '/customer')).body).toMatchObject({ webhook_uri: receiver.url, tm_webhook_off: expect.stringMatching(/^20/) });
    await start({ actions: [] });
    expect([receiver.got.length, (await list()).length]).toEqual([1, 3]);
    receiver.reply = 204;
    expect((await hook()).body.tm_webhook_off).toMatch(/^9999/);
    await start({ actions: [] });
    await receiver.until(4);
  });

  test('410 of an activeflow\'s own webhook clears its configuration', async () => {
    receiver.reply = 410;
    const id = await start({ actions: [{ type: 'block' }], webhook_uri: receiver.url });
    await t.until(`/activeflows/${id}`, ({ webhook_uri }) => webhook_uri === '');
    await t.ask('POST', `/activeflows/${id}/stop`);
    await settled();
    expect([receiver.got.length, (await list()).map(({ status }) => status)]).toEqual([1, ['failed', 'failed']]);
  });

  test('a new secret signs beside the old one for a day; a secret of one\'s own too', async () => {
    await hook();
    const rotated = (await t.ask('POST', '/customer/webhook_secret', { headers: { 'idempotency-key': 'r' } })).body;
    expect(rotated.webhook_secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await t.ask('POST', '/customer/webhook_secret', { headers: { 'idempotency-key': 'r' } })).body).toEqual({ ...rotated, webhook_secret: '' });
    await start({ actions: [] });
    for (const one of await receiver.until(3)) for (const either of [secret, rotated.webhook_secret as string]) expect(verify(one, either)).toEqual(told(one));
    await advance(DAY_MS);
    await start({ actions: [] });
    const [, , , later] = await receiver.until(6);
    expect(later!.headers['webhook-signature']).toMatch(/^v1,[^ ]+$/);
    const own = 'my own secret';
    await hook({ webhook_secret: own });
    await start({ actions: [] });
    const latest = (await receiver.until(7))[6]!;
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': both } = latest.headers;
    expect(both!.split(' ')[0]).toBe(`v1,${createHmac('sha256', own).update(`${id}.${at}.${latest.text}`).digest('base64')}`);
    expect(both!.split(' ')).toHaveLength(2);
  });

  test('a customer that never asked for a secret has one by the first delivery', async () => {
    const other = await t.customer();
    await t.ask('PUT', '/customer', { key: other.key, body: { webhook_uri: receiver.url } });
    await t.ask('POST', '/activeflows', { key: other.key, body: { actions: [] } });
    const got = await receiver.until(3);
    const made = (await t.server.parts.store.document('customer', other.id))?.data['webhook_secret'] as string;
    for (const one of got) expect(verify(one, made)).toEqual(told(one));
    expect(made).not.toBe(secret);
  });

  test('lists by status, type and activeflow, a page at a time; bad filters are named', async () => {
    await hook();
    const ids = [await start({ actions: [] }), await start({ actions: [] })];
    await receiver.until(6);
    await settled();
    expect(await list(`?activeflow_id=${ids[0]!.toUpperCase()}`)).toHaveLength(3);
    expect((await list('?type=activeflow_created')).map(({ activeflow_id }) => activeflow_id)).toEqual(ids.toReversed());
    expect([(await list('?status=done&type=activeflow_updated')).length, (await list('?status=dead')).length, (await list(`?status=done&activeflow_id=${ids[1]}`)).length]).toEqual([4, 0, 3]);
    const seen: string[] = [];
    let page = (await t.ask('GET', '/webhook_deliveries?page_size=4')).body;
    for (; page.result.length > 0; page = (await t.ask('GET', `/webhook_deliveries?page_size=4&page_token=${encodeURIComponent(page.next_page_token)}`)).body) seen.push(...page.result.map(({ id }: Body) => id));
    expect([seen.length, new Set(seen).size]).toEqual([6, 6]);
    for (const query of ['?status=lost', '?activeflow_id=x', '?page_size=x']) expect((await t.ask('GET', `/webhook_deliveries${query}`)).body.error.reason).toBe('INVALID_REQUEST_PARAMETER');
  });

  test('calls, messages and recordings are told where their status changes', async () => {
    await hook();
    const call = (await t.ask('POST', '/simulator/calls', { body: { actions: [{ type: 'answer' }, { type: 'recording_start' }, { type: 'talk', option: { text: 'Hello.' } }], auto_play: false } })).body;
    await t.until(`/calls/${call.id}`, ({ recording_ids }) => recording_ids.length === 1);
    await t.ask('POST', `/simulator/calls/${call.id}/hangup`);
    await t.ask('DELETE', `/calls/${call.id}`);
    const message = (await t.ask('POST', '/messages', { body: { source: { target: '+1' }, destinations: [{ target: '+2' }], text: 'Hi.' } })).body;
    await t.ask('DELETE', `/messages/${message.id}`);
    const others = (one: Body) => !one.type.startsWith('activeflow');
    await t.until('/webhook_deliveries', ({ result }) => result.filter(others).length === 8 && result.every(({ status }: Body) => status === 'done'));
    const of = (id: string) => receiver.got.map(told).filter(({ data }) => data.id === id).map(({ type, data }) => [type, data.status ?? data.targets[0].status]);
    expect(of(call.id)).toEqual([['call_created', 'ringing'], ['call_progressing', 'progressing'], ['call_hangup', 'hangup'], ['call_deleted', 'hangup']]);
    expect(of(message.id)).toEqual([['message_created', 'delivered'], ['message_deleted', 'delivered']]);
    const recordings = receiver.got.map(told).filter(({ type }) => type.startsWith('recording'));
    expect(recordings.map(({ type, data }) => [type, data.status])).toEqual([['recording_started', 'recording'], ['recording_finished', 'ended']]);
    expect(recordings[1]!.data).toEqual((await t.ask('GET', `/recordings/${recordings[1]!.data.id}`)).body);
    const [delivery] = await list('?type=call_hangup') as [Body];
    expect(delivery).toMatchObject({ resource_id: call.id, activeflow_id: '00000000-0000-0000-0000-000000000000', receiver: 'customer' });
    for (const one of receiver.got) verify(one, secret);
  });

  test('takes away what arrived a week ago, and what did not after a month', async () => {
    await hook();
    receiver.reply = (got: Got) => (told(got).data.status === 'ended' ? 410 : 204);
    await start({ actions: [] });
    await settled();
    await advance(7 * DAY_MS);
    await sweepOnce(t.server.parts);
    expect(await list()).toHaveLength(3);
    await advance(60_000);
    await sweepOnce(t.server.parts);
    expect((await list()).map(({ status }) => status)).toEqual(['failed']);
    await advance(24 * DAY_MS);
    await sweepOnce(t.server.parts);
    expect(await list()).toEqual([]);
  });
});
