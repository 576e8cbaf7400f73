import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cseq, header, headers, tagOf } from './headers.js';
import { openPhone, sdp, type Asked, type Phone } from './testing/phone.js';
import { CUSTOMER, pass, startWorld, trunk, type Setting, type World } from './testing/world.js';
import type { SipRequest, SipResponse } from './types.js';

let world: World;
let phone: Phone;

/** A world that takes calls from this machine as those of a trunk. */
const open = async (setting: Setting = {}): Promise<void> => {
  world = await startWorld({ trunks: [trunk({ allowed_addresses: ['127.0.0.1'] })], ...setting });
  phone = await openPhone(world.port);
};
beforeEach(() => open());
afterEach(async () => { await world.close(); await phone.close(); });
const reopen = async (setting: Setting): Promise<void> => { await world.close(); await phone.close(); await open(setting); };

/** Sends an INVITE; gives it and the leg it became. */
async function call(asked: Asked = {}): Promise<{ readonly invite: SipRequest; readonly leg_id: string }> {
  const invite = phone.request('INVITE', { sdp: sdp(), ...asked });
  phone.send(invite);
  const { leg_id } = await world.until('offered');
  return { invite, leg_id };
}

/** A call that is up: answered and acknowledged. */
async function up(asked: Asked = {}) {
  const { invite, leg_id } = await call(asked);
  await world.sip.answer(leg_id);
  const answer = await phone.response_to(invite);
  expect(answer.status).toBe(200);
  phone.ack(invite, answer);
  await settled();
  return { invite, leg_id, answer, line: phone.line(invite, answer) };
}
const settled = (): Promise<void> => phone.settled();
const passed = async (milliseconds: number, step_ms: number): Promise<void> => { await pass(world.timers, milliseconds, step_ms); await settled(); };
const text = (response: SipResponse): string => response.body.toString();

