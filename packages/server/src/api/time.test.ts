// Times at the edge (wire.md §1).
import { describe, expect, test } from 'vitest';
import { NEVER, readTime, showTime } from './time.js';

describe('times', () => {
  test.each([
    [0, '1970-01-01 00:00:00.000000'], [1, '1970-01-01 00:00:00.000001'], [1_680_442_410_576_077, '2023-04-02 13:33:30.576077'], [1_680_442_410_000_070, '2023-04-02 13:33:30.000070'],
    [-1, '1969-12-31 23:59:59.999999'], [951_782_400_000_000, '2000-02-29 00:00:00.000000'], [null, NEVER],
  ])('%s is shown as %s, always with six digits', (at, text) => { expect(showTime(at)).toBe(text); });

  test('what is shown is read again', () => {
    for (let at = -5_000_000_000_001; at < 4_000_000_000_000_000; at += 7_777_777_777_777) expect(readTime(showTime(at))).toBe(at);
  });

  test.each([
    ['2023-04-02T13:33:30Z', 1_680_442_410_000_000], ['2023-04-02T15:33:30.5+02:00', 1_680_442_410_500_000], ['2023-04-02 13:33:30', 1_680_442_410_000_000],
    [' 2023-04-02 13:33:30.576077123Z ', 1_680_442_410_576_077],
  ])('%s is read', (text, at) => { expect(readTime(text)).toBe(at); });

  test.each(['', 'now', '2023-04-02', '2023-02-30x', '2023-13-01 00:00:00', '2023-01-01 24:61:00', '1680442410', '2023-04-02 13:33:30 UTC', '2023-04-02 13:33:30.'])('%j is none', (text) => {
    expect(readTime(text)).toBeUndefined();
  });
});
