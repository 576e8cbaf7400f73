// Credentials (wire.md §3): where they are looked for, what is refused, and that revoking works at once.
import { createHmac, generateKeyPairSync, createHash } from 'node:crypto';
import { CompactEncrypt, SignJWT, type JWTPayload } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { loginBrake } from './brake.js';
import { keyOf, startTest, STORES, type Tested } from './testing/server.js';

const SECRET = 'a secret of at least thirty-two bytes';
const key = new TextEncoder().encode(SECRET);
const b64 = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const hmac = (input: string, secret = SECRET, hash = 'sha256') => createHmac(hash, secret).update(input).digest('base64url');

describe('forged tokens', () => {
  let t: Tested;
  let id: string;
  const now = 1_750_000_000;
  beforeAll(async () => {
    t = await startTest('memory');
    t.server.parts.virtual!.set(now * 1_000_000);
    id = (await t.customer({ username: 'ada', password: 'correct horse' })).id;
  });
  afterAll(() => t.close());

  const CLAIMS = (): JWTPayload => ({ sub: id, customer_id: id, username: 'ada', iss: 'activeflow', aud: 'activeflow', iat: now, exp: now + 3600 });
  const signed = (claims: JWTPayload = {}, header: object = {}) => new SignJWT({ ...CLAIMS(), ...claims }).setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...header }).sign(key);
  /** Signed by hand, for what no library would sign. */
  const raw = (header: object | string, claims: object | string, sign: (input: string) => string = hmac) => { const input = `${b64(header)}.${b64(claims)}`; return `${input}.${sign(input)}`; };
  const H = { alg: 'HS256', typ: 'JWT' };
  const without = (name: string) => Object.fromEntries(Object.entries(CLAIMS()).filter(([claim]) => claim !== name));
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

  const FORGED: Record<string, () => string | Promise<string>> = {
    'alg none, no signature': () => `${b64({ alg: 'none', typ: 'JWT' })}.${b64(CLAIMS())}.`,
    'alg None': () => `${b64({ alg: 'None', typ: 'JWT' })}.${b64(CLAIMS())}.`,
    'alg NONE, signed all the same': () => raw({ alg: 'NONE', typ: 'JWT' }, CLAIMS()),
    'alg none, with the signature of HS256': () => raw({ alg: 'none', typ: 'JWT' }, CLAIMS()),
    'no alg': () => raw({ typ: 'JWT' }, CLAIMS()),
    'alg empty': () => raw({ alg: '', typ: 'JWT' }, CLAIMS()),
    'alg as a list': () => raw({ alg: ['HS256'], typ: 'JWT' }, CLAIMS()),
    'alg hs256 in lower case': () => raw({ alg: 'hs256', typ: 'JWT' }, CLAIMS()),
    'HS384 with the right secret': () => raw({ alg: 'HS384', typ: 'JWT' }, CLAIMS(), (input) => hmac(input, SECRET, 'sha384')),
    'HS512 with the right secret': () => raw({ alg: 'HS512', typ: 'JWT' }, CLAIMS(), (input) => hmac(input, SECRET, 'sha512')),
    'RS256 by a key of its own': () => new SignJWT(CLAIMS()).setProtectedHeader({ alg: 'RS256', typ: 'JWT' }).sign(rsa.privateKey),
    'RS256 in name, HMAC of the secret in fact': () => raw({ alg: 'RS256', typ: 'JWT' }, CLAIMS()),
    'HS256 with the public key as the secret': () => raw(H, CLAIMS(), (input) => hmac(input, rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string)),
    'ES256 with a signature of zeros (CVE-2022-21449)': () => `${b64({ alg: 'ES256', typ: 'JWT' })}.${b64(CLAIMS())}.${Buffer.alloc(64).toString('base64url')}`,
    'another secret': () => raw(H, CLAIMS(), (input) => hmac(input, 'another secret of thirty-two bytes!!')),
    'the empty secret': () => raw(H, CLAIMS(), (input) => hmac(input, '')),
    'the secret in upper case': () => raw(H, CLAIMS(), (input) => hmac(input, SECRET.toUpperCase())),
    'a hash without a key': () => raw(H, CLAIMS(), (input) => createHash('sha256').update(input + SECRET).digest('base64url')),
    'empty signature': () => `${b64(H)}.${b64(CLAIMS())}.`,
    'no signature': () => `${b64(H)}.${b64(CLAIMS())}`,
    'half a signature': async () => (await signed()).slice(0, -21),
    'a signature with a bit turned': async () => { const token = await signed(); const at = token.length - 10; return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1); },
    'the signature of other claims': async () => `${b64(H)}.${b64({ ...CLAIMS(), exp: now + 7200 })}.${(await signed()).split('.')[2]!}`,
    'expired': () => signed({ exp: now - 1 }),
    'expired this second': () => signed({ exp: now }),
    'without exp': () => raw(H, without('exp')),
    'exp as text': () => raw(H, { ...CLAIMS(), exp: String(now + 3600) }),
    'exp infinite': () => raw(H, JSON.stringify(CLAIMS()).replace(`"exp":${now + 3600}`, '"exp":1e999')),
    'longer than seven days': () => signed({ exp: now + 8 * 86_400 }),
    'seven days by an iat in the future': () => signed({ iat: now + 30 * 86_400, exp: now + 31 * 86_400 }),
    'not before tomorrow': () => signed({ nbf: now + 86_400 }),
    'without iat': () => raw(H, without('iat')),
    'without iss': () => raw(H, without('iss')),
    'another iss': () => signed({ iss: 'voipbin' }),
    'without aud': () => raw(H, without('aud')),
    'another aud': () => signed({ aud: 'someone' }),
    'without sub': () => raw(H, without('sub')),
    'another sub': () => signed({ sub: '11111111-1111-4111-8111-111111111111' }),
    'without customer_id': () => raw(H, without('customer_id')),
    'the first customer as customer_id': () => signed({ customer_id: t.customer_id }),
    'without username': () => raw(H, without('username')),
    'an unknown customer': () => signed({ sub: '11111111-1111-4111-8111-111111111111', customer_id: '11111111-1111-4111-8111-111111111111' }),
    'U+0000 as the customer': () => signed({ sub: '\0', customer_id: '\0' }),
    'customer_id as a list': () => raw(H, { ...CLAIMS(), sub: [id], customer_id: [id] }),
    'no typ': () => raw({ alg: 'HS256' }, CLAIMS()),
    'typ of something else': () => signed({}, { typ: 'at+jwt' }),
    'crit': () => raw({ ...H, crit: ['exp'] }, CLAIMS()),
    'crit of b64, payload unencoded': () => { const input = `${b64({ ...H, b64: false, crit: ['b64'] })}.${JSON.stringify(CLAIMS())}`; return `${input}.${hmac(input)}`; },
    'b64 false without crit': () => { const input = `${b64({ ...H, b64: false })}.${JSON.stringify(CLAIMS())}`; return `${input}.${hmac(input)}`; },
    'jwk in the header, signed by it': () => new SignJWT(CLAIMS()).setProtectedHeader({ alg: 'RS256', typ: 'JWT', jwk: rsa.publicKey.export({ format: 'jwk' }) }).sign(rsa.privateKey),
    'jku in the header': () => new SignJWT(CLAIMS()).setProtectedHeader({ alg: 'RS256', typ: 'JWT', jku: 'http://127.0.0.1:1/jwks.json' }).sign(rsa.privateKey),
    'x5u in the header': () => new SignJWT(CLAIMS()).setProtectedHeader({ alg: 'RS256', typ: 'JWT', x5u: 'http://127.0.0.1:1/x.pem' }).sign(rsa.privateKey),
    'kid that points at /dev/null': () => raw({ ...H, kid: '../../../../dev/null' }, CLAIMS(), (input) => hmac(input, '')),
    'kid with SQL': () => raw({ ...H, kid: "' UNION SELECT '' --" }, CLAIMS(), (input) => hmac(input, '')),
    'JWE': () => new CompactEncrypt(Buffer.from(JSON.stringify(CLAIMS()))).setProtectedHeader({ alg: 'dir', enc: 'A128CBC-HS256' }).encrypt(Buffer.from(SECRET).subarray(0, 32)),
    'standard base64 with padding': async () => { const [h, c, s] = (await signed()).split('.'); return `${h!}=.${c!}=.${s!}=`; },
    'JSON serialisation': () => JSON.stringify({ payload: b64(CLAIMS()), signatures: [{ protected: b64(H), signature: hmac(`${b64(H)}.${b64(CLAIMS())}`) }] }).replaceAll(' ', ''),
    'claims that are no object': () => raw(H, '"ada"'),
    'claims that are no JSON': () => raw(H, 'ada'),
    'header that is no JSON': () => raw('HS256', CLAIMS()),
    'four dots': async () => `${await signed()}.x`,
    'only dots': () => '..',
    'nothing': () => '',
    'an access key that is none': () => keyOf('Z'),
    'an access key with one letter more': () => `${keyOf('A')}A`,
    'the hash of an access key': () => createHash('sha256').update(keyOf('A')).digest('hex'),
    '100 kB of letters': () => 'a'.repeat(10_000),
  };

  test('there are thirty kinds and more', () => { expect(Object.keys(FORGED).length).toBeGreaterThanOrEqual(30); });

  test('what they are made from is a good one', async () => {
    expect((await t.ask('GET', '/me', { key: await signed() })).body).toMatchObject({ customer_id: id, kind: 'token', username: 'ada' });
    expect((await t.ask('GET', '/me', { key: raw(H, CLAIMS()) })).status).toBe(200);
  });

  test.each(Object.keys(FORGED))('%s', async (kind) => {
    const token = await FORGED[kind]!();
    for (const asked of [{ headers: { authorization: `Bearer ${token}` } }, { headers: { cookie: `token=${token}` } }, { query: `?token=${encodeURIComponent(token)}` }]) {
      const answer = await t.ask('GET', `/activeflows${asked.query ?? ''}`, { key: null, headers: asked.headers ?? {} });
      expect(answer.status, JSON.stringify(asked).slice(0, 40)).toBe(401);
    }
  });
});