describe('a call that comes in', () => {
  it('is offered with who calls whom, rings, is answered, and ends with a BYE', async () => {
    const { invite, leg_id } = await call({ from: '"Ann" <sip:+4930123@example.org>', uri: 'sip:+49-40-555@127.0.0.1' });
    expect(world.told[0]?.fact).toEqual({
      type: 'offered', customer_id: CUSTOMER, via: { kind: 'trunk', id: 'trunk' },
      source: { type: 'tel', target: '+4930123', target_name: 'Ann', name: '', detail: '' }, destination: { type: 'tel', target: '+4940555', target_name: '', name: '', detail: '' },
    });
    await world.sip.ring(leg_id);
    const ringing = await phone.response_to(invite, 180);
    expect(tagOf(ringing, 'To')).not.toBe('');
    expect(world.media.agreed(leg_id)).toEqual([]);
    await world.sip.answer(leg_id);
    const answer = await phone.response_to(invite);
    expect(tagOf(answer, 'To')).toBe(tagOf(ringing, 'To'));
    expect(header(answer, 'Allow')).toContain('UPDATE');
    expect(text(answer)).toMatch(/m=audio 40002 RTP\/AVP 0 101\r\n/);
    expect(world.media.agreed(leg_id)).toEqual([{ remote: { address: '127.0.0.1', port: 6000 }, codec: 'PCMU', payload_type: 0, telephone_event: 101, direction: 'sendrecv', via: '127.0.0.1' }]);
    phone.ack(invite, answer);
    const bye = await phoneAsks(phone.within(phone.line(invite, answer), 'BYE', { headers: [['Reason', 'Q.850;cause=16']] }));
    expect(bye.status).toBe(200);
    expect(world.facts(leg_id)).toEqual(['offered', 'answered', 'ended normal remote']);
    expect(world.media.open.size).toBe(0);
    expect(world.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 });
  });

  it('is hung up from here with a BYE that says why', async () => {
    const { leg_id } = await up();
    await world.sip.hangup(leg_id, 'normal');
    await world.sip.hangup(leg_id, 'busy');
    const bye = await phone.request_of('BYE');
    expect(header(bye, 'Reason')).toContain('cause=16');
    phone.respond(bye, 200);
    expect(world.facts(leg_id)).toEqual(['offered', 'answered', 'ended normal local']);
  });

  it.each([['not_found', 404], ['forbidden', 403], ['busy', 486], ['unavailable', 480], ['overloaded', 503]] as const)('that is %s is refused with %d', async (cause, status) => {
    const { invite, leg_id } = await call();
    await world.sip.reject(leg_id, cause);
    expect((await phone.response_to(invite)).status).toBe(status);
    expect(world.facts(leg_id).filter((fact) => fact.startsWith('ended'))).toHaveLength(1);
    expect(world.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 });
  });

  it.each([['busy', 486], ['noanswer', 480], ['normal', 603]] as const)('that is hung up as %s before an answer is refused with %d', async (cause, status) => {
    const { invite, leg_id } = await call();
    await world.sip.hangup(leg_id, cause);
    expect((await phone.response_to(invite)).status).toBe(status);
    expect(world.facts(leg_id)).toEqual(['offered', `ended ${cause} local`]);
  });

  it('that the caller gives up is answered 487, whether it rang or not', async () => {
    const { invite, leg_id } = await call();
    await world.sip.ring(leg_id);
    const via = header(invite, 'Via') ?? '';
    phone.send({ ...invite, method: 'CANCEL', body: Buffer.alloc(0), headers: invite.headers.filter(([name]) => name !== 'Content-Type').map(([name, value]) => [name, name === 'CSeq' ? '1 CANCEL' : name === 'Via' ? via : value]) });
    expect((await phone.response_to(invite)).status).toBe(487);
    expect(world.facts(leg_id)).toEqual(['offered', 'ended cancel remote']);
    await world.sip.answer(leg_id);
    await settled();
    expect(world.facts(leg_id)).toHaveLength(2);
  });

  it('nobody decides about ends as not answered, and hears once a minute until then that it still rings', async () => {
    await reopen({ settings: { ring_ms: 150_000 } });
    const { invite, leg_id } = await call();
    await world.sip.ring(leg_id);
    await passed(130_000, 10_000);
    expect(phone.count((message) => message.kind === 'response' && message.status === 180)).toBe(3);
    await passed(30_000, 10_000);
    expect((await phone.response_to(invite)).status).toBe(480);
    expect(world.facts(leg_id)).toEqual(['offered', 'ended noanswer local']);
  });

  it('with sound before the answer is told so by 183, and agrees on the same again in the 200', async () => {
    const { invite, leg_id } = await call();
    await world.sip.ring(leg_id);
    await world.sip.ring(leg_id, true);
    await world.sip.ring(leg_id, true);
    const early = await phone.response_to(invite, 183);
    expect(world.media.agreed(leg_id)).toHaveLength(1);
    await world.sip.answer(leg_id);
    const answer = await phone.response_to(invite);
    expect(text(answer)).toBe(text(early));
  });
});

describe('the 200 of a call', () => {
  it('is sent again until its ACK has come (§13.3.1.4)', async () => {
    const { invite, leg_id } = await call();
    await world.sip.answer(leg_id);
    const answer = await phone.response_to(invite);
    const oks = (): number => phone.count((message) => message.kind === 'response' && message.status === 200 && cseq(message)?.method === 'INVITE');
    expect(oks()).toBe(1);
    await passed(7_600, 100);
    // After 0.5, 1.5, 3.5 and 7.5 seconds.
    expect(oks()).toBe(5);
    // Of another request: no ACK of this.
    phone.ack({ ...invite, headers: invite.headers.map(([name, value]) => [name, name === 'CSeq' ? '9 INVITE' : value]) }, answer);
    await settled();
    // From then on after four seconds each (T2).
    await passed(8_000, 100);
    expect(oks()).toBe(7);
    phone.ack(invite, answer);
    await settled();
    await passed(40_000, 500);
    expect(oks()).toBe(7);
    expect(world.facts(leg_id)).toEqual(['offered', 'answered']);
  });

  it('that nobody acknowledges is followed by a BYE, after 64*T1', async () => {
    const { invite, leg_id } = await call();
    await world.sip.answer(leg_id);
    await phone.response_to(invite);
    await passed(31_000, 500);
    expect(world.facts(leg_id)).toEqual(['offered', 'answered']);
    await passed(1_500, 500);
    await phone.request_of('BYE');
    expect(world.facts(leg_id)).toEqual(['offered', 'answered', 'ended failed local']);
    expect(world.sip.counts().dialogs).toBe(0);
  });

  it('comes before any BYE: who hangs up at once waits for the ACK (§15)', async () => {
    const { invite, leg_id } = await call();
    await world.sip.answer(leg_id);
    await world.sip.hangup(leg_id, 'normal');
    const answer = await phone.response_to(invite);
    expect(world.facts(leg_id)).toEqual(['offered', 'answered', 'ended normal local']);
    await settled();
    expect(phone.count((message) => message.kind === 'request')).toBe(0);
    phone.ack(invite, answer);
    await phone.request_of('BYE');
    expect(world.sip.counts().dialogs).toBe(0);
  });
});

