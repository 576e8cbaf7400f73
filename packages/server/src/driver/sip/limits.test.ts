// What one source may send.
import { expect, test } from 'vitest';
import { rateOf } from './limits.js';
import { virtualTimers } from './timers.js';

test('a burst at once, then so many a second, for each address by itself', () => {
  const timers = virtualTimers();
  const allow = rateOf({ per_second: 10, burst: 5 }, timers);
  const times = (count: number, address: string) => Array.from({ length: count }, () => allow(address)).filter(Boolean).length;
  expect([times(8, '192.0.2.1'), times(8, '192.0.2.2')]).toEqual([5, 5]);
  timers.advance(250);
  expect(times(8, '192.0.2.1')).toBe(2);
  timers.advance(60_000);
  expect(times(8, '192.0.2.1')).toBe(5);
});

test('IPv6 sources count by /64, a mapped IPv4 address as itself', () => {
  const allow = rateOf({ per_second: 1, burst: 1 }, virtualTimers());
  const addresses = ['2001:db8:1:2::1', '2001:db8:1:2:ffff::2', '2001:db8:1:3::1', '::1', '::2', '::ffff:192.0.2.1', '::ffff:192.0.2.2'];
  expect(addresses.map((address) => allow(address))).toEqual([true, false, true, true, false, true, true]);
});

test('no limit where none is wanted', () => {
  const allow = rateOf({ per_second: 0, burst: 0 }, virtualTimers());
  expect(Array.from({ length: 100 }, () => allow('192.0.2.1')).every(Boolean)).toBe(true);
});

test('as many sources as there are cost a bounded memory', () => {
  const timers = virtualTimers();
  const allow = rateOf({ per_second: 1, burst: 1 }, timers);
  expect(allow('192.0.2.1')).toBe(true);
  for (let number = 0; number < 30_000; number++) allow(`10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`);
  // The first is forgotten, and may again.
  expect(allow('192.0.2.1')).toBe(true);
});