describe.each(STORES)('credentials on %s', (store) => {
  let t: Tested;
  beforeAll(async () => {
    t = await startTest(store, { CLOCK: 'real' });
    await t.customer({ username: 'ada', password: 'correct horse' });
  });
  afterAll(() => t.close());
  const login = (body: object, headers = {}) => t.ask('POST', '/auth/login', { key: null, body, headers });

  test('are found in every place, in the order of the wire', async () => {
    const token = (await login({ username: 'ada', password: 'correct horse' })).body.token as string;
    const kind = async (query: string, headers: Record<string, string>) => (await t.ask('GET', `/me${query}`, { key: null, headers })).body.kind ?? 401;
    expect(await kind('', { cookie: `a=b; token=${token}` })).toBe('token');
    expect(await kind(`?token=${token}`, {})).toBe('token');
    expect(await kind('', { authorization: `Bearer ${token}` })).toBe('token');
    expect(await kind('', { authorization: `bearer ${t.key}` })).toBe('accesskey');
    expect(await kind('', { cookie: `accesskey=${t.key}` })).toBe('accesskey');
    expect(await kind(`?accesskey=${t.key}`, {})).toBe('accesskey');
    expect(await kind(`?accesskey=${t.key}`, { cookie: `token=${token}` })).toBe('token');
    expect(await kind(`?token=${token}&accesskey=${t.key}`, { cookie: 'token=bad' })).toBe(401);
    expect(await kind(`?accesskey=${t.key}`, { authorization: 'Basic YTpi' })).toBe(401);
  });

  test('none at all is AUTHENTICATION_REQUIRED, bad ones are INVALID_CREDENTIALS', async () => {
    expect((await t.ask('GET', '/me', { key: null })).body.error.reason).toBe('AUTHENTICATION_REQUIRED');
    expect((await t.ask('GET', '/me', { key: keyOf('Z') })).body.error.reason).toBe('INVALID_CREDENTIALS');
  });

  test('a login answers a token and a cookie, at the root and under /v1.0', async () => {
    for (const path of ['//auth/login', '/auth/login']) {
      const answer = await t.ask('POST', path, { key: null, body: { username: 'ada', password: 'correct horse' } });
      expect(answer.body).toEqual({ username: 'ada', token: expect.stringMatching(/^eyJ/) });
      expect(answer.headers.get('set-cookie')).toMatch(/^token=eyJ[^;]+; Path=\/; Max-Age=60479\d|604800; HttpOnly; SameSite=Lax$/);
      expect(answer.headers.get('set-cookie')).not.toContain('Secure');
    }
  });

  test('a wrong password, an unknown user and names that no store can hold are all the same', async () => {
    for (const body of [{ username: 'ada', password: 'wrong' }, { username: 'nobody', password: 'x' }, { username: 'ada\0', password: 'correct horse' }, { username: '', password: '' }, {}]) {
      const answer = await login(body);
      expect(answer.status).toBe(401);
      expect(answer.body.error).toMatchObject({ reason: 'INVALID_CREDENTIALS', message: 'the username or the password is wrong' });
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
  });

  test('an unknown user takes as long as a wrong password', async () => {
    const once = async (username: string): Promise<number> => { const began = performance.now(); await t.server.parts.identities.login(username, 'wrong'); return performance.now() - began; };
    // The least of several, in turns: what else the machine does takes time of both. Without the work, one would take a hundredth.
    let [known, unknown] = [Infinity, Infinity];
    for (let i = 0; i < 9; i++) [known, unknown] = [Math.min(known, await once('ada')), Math.min(unknown, await once('nobody'))];
    expect(unknown / known).toBeGreaterThan(0.2);
    expect(unknown / known).toBeLessThan(5);
  });

  test('an access key is shown once, works, can be renamed, and stops at once when it is revoked', async () => {
    const made = (await t.ask('POST', '/accesskeys', { body: { name: 'ci', detail: 'd' } })).body;
    expect(made).toMatchObject({ name: 'ci', detail: 'd', token: expect.stringMatching(/^af_[A-Za-z0-9]{40}$/), tm_expire: '9999-01-01 00:00:00.000000' });
    expect(made.token.startsWith(made.token_prefix)).toBe(true);
    expect((await t.ask('GET', '/me', { key: made.token })).body).toMatchObject({ kind: 'accesskey', accesskey_id: made.id });
    expect((await t.ask('GET', `/accesskeys/${made.id}`)).body.token).toBe('');
    expect((await t.ask('GET', '/accesskeys')).text).not.toContain(made.token);
    expect((await t.ask('PUT', `/accesskeys/${made.id}`, { body: { name: 'renamed' } })).body).toMatchObject({ name: 'renamed', detail: 'd', token: '' });
    expect((await t.ask('GET', '/me', { key: made.token })).status).toBe(200);
    const removed = (await t.ask('DELETE', `/accesskeys/${made.id}`)).body;
    expect(removed.tm_delete).not.toMatch(/^9999/);
    expect((await t.ask('GET', '/me', { key: made.token })).body.error.reason).toBe('INVALID_CREDENTIALS');
    expect((await t.ask('GET', `/accesskeys/${made.id}`)).body.error.reason).toBe('ACCESSKEY_NOT_FOUND');
  });

  test('an access key that is made to expire now stops at once', async () => {
    const made = (await t.ask('POST', '/accesskeys', { body: { name: 'short', expire: 3600 } })).body;
    expect((await t.ask('GET', '/me', { key: made.token })).status).toBe(200);
    await t.ask('PUT', `/accesskeys/${made.id}`, { body: { tm_expire: '2020-01-01T00:00:00Z' } });
    expect((await t.ask('GET', '/me', { key: made.token })).status).toBe(401);
    expect((await t.ask('PUT', `/accesskeys/${made.id}`, { body: { tm_expire: 'tomorrow' } })).body.error).toMatchObject({ reason: 'INVALID_ARGUMENT', details: [{ pointer: '/tm_expire' }] });
  });

  test('repeated by an Idempotency-Key, an access key comes without its token, and the token is nowhere in the store', async () => {
    const ask = () => t.ask('POST', '/accesskeys', { body: { name: 'once' }, headers: { 'idempotency-key': 'make-a-key' } });
    const [first, again] = [(await ask()).body, (await ask()).body];
    expect(again).toEqual({ ...first, token: '' });
    for (const kind of ['idempotency', 'accesskey']) {
      const rows = await t.server.parts.store.documents({ kind, customer_id: t.customer_id, limit: 100 });
      expect(rows.length).toBeGreaterThan(0);
      expect(JSON.stringify(rows)).not.toContain(first.token);
    }
  });

  test('the customer is read and changed; what is secret about it is never shown', async () => {
    expect((await t.ask('PUT', '/customer', { body: { name: 'new', webhook_uri: 'https://example.com/x', webhook_secret: 'hush-hush' } })).body).toMatchObject({ name: 'new', webhook_method: 'POST' });
    const { text, body } = await t.ask('GET', '/customer');
    expect(text).not.toContain('hush');
    expect(body).toMatchObject({ id: t.customer_id, name: 'new', webhook_uri: 'https://example.com/x' });
    expect((await t.ask('PUT', '/customer', { body: {} })).body).toMatchObject({ name: 'new', webhook_uri: 'https://example.com/x' });
    expect((await t.ask('PUT', '/customer', { body: { webhook_uri: 'ftp://example.com' } })).body.error.reason).toBe('INVALID_WEBHOOK_URI');
  });
});

describe('where credentials go', () => {
  let t: Tested | undefined;
  afterEach(() => t?.close());

  test('in queries they can be switched off', async () => {
    t = await startTest('memory', { QUERY_CREDENTIALS: 'false' });
    expect((await t.ask('GET', `/me?accesskey=${t.key}`, { key: null })).body.error.reason).toBe('AUTHENTICATION_REQUIRED');
  });

  test('behind a proxy that ends TLS the cookie is Secure; without trust in it, what it says does not count', async () => {
    for (const trust of ['true', 'false']) {
      t = await startTest('memory', { TRUST_PROXY: trust });
      await t.customer({ username: 'ada', password: 'x' });
      const answer = await t.ask('POST', '/auth/login', { key: null, body: { username: 'ada', password: 'x' }, headers: { 'x-forwarded-proto': 'https' } });
      expect(/; Secure/.test(answer.headers.get('set-cookie') ?? '')).toBe(trust === 'true');
      if (trust === 'true') await t.close();
    }
  });

  test('guessing is slowed down, from that address only, and forgiven with time', async () => {
    t = await startTest('memory', { TRUST_PROXY: 'true' });
    await t.customer({ username: 'ada', password: 'right' });
    const login = (password: string, address: string) => t!.ask('POST', '/auth/login', { key: null, body: { username: 'ada', password }, headers: { 'x-forwarded-for': address } });
    const all = await Promise.all(Array.from({ length: 14 }, () => login('wrong', '203.0.113.9')));
    expect(all.map(({ status }) => status).sort()).toEqual([...Array<number>(10).fill(401), 429, 429, 429, 429]);
    const [slowed] = all.filter(({ status }) => status === 429);
    expect(slowed!.body.error).toMatchObject({ reason: 'RATE_LIMIT_EXCEEDED', details: [{ limited_by: 'address' }] });
    expect((await login('right', '203.0.113.9')).status).toBe(429);
    expect((await login('right', '203.0.113.10')).status).toBe(200);
  });

  test('the brake forgives with time, counts no right tries, and takes a /64 as one address', () => {
    let now = 0;
    const brake = loginBrake(() => now);
    for (let i = 0; i < 50; i++) brake('2001:db8::1')();
    for (let i = 0; i < 10; i++) brake(`2001:db8::${i}`);
    expect(() => brake('2001:db8:0:0:ffff::')).toThrow(/too many/);
    expect(() => brake('2001:db8:0:1::1')).not.toThrow();
    now += 5_000;
    brake('2001:db8::1');
    expect(() => brake('2001:db8::1')).toThrow(/too many/);
  });
});