describe('two BYEs that cross', () => {
  it('end the call at once, though our answer was not acknowledged', async () => {
    const { invite, leg_id } = await call();
    await world.sip.answer(leg_id);
    await world.sip.hangup(leg_id, 'normal');
    const answer = await phone.response_to(invite);
    expect((await phoneAsks(phone.within(phone.line(invite, answer), 'BYE'))).status).toBe(200);
    expect(world.sip.counts().dialogs).toBe(0);
    await passed(40_000, 1_000);
    expect(phone.count((message) => message.kind === 'request')).toBe(0);
    expect(world.facts(leg_id)).toEqual(['offered', 'answered', 'ended normal local']);
  });
});

describe('session descriptions', () => {
  it('may come late: the offer in the 200, the answer in the ACK', async () => {
    const { invite, leg_id } = await call({ sdp: '', body: '' });
    await world.sip.answer(leg_id);
    const answer = await phone.response_to(invite);
    expect(text(answer)).toMatch(/m=audio \d+ RTP\/AVP 0 8 101\r\n/);
    await settled();
    expect(world.facts(leg_id)).toEqual(['offered']);
    phone.ack(invite, answer, sdp({ formats: '8' }));
    await world.until('answered');
    expect(world.media.agreed(leg_id)).toEqual([{ remote: { address: '127.0.0.1', port: 6000 }, codec: 'PCMA', payload_type: 8, telephone_event: null, direction: 'sendrecv', via: '127.0.0.1' }]);
  });

  it('that come late and wrong end the call', async () => {
    const { invite, leg_id } = await call({ sdp: '', body: '' });
    await world.sip.answer(leg_id);
    phone.ack(invite, await phone.response_to(invite), 'v=1\r\n');
    await phone.request_of('BYE');
    expect(world.facts(leg_id)).toEqual(['offered', 'ended failed local']);
  });

  it.each([
    ['garbage', 'v=1\r\nnonsense', 400, 'application/sdp'], ['no codec in common', sdp({ formats: '18 101' }), 488, 'application/sdp'],
    ['encrypted sound only', sdp().replace('RTP/AVP', 'RTP/SAVP'), 488, 'application/sdp'], ['a body of another kind', '<x/>', 415, 'text/xml'],
  ])('of %s are refused', async (_what, body, status, type) => {
    const invite = phone.request('INVITE', { body, headers: [['Content-Type', type]] });
    phone.send(invite);
    expect((await phone.response_to(invite)).status).toBe(status);
    expect(world.told).toEqual([]);
    expect(world.media.open.size).toBe(0);
  });
});

