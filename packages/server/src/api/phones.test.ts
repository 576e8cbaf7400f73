// Extensions, trunks and queues: what calls come by.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTest, STORES, type Answer, type Tested } from './testing/server.js';

const NONE = '00000000-0000-0000-0000-000000000000';
const NEVER = '9999-01-01 00:00:00.000000';

describe.each(STORES)('phones on %s', (store) => {
  let t: Tested;
  beforeAll(async () => { t = await startTest(store); });
  afterAll(() => t.close());
  const post = (path: string, body: object = {}, headers = {}) => t.ask('POST', path, { body, headers });
  const put = (path: string, body: object) => t.ask('PUT', path, { body });
  const fault = ({ status, body }: Answer) => [status, body.error?.reason, ...(body.error?.details ?? []).map(({ pointer }: { pointer: string }) => pointer)] as unknown[];

  test('an extension: a password left out is made and shown once, one that is given is never shown', async () => {
    const made = await post('/extensions', { extension: '1000', name: 'desk' }, { 'idempotency-key': 'e' });
    expect(made.body).toMatchObject({
      customer_id: t.customer_id, extension: '1000', name: 'desk', detail: '', password: expect.stringMatching(/^[A-Za-z0-9]{20}$/), domain_name: t.customer_id, registered_contacts: [], tm_update: NEVER,
    });
    expect(made.headers.get('cache-control')).toBe('no-store');
    const { id, password } = made.body as { id: string; password: string };
    const repeated = await post('/extensions', { extension: '1000', name: 'desk' }, { 'idempotency-key': 'e' });
    expect(repeated.body).toEqual({ ...made.body, password: '' });
    expect((await post('/extensions', { extension: '1001', password: 'correct horse' })).body).toMatchObject({ extension: '1001', password: '' });
    for (const { text } of [repeated, await t.ask('GET', '/extensions'), await t.ask('GET', `/extensions/${id}`), await put(`/extensions/${id}`, { password: 'battery staple' })]) {
      for (const secret of [password, 'correct horse', 'battery staple', 'ha1']) expect(text).not.toContain(secret);
    }
  });

  test('an extension is changed, but for its user name, which is free again once it is deleted', async () => {
    const { id } = (await post('/extensions', { extension: 'ada', password: 'correct horse' })).body as { id: string };
    const ha1 = async () => (await t.server.parts.store.document('extension', id))?.data['ha1'];
    const before = await ha1();
    expect((await put(`/extensions/${id}`, { name: 'Ada', detail: 'd' })).body).toMatchObject({ name: 'Ada', detail: 'd', extension: 'ada' });
    expect((await put(`/extensions/${id}`, { extension: 'ada', password: '' })).body).toMatchObject({ name: 'Ada' });
    expect(await ha1()).toEqual(before);
    await put(`/extensions/${id}`, { password: 'battery staple' });
    expect(await ha1()).not.toEqual(before);
    expect(fault(await put(`/extensions/${id}`, { extension: 'grace' }))).toEqual([400, 'INVALID_ARGUMENT', '/extension']);
    expect(fault(await post('/extensions', { extension: 'ada' }))).toEqual([409, 'EXTENSION_EXISTS']);
    expect((await t.ask('DELETE', `/extensions/${id}`)).status).toBe(200);
    expect(fault(await t.ask('GET', `/extensions/${id}`))).toEqual([404, 'EXTENSION_NOT_FOUND']);
    expect((await post('/extensions', { extension: 'ada' })).status).toBe(200);
  });

  test('an extension of another form is refused, and its password is not repeated', async () => {
    for (const extension of [undefined, '']) expect(fault(await post('/extensions', { extension }))).toEqual([400, 'MISSING_REQUEST_PARAMETER', '/extension']);
    for (const extension of ['a b', '-a', '@', 'x'.repeat(33), 'é', '\0', '1000@host', 'a/b']) expect(fault(await post('/extensions', { extension })), extension).toEqual([400, 'INVALID_ARGUMENT', '/extension']);
    for (const password of ['seven77', 'x'.repeat(129), 'line\r\nbreak', 'größer als acht']) {
      const answer = await post('/extensions', { extension: '1009', password });
      expect(fault(answer)).toEqual([400, 'INVALID_ARGUMENT', '/password']);
      expect(answer.text).not.toContain(JSON.stringify(password).slice(1, -1));
    }
    expect(fault(await post('/extensions', { extension: 1000 }))).toEqual([400, 'INVALID_JSON_BODY', '/extension']);
  });

  test('a trunk: its password is kept and never shown; what is left out of a change stays', async () => {
    const given = { name: 'provider', detail: 'd', uri: 'sip:sip.example.com:5062;transport=tcp', username: 'ours', allowed_addresses: ['192.0.2.1', '2001:db8::/48'], register: true, prefixes: ['+49', '0'] };
    const made = await post('/trunks', { ...given, password: 'battery staple' });
    expect(made.body).toMatchObject({ ...given, customer_id: t.customer_id, tm_update: NEVER });
    const { id } = made.body as { id: string };
    expect((await put(`/trunks/${id}`, { prefixes: [], unknown: 1 })).body).toMatchObject({ ...given, prefixes: [] });
    expect((await t.server.parts.store.document('trunk', id))?.data).toEqual({ ...given, prefixes: [], password: 'battery staple' });
    for (const { text } of [made, await t.ask('GET', `/trunks/${id}`), await t.ask('GET', '/trunks')]) expect(text).not.toContain('staple');
    await put(`/trunks/${id}`, { password: '', register: false, username: '', uri: '' });
    expect((await t.server.parts.store.document('trunk', id))?.data).toMatchObject({ password: '', uri: '' });
    expect((await t.ask('DELETE', `/trunks/${id}`)).status).toBe(200);
    expect(fault(await put(`/trunks/${id}`, {}))).toEqual([404, 'TRUNK_NOT_FOUND']);
  });

  test.each([
    ['uri', ['http://x', 'sip:', 'sip:user@host', 'sip:host:0', 'sip:host:65536', 'sip:host;transport=sctp', 'sip:[::g]', 'sip:a b', 'sip:host\r\nVia: x', `sip:${'x'.repeat(254)}`]],
    ['username', ['a b', 'a"b', 'a\\b', 'a\r\nb', 'x'.repeat(129), 'ü']],
    ['password', ['x'.repeat(129), 'a\nb', 'ü']],
  ])('a trunk with a %s of another form is refused', async (field, values) => {
    for (const value of values) expect(fault(await post('/trunks', { [field]: value })), value).toEqual([400, 'INVALID_ARGUMENT', `/${field}`]);
  });

  test('lists of a trunk name the entry that is wrong, and what registers needs somewhere to', async () => {
    for (const address of ['', 'host.example.com', '10.0.0.0/7', '10.0.0.0/33', '::/0', '2001:db8::/129', '10.0.0.1/8/8', '010.0.0.1', 'fe80::1%eth0', '0.0.0.0/0']) {
      expect(fault(await post('/trunks', { allowed_addresses: ['192.0.2.1', address] })), address).toEqual([400, 'INVALID_ARGUMENT', '/allowed_addresses/1']);
    }
    for (const prefix of ['', '++', '+4 9', 'x', '1'.repeat(16)]) expect(fault(await post('/trunks', { prefixes: [prefix] })), prefix).toEqual([400, 'INVALID_ARGUMENT', '/prefixes/0']);
    for (const body of [{ register: true }, { register: true, uri: 'sip:host' }, { register: true, username: 'u' }]) expect(fault(await post('/trunks', body))).toEqual([400, 'INVALID_ARGUMENT', '/register']);
    expect(fault(await post('/trunks', { prefixes: Array(101).fill('1') }))).toEqual([400, 'INVALID_JSON_BODY', '/prefixes']);
  });

  test('a customer has a hundred trunks at most', async () => {
    const { key } = await t.customer();
    await Promise.all(Array.from({ length: 100 }, () => t.ask('POST', '/trunks', { key, body: {} })));
    expect(fault(await t.ask('POST', '/trunks', { key, body: {} }))).toEqual([409, 'STATE_INVALID']);
    expect((await post('/trunks')).status).toBe(200);
  });

  test('a queue: its defaults, its agents as addresses, its changes', async () => {
    const flow = (await post('/flows', { actions: [] })).body as { id: string };
    expect((await post('/queues')).body).toMatchObject({ name: '', wait_flow_id: NONE, agents: [], routing: 'longest_idle', timeout_wait_ms: 600_000, timeout_service_ms: 0, ring_timeout_ms: 20_000 });
    const made = (await post('/queues', { name: 'support', wait_flow_id: flow.id, agents: [{ type: 'extension', target: '1000' }, { target: '+4930123' }, { target: 'ada@example.com', name: 'Ada' }], timeout_wait_ms: 0 })).body;
    const address = (type: string, target: string, name = '') => ({ type, target, target_name: '', name, detail: '' });
    expect(made).toMatchObject({ wait_flow_id: flow.id, timeout_wait_ms: 0, agents: [address('extension', '1000'), address('tel', '+4930123'), address('sip', 'ada@example.com', 'Ada')] });
    expect((await put(`/queues/${made.id}`, { ring_timeout_ms: 5_000, wait_flow_id: '' })).body).toMatchObject({ name: 'support', ring_timeout_ms: 5_000, wait_flow_id: NONE, agents: made.agents });
    expect((await t.ask('DELETE', `/queues/${made.id}`)).status).toBe(200);
    expect(fault(await t.ask('GET', `/queues/${made.id}`))).toEqual([404, 'QUEUE_NOT_FOUND']);
  });

  test('a queue of another form is refused', async () => {
    for (const agent of [{}, { target: '1000' }, { type: 'extension' }, { type: 'conference', target: 'x' }]) expect(fault(await post('/queues', { agents: [{ target: '+1' }, agent] }))).toEqual([400, 'INVALID_ARGUMENT', '/agents/1']);
    for (const [field, value] of [['ring_timeout_ms', 999], ['ring_timeout_ms', 300_001], ['timeout_wait_ms', -1], ['timeout_service_ms', 1.5], ['routing', 'random'], ['agents', 'x']] as const) {
      expect(fault(await post('/queues', { [field]: value })), field).toEqual([400, 'INVALID_JSON_BODY', `/${field}`]);
    }
    expect(fault(await post('/queues', { wait_flow_id: 'x' }))).toEqual([400, 'INVALID_ID', '/wait_flow_id']);
    expect(fault(await post('/queues', { wait_flow_id: randomUUID() }))).toEqual([404, 'FLOW_NOT_FOUND', '/wait_flow_id']);
  });
});
