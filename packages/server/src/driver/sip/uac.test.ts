import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '@activeflow/engine';
import type { Originate } from '../legs.js';
import { parseShown } from './digest.js';
import { cseq, header, headers, tagOf } from './headers.js';
import { openPhone, sdp, type Phone } from './testing/phone.js';
import { CUSTOMER, pass, startWorld, trunk, type Setting, type World } from './testing/world.js';
import type { SipRequest } from './types.js';

let world: World;
let phone: Phone;
let other: Phone;
let port = 0;

const address = (type: string, target: string, target_name = ''): Address => ({ type, target, target_name, name: '', detail: '' });
const settled = async (): Promise<void> => { await Promise.all([phone.settled(), other.settled()]); };
const passed = async (milliseconds: number, step_ms: number): Promise<void> => { await pass(world.timers, milliseconds, step_ms); await settled(); };
const open = async (setting: Setting = {}): Promise<void> => {
  world = await startWorld({
    extensions: { 1000: 'secret', 1001: 'nobody' }, settings: { outbound_allow: ['+', '@peer.example'] },
    trunks: [trunk({ uri: 'sip:trunk.example', username: 'us', password: 'ours', prefixes: ['+'] })],
    resolve: () => Promise.resolve([phone.port, other.port].map((to) => ({ transport: 'udp', address: '127.0.0.1', port: to }))),
    ...setting,
  });
  port = world.port;
};
beforeEach(async () => {
  // The phones are there first: the trunk's name leads to them. What they send goes to the world that a test opens.
  [phone, other] = await Promise.all([openPhone(() => port), openPhone(() => port)]);
  await open();
});
afterEach(async () => { await world.close(); await phone.close(); await other.close(); });
const reopen = async (setting: Setting): Promise<void> => { await world.close(); await open(setting); };

let legs = 0;
/** Dials; gives the leg and the INVITE that arrives at the first phone. */
async function dial(destination: Address, given: Partial<Originate> = {}, at: Phone = phone): Promise<{ readonly leg_id: string; readonly invite: SipRequest }> {
  const leg_id = `leg-${++legs}`;
  await world.sip.originate({ leg_id, customer_id: CUSTOMER, source: address('tel', '+4930123', 'Ann'), destination, anonymous: false, timeout_ms: 30_000, ...given });
  return { leg_id, invite: await at.request_of('INVITE') };
}
const register = async (at: Phone, more: { readonly call_id?: string } = {}): Promise<void> => {
  const answer = await at.askAs('1000', 'secret', 'REGISTER', { uri: 'sip:127.0.0.1', to: '<sip:1000@127.0.0.1>', ...more });
  expect(answer.status).toBe(200);
};
const TEL = address('tel', '+49401');
const EXTENSION = address('extension', '1000');

describe('whom a call reaches', () => {
  it('is an extension that exists, a number that a trunk takes, a host that is allowed, and nobody else', async () => {
    const reached = async (type: string, target: string): Promise<boolean> => world.sip.reaches(CUSTOMER, address(type, target));
    expect(await Promise.all([reached('extension', '1000'), reached('extension', '1001'), reached('extension', '2000')])).toEqual([true, true, false]);
    expect(await Promise.all([reached('tel', '+49 (40) 1'), reached('tel', '0049'), reached('tel', ''), reached('tel', '+49;x')])).toEqual([true, false, false, false]);
    expect(await Promise.all([reached('sip', 'sip:a@peer.example'), reached('sip', 'a@peer.example'), reached('sip', 'a@elsewhere.example'), reached('sip', `1000@${CUSTOMER}`)])).toEqual([true, true, false, true]);
    expect(await Promise.all([reached('sip', `sip:1000@127.0.0.1:${world.port}`), reached('sip', `2000@127.0.0.1:${world.port}`), reached('sip', '1000@127.0.0.1:9')])).toEqual([true, false, false]);
    expect(await reached('conference', 'x')).toBe(false);
    await expect(world.sip.originate({ leg_id: 'x', customer_id: CUSTOMER, source: TEL, destination: address('tel', '0049'), anonymous: false, timeout_ms: 1 })).rejects.toMatchObject({ name: 'Permanent', reason: 'NO_ROUTE' });
  });

  it('goes out by nothing where nothing is allowed', async () => {
    await reopen({ settings: {} });
    expect(await world.sip.reaches(CUSTOMER, TEL)).toBe(false);
    expect(await world.sip.reaches(CUSTOMER, address('sip', 'a@peer.example'))).toBe(false);
  });

  it('of an extension without a phone ends at once', async () => {
    await world.sip.originate({ leg_id: 'nobody', customer_id: CUSTOMER, source: TEL, destination: address('extension', '1001'), anonymous: false, timeout_ms: 1 });
    expect(world.facts('nobody')).toEqual(['ended noanswer remote']);
  });
});