describe('an INVITE that can be no call', () => {
  it('requires what nobody here understands: 420', async () => {
    const refused = await phone.ask('INVITE', { sdp: sdp(), headers: [['Require', '100rel, replaces']] });
    expect([refused.status, header(refused, 'Unsupported')]).toEqual([420, 'replaces']);
  });

  it('has no Contact: 400; names another scheme: 416; asks for too short an interval: 422', async () => {
    expect((await phone.ask('INVITE', { sdp: sdp(), contact: false })).status).toBe(400);
    expect((await phone.ask('INVITE', { sdp: sdp(), uri: 'http://example.org', to: '<sip:a@b>' })).status).toBe(416);
    const short = await phone.ask('INVITE', { sdp: sdp(), headers: [['Session-Expires', '30'], ['Supported', 'timer']] });
    expect([short.status, header(short, 'Min-SE')]).toEqual([422, '90']);
  });

  it('finds no port for its sound, or too many calls: 503', async () => {
    world.media.full = true;
    const refused = await phone.ask('INVITE', { sdp: sdp() });
    expect([refused.status, header(refused, 'Retry-After')]).toEqual([503, '10']);
    await reopen({ settings: { max_legs: 1 } });
    await call();
    expect((await phone.ask('INVITE', { sdp: sdp() })).status).toBe(503);
  });
});

describe('requests outside any call', () => {
  it.each([['OPTIONS', 200], ['BYE', 481], ['INFO', 481], ['UPDATE', 481], ['MESSAGE', 405], ['SUBSCRIBE', 405], ['NONSENSE', 501]])('%s is answered %d', async (method, status) => {
    const answer = await phone.ask(method);
    expect(answer.status).toBe(status);
    if (status === 200 || status === 405 || status === 501) expect(header(answer, 'Allow')).toContain('INVITE');
    if (status === 200) expect(header(answer, 'Accept')).toContain('application/sdp');
  });

  it('with the tag of a dialog that is not there are answered 481', async () => {
    expect((await phone.ask('INVITE', { sdp: sdp(), to: '<sip:a@b>;tag=gone' })).status).toBe(481);
    expect((await phone.ask('BYE', { to: '<sip:a@b>;tag=gone' })).status).toBe(481);
  });
});

const phoneAsks = (request: SipRequest): Promise<SipResponse> => { phone.send(request); return phone.response_to(request); };

