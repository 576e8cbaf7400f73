// Tickets: what the link of `activeflow dev` signs in with.
import { afterEach, describe, expect, test } from 'vitest';
import { startTest, type Tested } from './testing/server.js';
import { createTickets } from './tickets.js';

describe('a ticket', () => {
  test('is good once, for ten minutes, for whom it was issued', () => {
    let now_ms = 1_000;
    const tickets = createTickets(() => now_ms);
    const [first, second, third] = [tickets.issue('a'), tickets.issue('b'), tickets.issue('c')];
    expect(new Set([first, second, third]).size).toBe(3);
    expect(first).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(tickets.redeem(second)).toBe('b');
    expect(tickets.redeem(second)).toBeUndefined();
    now_ms += 599_999;
    expect(tickets.redeem(first)).toBe('a');
    now_ms += 1;
    expect(tickets.redeem(third)).toBeUndefined();
    expect(['', 'x', `${first} `].map((wrong) => tickets.redeem(wrong))).toEqual([undefined, undefined, undefined]);
  });

  test('pushes out the oldest where there are too many', () => {
    const tickets = createTickets(() => 0);
    const all = Array.from({ length: 101 }, (_, at) => tickets.issue(String(at)));
    expect(tickets.redeem(all[0]!)).toBeUndefined();
    expect(tickets.redeem(all[1]!)).toBe('1');
    expect(tickets.redeem(all[100]!)).toBe('100');
  });
});

describe('POST /v1.0/auth/ticket', () => {
  let t: Tested;
  afterEach(() => t.close());
  const redeem = (body: unknown) => t.ask('POST', '/auth/ticket', { key: null, body });

  test('gives a token of the customer, once', async () => {
    t = await startTest('memory');
    const ticket = t.server.parts.tickets.issue(t.customer_id);
    const { status, headers, body } = await redeem({ ticket });
    expect([status, headers.get('cache-control'), headers.get('set-cookie')]).toEqual([200, 'no-store', null]);
    expect((await t.ask('GET', '/me', { key: null, headers: { authorization: `Bearer ${body.token}` } })).body).toMatchObject({ customer_id: t.customer_id, kind: 'token' });
    const again = await redeem({ ticket });
    expect([again.status, again.body.error.reason]).toEqual([401, 'INVALID_CREDENTIALS']);
  });

  test('names the field of a body that is none', async () => {
    t = await startTest('memory');
    for (const body of [{}, { ticket: 7 }, { ticket: null }]) {
      const { status, body: { error } } = await redeem(body);
      expect([status, error.details[0].pointer]).toEqual([400, '/ticket']);
    }
  });

  test('is slowed down for who guesses, however good the next one is', async () => {
    t = await startTest('memory');
    const tries = [];
    for (let at = 0; at < 12; at++) tries.push((await redeem({ ticket: `guess-${at}` })).status);
    expect(tries.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401));
    expect(tries.slice(10)).toContain(429);
    const good = t.server.parts.tickets.issue(t.customer_id);
    const { status, headers } = await redeem({ ticket: good });
    expect([status, Number(headers.get('retry-after')) > 0]).toEqual([429, true]);
  });
});