describe('a call that goes out by a trunk', () => {
  it('is dialled, rings, is answered, acknowledged and hung up', async () => {
    const { leg_id, invite } = await dial(TEL);
    expect([invite.uri, header(invite, 'To')]).toEqual(['sip:+49401@trunk.example', '<sip:+49401@trunk.example>']);
    expect(header(invite, 'From')).toMatch(/^"Ann" <sip:\+4930123@trunk.example>;tag=/);
    expect(header(invite, 'Supported')).toBe('100rel, timer');
    expect(invite.body.toString()).toMatch(/m=audio 40002 RTP\/AVP 0 8 101/);
    phone.respond(invite, 180);
    await world.until('ringing');
    phone.respond(invite, 200, { sdp: sdp({ formats: '8 101' }) });
    await world.until('answered');
    const ack = await phone.request_of('ACK');
    expect([ack.uri, cseq(ack)?.number]).toEqual([`sip:phone@127.0.0.1:${phone.port}`, 1]);
    expect(world.media.agreed(leg_id)).toMatchObject([{ codec: 'PCMA', telephone_event: 101 }]);
    await world.sip.originate({ leg_id, customer_id: CUSTOMER, source: TEL, destination: TEL, anonymous: false, timeout_ms: 1 });
    await world.sip.hangup(leg_id, 'normal');
    phone.respond(await phone.request_of('BYE'), 200);
    await world.sip.originate({ leg_id, customer_id: CUSTOMER, source: TEL, destination: TEL, anonymous: false, timeout_ms: 1 });
    await settled();
    expect(world.facts(leg_id)).toEqual(['ringing', 'answered', 'ended normal local']);
    expect(phone.count((message) => message.kind === 'request' && message.method === 'INVITE')).toBe(1);
    expect([world.media.open.size, world.sip.counts().dialogs]).toEqual([0, 0]);
  });

  it('is ended by the far end', async () => {
    const { leg_id, invite } = await dial(TEL);
    phone.respond(invite, 200, { sdp: sdp() });
    await phone.request_of('ACK');
    const bye = phone.within(phone.line_in(invite, 'answer'), 'BYE');
    phone.send(bye);
    expect((await phone.response_to(bye)).status).toBe(200);
    expect(world.facts(leg_id)).toEqual(['answered', 'ended normal remote']);
  });

  it('whose answer comes again is acknowledged again', async () => {
    const { invite } = await dial(TEL);
    phone.respond(invite, 200, { sdp: sdp() });
    await phone.request_of('ACK');
    phone.respond(invite, 200, { sdp: sdp() });
    await phone.request_of('ACK');
  });

  it.each([
    [486, 'busy'], [600, 'busy'], [603, 'busy'], [480, 'noanswer'], [404, 'dialout'], [410, 'dialout'], [484, 'dialout'], [604, 'dialout'],
    [302, 'failed'], [403, 'failed'], [488, 'failed'], [500, 'failed'], [420, 'failed'],
  ] as const)('that is refused with %d ends as %s', async (status, cause) => {
    const { leg_id, invite } = await dial(TEL);
    phone.respond(invite, status, { headers: status === 302 ? [['Contact', '<sip:elsewhere@127.0.0.1>']] : [], contact: false });
    await phone.request_of('ACK');
    expect((await world.until('ended', leg_id)).fact).toMatchObject({ cause, by: 'remote' });
    expect(other.inbox).toEqual([]);
  });

  it('has sound before the answer where a 183 says so', async () => {
    const { leg_id, invite } = await dial(TEL);
    phone.respond(invite, 183, { sdp: sdp({ port: 7_000 }) });
    await world.until('ringing');
    expect(world.media.agreed(leg_id)).toMatchObject([{ remote: { port: 7000 } }]);
    // Of another phone behind a proxy: it is not heard over the first.
    phone.respond(invite, 183, { sdp: sdp({ port: 8_000 }), tag: 'another' });
    phone.respond(invite, 180);
    await settled();
    expect(world.media.agreed(leg_id)).toHaveLength(1);
    phone.respond(invite, 200, { sdp: sdp({ port: 7_000 }) });
    await world.until('answered');
    expect(world.facts(leg_id)).toEqual(['ringing early', 'answered']);
  });

  it('acknowledges provisional responses that want it, each once and in order', async () => {
    const { leg_id, invite } = await dial(TEL);
    const required = (rseq: number) => ({ headers: [['Require', '100rel'], ['RSeq', String(rseq)]] as const });
    phone.respond(invite, 183, { ...required(4), sdp: sdp() });
    const prack = await phone.request_of('PRACK');
    expect(header(prack, 'RAck')).toBe('4 1 INVITE');
    expect(tagOf(prack, 'To')).toBe('answer');
    phone.respond(prack, 200);
    phone.respond(invite, 183, { ...required(4), sdp: sdp() });
    phone.respond(invite, 180, required(6));
    phone.respond(invite, 180, required(5));
    expect(header(await phone.request_of('PRACK'), 'RAck')).toBe('5 1 INVITE');
    // Its description came with the 183: the answer needs none.
    phone.respond(invite, 200);
    await world.until('answered');
    expect(phone.count((message) => message.kind === 'request' && message.method === 'PRACK')).toBe(2);
    expect(world.facts(leg_id)).toEqual(['ringing early', 'answered']);
  });

  it('is given up with a CANCEL where nobody answers in time', async () => {
    const { leg_id, invite } = await dial(TEL, { timeout_ms: 5_000 });
    phone.respond(invite, 180);
    await world.until('ringing');
    await passed(5_000, 500);
    const cancel = await phone.request_of('CANCEL');
    expect(header(cancel, 'Via')).toBe(header(invite, 'Via'));
    phone.respond(cancel, 200);
    phone.respond(invite, 487);
    await phone.request_of('ACK');
    expect(world.facts(leg_id)).toEqual(['ringing', 'ended noanswer remote']);
  });

  it('is hung up where its answer and our CANCEL cross', async () => {
    const { leg_id, invite } = await dial(TEL);
    phone.respond(invite, 180);
    await world.until('ringing');
    await world.sip.hangup(leg_id, 'cancel');
    await phone.request_of('CANCEL');
    phone.respond(invite, 200, { sdp: sdp() });
    await phone.request_of('ACK');
    const bye = await phone.request_of('BYE');
    expect(tagOf(bye, 'To')).toBe('answer');
    expect(world.facts(leg_id)).toEqual(['ringing', 'ended cancel local']);
    expect(world.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 });
  });

  it('that a proxy forked, and that two answer, is with the first; the second is acknowledged and hung up', async () => {
    const { leg_id, invite } = await dial(TEL);
    phone.respond(invite, 200, { sdp: sdp(), tag: 'first' });
    await world.until('answered');
    phone.respond(invite, 200, { sdp: sdp(), tag: 'second' });
    const bye = await phone.request_of('BYE');
    expect(tagOf(bye, 'To')).toBe('second');
    expect(phone.inbox.flatMap((message) => (message.kind === 'request' && message.method === 'ACK' ? [tagOf(message, 'To')] : []))).toEqual(['first', 'second']);
    expect(world.facts(leg_id)).toEqual(['answered']);
  });

  it.each([[{ sdp: sdp({ formats: '18' }) }], [{}]])('whose answer cannot be taken is acknowledged and hung up', async (answer) => {
    const { leg_id, invite } = await dial(TEL);
    phone.respond(invite, 200, answer);
    await phone.request_of('ACK');
    await phone.request_of('BYE');
    expect(world.facts(leg_id)).toEqual(['ended failed local']);
  });

  it('shows our credentials once, by the strongest digest that is asked for', async () => {
    const { leg_id, invite } = await dial(TEL);
    const challenge = (nonce: string, more = ''): readonly (readonly [string, string])[] =>
      ['MD5', 'SHA-256', 'SHA-1024'].map((algorithm) => ['Proxy-Authenticate', `Digest realm="there", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${more}`]);
    phone.respond(invite, 407, { headers: challenge('n1') });
    const again = await phone.request_of('INVITE');
    expect([cseq(again)?.number, header(again, 'Call-ID'), header(again, 'From')]).toEqual([2, header(invite, 'Call-ID'), header(invite, 'From')]);
    expect(parseShown(header(again, 'Proxy-Authorization') ?? '')).toMatchObject({ username: 'us', realm: 'there', nonce: 'n1', algorithm: 'SHA-256', nc: '00000001', uri: invite.uri });
    phone.respond(again, 407, { headers: challenge('n2', ', stale=true') });
    const fresh = await phone.request_of('INVITE');
    expect(parseShown(header(fresh, 'Proxy-Authorization') ?? '')?.nonce).toBe('n2');
    phone.respond(fresh, 407, { headers: challenge('n3') });
    expect((await world.until('ended', leg_id)).fact).toMatchObject({ cause: 'failed' });
  });

  it('shows them in the ACK and the BYE, too', async () => {
    const { leg_id, invite } = await dial(TEL);
    phone.respond(invite, 401, { headers: [['WWW-Authenticate', 'Digest realm="there", nonce="n", qop="auth"']] });
    const again = await phone.request_of('INVITE');
    phone.respond(again, 200, { sdp: sdp() });
    await phone.request_of('ACK');
    const ack = await phone.request_of('ACK');
    expect(header(ack, 'Authorization')).toBe(header(again, 'Authorization'));
    await world.sip.hangup(leg_id, 'normal');
    const bye = await phone.request_of('BYE');
    expect(parseShown(header(bye, 'Authorization') ?? '')?.nc).toBe('00000002');
    phone.respond(bye, 401, { headers: [['WWW-Authenticate', 'Digest realm="there", nonce="fresh", qop="auth", stale=true']] });
    expect(parseShown(header(await phone.request_of('BYE'), 'Authorization') ?? '')?.nonce).toBe('fresh');
  });

  it('asks for a longer interval where a 422 wants one', async () => {
    const { invite } = await dial(TEL);
    phone.respond(invite, 422, { headers: [['Min-SE', '3600']] });
    const again = await phone.request_of('INVITE');
    expect([header(again, 'Session-Expires'), header(again, 'Min-SE')]).toEqual(['3600', '3600']);
  });

  it.each([503, 'silence'] as const)('goes to the next place of the trunk after %s', async (what) => {
    const { leg_id, invite } = await dial(TEL, { timeout_ms: 60_000 });
    if (what === 503) phone.respond(invite, 503);
    else await passed(33_000, 500);
    const second = await other.request_of('INVITE');
    expect(header(second, 'Call-ID')).toBe(header(invite, 'Call-ID'));
    other.respond(second, 200, { sdp: sdp() });
    await world.until('answered');
    expect(world.facts(leg_id)).toEqual(['answered']);
  });

  it('that no place answers ends as not answered', async () => {
    const { leg_id } = await dial(TEL, { timeout_ms: 120_000 });
    await passed(70_000, 500);
    expect(world.facts(leg_id)).toEqual(['ended noanswer remote']);
  });

  it('hides who calls where that is asked, and tells the trunk alone', async () => {
    const { invite } = await dial(TEL, { anonymous: true });
    expect(header(invite, 'From')).toMatch(/^"Anonymous" <sip:anonymous@anonymous.invalid>;tag=/);
    expect([header(invite, 'Privacy'), header(invite, 'P-Asserted-Identity')]).toEqual(['id', '<sip:+4930123@trunk.example>']);
    expect(invite.body.toString()).not.toContain('4930123');
  });

  it('cannot be talked into another header by a name', async () => {
    const { invite } = await dial(TEL, { source: address('tel', '+49', 'Ann"\r\nX-Evil: 1\r\n') });
    expect(header(invite, 'X-Evil')).toBeUndefined();
    expect(header(invite, 'From')).toContain('X-Evil: 1"');
  });

  it('goes by a loose route as by a strict one (§12.2.1.1)', async () => {
    const { leg_id, invite } = await dial(TEL);
    phone.respond(invite, 200, { sdp: sdp(), headers: [['Record-Route', '<sip:far.example;lr>'], ['Record-Route', `<sip:127.0.0.1:${phone.port}>`]] });
    await phone.request_of('ACK');
    await world.sip.hangup(leg_id, 'normal');
    const bye = await phone.request_of('BYE');
    expect(bye.uri).toBe(`sip:127.0.0.1:${phone.port}`);
    expect(headers(bye, 'Route')).toEqual(['<sip:far.example;lr>', `<sip:phone@127.0.0.1:${phone.port}>`]);
  });
});

