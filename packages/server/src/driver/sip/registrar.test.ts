import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { header, headers, tagOf } from './headers.js';
import { authorized, openPhone, sdp, type Asked, type Phone } from './testing/phone.js';
import { CUSTOMER, startWorld, trunk, type Setting, type World } from './testing/world.js';
import type { SipResponse } from './types.js';

let world: World;
let phone: Phone;

const open = async (setting: Setting = {}): Promise<void> => {
  world = await startWorld({ extensions: { 1000: 'secret', 1001: 'other' }, ...setting });
  phone = await openPhone(world.port);
};
beforeEach(() => open());
afterEach(async () => { await world.close(); await phone.close(); });
const reopen = async (setting: Setting): Promise<void> => { await world.close(); await phone.close(); await open(setting); };

const AOR: Asked = { uri: 'sip:127.0.0.1', to: '<sip:1000@127.0.0.1>' };
let numbers = 10;
/** Registers with these headers, with ever higher numbers. */
const register = (more: HeaderLists = [], asked: Asked = {}): Promise<SipResponse> => phone.askAs('1000', 'secret', 'REGISTER', { ...AOR, contact: false, cseq: (numbers += 10), headers: more, ...asked });
type HeaderLists = readonly (readonly [string, string])[];
const contact = (user: string, parameters = '', host = '127.0.0.1'): readonly [string, string] => ['Contact', `<sip:${user}@${host}>${parameters}`];
const phones = (): readonly string[] => world.sip.registered(CUSTOMER, '1000').map(({ contact: uri, expires_in_s }) => `${uri} ${expires_in_s}`);

describe('the registrar', () => {
  it('keeps where a phone is, tells it so, and forgets it in time', async () => {
    const answer = await register([contact('a', ';q=0.3'), ['Expires', '600'], ['User-Agent', 'A phone']]);
    expect([answer.status, headers(answer, 'Contact')]).toEqual([200, ['<sip:a@127.0.0.1>;expires=600']]);
    expect(header(answer, 'Date')).toMatch(/GMT$/);
    expect(world.sip.registered(CUSTOMER, '1000')).toEqual([{ contact: 'sip:a@127.0.0.1', transport: 'udp', address: `127.0.0.1:${phone.port}`, user_agent: 'A phone', expires_in_s: 600 }]);
    expect(world.sip.registered('another', '1000')).toEqual([]);
    world.timers.advance(599_000);
    expect(phones()).toEqual(['sip:a@127.0.0.1 1']);
    world.timers.advance(1_000);
    expect([phones(), world.sip.counts().phones]).toEqual([[], 0]);
  });

  it('keeps several, each with its own time; what it does not name stays', async () => {
    await register([contact('a', ';expires=60;q=0.2'), contact('b')]);
    await register([contact('c', ';q=0.5'), ['Expires', '7200']]);
    expect(phones()).toEqual(['sip:b@127.0.0.1 3600', 'sip:c@127.0.0.1 3600', 'sip:a@127.0.0.1 60']);
    const asked = await register([]);
    expect(headers(asked, 'Contact')).toHaveLength(3);
    await register([contact('b', ';expires=0')]);
    expect(phones()).toEqual(['sip:c@127.0.0.1 3600', 'sip:a@127.0.0.1 60']);
    await register([['Contact', '*'], ['Expires', '0']]);
    expect(phones()).toEqual([]);
  });

  it('takes the same phone under another address for the same', async () => {
    const instance = ';+sip.instance="<urn:uuid:1>";reg-id=1';
    await register([contact('a', instance)]);
    await register([contact('b', instance)]);
    expect(phones()).toEqual(['sip:b@127.0.0.1 3600']);
  });

  it('has a phone behind a router come back before the router forgets it', async () => {
    const answer = await register([contact('a', ';expires=3600', '10.0.0.9')]);
    expect(headers(answer, 'Contact')).toEqual(['<sip:a@10.0.0.9>;expires=120']);
  });

  it('refuses what cannot be: too short, everything and something, too many, garbage', async () => {
    const short = await register([contact('a'), ['Expires', '30']]);
    expect([short.status, header(short, 'Min-Expires')]).toEqual([423, '60']);
    expect((await register([['Contact', '*']])).status).toBe(400);
    expect((await register([['Contact', '*'], contact('a'), ['Expires', '0']])).status).toBe(400);
    expect((await register(Array.from({ length: 11 }, (_, i) => contact(`p${i}`)))).status).toBe(403);
    expect((await register([['Contact', '<tel:+49>']])).status).toBe(400);
    expect((await register([contact('a'), ['Require', 'strange']])).status).toBe(420);
    expect(phones()).toEqual([]);
  });

  it('does all of a request or nothing, and nothing of one that is older (§10.3, 7)', async () => {
    await register([contact('a')], { call_id: 'same', cseq: 100 });
    expect((await register([contact('b'), contact('a', ';expires=0')], { call_id: 'same', cseq: 50 })).status).toBe(500);
    expect(phones()).toEqual(['sip:a@127.0.0.1 3600']);
    expect((await register([contact('a', ';expires=0')], { call_id: 'same', cseq: 200 })).status).toBe(200);
    expect(phones()).toEqual([]);
  });

  it('lets nobody register for somebody else', async () => {
    expect((await register([contact('a')], { to: '<sip:1001@127.0.0.1>' })).status).toBe(403);
    expect(world.sip.registered(CUSTOMER, '1001')).toEqual([]);
  });

  it('gives the path back that the request came (RFC 3327)', async () => {
    expect(headers(await register([contact('a'), ['Path', '<sip:proxy.example;lr>'], ['Supported', 'path']]), 'Path')).toEqual(['<sip:proxy.example;lr>']);
  });
});

