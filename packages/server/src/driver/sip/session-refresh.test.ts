import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { header } from './headers.js';
import { openPhone, sdp, type Asked, type Line, type Phone } from './testing/phone.js';
import { CUSTOMER, pass, startWorld, trunk, type World } from './testing/world.js';
import type { SipResponse } from './types.js';

let world: World;
let phone: Phone;

beforeEach(async () => {
  phone = await openPhone(() => world.port);
  world = await startWorld({
    trunks: [trunk({ allowed_addresses: ['127.0.0.1'], uri: `sip:127.0.0.1:${phone.port}`, prefixes: ['+'] })], settings: { outbound_allow: ['+'] },
  });
});
afterEach(async () => { await world.close(); await phone.close(); });

const settled = (): Promise<void> => phone.settled();
const passed = async (milliseconds: number, step_ms: number): Promise<void> => { await pass(world.timers, milliseconds, step_ms); await settled(); };
type Up = { readonly leg_id: string; readonly answer: SipResponse; readonly line: Line };

/** A call of the phone's that is up. */
async function incoming(asked: Asked = {}): Promise<Up> {
  const invite = phone.request('INVITE', { sdp: sdp(), ...asked });
  phone.send(invite);
  const { leg_id } = await world.until('offered');
  await world.sip.answer(leg_id);
  const answer = await phone.response_to(invite);
  phone.ack(invite, answer);
  await settled();
  return { leg_id, answer, line: phone.line(invite, answer) };
}

/** A call to the phone that is up, as its answer says. */
async function outgoing(headers: Asked['headers'] = []): Promise<Pick<Up, 'leg_id' | 'line'>> {
  await world.sip.originate({ leg_id: 'out', customer_id: CUSTOMER, source: TEL, destination: TEL, anonymous: false, timeout_ms: 30_000 });
  const invite = await phone.request_of('INVITE');
  phone.respond(invite, 200, { sdp: sdp(), headers });
  await world.until('answered');
  await phone.request_of('ACK');
  return { leg_id: 'out', line: phone.line_in(invite, 'answer') };
}
const TEL = { type: 'tel', target: '+49', target_name: '', name: '', detail: '' };
/** How many requests of a method there were, retransmissions not counted. */
const asks = (method: string): number => new Set(phone.inbox.filter((message) => message.kind === 'request' && message.method === method).map((message) => header(message, 'CSeq'))).size;

