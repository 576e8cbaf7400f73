import { expect, it } from 'vitest';
import { ApiError } from '../problem.js';
import { createRateLimit } from './rate.js';

/** How many of so many requests pass, at an instant that the test sets. */
function limitOf(per_second: number) {
  let now_ms = 5_000;
  const limit = createRateLimit(per_second, () => now_ms);
  const passes = (count: number, who = 'a', what: 'address' | 'customer' = 'customer'): number => {
    let passed = 0;
    for (let i = 0; i < count; i++) {
      try { limit.take(what, who); passed++; } catch (error) { if (!(error instanceof ApiError)) throw error; }
    }
    return passed;
  };
  return { limit, passes, wait: (ms: number) => { now_ms += ms; } };
}

it('lets a burst of one second through, and as many each second after it', () => {
  const { passes, wait } = limitOf(20);
  expect(passes(40)).toBe(20);
  wait(100);
  expect(passes(40)).toBe(2);
  wait(49);
  expect(passes(40)).toBe(0);
  wait(1);
  expect(passes(40)).toBe(1);
  wait(60_000);
  expect(passes(40)).toBe(20);
});

it('counts each customer and each address for itself', () => {
  const { passes } = limitOf(3);
  expect([passes(9, 'a'), passes(9, 'b'), passes(9, 'a', 'address'), passes(9, '203.0.113.1', 'address'), passes(9, '203.0.113.2', 'address')]).toEqual([3, 3, 3, 3, 3]);
  // One network of IPv6 is one address.
  expect([passes(9, '2001:db8::1', 'address'), passes(9, '2001:db8::2', 'address')]).toEqual([3, 0]);
});

it.each([[1, 1], [200, 1]])('says when to come again: at %i a second after %i s', (per_second, retry_after_s) => {
  const { limit, passes } = limitOf(per_second);
  passes(per_second);
  expect(() => { limit.take('customer', 'a'); }).toThrow(expect.objectContaining({ reason: 'RATE_LIMIT_EXCEEDED', retry_after_s }));
});

it('is none at 0', () => {
  expect(limitOf(0).passes(10_000)).toBe(10_000);
});
