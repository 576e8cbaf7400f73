import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Permanent, Retryable } from '../../errors.js';
import { providerConforms, type TakenText } from '../conformance.js';
import type { DeliveryReceipt, Incoming, Outgoing } from '../provider.js';
import { knock, startFar, type Far } from '../testing/far.js';
import { PIECE, piecesOf } from './pieces.js';
import { sign } from './signature.js';
import { createTwilio, type TwilioSettings } from './twilio.js';

const TOKEN = '12345';
const PUBLIC = 'https://flows.example.com';
const clock = { now: () => Date.UTC(2026, 0, 5, 9) * 1_000 };
const REFERENCE = '7d5e2f3a-0000-4000-8000-000000000001.0';
const message = (more: Partial<Outgoing> = {}): Outgoing => ({ reference: REFERENCE, source: '+15550100', destination: '+15550101', text: 'Hello', taken: [], ...more });
const never = new AbortController().signal;

/** A far side that takes everything under ids that it counts. */
async function open(settings: Partial<TwilioSettings> = {}) {
  let sids = 0;
  const takes: Far['answer'] = (_came, response) => { response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ sid: `SM${++sids}`, status: 'queued' })); };
  const far = await startFar(takes);
  const provider = createTwilio({ clock, settings: { url: far.url, account_sid: 'AC1', auth_token: TOKEN, from: '+15550199', public_url: PUBLIC, ...settings } });
  const forms = (): readonly URLSearchParams[] => far.came.map(({ body }) => new URLSearchParams(body));
  const heard: Incoming[] = [];
  const receipts: DeliveryReceipt[] = [];
  const hear = () => provider.start({ onMessage: async (incoming) => { heard.push(incoming); return 'taken'; }, onReceipt: async (receipt) => { receipts.push(receipt); } });
  const signed = (path: string, form: Record<string, string>, query = '', token = TOKEN) => {
    const body = new URLSearchParams(form);
    const url = `${PUBLIC}/v1.0/providers/twilio/${path}${query === '' ? '' : `?${query}`}`;
    return knock(provider, path, { query, body: body.toString(), headers: { 'x-twilio-signature': sign(token, url, body) } });
  };
  return { far, takes, provider, forms, heard, receipts, hear, signed };
}

providerConforms('twilio', async () => {
  const { far, takes, provider, forms, signed } = await open();
  const taken: TakenText[] = [];
  const status = (code: number): void => { far.answer = (_came, response) => { far.answer = takesAll; response.writeHead(code).end('{}'); }; };
  const takesAll: Far['answer'] = (came, response) => { const form = new URLSearchParams(came.body); taken.push({ source: form.get('From') ?? '', destination: form.get('To') ?? '', text: form.get('Body') ?? '' }); takes(came, response); };
  far.answer = takesAll;
  return {
    provider, taken: async () => taken, close: far.close,
    fail: async (how) => { status(how === 'throttled' ? 429 : 400); },
    deliver: async ({ source, destination, text }) => (await signed('messages', { MessageSid: 'SM9', From: source, To: destination, Body: text })).status === 200,
    arrive: async () => {
      const callback = new URL(forms().at(-1)?.get('StatusCallback') ?? '');
      return (await signed('receipts', { MessageSid: 'SM1', MessageStatus: 'delivered' }, callback.search.slice(1))).status === 200;
    },
  };
});