describe('the interval of a session (RFC 4028)', () => {
  it.each([
    ['nothing known', [], undefined, undefined],
    ['timers known', [['Supported', 'timer']], '1800;refresher=uas', 'timer'],
    ['an interval', [['Supported', 'timer'], ['Session-Expires', '600']], '600;refresher=uac', 'timer'],
    ['an interval, and who is to refresh', [['Supported', 'timer'], ['Session-Expires', '600;refresher=uas']], '600;refresher=uas', 'timer'],
    ['an interval of a proxy, of a phone that knows none', [['Session-Expires', '600']], '600;refresher=uas', undefined],
    ['a least interval', [['Supported', 'timer'], ['Session-Expires', '600'], ['Min-SE', '700']], '700;refresher=uac', 'timer'],
  ] as const)('is agreed with a caller with %s', async (_what, headers, expires, required) => {
    const { answer } = await incoming({ headers });
    expect([header(answer, 'Session-Expires'), header(answer, 'Require')]).toEqual([expires, required]);
  });

  it('ends a call that the other end does not refresh, a little before it is over', async () => {
    const { leg_id } = await incoming({ headers: [['Supported', 'timer'], ['Session-Expires', '90']] });
    await passed(59_000, 1_000);
    expect(world.facts(leg_id)).toEqual(['offered', 'answered']);
    await passed(2_000, 1_000);
    expect(world.facts(leg_id)).toEqual(['offered', 'answered', 'ended timeout local']);
    await phone.request_of('BYE');
  });

  it.each(['UPDATE', 'INVITE'])('goes on where it is refreshed by %s', async (method) => {
    const { leg_id, line } = await incoming({ headers: [['Supported', 'timer'], ['Session-Expires', '90;refresher=uac']] });
    for (let i = 0; i < 3; i++) {
      await passed(45_000, 5_000);
      const request = phone.within(line, method, { ...(method === 'INVITE' ? { sdp: sdp() } : {}), headers: [['Supported', 'timer'], ['Session-Expires', '90;refresher=uac']] });
      phone.send(request);
      const answer = await phone.response_to(request);
      expect(header(answer, 'Session-Expires')).toBe('90;refresher=uac');
      if (method === 'INVITE') phone.ack(request, answer);
      await settled();
    }
    expect(world.facts(leg_id)).toEqual(['offered', 'answered']);
  });

  it('is refreshed from here by UPDATE where the other end knows it', async () => {
    const { leg_id } = await outgoing([['Session-Expires', '100;refresher=uac'], ['Allow', 'INVITE, UPDATE']]);
    for (let i = 0; i < 2; i++) {
      await passed(50_000, 1_000);
      const update = await phone.request_of('UPDATE');
      expect([header(update, 'Session-Expires'), update.body.length]).toEqual(['100', 0]);
      phone.respond(update, 200, { headers: [['Session-Expires', '100;refresher=uac']] });
      await settled();
    }
    expect(world.facts(leg_id)).toEqual(['answered']);
  });

  it('is refreshed by INVITE where it knows none, or takes none', async () => {
    await outgoing([['Session-Expires', '100;refresher=uac'], ['Allow', 'UPDATE']]);
    await passed(50_000, 1_000);
    phone.respond(await phone.request_of('UPDATE'), 405);
    const invite = await phone.request_of('INVITE');
    // The same description, so its version is the same.
    expect(invite.body.toString()).toMatch(/^v=0\r\no=- \d+ 1 IN/);
    phone.respond(invite, 200, { sdp: sdp({ port: 7_777 }), headers: [['Session-Expires', '100;refresher=uac']] });
    await phone.request_of('ACK');
    await settled();
    expect(world.media.agreed('out').at(-1)).toMatchObject({ remote: { port: 7777 } });
  });

  it('is asked for anew where a 422 wants a longer one', async () => {
    await outgoing([['Session-Expires', '100;refresher=uac'], ['Allow', 'UPDATE']]);
    await passed(50_000, 1_000);
    phone.respond(await phone.request_of('UPDATE'), 422, { headers: [['Min-SE', '300']] });
    expect(header(await phone.request_of('UPDATE'), 'Session-Expires')).toBe('300');
  });

  it.each([481, 408, 'silence'] as const)('ends a call whose refresh meets %s', async (what) => {
    const { leg_id } = await outgoing([['Session-Expires', '300;refresher=uac'], ['Allow', 'UPDATE']]);
    await passed(150_000, 1_000);
    const update = await phone.request_of('UPDATE');
    if (what === 'silence') await passed(33_000, 1_000);
    else phone.respond(update, what);
    await settled();
    expect(world.facts(leg_id)).toEqual(['answered', 'ended timeout local']);
  });

  it('waits where two changes meet: 491, both ways (§14)', async () => {
    const { leg_id, line } = await outgoing([['Session-Expires', '300;refresher=uac']]);
    await passed(150_000, 1_000);
    const ours = await phone.request_of('INVITE');
    const theirs = phone.within(line, 'INVITE', { sdp: sdp() });
    phone.send(theirs);
    expect((await phone.response_to(theirs)).status).toBe(491);
    phone.respond(ours, 491);
    await phone.request_of('ACK');
    expect(asks('INVITE')).toBe(2);
    // The one who made the Call-ID waits from 2.1 to 4 seconds.
    await passed(2_000, 500);
    expect(asks('INVITE')).toBe(2);
    await passed(2_500, 500);
    expect(asks('INVITE')).toBe(3);
    expect(world.facts(leg_id)).toEqual(['answered']);
  });
});
