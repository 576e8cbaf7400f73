import { describe, expect, test } from 'vitest';
import { createJitter, type Jitter } from './jitter.js';

/** Packets carry one number in all their samples: the first byte, times a hundred. */
const make = (): Jitter => createJitter((bytes, start, end, out, at) => {
  for (let i = start; i < end; i++) out[at + i - start] = (bytes[i] ?? 0) * 100;
  return end - start;
});
const put = (jitter: Jitter, sequence: number, value = sequence & 0xff, samples = 160): void => { jitter.put(sequence & 0xffff, new Uint8Array(samples).fill(value), 0, samples); };
const frame = new Int16Array(160);
/** The next frame, as the value of its first and last sample. */
const take = (jitter: Jitter): number => { jitter.take(frame); return (frame[0] ?? 0) / 100; };
const takes = (jitter: Jitter, count: number): number[] => Array.from({ length: count }, () => take(jitter));

describe('packets come out', () => {
  test('in order, two frames behind, over the end of the numbers', () => {
    const jitter = make();
    put(jitter, 65_534, 1);
    expect(takes(jitter, 1)).toEqual([0]);
    put(jitter, 65_535, 2);
    put(jitter, 0, 3);
    expect(takes(jitter, 3)).toEqual([1, 2, 3]);
  });

  test('that came in another order, or twice', () => {
    const jitter = make();
    for (const sequence of [11, 10, 12, 12, 14, 13]) put(jitter, sequence);
    expect(takes(jitter, 5)).toEqual([10, 11, 12, 13, 14]);
  });

  test('of 10 and of 30 ms as well', () => {
    for (const [samples, count] of [[80, 8], [240, 4]] as const) {
      const jitter = make();
      for (let i = 1; i <= count; i++) put(jitter, i, i, samples);
      const all = Array.from({ length: Math.floor((samples * count) / 160) }, () => { jitter.take(frame); return [...frame]; }).flat();
      expect(all).toEqual(Array.from({ length: all.length }, (_, i) => (Math.floor(i / samples) + 1) * 100));
    }
  });
});

describe('what is missing', () => {
  test('is the frame before it, fading, and then silence', () => {
    const jitter = make();
    for (const sequence of [1, 2, 8]) put(jitter, sequence, 100);
    expect(takes(jitter, 8)).toEqual([100, 100, 75, 40, 15, 0, 0, 100]);
  });

  test('comes too late, and is left out', () => {
    const jitter = make();
    for (const sequence of [1, 2, 4, 5]) put(jitter, sequence);
    takes(jitter, 3);
    put(jitter, 3);
    expect(takes(jitter, 2)).toEqual([4, 5]);
  });

  test('is silence after an event', () => {
    const jitter = make();
    put(jitter, 1, 100);
    put(jitter, 2, 100);
    jitter.pass(3);
    jitter.pass(4);
    expect(takes(jitter, 4)).toEqual([100, 100, 0, 0]);
    put(jitter, 5, 50);
    put(jitter, 6, 60);
    expect(takes(jitter, 3)).toEqual([50, 60, 45]);
  });
});

describe('another pace', () => {
  test('of a far end that is slow costs a frame now and then, and never a packet', () => {
    const jitter = make();
    const heard: number[] = [];
    for (let tick = 0, sent = 0; tick < 500; tick++) {
      if (tick % 100 !== 0) put(jitter, sent, (sent++ % 100) + 1);
      jitter.take(frame);
      heard.push(Math.round((frame[0] ?? 0) / 100));
    }
    const distinct = heard.filter((value, i) => value > 0 && value !== heard[i - 1]).length;
    expect(distinct).toBeGreaterThanOrEqual(488);
  });

  test('of a far end that is fast does not add up', () => {
    const jitter = make();
    for (let tick = 0, sent = 0; tick < 1_000; tick++) {
      put(jitter, sent++);
      if (tick % 50 === 0) put(jitter, sent++);
      jitter.take(frame);
      // At most five frames behind.
      if (tick > 5 && (frame[0] ?? 0) > 0) expect((sent - (frame[0] ?? 0) / 100) & 0xff).toBeLessThanOrEqual(6);
    }
  });

  test('after a jam: of a burst the last quarter of a second is heard', () => {
    const jitter = make();
    for (let i = 1; i <= 3; i++) put(jitter, i);
    takes(jitter, 10);
    for (let i = 4; i <= 30; i++) put(jitter, i);
    expect(take(jitter)).toBe(19);
  });

  test('after a break: numbers that begin anew are a new stream', () => {
    const jitter = make();
    for (let i = 1_000; i < 1_004; i++) put(jitter, i, 9);
    takes(jitter, 10);
    for (let i = 20_000; i < 20_004; i++) put(jitter, i, 5);
    expect(takes(jitter, 3)).toContain(5);
    for (let i = 3; i < 20; i++) put(jitter, i, 7);
    expect(takes(jitter, 10)).toContain(7);
  });
});

test('a payload that is empty or too long is none', () => {
  const jitter = make();
  put(jitter, 1, 5, 0);
  put(jitter, 2, 5, 4_000);
  expect([jitter.take(frame), jitter.take(frame), jitter.take(frame)]).toEqual([false, false, false]);
});