describe('within a call', () => {
  it('hold and resume are agreed, and silence on hold is no reason to hang up', async () => {
    const { leg_id, line, answer } = await up();
    const direction = async (what: Parameters<typeof sdp>[0]): Promise<string> => {
      const invite = phone.within(line, 'INVITE', { sdp: sdp(what) });
      const changed = await phoneAsks(invite);
      expect(changed.status).toBe(200);
      phone.ack(invite, changed);
      await settled();
      return /a=(sendrecv|sendonly|recvonly|inactive)/.exec(text(changed))?.[1] ?? '';
    };
    expect(await direction({ direction: 'sendonly', version: 2 })).toBe('recvonly');
    world.sip.silent(leg_id);
    expect(await direction({ direction: 'inactive', version: 3 })).toBe('inactive');
    expect(await direction({ address: '0.0.0.0', version: 4 })).toBe('recvonly');
    expect(world.media.agreed(leg_id).at(-1)).toMatchObject({ remote: null, direction: 'recvonly' });
    world.sip.silent(leg_id);
    expect(await direction({ version: 5, port: 7_000 })).toBe('sendrecv');
    expect(world.media.agreed(leg_id).at(-1)).toMatchObject({ remote: { port: 7000 }, direction: 'sendrecv' });
    expect(text(answer)).toContain(' 1 IN IP4');
    world.sip.silent(leg_id);
    expect(world.facts(leg_id)).toEqual(['offered', 'answered', 'ended timeout local']);
    await phone.request_of('BYE');
  });

  it('a change that cannot be is refused, and the call goes on as it was', async () => {
    const { leg_id, line } = await up();
    expect((await phoneAsks(phone.within(line, 'INVITE', { sdp: sdp({ formats: '18' }) }))).status).toBe(488);
    expect((await phoneAsks(phone.within(line, 'INVITE', { sdp: 'v=7' }))).status).toBe(488);
    expect((await phoneAsks(phone.within(line, 'INVITE', { body: 'x', headers: [['Content-Type', 'text/plain']] }))).status).toBe(415);
    expect(world.media.agreed(leg_id)).toHaveLength(1);
    expect(world.facts(leg_id)).toEqual(['offered', 'answered']);
  });

  it('a re-INVITE without an offer gets one, and meanwhile there is no place for another', async () => {
    const { leg_id, line } = await up();
    const invite = phone.within(line, 'INVITE');
    const answer = await phoneAsks(invite);
    expect(text(answer)).toMatch(/ 2 IN IP4/);
    expect((await phoneAsks(phone.within(line, 'INVITE', { sdp: sdp() }))).status).toBe(491);
    expect((await phoneAsks(phone.within(line, 'UPDATE', { sdp: sdp() }))).status).toBe(491);
    phone.ack(invite, answer, sdp({ port: 9_000 }));
    await settled();
    expect(world.media.agreed(leg_id).at(-1)).toMatchObject({ remote: { port: 9000 } });
  });

  it('a change is refused before there is an answer, and where its interval is too short', async () => {
    const { invite, leg_id } = await call();
    await world.sip.ring(leg_id);
    const line = phone.line(invite, await phone.response_to(invite, 180));
    const early = await phoneAsks(phone.within(line, 'INVITE', { sdp: sdp() }));
    expect([early.status, header(early, 'Retry-After')]).toEqual([500, expect.stringMatching(/^\d+$/)]);
    expect((await phoneAsks(phone.within(line, 'UPDATE', { sdp: sdp() }))).status).toBe(500);
    expect((await phoneAsks(phone.within(line, 'UPDATE'))).status).toBe(200);
    await world.sip.answer(leg_id);
    phone.ack(invite, await phone.response_to(invite));
    await settled();
    for (const method of ['INVITE', 'UPDATE']) expect((await phoneAsks(phone.within(line, method, { sdp: sdp(), headers: [['Session-Expires', '20']] }))).status).toBe(422);
    expect(world.facts(leg_id)).toEqual(['offered', 'answered']);
  });

  it('an older request than the last is out of order: 500', async () => {
    const { line, leg_id } = await up();
    line.cseq = 50;
    expect((await phoneAsks(phone.within(line, 'OPTIONS'))).status).toBe(200);
    expect((await phoneAsks(phone.within(line, 'BYE', { cseq: 20 }))).status).toBe(500);
    expect(world.facts(leg_id)).toEqual(['offered', 'answered']);
    expect((await phoneAsks(phone.within(line, 'BYE', { cseq: 52 }))).status).toBe(200);
  });

  it('a re-INVITE moves the target of our own requests (§12.2)', async () => {
    const { line, leg_id } = await up();
    const other = await openPhone(world.port);
    const invite = phone.within(line, 'INVITE', { sdp: sdp(), contact: false, headers: [['Contact', `<sip:moved@127.0.0.1:${other.port}>`]] });
    phone.ack(invite, await phoneAsks(invite));
    await settled();
    await world.sip.hangup(leg_id, 'normal');
    expect((await other.request_of('BYE')).uri).toBe(`sip:moved@127.0.0.1:${other.port}`);
    await other.close();
  });

  it('Record-Route comes back in the answer, and is the way of our BYE, the first place first', async () => {
    const { invite, leg_id } = await call({ headers: [['Record-Route', `<sip:127.0.0.1:${phone.port};lr>`], ['Record-Route', '<sip:second.example.org;lr>']] });
    await world.sip.answer(leg_id);
    const answer = await phone.response_to(invite);
    expect(headers(answer, 'Record-Route')).toHaveLength(2);
    phone.ack(invite, answer);
    await settled();
    await world.sip.hangup(leg_id, 'normal');
    const bye = await phone.request_of('BYE');
    expect(headers(bye, 'Route')).toEqual([`<sip:127.0.0.1:${phone.port};lr>`, '<sip:second.example.org;lr>']);
    expect(bye.uri).toBe(`sip:phone@127.0.0.1:${phone.port}`);
  });

  it('digits come by INFO, in both of its forms', async () => {
    const { leg_id, line } = await up();
    const info = async (type: string, body: string): Promise<number> => (await phoneAsks(phone.within(line, 'INFO', { body, headers: [['Content-Type', type]] }))).status;
    expect(await info('application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n')).toBe(200);
    expect(await info('application/dtmf', '#')).toBe(200);
    expect(await info('application/dtmf-relay', 'Signal= 10\r\n')).toBe(200);
    expect(await info('application/dtmf-relay', 'Signal=flash')).toBe(200);
    expect(await info('application/media_control+xml', '<x/>')).toBe(415);
    expect((await phoneAsks(phone.within(line, 'INFO'))).status).toBe(200);
    expect(world.told.flatMap(({ fact }) => (fact.type === 'digit' ? [fact.digit] : []))).toEqual(['5', '#', '*']);
    expect(world.facts(leg_id)).not.toContain('ended');
  });

  it('what is unknown is refused, and an extension that is required too', async () => {
    const { line } = await up();
    expect((await phoneAsks(phone.within(line, 'REFER'))).status).toBe(405);
    expect((await phoneAsks(phone.within(line, 'OPTIONS', { headers: [['Require', 'strange']] }))).status).toBe(420);
    expect((await phoneAsks(phone.within(line, 'PRACK', { headers: [['RAck', '1 1 INVITE']] }))).status).toBe(481);
  });

  it('a BYE that comes before the answer ends both', async () => {
    const { invite, leg_id } = await call();
    await world.sip.ring(leg_id);
    const ringing = await phone.response_to(invite, 180);
    expect((await phoneAsks(phone.within(phone.line(invite, ringing), 'BYE'))).status).toBe(200);
    expect((await phone.response_to(invite)).status).toBe(487);
    expect(world.facts(leg_id)).toEqual(['offered', 'ended cancel remote']);
  });
});

