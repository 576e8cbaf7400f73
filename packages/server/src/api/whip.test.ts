// The door of browsers, asked by a browser that werift plays: a real server, with real sound.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openCaller, type Caller } from '../driver/webrtc/testing/caller.js';
import { startTest, type Answer, type Tested } from './testing/server.js';

const SDP = { 'content-type': 'application/sdp' };
const WAITING = [{ type: 'answer' }, { type: 'digits_receive', option: { length: 1, duration: 600_000 } }];

describe('a call from a browser', () => {
  let t: Tested;
  let flow_id: string;
  const callers: Caller[] = [];
  beforeAll(async () => {
    t = await startTest('memory', { WEBRTC: 'true', WEBRTC_PORT: '0', CLOCK: 'real', ICE_SERVERS: 'stun:stun.example.com:3478,turn:ada:it"s@turn.example.com:3478' });
    flow_id = (await t.ask('POST', '/flows', { body: { name: 'reception', actions: WAITING } })).body.id;
    await t.ask('POST', '/numbers', { body: { number: '+15550100', call_flow_id: flow_id } });
  });
  afterEach(async () => { for (const caller of callers.splice(0)) await caller.close(); });
  afterAll(() => t.close());

  const open = (): Caller => { const caller = openCaller(); callers.push(caller); return caller; };
  const dial = async (destination: string, caller = open(), key?: string): Promise<Answer> =>
    t.ask('POST', `/whip/${destination}`, { raw: await caller.offer(), headers: SDP, ...(key === undefined ? {} : { key }) });
  const idOf = (answer: Answer): string => answer.headers.get('location')!.split('/').at(-1)!;

  test.each([['a number', () => '%2B15550100'], ['a number as it is written', () => '+15550100'], ['a flow', () => flow_id]])('of %s is answered by SDP, connected, and moved on by its keys', async (_, destination) => {
    const caller = open();
    const answer = await dial(destination(), caller);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([201, 'application/sdp']);
    await caller.connect(answer.text);
    const id = idOf(answer);
    const call = await t.until(`/calls/${id}`, ({ status }) => status === 'progressing');
    expect(call).toMatchObject({ direction: 'incoming', flow_id, source: { target: 'browser' } });
    await t.until(`/activeflows/${call.activeflow_id}`, ({ current_action }) => current_action.type === 'digits_receive');
    expect((await t.ask('DELETE', `/whip/calls/${id}`)).body).toEqual({ id });
    await t.until(`/calls/${id}`, ({ status, hangup_by, hangup_reason }) => status === 'hangup' && hangup_by === 'remote' && hangup_reason === 'normal');
    await t.until(`/activeflows/${call.activeflow_id}`, ({ end_reason }) => end_reason === 'hangup');
    // It has ended, and a second time there is nothing to end.
    expect((await t.ask('DELETE', `/whip/calls/${id}`)).body.error.reason).toBe('CALL_NOT_FOUND');
  });

  test('is told of the servers that help it to get here', async () => {
    const { headers } = await dial(flow_id);
    expect(headers.get('link')).toBe('<stun:stun.example.com:3478>; rel="ice-server", <turn:turn.example.com:3478>; rel="ice-server"; username="ada"; credential="it\\"s"; credential-type="password"');
  });

  test('is hung up from here, and the browser hears so at once', async () => {
    const caller = open();
    const answer = await dial(flow_id, caller);
    await caller.connect(answer.text);
    await t.until(`/calls/${idOf(answer)}`, ({ status }) => status === 'progressing');
    expect((await t.ask('POST', `/calls/${idOf(answer)}/hangup`)).status).toBe(200);
    await expect.poll(() => caller.dtls()).toBe('closed');
  });

  test('belongs to its customer, whose numbers and flows it reaches, and no others', async () => {
    const other = await t.customer();
    const id = idOf(await dial(flow_id));
    expect((await t.ask('DELETE', `/whip/calls/${id}`, { key: other.key })).body.error.reason).toBe('CALL_NOT_FOUND');
    expect((await t.ask('PATCH', `/whip/calls/${id}`, { key: other.key })).body.error.reason).toBe('CALL_NOT_FOUND');
    expect((await dial(flow_id, open(), other.key)).body.error.reason).toBe('FLOW_NOT_FOUND');
    expect((await dial('+15550100', open(), other.key)).body.error.reason).toBe('NUMBER_NOT_FOUND');
    expect((await t.ask('GET', `/calls/${id}`)).body.status).not.toBe('hangup');
  });

  test('takes no candidates afterwards', async () => {
    const id = idOf(await dial(flow_id));
    const answer = await t.ask('PATCH', `/whip/calls/${id}`, { raw: 'a=candidate:1 1 udp 1 192.0.2.1 9 typ host', headers: { 'content-type': 'application/trickle-ice-sdpfrag' } });
    expect([answer.status, answer.headers.get('allow'), answer.body.error.reason]).toEqual([405, 'DELETE', 'METHOD_NOT_ALLOWED']);
  });

  test.each([
    ['an unknown number', '+15559999', {}, 404, 'NUMBER_NOT_FOUND'], ['an unknown flow', randomUUID(), {}, 404, 'FLOW_NOT_FOUND'],
    ['no SDP', '', { raw: 'hello' }, 400, 'INVALID_SDP'], ['nothing', '', { raw: '' }, 400, 'INVALID_SDP'], ['bytes', '', { raw: new Uint8Array([0xff, 0xfe, 0, 13, 10]) }, 400, 'INVALID_SDP'],
    ['video alone', '', { raw: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n' }, 406, 'SDP_NOT_ACCEPTABLE'],
    ['JSON', '', { body: { type: 'offer' } }, 415, 'SDP_EXPECTED'], ['too much', '', { raw: `v=0\r\n${'a=x\r\n'.repeat(20_000)}` }, 400, 'INVALID_JSON_BODY'], ['no credentials', '', { key: null }, 401, 'AUTHENTICATION_REQUIRED'],
  ] as const)('with %s is refused', async (_, destination, asked, status, reason) => {
    const before = (await t.ask('GET', '/calls')).body.result.length;
    const raw = 'body' in asked ? {} : { raw: await open().offer() };
    const answer = await t.ask('POST', `/whip/${destination || flow_id}`, { headers: 'body' in asked ? {} : SDP, ...raw, ...asked });
    expect([answer.status, answer.body.error.reason]).toEqual([status, reason]);
    expect((await t.ask('GET', '/calls')).body.result).toHaveLength(before);
  });

  test('has no door where browsers cannot call', async () => {
    const without = await startTest('memory');
    try {
      expect((await without.ask('POST', `/whip/${flow_id}`, {})).body.error.reason).toBe('ROUTE_NOT_FOUND');
    } finally {
      await without.close();
    }
  });
});
