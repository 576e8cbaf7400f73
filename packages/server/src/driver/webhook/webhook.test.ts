// The driver against real receivers: good ones, bad ones, and those that mean harm. Nothing is mocked but who is told what.
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../clock.js';
import type { StoredEffect } from '../../store/store.js';
import { Permanent, Retryable } from '../driver.js';
import { createEgress, type Egress } from '../http/egress.js';
import { openReceiver, verify, type Receiver } from './testing/receiver.js';
import { createWebhook, RETRY_MS, type Outlet } from './webhook.js';

const SECRETS = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'] as const;
const BODY = '{"type":"activeflow_updated","data":{"name":"ß😀"}}';
const delivery = { id: 'd0000000-0000-5000-8000-000000000001', kind: 'webhook.deliver' } as StoredEffect;

let receiver: Receiver;
let egress: Egress;
let off: string[];
beforeEach(async () => { receiver = await openReceiver(); egress = createEgress({ allow: ['127.0.0.1'] }); off = []; });
afterEach(async () => { await egress.close(); await receiver.close(); });

function driver(over: Partial<Outlet> = {}, client: Egress = egress) {
  const outlet: Outlet = { target: async () => ({ uri: receiver.url, method: 'POST', secrets: SECRETS }), body: async () => BODY, switchOff: async (_, uri) => { off.push(uri); }, ...over };
  return createWebhook({ ask: client.request, clock: realClock(), outlet });
}
const perform = (over?: Partial<Outlet>, client?: Egress) => driver(over, client).perform(delivery, new AbortController().signal);
const failure = async (work: Promise<unknown>): Promise<unknown> => work.then(() => 'no failure', (error: unknown) => error);

describe('a delivery', () => {
  it.each([200, 201, 204, 299])('has arrived with %i', async (status) => {
    receiver.reply = status;
    expect(await perform()).toEqual({ done: { ok: true, data: { status } } });
  });

  it('is signed with each secret, and by the older header with the newest; the id stays the same', async () => {
    await perform();
    await perform();
    const [one, two] = receiver.got as [typeof receiver.got[0], typeof receiver.got[0]];
    for (const secret of SECRETS) expect(verify(one, secret)).toEqual(JSON.parse(BODY));
    expect(() => verify(one, `whsec_${Buffer.from('another key of thirty-two bytes.').toString('base64')}`)).toThrow();
    expect([one.headers['webhook-id'], two.headers['webhook-id'], one.text]).toEqual([delivery.id, delivery.id, BODY]);
    expect(one.headers['x-voipbin-signature']).toMatch(/^sha256=[0-9a-f]{64}$/);
  });

  it('is signed with a text of any other form by its bytes', async () => {
    await perform({ target: async () => ({ uri: receiver.url, method: 'PUT', secrets: ['whsec_not base64'] }) });
    const [one] = receiver.got as [typeof receiver.got[0]];
    expect(one.method).toBe('PUT');
    expect(new Webhook(Buffer.from('whsec_not base64'), { format: 'raw' }).verify(one.text, one.headers as Record<string, string>)).toEqual(JSON.parse(BODY));
  });

  it.each([301, 302, 307, 400, 401, 404, 429, 500, 503])('is tried again after %i', async (status) => {
    receiver.reply = (_got, response) => { response.writeHead(status, { location: receiver.url }).end(); };
    expect(await failure(perform())).toMatchObject({ name: 'Retryable', reason: `HTTP_${status}`, retry_after_ms: undefined });
    expect(receiver.got).toHaveLength(1);
  });

  it('obeys Retry-After, in seconds and as a date, for a day at most', async () => {
    const answer = (value: string) => { receiver.reply = (_got, response) => { response.writeHead(503, { 'retry-after': value }).end(); }; };
    answer('120');
    expect(await failure(perform())).toMatchObject({ retry_after_ms: 120_000 });
    answer(new Date(Date.now() + 3_600_000).toUTCString());
    const { retry_after_ms } = await failure(perform()) as Retryable;
    expect(retry_after_ms).toBeGreaterThan(3_000_000);
    expect(retry_after_ms).toBeLessThanOrEqual(3_600_000);
    answer('99999999');
    expect(await failure(perform())).toMatchObject({ retry_after_ms: 24 * 3_600_000 });
    answer('soon');
    expect(await failure(perform())).toMatchObject({ retry_after_ms: undefined });
  });

  it('switches the webhook off with 410', async () => {
    receiver.reply = 410;
    expect(await failure(perform())).toMatchObject({ name: 'Permanent', reason: 'HTTP_410' });
    expect(off).toEqual([receiver.url]);
  });

  it('is not sent where nobody wants it any more, or what it tells of is gone', async () => {
    expect(await failure(perform({ target: async () => undefined }))).toMatchObject({ name: 'Permanent', reason: 'WEBHOOK_OFF' });
    expect(await failure(perform({ body: async () => undefined }))).toMatchObject({ name: 'Permanent', reason: 'EVENT_GONE' });
    expect(receiver.got).toEqual([]);
  });
});