describe('Require: 100rel (RFC 3262)', () => {
  const reliable: Asked = { headers: [['Require', '100rel']] };

  it('has ringing sent until its PRACK, and sound before the answer once only', async () => {
    const { invite, leg_id } = await call(reliable);
    await world.sip.ring(leg_id);
    const ringing = await phone.response_to(invite, 180);
    expect([header(ringing, 'Require'), header(ringing, 'RSeq')]).toEqual(['100rel', '1']);
    await passed(3_600, 100);
    expect(phone.count((message) => message.kind === 'response' && message.status === 180)).toBe(4);
    // Not before the first has arrived.
    await world.sip.ring(leg_id, true);
    await settled();
    expect(phone.count((message) => message.kind === 'response' && message.status === 183)).toBe(0);
    const line = phone.line(invite, ringing);
    for (const wrong of ['7 1 INVITE', '1 2 INVITE', '1 1 UPDATE', '']) expect((await phoneAsks(phone.within(line, 'PRACK', { headers: [['RAck', wrong]] }))).status).toBe(481);
    expect((await phoneAsks(phone.within(line, 'PRACK', { headers: [['RAck', '1 1 INVITE']] }))).status).toBe(200);
    const early = await phone.response_to(invite, 183);
    expect(header(early, 'RSeq')).toBe('2');
    expect(text(early)).toContain('m=audio');
    // The answer waits until the description in the 183 has arrived (§5).
    await world.sip.answer(leg_id);
    await settled();
    expect(world.facts(leg_id)).toEqual(['offered']);
    expect((await phoneAsks(phone.within(line, 'PRACK', { headers: [['RAck', '2 1 INVITE']] }))).status).toBe(200);
    const answer = await phone.response_to(invite);
    expect([answer.status, text(answer)]).toEqual([200, '']);
    expect(world.facts(leg_id)).toEqual(['offered', 'answered']);
  });

  it('that nobody acknowledges ends the call', async () => {
    const { invite, leg_id } = await call(reliable);
    await world.sip.ring(leg_id);
    await passed(33_000, 500);
    expect((await phone.response_to(invite)).status).toBe(504);
    expect(world.facts(leg_id)).toEqual(['offered', 'ended failed local']);
  });
});
