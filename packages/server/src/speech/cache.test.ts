import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCache, type Cache } from './cache.js';
import { samplesOf } from './testing/sounds.js';

const HOUR_MS = 3_600_000;
/** A second of sound: a file of 16,044 bytes. */
const second = (value: number): Int16Array => new Int16Array(8_000).fill(value);
const key = (n: number): string => n.toString(16).padStart(64, '0');

let directory: string;
let time: number;
let warnings: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cache-'));
  time = Date.now();
  warnings = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));
const open = (most_bytes = 100_000, at = directory): Cache => openCache({ directory: at, most_bytes, warn: (message) => void warnings.push(message), now: () => time });

test('a sound is found as it was put, also by the next process, and nothing else lies there', async () => {
  const cache = open();
  expect(await cache.find(key(1))).toBeUndefined();
  const path = await cache.put(key(1), second(7));
  expect(await cache.find(key(1))).toBe(path);
  const found = await open().find(key(1));
  expect(await samplesOf({ kind: 'file', path: found ?? '' })).toEqual(second(7));
  expect(readdirSync(directory)).toEqual([`${key(1)}.wav`]);
});

test('the longest unused goes first, and the bound holds', async () => {
  const cache = open(3 * 16_044);
  for (const n of [1, 2, 3]) await cache.put(key(n), second(n));
  time += HOUR_MS;
  await cache.find(key(1));
  time += HOUR_MS;
  expect(await cache.put(key(4), second(4))).toBeDefined();
  expect(await Promise.all([1, 2, 3, 4].map(async (n) => await cache.find(key(n)) !== undefined))).toEqual([true, false, true, true]);
});

test('the order outlives the process', async () => {
  const first = open();
  for (const n of [1, 2]) await first.put(key(n), second(n));
  for (const n of [1, 2]) utimesSync(join(directory, `${key(n)}.wav`), time / 1_000 - 9_000, time / 1_000 - 9_000);
  await first.find(key(1));
  time += 2 * HOUR_MS;
  await first.find(key(1));
  time += HOUR_MS;
  await open(2 * 16_044).put(key(3), second(3));
  expect(existsSync(join(directory, `${key(1)}.wav`))).toBe(true);
  expect(existsSync(join(directory, `${key(2)}.wav`))).toBe(false);
});

test('what somebody was just given is not taken away: what does not fit is not kept', async () => {
  const cache = open(2 * 16_044);
  for (const n of [1, 2]) await cache.put(key(n), second(n));
  expect(await cache.put(key(3), second(3))).toBeUndefined();
  expect(await cache.put(key(4), new Int16Array(100_000))).toBeUndefined();
  expect(await cache.find(key(1))).toBeDefined();
  time += HOUR_MS;
  expect(await cache.put(key(3), second(3))).toBeDefined();
  expect(warnings).toEqual([]);
});

test('many at once keep the bound, too', async () => {
  const cache = open(5 * 16_044);
  const put = await Promise.all(Array.from({ length: 20 }, (_, n) => cache.put(key(n), second(n))));
  expect(put.filter((path) => path !== undefined)).toHaveLength(5);
  expect(readdirSync(directory)).toHaveLength(5);
});

test('a file that somebody removed is made again', async () => {
  const cache = open();
  await cache.put(key(1), second(1));
  rmSync(directory, { recursive: true });
  expect(await cache.find(key(1))).toBeUndefined();
  expect(await cache.put(key(1), second(1))).toBeDefined();
});

test('what a process left half-written is removed; other files are left alone', async () => {
  const old = join(directory, `${key(1)}.99-0.part`);
  for (const name of [old, join(directory, `${key(2)}.98-0.part`), join(directory, 'notes.txt')]) writeFileSync(name, 'x');
  utimesSync(old, time / 1_000 - 9_000, time / 1_000 - 9_000);
  await open().find(key(3));
  expect(readdirSync(directory).sort()).toEqual([`${key(2)}.98-0.part`, 'notes.txt']);
});

test('where nothing can be written, nothing is kept, and that is said once', async () => {
  const blocked = join(directory, 'blocked');
  writeFileSync(blocked, '');
  const cache = open(100_000, blocked);
  expect(await cache.put(key(1), second(1))).toBeUndefined();
  expect(await cache.put(key(2), second(1))).toBeUndefined();
  expect(await cache.find(key(1))).toBeUndefined();
  expect(warnings).toHaveLength(1);
  // Until it works again.
  rmSync(blocked);
  expect(await cache.put(key(1), second(1))).toBeDefined();
  rmSync(blocked, { recursive: true });
  writeFileSync(blocked, '');
  expect(await cache.put(key(2), second(1))).toBeUndefined();
  expect(warnings).toHaveLength(2);
});

test('a file that cannot take its place is not kept', async () => {
  const cache = open();
  mkdirSync(join(directory, `${key(1)}.wav`, 'x'), { recursive: true });
  expect(await cache.put(key(1), second(1))).toBeUndefined();
  expect(readdirSync(directory)).toEqual([`${key(1)}.wav`]);
});
