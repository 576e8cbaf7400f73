import { describe, expect, it } from 'vitest';
import { Permanent, Retryable } from '../../errors.js';
import { providerConforms, type TakenText } from '../conformance.js';
import type { DeliveryReceipt, Incoming, Outgoing } from '../provider.js';
import { knock, startFar, type Far } from '../testing/far.js';
import { createKannel, type KannelSettings } from './kannel.js';

const SECRET = 'not-to-be-guessed-1';
const PUBLIC = 'https://flows.example.com';
const clock = { now: () => Date.UTC(2026, 0, 5, 9) * 1_000 };
const REFERENCE = '7d5e2f3a-0000-4000-8000-000000000001.0';
const message = (more: Partial<Outgoing> = {}): Outgoing => ({ reference: REFERENCE, source: '+15550100', destination: '+15550101', text: 'Hello', taken: [], ...more });
const never = new AbortController().signal;
const takes: Far['answer'] = (_came, response) => { response.writeHead(202).end('0: Accepted for delivery'); };

async function open(settings: Partial<KannelSettings> = {}) {
  const far = await startFar(takes);
  const provider = createKannel({ clock, settings: { url: far.url, user: 'us', password: 'p w&', secret: SECRET, public_url: PUBLIC, ...settings } });
  const heard: Incoming[] = [];
  const receipts: DeliveryReceipt[] = [];
  const hear = () => provider.start({ onMessage: async (incoming) => { heard.push(incoming); return 'taken'; }, onReceipt: async (receipt) => { receipts.push(receipt); } });
  return { far, provider, heard, receipts, hear };
}

/** What Kannel makes of a `dlr-url`. */
const receiptUrl = (far: Far, status: number, answer = ''): string => new URL((far.came.at(-1)?.url.searchParams.get('dlr-url') ?? '').replace('%d', String(status)).replace('%A', encodeURIComponent(answer))).search.slice(1);

providerConforms('kannel', async () => {
  const { far, provider } = await open();
  const taken: TakenText[] = [];
  const takesAll: Far['answer'] = (came, response) => {
    const text = (name: string): string => came.url.searchParams.get(name) ?? '';
    taken.push({ source: text('from'), destination: text('to'), text: text('text') });
    takes(came, response);
  };
  far.answer = takesAll;
  return {
    provider, taken: async () => taken, close: far.close,
    fail: async (how) => { far.answer = (_came, response) => { far.answer = takesAll; response.writeHead(how === 'throttled' ? 503 : 403).end('Authorization failed for sendsms'); }; },
    deliver: async (incoming) => (await knock(provider, 'messages', { query: new URLSearchParams({ secret: SECRET, id: 'u1', from: incoming.source, to: incoming.destination, charset: 'UTF-8', text: incoming.text }).toString() })).status === 200,
    arrive: async () => (await knock(provider, 'receipts', { query: receiptUrl(far, 1) })).status === 200,
  };
});

describe('a message by Kannel', () => {
  it('goes out in its alphabet, with a URL for its receipts that Kannel fills in', async () => {
    const { far, provider } = await open();
    expect(await provider.submit(message({ text: 'Price: €[10]' }), never)).toEqual({ outcome: 'sent', provider_ids: [], parts: 1 });
    expect(await provider.submit(message({ text: 'Привет 👍'.repeat(10) }), never)).toMatchObject({ outcome: 'sent', parts: 2 });
    const [plain, wide] = far.came.map(({ url }) => Object.fromEntries(url.searchParams));
    expect(plain).toEqual({
      username: 'us', password: 'p w&', from: '+15550100', to: '+15550101', text: 'Price: €[10]', charset: 'UTF-8', coding: '0', 'dlr-mask': '27',
      'dlr-url': `${PUBLIC}/v1.0/providers/kannel/receipts?secret=${SECRET}&reference=${REFERENCE}&status=%d&answer=%A`,
    });
    expect(wide).toMatchObject({ coding: '2', charset: 'UTF-8' });
    await far.close();
  });

  it('is tried again where Kannel has no room, not where it refuses, and is uncertain where it says nothing', async () => {
    const { far, provider } = await open({ timeout_ms: 300 });
    far.answer = (_came, response) => { response.writeHead(503).end('Temporal failure, try again later.'); };
    await expect(provider.submit(message(), never)).rejects.toBeInstanceOf(Retryable);
    far.answer = (_came, response) => { response.writeHead(403).end('Authorization failed for sendsms'); };
    const refused = await provider.submit(message(), never).catch((thrown: unknown) => thrown);
    expect(refused).toEqual(new Permanent('PROVIDER_REFUSED', 'kannel answered with status 403: Authorization failed for sendsms'));
    far.answer = () => undefined;
    expect(await provider.submit(message(), never)).toMatchObject({ outcome: 'uncertain' });
    await far.close();
    await expect(provider.submit(message(), never)).rejects.toBeInstanceOf(Retryable);
  });
});

describe('a door of Kannel', () => {
  it.each([
    ['UTF-8', 'utf8', 'Grüße €👍'], ['GSM', 'utf8', 'Grüße €'], ['', 'utf8', 'Grüße'], ['UTF-16BE', 'utf16be', 'Привет 👍'], ['ISO-8859-1', 'latin1', 'Grüße'], ['WINDOWS-1252', 'latin1', 'Grüße'], ['no-such', 'utf8', 'Grüße'],
  ])('reads what came as %s', async (charset, octets, text) => {
    const { far, provider, heard, hear } = await open();
    await hear();
    const bytes = octets === 'utf16be' ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text, octets === 'latin1' ? 'latin1' : 'utf8');
    const escaped = [...bytes].map((byte) => (byte === 0x20 ? '+' : `%${byte.toString(16).padStart(2, '0')}`)).join('');
    expect(await knock(provider, 'messages', { query: `secret=${SECRET}&id=u1&from=%2B15550101&to=15550100&charset=${charset}&text=${escaped}` })).toMatchObject({ status: 200, body: '' });
    expect(heard).toEqual([{ provider_id: 'u1', source: '+15550101', destination: '15550100', text }]);
    await far.close();
  });

  it('stays shut without the secret', async () => {
    const { far, provider, heard, receipts, hear } = await open();
    await hear();
    for (const secret of ['', 'secret=', `secret=${SECRET.slice(0, -1)}`, `secret=${SECRET}x`, `Secret=${SECRET}`, `secret=x&secret=${SECRET}`]) {
      expect((await knock(provider, 'messages', { query: `${secret}&from=1&to=2&text=x` })).status).toBe(403);
      expect((await knock(provider, 'receipts', { query: `${secret}&reference=${REFERENCE}&status=1` })).status).toBe(403);
    }
    expect([heard, receipts]).toEqual([[], []]);
    await far.close();
  });

  it.each([[1, 'delivered'], [2, 'undelivered'], [8, 'sent'], [16, 'rejected'], [4, undefined], [99, undefined]])('hears the receipt %s as %s', async (number, status) => {
    const { far, provider, receipts, hear } = await open();
    await hear();
    await provider.submit(message(), never);
    expect(await knock(provider, 'receipts', { query: receiptUrl(far, number, 'NACK/5 unknown') })).toMatchObject({ status: 200, body: '' });
    expect(receipts).toEqual(status === undefined ? [] : [{ reference: REFERENCE, provider_id: '', status, detail: ['delivered', 'sent'].includes(status) ? '' : 'NACK/5 unknown' }]);
    await far.close();
  });
});
