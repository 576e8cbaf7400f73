// Calls, messages, numbers, recordings, and the simulator's door (wire.md §6, §8).
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTest, STORES, type Answer, type Body, type Tested } from './testing/server.js';

const NONE = '00000000-0000-0000-0000-000000000000';
const NEVER = '9999-01-01 00:00:00.000000';
const address = (target: string, type = 'tel') => ({ type, target, target_name: '', name: '', detail: '' });
const talk = (text: string) => ({ type: 'talk', option: { text } });

describe.each(STORES)('resources on %s', (store) => {
  let t: Tested;
  beforeAll(async () => { t = await startTest(store); });
  afterAll(() => t.close());
  const post = (path: string, body: object = {}) => t.ask('POST', path, { body });
  const reason = ({ body }: Pick<Answer, 'body'>) => body.error?.reason as string | undefined;
  const advance = (advance_ms: number) => post('/simulator/clock', { advance_ms });

  test('a played call: rings, is answered by its prompt, plays as long as its text, takes digits, ends', async () => {
    const flow = (await post('/flows', { actions: [talk('Press a key, please.'), { type: 'digits_receive', option: { length: 1, duration: 5000 } }, talk('You pressed ${voipbin.call.digits}.')] })).body;
    const call = (await post('/simulator/calls', { flow_id: flow.id, source: { target: '+15550101', name: 'Ada' }, destination: { target: 'bob@example.com' } })).body;
    expect(call).toMatchObject({
      customer_id: t.customer_id, flow_id: flow.id, source: { ...address('+15550101'), name: 'Ada' }, destination: address('bob@example.com', 'sip'), status: 'ringing', direction: 'incoming',
      hangup_by: '', hangup_reason: '', recording_ids: [], tm_progressing: NEVER, tm_hangup: NEVER, tm_delete: NEVER,
    });
    await t.until(`/calls/${call.id}`, ({ status, action }) => status === 'progressing' && action.type === 'talk');
    await advance(1_000);
    expect((await t.ask('GET', `/calls/${call.id}`)).body.action.type).toBe('talk');
    await advance(1_000);
    await t.until(`/calls/${call.id}`, ({ action }) => action.type === 'digits_receive');
    await post(`/simulator/calls/${call.id}/digits`, { digits: '7' });
    const shown = await t.until(`/activeflows/${call.activeflow_id}`, ({ current_action }) => current_action.type === 'talk' && current_action.id === flow.actions[2].id);
    expect(shown.current_action.option.text).toBe('You pressed 7.');
    await advance(10_000);
    // The flow is through: the run has ended, and with it the call.
    await t.until(`/activeflows/${call.activeflow_id}`, ({ end_reason }) => end_reason === 'completed');
  });

  test('media_done ends a prompt, fail makes the action fail, hangup ends everything', async () => {
    const call = (await post('/simulator/calls', { actions: [talk('one'), talk('two'), talk('three')], auto_play: false })).body;
    const on = (text: string) => t.until(`/calls/${call.id}`, ({ action, status }) => action.option.text === text && status === 'progressing');
    const first = (await on('one')).action;
    expect(reason(await post(`/simulator/calls/${call.id}/media_done`, { action_id: randomUUID() }))).toBe('STATE_INVALID');
    await post(`/simulator/calls/${call.id}/media_done`, { action_id: first.id.toUpperCase() });
    const second = (await on('two')).action;
    await post(`/simulator/calls/${call.id}/fail`, { action_id: second.id });
    await on('three');
    expect((await t.ask('GET', `/activeflows/${call.activeflow_id}/history`)).body.result.find(({ action }: Body) => action?.id === second.id)).toMatchObject({ result: 'failed', error: { reason: 'PLAYED_FAILURE' } });
    expect((await post(`/simulator/calls/${call.id}/hangup`)).body).toMatchObject({ status: 'hangup', hangup_by: 'remote', hangup_reason: 'normal' });
    expect((await t.ask('GET', `/activeflows/${call.activeflow_id}`)).body).toMatchObject({ status: 'ended', end_reason: 'hangup' });
    expect(reason(await post(`/simulator/calls/${call.id}/digits`, { digits: '1' }))).toBe('STATE_INVALID');
    for (const digits of ['', 'x', '1 2', 5]) expect(reason(await post(`/simulator/calls/${call.id}/digits`, { digits }))).toMatch(/^INVALID_/);
  });

  test('a number leads an incoming call and an incoming message to their flows', async () => {
    const calls = (await post('/flows', { actions: [{ type: 'block' }, talk('x')] })).body;
    const messages = (await post('/flows', { actions: [{ type: 'variable_set', option: { key: 'said', value: '${voipbin.message.text} from ${voipbin.message.source.target}' } }] })).body;
    const number = (await post('/numbers', { number: '+15550123', name: 'n', call_flow_id: calls.id })).body;
    expect(number).toMatchObject({ number: '+15550123', type: 'normal', name: 'n', detail: '', call_flow_id: calls.id, message_flow_id: NONE, tm_update: NEVER });
    expect(reason(await post('/numbers', { number: '+15550123' }))).toBe('NUMBER_EXISTS');
    expect(number).toMatchObject({ message_policy: 'wake', message_keywords: true, message_answers: { help: 'Reply STOP to get no more messages from this number.' } });
    const changed = { message_policy: 'replace', message_keywords: false, message_answers: { help: 'Call us.', stop: '' } };
    expect((await t.ask('PUT', `/numbers/${number.id}`, { body: changed })).body).toMatchObject({ ...changed, name: 'n', message_answers: { help: 'Call us.', stop: '', start: expect.stringContaining('STOP') as string } });
    for (const [body, pointer] of [[{ message_policy: 'ask' }, '/message_policy'], [{ message_answers: { help: 'x'.repeat(1_001) } }, '/message_answers/help'], [{ message_keywords: 'no' }, '/message_keywords']] as const) {
      expect((await t.ask('PUT', `/numbers/${number.id}`, { body })).body.error).toMatchObject({ status: 'INVALID_ARGUMENT', details: [{ pointer }] });
    }
    await t.ask('PUT', `/numbers/${number.id}`, { body: { message_policy: 'wake' } });
    expect(reason(await post('/simulator/messages', { number: '+15550123', text: 'x' }))).toBe('MISSING_REQUEST_PARAMETER');
    expect((await t.ask('PUT', `/numbers/${number.id}/flow_ids`, { body: { message_flow_id: messages.id } })).body).toMatchObject({ call_flow_id: calls.id, message_flow_id: messages.id });
    const call = (await post('/simulator/calls', { number: '+15550123', source: { target: '+1999' } })).body;
    expect(call).toMatchObject({ flow_id: calls.id, destination: address('+15550123') });
    const message = (await post('/simulator/messages', { number: '+15550123', source: { target: '+1999' }, text: 'hi' })).body;
    expect(message).toMatchObject({ type: 'sms', direction: 'inbound', text: 'hi', source: address('+1999'), targets: [{ destination: address('+15550123'), status: 'received', parts: 1 }] });
    const run = await t.until(`/activeflows/${message.activeflow_id}`, ({ status }) => status === 'ended');
    expect(run).toMatchObject({ reference_type: 'sms', reference_id: message.id, flow_id: messages.id, end_reason: 'completed' });
    expect((await t.ask('GET', `/activeflows/${message.activeflow_id}/variables`)).body.variables.said).toBe('hi from +1999');
    expect((await t.ask('PUT', `/numbers/${number.id}`, { body: { number: '+15550124', detail: 'd' } })).body).toMatchObject({ number: '+15550124', detail: 'd', name: 'n', call_flow_id: calls.id });
    expect(reason(await post('/simulator/calls', { number: '+15550123' }))).toBe('NUMBER_NOT_FOUND');
    expect((await post('/numbers', { number: '+15550123' })).status).toBe(200);
    expect(reason(await t.ask('PUT', `/numbers/${number.id}`, { body: { number: '+15550123' } }))).toBe('NUMBER_EXISTS');
    expect((await t.ask('DELETE', `/numbers/${number.id}`)).status).toBe(200);
    expect(reason(await t.ask('GET', `/numbers/${number.id}`))).toBe('NUMBER_NOT_FOUND');
    expect((await post('/numbers', { number: '+15550124' })).status).toBe(200);
    for (const body of [{}, { number: '' }]) expect(reason(await post('/numbers', body))).toBe('MISSING_REQUEST_PARAMETER');
    for (const bad of ['a b', 'x'.repeat(65), '\n', 'é']) expect(reason(await post('/numbers', { number: bad }))).toBe('INVALID_ARGUMENT');
    expect(reason(await post('/numbers', { number: '+1', call_flow_id: randomUUID() }))).toBe('FLOW_NOT_FOUND');
  });

  test('POST /calls dials every destination, and each call runs on its own once it is answered', async () => {
    const { body } = await post('/calls', { source: { target: '+15550100' }, destinations: [{ target: '+15550101' }, { target: '+15550102' }], actions: [talk('Hello ${who}.')], variables: { who: 'Ada' } });
    expect(body.groupcalls).toEqual([]);
    expect(body.calls).toHaveLength(2);
    for (const call of body.calls) {
      expect(call).toMatchObject({ status: 'dialing', direction: 'outgoing', source: address('+15550100'), activeflow_id: NONE, action: { type: '' } });
      // What was answered is there when it is asked for.
      expect((await t.ask('GET', `/calls/${call.id}`)).body).toMatchObject({ id: call.id, destination: call.destination, direction: 'outgoing' });
    }
    await advance(1_500);
    const shown = await t.until(`/calls/${body.calls[0].id}`, ({ action }) => action.type === 'talk');
    expect(shown.action.option.text).toBe('Hello Ada.');
    expect((await post(`/calls/${body.calls[0].id}/hangup`)).body).toMatchObject({ status: 'hangup', hangup_by: 'local', hangup_reason: 'normal' });
    expect((await post(`/calls/${body.calls[0].id}/hangup`)).status).toBe(200);
    await t.until(`/activeflows/${shown.activeflow_id}`, ({ end_reason }) => end_reason === 'hangup');
    await t.until(`/calls/${body.calls[1].id}`, ({ status }) => status === 'progressing');
    expect((await t.ask('DELETE', `/calls/${body.calls[1].id}`)).body).toMatchObject({ status: 'hangup', tm_delete: expect.not.stringMatching(/^9999/) });
    expect(reason(await t.ask('GET', `/calls/${body.calls[1].id}`))).toBe('CALL_NOT_FOUND');
  });

  test('POST /calls with a stored flow, with and without variables', async () => {
    const flow = (await post('/flows', { actions: [talk('Hello ${who}.')] })).body;
    for (const [variables, text] of [[{ who: 'Bob' }, 'Hello Bob.'], [undefined, 'Hello .']] as const) {
      const [call] = (await post('/calls', { destinations: [{ target: '+15550101' }], flow_id: flow.id, ...(variables ? { variables } : {}) })).body.calls;
      await advance(1_500);
      expect((await t.until(`/calls/${call.id}`, ({ action }) => action.type === 'talk')).action.option.text).toBe(text);
    }
    expect(reason(await post('/calls', { destinations: [{ target: '+1' }], flow_id: randomUUID() }))).toBe('FLOW_NOT_FOUND');
    expect(reason(await post('/calls', { destinations: [{ target: '+1' }] }))).toBe('MISSING_REQUEST_PARAMETER');
    expect(reason(await post('/calls', { flow_id: flow.id }))).toBe('MISSING_REQUEST_PARAMETER');
    expect(reason(await post('/calls', { destinations: [{ target: '+1' }], actions: [], variables: { a: 1 } }))).toBe('INVALID_VARIABLES');
    expect(reason(await post('/calls', { destinations: Array(101).fill({ target: '+1' }), actions: [] }))).toBe('INVALID_ARGUMENT');
  });

  test('POST /messages sends to every destination, the text as it stands', async () => {
    const text = 'Pay ${amount} at ${voipbin.activeflow.id}, please.';
    const sent = (await post('/messages', { source: { target: '+15550100' }, destinations: [{ target: '+15550101' }, { target: '+15550102' }], text })).body;
    expect(sent).toMatchObject({ direction: 'outbound', text, targets: [{ destination: address('+15550101') }, { destination: address('+15550102') }] });
    expect((await t.ask('GET', `/messages/${sent.id}`)).body).toMatchObject({ id: sent.id, text, direction: 'outbound', targets: [{ status: 'delivered', parts: 1 }, { status: 'delivered', parts: 1 }] });
    expect((await t.ask('GET', '/messages')).body.result[0].id).toBe(sent.id);
    expect((await t.ask('DELETE', `/messages/${sent.id}`)).status).toBe(200);
    expect(reason(await t.ask('GET', `/messages/${sent.id}`))).toBe('MESSAGE_NOT_FOUND');
    for (const body of [{}, { text: 'x' }, { destinations: [{ target: '+1' }] }]) expect(reason(await post('/messages', body))).toBe('MISSING_REQUEST_PARAMETER');
  });

  test('the clock is moved on, and backwards too', async () => {
    expect((await post('/simulator/clock', { set: '2026-01-05T09:00:00Z' })).body).toEqual({ now: '2026-01-05 09:00:00.000000' });
    expect((await advance(1_500)).body).toEqual({ now: '2026-01-05 09:00:01.500000' });
    expect((await post('/simulator/clock', { set: '2026-01-04 09:00:00' })).body).toEqual({ now: '2026-01-04 09:00:00.000000' });
    expect((await post('/simulator/clock', {})).body).toEqual({ now: '2026-01-04 09:00:00.000000' });
    for (const body of [{ set: 'noon' }, { set: '1900-01-01T00:00:00Z' }, { set: '9999-01-01T00:00:00Z' }, { advance_ms: -1 }, { advance_ms: 1e300 }, { advance_ms: '5' }]) expect((await post('/simulator/clock', body)).status, JSON.stringify(body)).toBe(400);
    const run = (await post('/activeflows', { actions: [{ type: 'sleep', option: { duration: 3_600_000 } }] })).body;
    await t.until(`/activeflows/${run.id}`, ({ waiting_for }) => waiting_for?.until === '2026-01-04 10:00:00.000000');
    await advance(3_599_999);
    expect((await t.ask('GET', `/activeflows/${run.id}`)).body.status).toBe('running');
    await advance(1);
    await t.until(`/activeflows/${run.id}`, ({ status }) => status === 'ended');
  });
});

describe('without the simulator', () => {
  let t: Tested | undefined;
  afterEach(() => t?.close());

  test('its doors are not there, and what needs a driver says so', async () => {
    t = await startTest('memory', { SIMULATOR: 'false' });
    for (const path of ['/simulator/calls', '/simulator/messages', '/simulator/clock', `/simulator/calls/${randomUUID()}/digits`]) {
      expect((await t.ask('POST', path, { body: {} })).body.error.reason, path).toBe('ROUTE_NOT_FOUND');
    }
    expect((await t.ask('POST', '/calls', { body: { destinations: [{ target: '+1' }], actions: [] } })).body.error.reason).toBe('STATE_INVALID');
    expect((await t.ask('POST', '/messages', { body: { destinations: [{ target: '+1' }], text: 'x' } })).body.error.reason).toBe('STATE_INVALID');
    expect(JSON.stringify((await t.ask('GET', '//openapi.json', { key: null })).body)).not.toContain('/simulator/');
  });

  test('in real time there is no clock to move', async () => {
    t = await startTest('memory', { CLOCK: 'real' });
    expect((await t.ask('POST', '/simulator/clock', { body: {} })).body.error.reason).toBe('ROUTE_NOT_FOUND');
  });
});
