import { afterEach, describe, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClock, type Clock } from './clock.js';
import { until } from './testing/phone.js';

let clock: Clock | undefined;
afterEach(() => { clock?.stop(); });

/** Blocks the thread. */
const block = (ms: number): void => { for (const end = performance.now() + ms; performance.now() < end;); };

describe('the clock', () => {
  test('has a frame for every 20 ms that pass, never before its time, whatever a frame takes', async () => {
    let frames = 0;
    let skipped = 0;
    let early = 0;
    const began = performance.now();
    clock = createClock({ frame(late_ms) { frames++; if (late_ms < -0.5) early++; block(4); }, skip(count) { skipped += count; } });
    clock.start();
    await until(() => frames + skipped >= 50);
    clock.stop();
    const passed = (performance.now() - began) / 20;
    expect(early).toBe(0);
    expect(frames + skipped).toBeLessThanOrEqual(passed + 0.1);
    expect(frames + skipped).toBeGreaterThanOrEqual(50);
  });

  test('after a stall sends three frames at once, and leaves the others out', async () => {
    const calls: string[] = [];
    clock = createClock({ frame(late_ms) { calls.push(late_ms > 20 ? 'late' : 'frame'); }, skip(count) { calls.push(`skip ${count}`); } });
    clock.start();
    await until(() => calls.length > 0);
    calls.length = 0;
    block(210);
    await until(() => calls.length > 0);
    expect(calls[0]).toMatch(/^skip ([7-9]|\d\d+)$/);
    expect(calls.slice(1, 3)).toEqual(['late', 'late']);
    expect(calls[3]).toMatch(/frame|late/);
  });

  test('stands before it is started, and after it is stopped', async () => {
    let frames = 0;
    clock = createClock({ frame() { frames++; }, skip() { frames++; } });
    await sleep(50);
    expect(frames).toBe(0);
    clock.start();
    clock.start();
    await until(() => frames > 1);
    clock.stop();
    const before = frames;
    await sleep(60);
    expect(frames).toBe(before);
  });
});
