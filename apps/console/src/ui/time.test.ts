import { expect, test } from 'vitest';
import { instantOf, relativeText, spanText } from './time.js';

test('a time of the wire is an instant, and one that has not come is none', () => {
  expect(instantOf('2026-01-05 09:00:00.123456')).toBe(Date.parse('2026-01-05T09:00:00.123Z'));
  expect(['9999-01-01 00:00:00.000000', '', 'soon'].map(instantOf)).toEqual([undefined, undefined, undefined]);
});

test('a span is in its largest unit, and in two where that says much more', () => {
  expect([-5, 0, 350, 1_200, 9_999, 12_400, 60_000, 80_000, 754_000, 4_800_000, 90_000_000, 950_400_000].map(spanText))
    .toEqual(['0 ms', '0 ms', '350 ms', '1.2 s', '10.0 s', '12 s', '1 min', '1 min 20 s', '12 min', '1 h 20 min', '1 d 1 h', '11 d']);
});

test('how long ago and how soon are one glance', () => {
  const now = 1_000_000_000_000;
  expect([-400, -2_500, -61_000, -7_300_000, 400, 2_500, 172_800_000].map((away) => relativeText(now + away, now)))
    .toEqual(['now', '2 s ago', '1 min ago', '2 h ago', 'now', 'in 2 s', 'in 2 d']);
});