describe('a call to an extension', () => {
  it('rings all of its phones: the first to answer has it, the others are cancelled', async () => {
    await register(phone);
    await register(other);
    const { leg_id, invite } = await dial(EXTENSION);
    const second = await other.request_of('INVITE');
    expect(header(second, 'Call-ID')).not.toBe(header(invite, 'Call-ID'));
    phone.respond(invite, 180);
    other.respond(second, 180);
    await settled();
    other.respond(second, 200, { sdp: sdp({ port: 9_000 }) });
    await world.until('answered');
    const cancel = await phone.request_of('CANCEL');
    expect(header(cancel, 'Reason')).toContain('elsewhere');
    phone.respond(cancel, 200);
    phone.respond(invite, 487);
    await settled();
    expect(world.facts(leg_id)).toEqual(['ringing', 'answered']);
    expect(world.media.agreed(leg_id).at(-1)).toMatchObject({ remote: { port: 9000 } });
    await world.sip.hangup(leg_id, 'normal');
    await other.request_of('BYE');
    expect(world.sip.counts().dialogs).toBe(0);
  });

  it('is hung up where a second one answers all the same', async () => {
    await register(phone);
    await register(other);
    const { invite } = await dial(EXTENSION);
    other.respond(await other.request_of('INVITE'), 200, { sdp: sdp() });
    await world.until('answered');
    phone.respond(invite, 200, { sdp: sdp() });
    await phone.request_of('ACK');
    await phone.request_of('BYE');
  });

  it('ends as what says most where all refuse, and at once where one speaks for all', async () => {
    await register(phone);
    await register(other);
    const { leg_id, invite } = await dial(EXTENSION);
    other.respond(await other.request_of('INVITE'), 486);
    await settled();
    expect(world.facts(leg_id)).toEqual([]);
    phone.respond(invite, 480);
    expect((await world.until('ended', leg_id)).fact).toMatchObject({ cause: 'busy' });

    const again = await dial(EXTENSION);
    const second = await other.request_of('INVITE');
    phone.respond(again.invite, 180);
    other.respond(second, 600);
    expect((await world.until('ended', again.leg_id)).fact).toMatchObject({ cause: 'busy' });
    await phone.request_of('CANCEL');
  });

  it('goes where the phone registered from, whatever its Contact says', async () => {
    const contact = ['Contact', '<sip:1000@192.0.2.77:5060>'] as const;
    expect((await phone.askAs('1000', 'secret', 'REGISTER', { to: '<sip:1000@127.0.0.1>', contact: false, headers: [contact] })).status).toBe(200);
    const { leg_id, invite } = await dial(EXTENSION);
    expect(invite.uri).toBe('sip:1000@192.0.2.77:5060');
    phone.respond(invite, 200, { sdp: sdp(), contact: false, headers: [contact] });
    const ack = await phone.request_of('ACK');
    expect(ack.uri).toBe('sip:1000@192.0.2.77:5060');
    await world.sip.hangup(leg_id, 'normal');
    await phone.request_of('BYE');
  });
});
