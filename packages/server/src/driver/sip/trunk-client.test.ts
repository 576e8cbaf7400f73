import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Trunk } from './directory.js';
import { parseShown } from './digest.js';
import { cseq, header } from './headers.js';
import { openPhone, sdp, type Phone } from './testing/phone.js';
import { pass, startWorld, trunk, type World } from './testing/world.js';
import { parseNameAddress } from './uri.js';

let world: World;
let peer: Phone;
let trunks: Trunk[];
const settled = (): Promise<void> => peer.settled();
const passed = async (milliseconds: number, step_ms: number): Promise<void> => { await pass(world.timers, milliseconds, step_ms); await settled(); };

beforeEach(async () => {
  peer = await openPhone(() => world.port);
  trunks = [trunk({ id: 'one', uri: `sip:127.0.0.1:${peer.port}`, username: 'us', password: 'ours', register: true })];
  world = await startWorld({ trunks });
});
afterEach(async () => { await world.close(); await peer.close(); });

const contactOf = (request: Parameters<Phone['respond']>[0]): string => header(request, 'Contact') ?? '';
/** Takes the next registration, for so many seconds. */
const take = async (seconds: number) => {
  const request = await peer.request_of('REGISTER');
  peer.respond(request, 200, { contact: false, headers: [['Contact', `${contactOf(request)};expires=${seconds}`]] });
  await settled();
  return request;
};
const states = (): readonly string[] => world.sip.registrations().map(({ trunk_id, state }) => `${trunk_id} ${state}`);
const registers = (): number => new Set(peer.inbox.filter((message) => message.kind === 'request').map((message) => header(message, 'CSeq'))).size;

describe('a trunk that registers', () => {
  it('is registered with, shows our credentials, and is refreshed before it runs out', async () => {
    const first = await peer.request_of('REGISTER');
    expect([first.uri, header(first, 'To'), header(first, 'Expires')]).toEqual([`sip:127.0.0.1:${peer.port}`, `<sip:us@127.0.0.1:${peer.port}>`, '600']);
    expect(contactOf(first)).toMatch(/^<sip:us@127\.0\.0\.1:\d+;line=[0-9a-f]{24}>$/);
    expect(states()).toEqual(['one trying']);
    peer.respond(first, 401, { contact: false, headers: [['WWW-Authenticate', 'Digest realm="there", nonce="n", algorithm=SHA-256, qop="auth"']] });
    const second = await take(300);
    expect(parseShown(header(second, 'Authorization') ?? '')).toMatchObject({ username: 'us', nonce: 'n', algorithm: 'SHA-256' });
    expect([header(second, 'Call-ID'), cseq(second)?.number]).toEqual([header(first, 'Call-ID'), 2]);
    expect(states()).toEqual(['one registered']);
    await passed(239_000, 10_000);
    expect(registers()).toBe(2);
    await passed(2_000, 1_000);
    expect(cseq(await take(300))?.number).toBe(3);
  });

  it('that wants longer registrations gets them', async () => {
    peer.respond(await peer.request_of('REGISTER'), 423, { contact: false, headers: [['Min-Expires', '1800']] });
    expect(header(await take(1_800), 'Expires')).toBe('1800');
  });

  it('that refuses is asked ever more seldom, and says so once', async () => {
    peer.respond(await peer.request_of('REGISTER'), 403, { contact: false });
    await settled();
    expect(states()).toEqual(['one failed']);
    expect(world.sip.registrations()[0]?.detail).toBe('it answered 403 Forbidden');
    await passed(38_000, 1_000);
    expect(registers()).toBe(2);
    peer.respond(await peer.request_of('REGISTER'), 403, { contact: false });
    await settled();
    await passed(44_000, 1_000);
    expect(registers()).toBe(2);
    expect(world.logged().match(/does not take our registration/g)).toHaveLength(1);
    expect(world.logged()).not.toMatch(/ours/);
    await passed(32_000, 1_000);
    await take(300);
    expect(states()).toEqual(['one registered']);
  });

  it('that is taken away is told goodbye, and one that is new is registered with', async () => {
    const first = await take(300);
    trunks.splice(0, 1, trunk({ id: 'two', uri: `sip:127.0.0.1:${peer.port}`, username: 'them', password: 'x', register: true }));
    await world.sip.refresh();
    const both = [await peer.request_of('REGISTER'), await peer.request_of('REGISTER')];
    const goodbye = both.find((request) => header(request, 'Call-ID') === header(first, 'Call-ID'));
    expect(header(goodbye!, 'Expires')).toBe('0');
    expect(states()).toEqual(['two trying']);
  });

  it('says goodbye at the end', async () => {
    await take(300);
    const closed = world.close();
    expect(header(await peer.request_of('REGISTER'), 'Expires')).toBe('0');
    await closed;
    world = await startWorld();
  });

  it('brings calls to the Contact we gave it, from where it is, and for the number in To', async () => {
    const contact = parseNameAddress(contactOf(await take(300)))!.uri;
    const { line = '' } = contact.parameters;
    peer.send(peer.request('INVITE', { sdp: sdp(), uri: `sip:us@127.0.0.1;line=${line}`, to: '<sip:+4940@trunk.example>', from: '<sip:+4930@trunk.example>' }));
    expect((await world.until('offered')).fact).toMatchObject({ via: { kind: 'trunk', id: 'one' }, source: { target: '+4930' }, destination: { type: 'tel', target: '+4940' } });
    expect((await peer.ask('INVITE', { sdp: sdp(), uri: `sip:us@127.0.0.1;line=${line}0` })).status).toBe(401);
  });
});