describe('a signature', () => {
  it('is the one of the published example', () => {
    // The carrier's own example: https://www.twilio.com/docs/usage/security
    const form = new URLSearchParams({ CallSid: 'CA1234567890ABCDE', Caller: '+14158675310', Digits: '1234', From: '+14158675310', To: '+18005551212' });
    expect(sign('12345', 'https://mycompany.com/myapp.php?foo=1&bar=2', form)).toBe('GvWf1cFY/Q7PnoempGyD5oXAezc=');
  });

  it('opens a door; forged, of other letters, of another URL, or none, it does not', async () => {
    const { far, provider, heard, hear, signed } = await open();
    await hear();
    const form = { MessageSid: 'SM1', From: '+15550101', To: '+15550100', Body: 'Käse & + = %41 👍' };
    expect(await signed('messages', form)).toMatchObject({ status: 200, headers: { 'content-type': 'text/xml; charset=utf-8' }, body: expect.stringContaining('<Response></Response>') as string });
    expect(heard).toEqual([{ provider_id: 'SM1', source: '+15550101', destination: '+15550100', text: form.Body }]);
    const body = new URLSearchParams(form);
    const right = sign(TOKEN, `${PUBLIC}/v1.0/providers/twilio/messages`, body);
    const forged = [
      { headers: {}, body: body.toString() },
      { headers: { 'x-twilio-signature': '' }, body: body.toString() },
      { headers: { 'x-twilio-signature': right.toLowerCase() }, body: body.toString() },
      { headers: { 'x-twilio-signature': right }, body: body.toString().replace('SM1', 'SM2') },
      { headers: { 'x-twilio-signature': right }, body: `${body.toString()}&Extra=1` },
      { headers: { 'x-twilio-signature': right }, body: body.toString(), query: 'x=1' },
      { headers: { 'x-twilio-signature': sign(TOKEN, 'http://127.0.0.1/v1.0/providers/twilio/messages', body) }, body: body.toString() },
    ];
    for (const request of forged) expect((await knock(provider, 'messages', request)).status).toBe(403);
    expect((await signed('messages', form, '', 'another token')).status).toBe(403);
    expect((await signed('receipts', { MessageSid: 'SM1', MessageStatus: 'delivered' }, 'reference=x', 'another token')).status).toBe(403);
    expect(heard).toHaveLength(1);
    await far.close();
  });

  it('counts for nothing where nobody said how the carrier reaches us', async () => {
    const { far, provider, hear } = await open({ public_url: '' });
    await hear();
    const body = new URLSearchParams({ From: '+1', To: '+2', Body: 'x' });
    expect((await knock(provider, 'messages', { body: body.toString(), headers: { 'x-twilio-signature': sign(TOKEN, '/v1.0/providers/twilio/messages', body) } })).status).toBe(403);
    await far.close();
  });
});