describe('a receiver that means harm', () => {
  it('gets nothing on an address that is not allowed, by no redirect either', async () => {
    const guarded = createEgress({ allow: [] });
    expect(await failure(perform({}, guarded))).toMatchObject({ name: 'Permanent', reason: 'EGRESS_REFUSED' });
    expect(receiver.got).toEqual([]);
    await guarded.close();
    receiver.reply = (_got, response) => { response.writeHead(302, { location: 'http://127.0.0.2:1/' }).end(); };
    expect(await failure(perform())).toMatchObject({ reason: 'HTTP_302' });
  });

  it('may send a body without end, or ten thousand headers: the delivery is tried again', async () => {
    receiver.reply = (_got, response) => {
      const more = (): void => { if (!response.destroyed) response.write(Buffer.alloc(65_536), () => { setImmediate(more); }); };
      more();
    };
    expect(await failure(perform())).toMatchObject({ name: 'Retryable', reason: 'RESPONSE_TOO_LARGE' });
    receiver.reply = (_got, response) => { response.writeHead(200, Array.from({ length: 10_000 }, (_, i) => [`x-${i}`, 'x'.repeat(50)]).flat()).end(); };
    expect(await failure(perform())).toMatchObject({ name: 'Retryable', reason: 'RESPONSE_TOO_LARGE' });
    receiver.reply = (_got, _response, request) => { request.socket.destroy(); };
    expect(await failure(perform())).toMatchObject({ name: 'Retryable', reason: 'NO_ANSWER' });
  });

  it('may hang: whoever asked gives up, and the request ends', async () => {
    receiver.reply = (_got, _response, _request) => undefined;
    const abort = new AbortController();
    const hanging = failure(driver().perform(delivery, abort.signal));
    await receiver.until(1);
    abort.abort();
    expect(await hanging).toBeInstanceOf(Retryable);
    expect(await hanging).not.toBeInstanceOf(Permanent);
  });
});

describe('the schedule', () => {
  it('is the one of the wire, each wait a little longer by its own name, and then it is over', () => {
    const { retry } = driver() as Required<ReturnType<typeof driver>>;
    expect(RETRY_MS.map((ms) => ms / 1000)).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    for (const [i, wait] of RETRY_MS.entries()) {
      const waits = Array.from({ length: 50 }, (_, n) => retry({ ...delivery, id: `d-${n}` }, i + 1)!);
      expect([Math.min(...waits) >= wait, Math.max(...waits) <= wait * 1.1, new Set(waits).size > 20]).toEqual([true, true, true]);
      expect(retry({ ...delivery, id: 'd-1' }, i + 1)).toBe(waits[1]);
    }
    expect(retry(delivery, RETRY_MS.length + 1)).toBeUndefined();
  });
});