describe('who may call and register', () => {
  const refused = async (user: string, password: string, method = 'REGISTER'): Promise<string> => {
    const answer = await phone.askAs(user, password, method, { ...AOR, to: `<sip:${user}@127.0.0.1>`, ...(method === 'INVITE' ? { sdp: sdp() } : {}) });
    return JSON.stringify([answer.status, answer.phrase, answer.headers.filter(([name]) => !['Via', 'From', 'To', 'Call-ID', 'CSeq'].includes(name))]);
  };

  it('is told the same whether a name exists or not', async () => {
    const wrong = await refused('1000', 'wrong');
    expect(wrong).toBe('[403,"Forbidden",[["Content-Length","0"]]]');
    expect(await refused('9999', 'wrong')).toBe(wrong);
    expect(await refused('9999', 'wrong', 'INVITE')).toBe(wrong);
    expect(await refused('1000', 'wrong', 'INVITE')).toBe(wrong);
    expect(world.told).toEqual([]);
    expect(world.logged()).not.toMatch(/1000|9999|wrong|response/);
  });

  it('is challenged first, in the realm of the customer, by a tagged 401', async () => {
    const answer = await phone.ask('INVITE', { sdp: sdp() });
    expect([answer.status, headers(answer, 'WWW-Authenticate').length]).toEqual([401, 1]);
    expect(header(answer, 'WWW-Authenticate')).toMatch(new RegExp(`^Digest realm="${CUSTOMER}", nonce="[^"]+", algorithm=MD5, qop="auth"$`));
    expect(tagOf(answer, 'To')).not.toBe('');
  });

  it('may be asked for more than one digest, the best first (RFC 8760)', async () => {
    await reopen({ settings: { digests: ['SHA-256', 'MD5'] } });
    const answer = await phone.ask('REGISTER', AOR);
    expect(headers(answer, 'WWW-Authenticate').map((value) => /algorithm=([^,]+)/.exec(value)?.[1])).toEqual(['SHA-256', 'MD5']);
    expect((await register([contact('a')])).status).toBe(200);
  });

  it('is offered as the extension that it has shown, whatever its From says', async () => {
    const invite = phone.askAs('1000', 'secret', 'INVITE', { sdp: sdp(), from: '"Boss" <sip:1001@127.0.0.1>', uri: 'sip:ivr@127.0.0.1' });
    const { leg_id, fact } = await world.until('offered');
    expect(fact).toMatchObject({ via: { kind: 'extension', id: 'id-1000' }, source: { type: 'extension', target: '1000', target_name: 'Boss' }, destination: { type: 'extension', target: 'ivr' } });
    await world.sip.reject(leg_id, 'busy');
    expect((await invite).status).toBe(486);
  });

  it('shows a nonce and count once: the same again is stale, and so is an old one, without a word on whether it was right', async () => {
    const first = phone.request('REGISTER', AOR);
    phone.send(first);
    const challenge = await phone.response_to(first);
    const show = async (password: string, cseq: number, count: number): Promise<SipResponse> => {
      const again = authorized({ ...first, headers: first.headers.map(([name, value]) => [name, name === 'CSeq' ? `${cseq} REGISTER` : value]) }, challenge, '1000', password, AOR, phone.request, count);
      phone.send(again);
      return phone.response_to(again);
    };
    expect((await show('secret', 10, 1)).status).toBe(200);
    const replayed = await show('secret', 20, 1);
    expect([replayed.status, header(replayed, 'WWW-Authenticate')]).toEqual([401, expect.stringContaining('stale=true')]);
    expect((await show('wrong', 30, 1)).status).toBe(401);
    expect((await show('secret', 40, 2)).status).toBe(200);
    world.timers.advance(300_001);
    expect(header(await show('wrong', 50, 3), 'WWW-Authenticate')).toContain('stale=true');
  });

  it('waits after five wrong passwords, right or wrong, and its neighbours do not', async () => {
    for (let i = 0; i < 6; i++) await refused('1000', 'wrong');
    expect((await register([contact('a')])).status).toBe(403);
    expect((await phone.askAs('1001', 'other', 'REGISTER', { ...AOR, to: '<sip:1001@127.0.0.1>' })).status).toBe(200);
    world.timers.advance(1_000);
    expect((await register([contact('a')])).status).toBe(200);
  });

  it('is blamed for no nonce that is not ours: whoever forges an address shuts nobody out', async () => {
    for (let i = 0; i < 60; i++) {
      const forged = { kind: 'response', status: 401, phrase: '', body: Buffer.alloc(0), headers: [['WWW-Authenticate', `Digest realm="${CUSTOMER}", nonce="forged", qop="auth"`]] } as const;
      const request = authorized(phone.request('REGISTER', AOR), forged, '1000', 'wrong', AOR, phone.request);
      phone.send(request);
      expect((await phone.response_to(request)).status).toBe(401);
    }
    expect((await register([contact('a')])).status).toBe(200);
  });

  it('may be kept to some networks; a trunk is known by its address and needs none', async () => {
    await reopen({ settings: { phones_from: ['10.0.0.0/8'] } });
    expect((await phone.ask('REGISTER', AOR)).status).toBe(403);
    await reopen({ settings: { phones_from: ['10.0.0.0/8'] }, trunks: [trunk({ allowed_addresses: ['127.0.0.1'] })] });
    phone.send(phone.request('INVITE', { sdp: sdp() }));
    expect((await world.until('offered')).fact.via.kind).toBe('trunk');
  });

  it('may be a trunk by its credentials, and does not register with them', async () => {
    await reopen({ trunks: [trunk({ id: 'far', username: 'far', password: 'away' })] });
    void phone.askAs('far', 'away', 'INVITE', { sdp: sdp(), from: '<sip:+4912@far.example>', uri: 'sip:+4934@127.0.0.1' });
    expect((await world.until('offered')).fact).toMatchObject({ via: { kind: 'trunk', id: 'far' }, source: { target: '+4912' }, destination: { target: '+4934' } });
    expect((await phone.askAs('far', 'away', 'REGISTER', { ...AOR, to: '<sip:far@127.0.0.1>' })).status).toBe(403);
    expect((await phone.askAs('far', 'wrong', 'INVITE', { sdp: sdp() })).status).toBe(403);
  });
});
