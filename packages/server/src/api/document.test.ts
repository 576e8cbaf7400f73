// The document that all of this started from: its two curl lines, and what they answer, field by field (ids, times and our additions aside).
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { STORES, startTest, type Tested } from './testing/server.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/;
const NEVER = '9999-01-01 00:00:00.000000';
const NONE = '00000000-0000-0000-0000-000000000000';

/** What the document shows of an activeflow: each field with the form of its value. */
const SHOWN = {
  id: expect.stringMatching(UUID), customer_id: expect.stringMatching(UUID), flow_id: expect.stringMatching(UUID), reference_type: 'call', reference_id: expect.stringMatching(UUID),
  forward_action_id: NONE, tm_create: expect.stringMatching(TIME), tm_update: expect.stringMatching(TIME), tm_delete: NEVER,
};

describe.each(STORES)('activeflow.txt on %s', (store) => {
  let t: Tested;
  beforeEach(async () => { t = await startTest(store); });
  afterEach(() => t.close());

  const played = async (actions: readonly object[]) => {
    const flow = await t.ask('POST', '/flows', { body: { name: 'document', actions } });
    const call = await t.ask('POST', '/simulator/calls', { body: { flow_id: flow.body.id, source: { target: '+15550101' }, destination: { target: '+15550100' }, auto_play: false } });
    return { flow: flow.body, call: call.body };
  };

  const login = async (): Promise<string> => {
    await t.customer({ username: 'ada', password: 'correct horse' });
    const answer = await t.ask('POST', '//auth/login', { body: { username: 'ada', password: 'correct horse' }, key: null });
    expect(answer.body).toEqual({ username: 'ada', token: expect.any(String) });
    return answer.body.token as string;
  };

  test('a token of a login, as a query parameter, lists what is its customer\'s', async () => {
    const token = await login();
    const { body, status } = await t.ask('GET', `/activeflows?token=${token}`, { key: null });
    expect(status).toBe(200);
    expect(body).toEqual({ result: [], next_page_token: '' });
  });

  test('GET /activeflows answers as written there: ended by a hangup at digits_receive', async () => {
    const { flow, call } = await played([{ type: 'answer' }, { type: 'digits_receive', option: { length: 1, duration: 5000 } }]);
    await t.until(`/activeflows/${call.activeflow_id}`, ({ current_action }) => current_action.type === 'digits_receive');
    await t.ask('POST', `/simulator/calls/${call.id}/hangup`);
    // As in the document: no header at all, credentials in the query.
    const { body } = await t.ask('GET', `/activeflows?accesskey=${t.key}`, { key: null });
    expect(Object.keys(body)).toEqual(['result', 'next_page_token']);
    expect(body.next_page_token).toBe(body.result[0].tm_create);
    expect(body.result).toHaveLength(1);
    expect(body.result[0]).toMatchObject({
      ...SHOWN, customer_id: t.customer_id, flow_id: flow.id, reference_id: call.id, status: 'ended',
      current_action: { id: flow.actions[1].id, next_id: NONE, type: 'digits_receive', option: { length: 1, duration: 5000 } },
    });
    expect(body.result[0].current_action.option).toEqual({ length: 1, duration: 5000 });
  });

  test('POST /activeflows/{id}/stop answers as written there: ended, the talk it stood on, with the option that older clients send', async () => {
    const option = { text: 'Hello. Welcome to the voipbin service. For simple talk, press 1.', gender: 'female', language: 'en-US', digits_handle: 'next' };
    const { flow, call } = await played([{ type: 'talk', option }]);
    await t.until(`/activeflows/${call.activeflow_id}`, ({ current_action }) => current_action.type === 'talk');
    const { body, status } = await t.ask('POST', `/activeflows/${call.activeflow_id}/stop?accesskey=${t.key}`, { key: null });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...SHOWN, id: call.activeflow_id, flow_id: flow.id, reference_id: call.id, status: 'ended',
      current_action: { id: flow.actions[0].id, next_id: NONE, type: 'talk', option },
    });
    expect(body.current_action.option).toEqual(option);
    await t.until(`/calls/${call.id}`, (shown) => shown.status === 'hangup');
  });

  test('a running one: waiting at the talk, tm_update set, and EMPTY is no status of anything that is started', async () => {
    const { call } = await played([{ type: 'talk', option: { text: 'Hello' } }]);
    const running = await t.until(`/activeflows/${call.activeflow_id}`, ({ current_action }) => current_action.type === 'talk');
    expect(running).toMatchObject({ status: 'running', tm_delete: NEVER, waiting_for: { kind: 'call.talk' } });
  });
});
