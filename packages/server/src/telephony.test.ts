// A server that carries calls: a phone registers, dials, is heard; what is shown of it; what a start and an end do.
import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NONE_ID } from '@activeflow/engine';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { startTest, type Tested } from './api/testing/server.js';
import { NEW_CALL } from './driver/call-document.js';
import { NEW_CARRIED } from './driver/call/document.js';
import { authorized, openPhone, sdp, type Phone } from './driver/sip/testing/phone.js';
import { openMemory } from './store/memory.js';

const PASSWORD = 'correct horse battery';
const ON = { SIP: 'true', SIP_PORT: '0', SIP_EXTENSION: `1000:${PASSWORD}`, CLOCK: 'real', RTP_PORTS: '30000-39999' };

describe('a server that carries calls', () => {
  let t: Tested | undefined;
  let phone: Phone | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'telephony-'));
  afterEach(async () => { await phone?.close(); phone = undefined; await t?.close(); t = undefined; });
  afterAll(() => { rmSync(folder, { recursive: true, force: true }); });
  const start = async (settings = {}): Promise<Tested> => {
    t = await startTest('memory', { ...ON, ...settings });
    phone = await openPhone(t.server.telephony?.bound()[0]?.port ?? 0);
    return t;
  };
  /** Dials, answers to the challenge, and acknowledges. */
  const dial = async (target: string) => {
    const ours = phone!;
    const asked = { uri: `sip:${target}@127.0.0.1`, sdp: sdp() };
    const first = ours.request('INVITE', asked);
    ours.send(first);
    const refused = await ours.response_to(first);
    ours.ack(first, refused);
    const call_id = first.headers.find(([name]) => name === 'Call-ID')?.[1] ?? '';
    const invite = authorized(first, refused, '1000', PASSWORD, { ...asked, call_id }, (...made) => ours.request(...made));
    ours.send(invite);
    const answer = await ours.response_to(invite);
    ours.ack(invite, answer);
    return { answer, line: ours.line(invite, answer) };
  };

  test('a phone registers and is shown, dials a number, whose flow it hears, and hangs up', async () => {
    const tested = await start();
    expect((await phone!.askAs('1000', PASSWORD, 'REGISTER', { uri: 'sip:127.0.0.1', to: '<sip:1000@127.0.0.1>' })).status).toBe(200);
    const [extension] = (await tested.ask('GET', '/extensions')).body.result;
    expect(extension).toMatchObject({ extension: '1000', password: '', registered_contacts: [{ transport: 'udp', address: `127.0.0.1:${phone!.port}`, tm_expire: expect.stringMatching(/^20/) }] });
    const flow = (await tested.ask('POST', '/flows', { body: { actions: [{ type: 'answer' }, { type: 'digits_receive', option: { length: 1, duration: 60_000 } }] } })).body;
    await tested.ask('POST', '/numbers', { body: { number: 'ivr', call_flow_id: flow.id } });
    const { answer, line } = await dial('ivr');
    expect(answer.status).toBe(200);
    const [call] = (await tested.ask('GET', '/calls')).body.result;
    expect(call).toMatchObject({ direction: 'incoming', flow_id: flow.id, source: { type: 'extension', target: '1000' } });
    await tested.until(`/calls/${call.id}`, ({ status, action }) => status === 'progressing' && action.type === 'digits_receive');
    const metrics = await (await fetch(`${tested.url}/metrics`)).text();
    expect(metrics).toMatch(/^activeflow_calls 1$/m);
    expect(metrics).toMatch(/^activeflow_sip_phones 1$/m);
    expect(metrics).toMatch(/^activeflow_media_legs 1$/m);
    expect(Number(/^activeflow_sip_requests_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(4);
    phone!.send(phone!.within(line, 'BYE'));
    await tested.until(`/activeflows/${call.activeflow_id}`, ({ end_reason }) => end_reason === 'hangup');
    expect((await tested.ask('GET', `/calls/${call.id}`)).body).toMatchObject({ status: 'hangup', hangup_by: 'remote', hangup_reason: 'normal' });
  });

  test('the end of the server hangs up, and says so in the call', async () => {
    const store = { STORE: `sqlite:${join(folder, 'end.db')}` };
    const first = await start(store);
    const flow = (await first.ask('POST', '/flows', { body: { actions: [{ type: 'answer' }, { type: 'sleep', option: { duration: 3_600_000 } }] } })).body;
    await first.ask('POST', '/numbers', { body: { number: 'wait', call_flow_id: flow.id } });
    await dial('wait');
    const [call] = (await first.ask('GET', '/calls')).body.result;
    await first.until(`/calls/${call.id}`, ({ action, status }) => action.type === 'sleep' && status === 'progressing');
    t = undefined;
    await first.close();
    expect((await phone!.request_of('BYE')).method).toBe('BYE');
    t = await startTest('memory', { ...ON, ...store, SIP: 'false' });
    expect((await t.ask('GET', `/calls/${call.id}`)).body).toMatchObject({ status: 'hangup', hangup_by: 'local', hangup_reason: 'normal' });
    expect((await t.ask('GET', `/activeflows/${call.activeflow_id}`)).body).toMatchObject({ status: 'ended', end_reason: 'hangup' });
  });

  test('a call that an earlier process carried is ended as lost, though SIP is off by now', async () => {
    const store = openMemory();
    const [id, customer_id] = [randomUUID(), randomUUID()];
    const old = { customer_id, key: null, version: 1, tm_create: 1, tm_update: null, tm_delete: null };
    const data = { ...NEW_CALL, status: 'progressing', direction: 'incoming', carrier: 'embedded', carried: NEW_CARRIED, source: {}, destination: {}, activeflow_id: NONE_ID };
    expect(await store.commit([{ documents: [{ ...old, kind: 'leg', id, parent: 'embedded', data: {} }, { ...old, kind: 'call', id, parent: '', data }] }])).toEqual(['ok']);
    t = await startTest('memory', { SIP: 'false', CLOCK: 'real' }, { store });
    expect((await store.document('call', id))?.data).toMatchObject({ status: 'hangup', hangup_reason: 'failed' });
    expect((await store.document('leg', id))?.tm_delete).not.toBe(null);
  });

  test('the extension and the trunk of the settings are made once, and never beside others', async () => {
    const store = { STORE: `sqlite:${join(folder, 'first.db')}`, SIP_TRUNK: '{"name":"provider","uri":"sip:127.0.0.1:9"}' };
    const first = await start(store);
    const [extension] = (await first.ask('GET', '/extensions')).body.result;
    expect((await first.ask('GET', '/trunks')).body.result).toMatchObject([{ name: 'provider' }]);
    await first.ask('POST', '/extensions', { body: { extension: '1001' } });
    await first.ask('DELETE', `/extensions/${extension.id}`);
    await phone!.close();
    await first.close();
    const second = await start(store);
    expect((await second.ask('GET', '/extensions')).body.result.map(({ extension: name }: { extension: string }) => name)).toEqual(['1001']);
    expect((await second.ask('GET', '/trunks')).body.result).toHaveLength(1);
  });

  test.each([
    ['a port that is taken', async (taken: number) => ({ SIP_PORT: String(taken) }), /^Port \d+ of 127\.0\.0\.1, for SIP, is in use: .+ACTIVEFLOW_SIP_PORT\.$/],
    ['an address of another machine', async () => ({ SIP_HOST: '192.0.2.1', SIP_PORT: '5999' }), /^192\.0\.2\.1 is no address of this machine: set ACTIVEFLOW_SIP_HOST\.$/],
    ['TLS without a certificate', async () => ({ SIP_TLS_PORT: '0' }), /^ACTIVEFLOW_SIP_TLS_PORT needs .+\.$/],
    ['a certificate that is not there', async () => ({ SIP_TLS_PORT: '0', SIP_TLS_CERT: '/nowhere/cert', SIP_TLS_KEY: '/nowhere/key' }), /^ACTIVEFLOW_SIP_TLS_CERT names \/nowhere\/cert, which cannot be read: ENOENT\.$/],
    ['a trunk that is none', async () => ({ SIP_TRUNK: '{"uri":"http://x"}' }), /^ACTIVEFLOW_SIP_TRUNK cannot be used: \/uri: .+\.$/],
  ])('%s is told in one sentence', async (_, settings, sentence) => {
    const other = createServer();
    await new Promise<void>((resolve) => { other.listen(0, '127.0.0.1', resolve); });
    await expect(start(await settings((other.address() as AddressInfo).port))).rejects.toThrow(sentence);
    await new Promise((resolve) => { other.close(resolve); });
  });
});
