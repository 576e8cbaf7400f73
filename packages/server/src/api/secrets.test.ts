// No secret reaches the log or an answer, whatever goes wrong (promises.md, "Secrets").
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { createApp } from './app.js';
import { createRateLimit } from './rate.js';
import { openMemory } from '../store/memory.js';
import { openPhone } from '../driver/sip/testing/phone.js';
import { startTest, keyOf, type Tested } from './testing/server.js';

const PASSWORD = 'pa55word-of-ada';
const WEBHOOK_SECRET = 'whsec_do-not-tell';
const PHONE_PASSWORD = 'phone-pa55word-of-ada';
const TRUNK_PASSWORD = 'trunk-pa55word-of-ada';
const JWT_SECRET = 'jwt-secret-that-nobody-may-ever-see!!';

describe('secrets', () => {
  let t: Tested;
  let written = '';
  let restore: () => void;
  const secrets = new Map<string, string>([['password', PASSWORD], ['webhook secret', WEBHOOK_SECRET], ['jwt secret', JWT_SECRET], ['first access key', keyOf('A')],
    ['password of a phone', PHONE_PASSWORD], ['password of a trunk', TRUNK_PASSWORD]]);
  const answers: string[] = [];

  beforeAll(async () => {
    const { stderr } = process;
    const write = stderr.write.bind(stderr);
    stderr.write = ((text: string | Uint8Array) => { written += String(text); return true; });
    restore = () => { stderr.write = write; };
    const log = pino({ level: 'debug' }, { write: (text: string) => { written += text; } });
    t = await startTest('sqlite', { LOG: 'debug', JWT_SECRET, CLOCK: 'real', SIP: 'true', SIP_PORT: '0', SIP_EXTENSION: `1000:${PHONE_PASSWORD}` }, { log });
  });
  afterAll(async () => { restore(); await t.close(); });
  const ask = async (...asked: Parameters<Tested['ask']>) => { const answer = await t.ask(...asked); answers.push(answer.text); return answer; };

  test('are used in every way, by requests that work and requests that fail', async () => {
    await t.customer({ username: 'ada', password: PASSWORD });
    const { token } = (await t.ask('POST', '/auth/login', { key: null, body: { username: 'ada', password: PASSWORD } })).body as { token: string };
    const made = (await t.ask('POST', '/accesskeys', { body: { name: 'x' }, headers: { 'idempotency-key': 'k' } })).body as { token: string };
    secrets.set('token', token).set('token signature', token.split('.')[2]!).set('made access key', made.token);
    const bad = keyOf('Q');
    secrets.set('bad access key', bad);
    for (const credential of [`token=${token}`, `accesskey=${made.token}`, `accesskey=${bad}`, `token=${bad}`, `token=${token}x`]) {
      for (const [method, path] of [['GET', '/me'], ['GET', '/activeflows'], ['GET', '/activeflows?page_size=x'], ['GET', '/flows/x'], ['GET', '/nothing'], ['POST', '/flows'], ['POST', '/activeflows'], ['GET', '/%ff']] as const) {
        await ask(method, `${path}${path.includes('?') ? '&' : '?'}${credential}`, { key: null, ...(method === 'POST' ? { raw: '{bad' } : {}) });
        await ask(method, path, { key: null, headers: { cookie: credential }, ...(method === 'POST' ? { raw: '{"actions":5}' } : {}) });
      }
      await ask('GET', '/me', { key: credential.split('=')[1]! });
    }
    const run = await ask('POST', `/activeflows?accesskey=${made.token}`, { key: null, body: { actions: [{ type: 'block' }] } });
    await ask('POST', `/activeflows/${run.body.id}/stop?token=${token}&accesskey=${made.token}`, { key: null });
    await ask('POST', `/activeflows/${run.body.id}/stop?accesskey=${made.token}`, { key: null });
    await ask('PUT', '/customer', { body: { webhook_secret: WEBHOOK_SECRET, webhook_uri: 'https://example.com' } });
    await ask('PUT', '/customer', { body: { webhook_secret: WEBHOOK_SECRET, webhook_uri: 5 } });
    await ask('GET', '/customer');
    // Not by the checked `ask`: this answer is the one that shows it.
    const rotated = (await t.ask('POST', '/customer/webhook_secret', { headers: { 'idempotency-key': 'r' } })).body as { webhook_secret: string };
    secrets.set('rotated webhook secret', rotated.webhook_secret);
    await ask('POST', '/customer/webhook_secret', { headers: { 'idempotency-key': 'r' } });
    const told = await ask('POST', '/activeflows', { body: { actions: [], webhook_uri: 'http://127.0.0.1:1/refused' } });
    await t.until(`/webhook_deliveries?activeflow_id=${told.body.id}`, ({ result }) => result.some(({ status }: { status: string }) => status === 'failed'));
    await ask('GET', '/webhook_deliveries');
    await ask('GET', '/customer');
    await ask('GET', '/accesskeys');
    await ask('POST', '/auth/login', { key: null, body: { username: 'ada', password: `${PASSWORD}x` } });
    await ask('POST', '/auth/login', { key: null, body: { username: PASSWORD, password: { inner: PASSWORD } } });
    await ask('POST', '/auth/login', { key: null, raw: `{"password":"${PASSWORD}"` });
    for (const ticket of [t.server.parts.tickets.issue(t.customer_id), 'T'.repeat(43)]) {
      secrets.set(`ticket ${secrets.size}`, ticket);
      // The first time it is taken, the second time it is refused; once more in the wrong place, and not even JSON.
      await t.ask('POST', '/auth/ticket', { key: null, body: { ticket } });
      await ask('POST', '/auth/ticket', { key: null, body: { ticket } });
      await ask('POST', '/auth/ticket', { key: null, body: { ticket: [ticket] } });
      await ask('POST', '/auth/ticket', { key: null, raw: `{"ticket":"${ticket}"` });
    }
    for (const body of [{ extension: '1001', password: PHONE_PASSWORD }, { extension: 'a b', password: PHONE_PASSWORD }, { extension: '1002', password: [PHONE_PASSWORD] }, { extension: '1003', password: `${PHONE_PASSWORD}\n` }]) await ask('POST', '/extensions', { body });
    const trunk = await ask('POST', '/trunks', { body: { uri: 'sip:127.0.0.1:9', username: 'u', password: TRUNK_PASSWORD, register: true } });
    for (const body of [{ password: `${TRUNK_PASSWORD}\n` }, { password: { inner: TRUNK_PASSWORD } }, { username: 'a b', password: TRUNK_PASSWORD }]) await ask('PUT', `/trunks/${trunk.body.id}`, { body });
    for (const path of ['/extensions', '/trunks', `/trunks/${trunk.body.id}`]) await ask('GET', path);
    const phone = await openPhone(t.server.telephony?.bound()[0]?.port ?? 0);
    for (const [name, password] of [['1000', PHONE_PASSWORD], ['1000', `${PHONE_PASSWORD}x`], ['1999', PHONE_PASSWORD], [PHONE_PASSWORD, PHONE_PASSWORD]] as const) {
      await phone.askAs(name, password, 'REGISTER', { uri: 'sip:127.0.0.1', to: `<sip:${name}@127.0.0.1>` });
    }
    await phone.close();
    for (const hash of ['md5', 'sha256']) secrets.set(`${hash} of a phone`, createHash(hash).update(`1000:${t.customer_id}:${PHONE_PASSWORD}`).digest('hex'));
    await ask('GET', '//metrics');
    await ask('GET', '//openapi.json', { key: null });
  });

  test('are not in what is logged when the server itself fails', async () => {
    const { parts } = t.server;
    const boom = () => { throw new Error('a defect'); };
    const broken = createApp({ ...parts, store: { ...openMemory(), document: boom } }, t.routes.map((row) => ({ ...row, handle: boom })), { query_credentials: true, trust_proxy: false, rate: createRateLimit(0) });
    const before = written.length;
    const answer = await broken.inject({ method: 'GET', url: `/v1.0/me?accesskey=${keyOf('A')}&token=` , headers: { cookie: `accesskey=${keyOf('A')}`, authorization: `Bearer ${keyOf('A')}` } });
    expect(answer.statusCode).toBe(500);
    expect(answer.json().error).toMatchObject({ status: 'INTERNAL', reason: 'INTERNAL', details: [] });
    expect(answer.body).not.toContain('a defect"');
    expect(answer.body).not.toContain('node_modules');
    expect(written.slice(before)).toContain('a request failed');
    answers.push(answer.body);
    await broken.close();
  });

  test('something was logged, and no secret with it', () => {
    expect(written).toContain('"command"');
    for (const [name, secret] of secrets) expect(written.includes(secret), `${name} in the log`).toBe(false);
  });

  test('no answer holds one, but the one that shows it', () => {
    for (const [name, secret] of secrets) expect(answers.filter((text) => text.includes(secret)), `${name} in an answer`).toEqual([]);
  });
});