describe('a message', () => {
  it('goes out as a form, with our name and password, from the number or the service, and with an URL for its receipts', async () => {
    const { far, provider, forms } = await open({ from: 'MG1' });
    await provider.submit(message(), never);
    await provider.submit(message({ source: '' }), never);
    expect(far.came[0]).toMatchObject({ method: 'POST', headers: { authorization: `Basic ${Buffer.from('AC1:12345').toString('base64')}` } });
    expect(far.came[0]?.url.pathname).toBe('/2010-04-01/Accounts/AC1/Messages.json');
    expect(forms().map((form) => Object.fromEntries(form))).toMatchObject([{ From: '+15550100', To: '+15550101', Body: 'Hello' }, { MessagingServiceSid: 'MG1' }]);
    expect(forms()[0]?.get('StatusCallback')).toBe(`${PUBLIC}/v1.0/providers/twilio/receipts?reference=${REFERENCE}&pieces=1`);
    await far.close();
  });

  it.each([[429, '7', 7_000], [500, undefined, undefined], [503, '120', 120_000], [408, undefined, undefined]] as const)('is tried again after %s, when it says so', async (status, after, expected) => {
    const { far, provider } = await open();
    far.answer = (_came, response) => { response.writeHead(status, after === undefined ? {} : { 'retry-after': after }).end('<html>'); };
    const error = await provider.submit(message(), never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Retryable);
    expect((error as Retryable).retry_after_ms).toBe(expected);
    await far.close();
  });

  it.each([400, 401, 403, 404, 422])('is not tried again after %s, and the carrier is quoted', async (status) => {
    const { far, provider } = await open();
    far.answer = (_came, response) => { response.writeHead(status).end(JSON.stringify({ code: 21211, message: 'The number is not valid' })); };
    await expect(provider.submit(message(), never)).rejects.toThrow(new Permanent('PROVIDER_REFUSED', `twilio answered with status ${status}: 21211 The number is not valid`));
    await far.close();
  });

  it('is uncertain where it was sent and no answer came, and retryable where nobody listens', async () => {
    const { far, provider } = await open({ timeout_ms: 300 });
    const bad: Far['answer'][] = [
      () => undefined,
      (_came, response) => { response.destroy(); },
      (_came, response) => { response.writeHead(201, { 'content-length': '100' }).write('{"sid":'); response.destroy(); },
      (_came, response) => { response.writeHead(201).end('{}'); },
      (_came, response) => { response.writeHead(201).end('x'.repeat(300_000)); },
    ];
    for (const answer of bad) {
      far.answer = answer;
      expect(await provider.submit(message(), never)).toMatchObject({ outcome: 'uncertain', provider_ids: [] });
    }
    await far.close();
    await expect(provider.submit(message(), never)).rejects.toBeInstanceOf(Retryable);
  });

  it('of more than the carrier takes at once goes out in pieces, and on behind those that were taken', async () => {
    const { far, takes, provider, forms } = await open();
    const text = `${'a'.repeat(PIECE - 1)}👍${'b'.repeat(PIECE)}`;
    far.answer = (came, response) => { if (far.came.length < 2) takes(came, response); else response.writeHead(503).end(); };
    const first = await provider.submit(message({ text }), never);
    expect(first).toMatchObject({ outcome: 'partial', provider_ids: ['SM1'], parts: 3, error: expect.any(Retryable) as unknown });
    far.answer = takes;
    expect(await provider.submit(message({ text, taken: first.provider_ids }), never)).toEqual({ outcome: 'sent', provider_ids: ['SM1', 'SM2', 'SM3'], parts: 3 });
    const bodies = forms().map((form) => form.get('Body') ?? '');
    expect([bodies[0], ...bodies.slice(2)].join('')).toBe(text);
    expect(bodies.every((body) => body.isWellFormed() && body.length <= PIECE)).toBe(true);
    await far.close();
  });

  it('is cut so that the pieces are the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 4_000 }), (text) => {
      const pieces = piecesOf(text);
      expect(pieces.join('')).toBe(text);
      expect(pieces.every((piece) => piece.length <= PIECE && piece.isWellFormed())).toBe(true);
    }), { numRuns: 50 });
    expect(piecesOf('👍🏽'.repeat(1_000)).slice(0, -1).every((piece) => piece.endsWith('🏽'))).toBe(true);
  });
});

describe('a receipt', () => {
  it.each([
    ['sent', 'sent'], ['delivered', 'delivered'], ['read', 'delivered'], ['undelivered', 'undelivered'], ['failed', 'failed'], ['canceled', 'failed'], ['queued', undefined], ['sending', undefined], ['no-such', undefined],
  ])('that says %s is heard as %s', async (word, status) => {
    const { far, receipts, hear, signed } = await open();
    await hear();
    const query = new URLSearchParams({ reference: REFERENCE, pieces: '1' }).toString();
    expect((await signed('receipts', { MessageSid: 'SM1', MessageStatus: word, ...(word === 'failed' ? { ErrorCode: '30005' } : {}) }, query)).status).toBe(200);
    expect(receipts).toEqual(status === undefined ? [] : [{ reference: REFERENCE, provider_id: '', status, detail: word === 'failed' ? 'error 30005' : '' }]);
    await far.close();
  });

  it('of one piece of several names the piece', async () => {
    const { far, receipts, hear, signed } = await open();
    await hear();
    await signed('receipts', { MessageSid: 'SM2', MessageStatus: 'delivered' }, `reference=${REFERENCE}&pieces=3`);
    expect(receipts).toEqual([{ reference: REFERENCE, provider_id: 'SM2', status: 'delivered', detail: '' }]);
    await far.close();
  });
});
