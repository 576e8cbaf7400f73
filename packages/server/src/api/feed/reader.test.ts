// One who listens and reads as it pleases, over a real feed and store: what waits for it is bounded, what it misses is said, and the others notice nothing.
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silent } from '../../log.js';
import { createFeed, type Feed, type Tells } from '../../runner/feed.js';
import { openMemory } from '../../store/memory.js';
import { advanced, inserted, sampleState } from '../../store/sample.js';
import type { Store } from '../../store/store.js';
import { SSE_FORM } from './frames.js';
import { createReader, MOST_WAITING_BYTES, type Reader } from './reader.js';

const SIZE = 10_000;
const TOPIC = [{ text: 'mine', event_topic: false }];

/** Tells whatever is logged, ten thousand bytes each; number `broken` cannot be told. */
const tells = (broken?: number): Tells => ({
  heading: ({ seq }) => ({ seq, customer_id: 'mine', resource: 'activeflow', id: 'a', type: 'activeflow_updated' }),
  tell: async (_logged, heading) => {
    if (heading.seq === broken) throw new Error('broken');
    return { ...heading, data: `"${String(heading.seq).padEnd(SIZE, 'x')}"`, ended: false };
  },
});

/** A stream whose other side reads only while it is told to. */
function peer() {
  let text = '';
  let reads = true;
  let go = (): void => { /* nothing waits */ };
  const out = new Writable({
    highWaterMark: 16_384,
    write(chunk: Buffer, _encoding, done) {
      const take = (): void => { text += chunk.toString(); done(); };
      if (reads) take();
      else go = take;
    },
  });
  const numbers = (): (number | string)[] => [...text.matchAll(/^id: (\d+)\nevent: (\w+)/gm)].map(([, id, event]) => (event === 'resync' ? `resync ${id}` : Number(id)));
  return { out, numbers, stop: () => { reads = false; }, start: () => { reads = true; go(); go = (): void => { /* nothing waits */ }; } };
}

let store: Store;
let feed: Feed;
let close: () => void;
const readers: Reader[] = [];
let state = sampleState('a');

const listen = (subscribe = true) => {
  const side = peer();
  const reader = createReader({ feed, out: side.out, form: SSE_FORM, one_form: true, isOpen: () => !side.out.destroyed });
  if (subscribe) reader.subscribe(TOPIC);
  readers.push(reader);
  return { ...side, reader };
};

/** So many entries more, handed out. */
const happen = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) {
    const write = advanced(state);
    ({ state } = write);
    await store.commit([{ activeflow: write }]);
  }
  feed.wake();
  await feed.reached();
};
const from = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

const begin = async (broken?: number): Promise<void> => {
  store = openMemory();
  state = sampleState('a');
  await store.commit([{ activeflow: inserted(state) }]);
  feed = createFeed({ store, tells: tells(broken), log: silent });
  close = await feed.open();
};
beforeEach(() => begin());
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
  expect(feed.index.size).toBe(0);
  close();
  feed.close();
});

describe('one who does not read', () => {
  test('costs at most a megabyte, and is told what it missed when it reads again; another one is told everything', async () => {
    const [slow, quick] = [listen(), listen()];
    slow.stop();
    await happen(400);
    expect(slow.out.writableLength).toBeLessThanOrEqual(MOST_WAITING_BYTES);
    expect(slow.out.writableLength).toBeGreaterThan(MOST_WAITING_BYTES - 2 * SIZE);
    expect(slow.reader.slow_since).toBeDefined();
    expect(quick.numbers()).toEqual(from(2, 401));
    slow.start();
    await expect.poll(() => slow.reader.slow_since, { timeout: 20_000 }).toBeUndefined();
    await happen(2);
    const got = slow.numbers();
    const until = got.indexOf('resync 401');
    expect(got.slice(0, until)).toEqual(from(2, 1 + until));
    expect(got.slice(until + 1)).toEqual([402, 403]);
  });

  test('can ask for what it missed, with its last number: nothing is left out, nothing twice', async () => {
    const slow = listen();
    slow.stop();
    await happen(300);
    slow.start();
    await expect.poll(() => slow.numbers().at(-1), { timeout: 20_000 }).toBe('resync 301');
    const last = slow.numbers().at(-2) as number;
    await happen(3);
    slow.reader.subscribe(TOPIC, last);
    await happen(2);
    await slow.reader.settled();
    const got = slow.numbers().filter((one) => typeof one === 'number');
    expect(got.sort((a, b) => a - b)).toEqual(from(2, 306));
  });

  test('stays a member of its topics: what it subscribes to and gives up meanwhile counts when it reads again', async () => {
    const slow = listen();
    slow.stop();
    await happen(200);
    slow.reader.subscribe([{ text: 'mine:activeflow', event_topic: false }], 5);
    slow.reader.unsubscribe(TOPIC);
    slow.start();
    await expect.poll(() => slow.reader.slow_since, { timeout: 20_000 }).toBeUndefined();
    await happen(1);
    expect(slow.numbers().slice(-2)).toEqual(['resync 201', 202]);
  });

  test('of the past gets no more than it reads', async () => {
    await happen(400);
    const slow = listen(false);
    slow.stop();
    slow.reader.subscribe(TOPIC, 1);
    await happen(5);
    for (let turns = 0; turns < 200; turns++) await new Promise((resolve) => { setImmediate(resolve); });
    expect(slow.out.writableLength).toBeLessThan(MOST_WAITING_BYTES / 4);
    slow.start();
    await slow.reader.settled();
    await happen(1);
    await expect.poll(() => slow.numbers(), { timeout: 20_000 }).toEqual(from(2, 407));
  });
});

describe('the past and the present', () => {
  test('meet without a gap while both go on', async () => {
    await happen(300);
    const ears = listen(false);
    ears.reader.subscribe(TOPIC, 40);
    for (let i = 0; i < 20; i++) await happen(17);
    await ears.reader.settled();
    await happen(1);
    await expect.poll(() => ears.numbers(), { timeout: 20_000 }).toEqual(from(41, 642));
  });

  test('of another topic: what is told live goes on, and is not told again', async () => {
    await happen(50);
    const ears = listen();
    await happen(3);
    ears.reader.subscribe([{ text: 'mine:activeflow', event_topic: false }], 10);
    await happen(200);
    await ears.reader.settled();
    await expect.poll(() => ears.numbers().length, { timeout: 20_000 }).toBe(244);
    expect([...ears.numbers() as number[]].sort((a, b) => a - b)).toEqual(from(11, 254));
  });

  test('too far back, nobody looks', async () => {
    const ears = listen(false);
    const far = { ...feed, position: 200_000, index: feed.index } as Feed;
    const reader = createReader({ feed: far, out: ears.out, form: SSE_FORM, one_form: true, isOpen: () => true });
    readers.push(reader);
    reader.subscribe(TOPIC, 99_999);
    await expect.poll(() => ears.numbers(), { timeout: 20_000 }).toEqual(['resync 200000']);
  });

  test('no more resumptions wait for one another than can be served', () => {
    const ears = listen(false);
    const asked = Array.from({ length: 40 }, (_, i) => ears.reader.subscribe([{ text: `mine:activeflow:${i}`, event_topic: false }], 0));
    expect(asked.filter(Boolean)).toHaveLength(32);
  });
});

describe('the feed', () => {
  test('an entry that cannot be told keeps no other back: whoever wanted it learns of it', async () => {
    feed.close();
    close();
    await begin(4);
    const ears = listen();
    await happen(2);
    await happen(1);
    await expect.poll(() => ears.numbers().at(-1), { timeout: 20_000 }).toBe('resync 4');
    await happen(2);
    await expect.poll(() => ears.numbers().at(-1), { timeout: 20_000 }).toBe(6);
    expect(ears.numbers()).toEqual([2, 3, 'resync 4', 5, 6]);
  });

  test('reads nothing while nobody listens, and begins where the log ends', async () => {
    let reads = 0;
    const counted = { last: () => store.last(), feed: (...asked: Parameters<Store['feed']>) => { reads++; return store.feed(...asked); } };
    const sleeping = createFeed({ store: counted, tells: tells(), log: silent });
    await store.commit([{ activeflow: advanced(state) }]);
    sleeping.wake();
    await new Promise((resolve) => { setImmediate(() => { setImmediate(resolve); }); });
    expect(reads).toBe(0);
    const leave = await sleeping.open();
    expect(sleeping.position).toBe(2);
    leave();
    leave();
    sleeping.close();
  });

  test('a store that is away for a while delays, and loses nothing', async () => {
    let away = 0;
    const failing = { last: () => store.last(), feed: async (...asked: Parameters<Store['feed']>) => { if (away-- > 0) throw new Error('away'); return store.feed(...asked); } };
    const patient = createFeed({ store: failing, tells: tells(), log: silent });
    const leave = await patient.open();
    const side = peer();
    const reader = createReader({ feed: patient, out: side.out, form: SSE_FORM, one_form: true, isOpen: () => true });
    reader.subscribe(TOPIC);
    away = 2;
    const write = advanced(state);
    await store.commit([{ activeflow: write }]);
    patient.wake();
    await expect.poll(() => side.numbers(), { timeout: 20_000 }).toEqual([2]);
    reader.close();
    leave();
    patient.close();
  });
});
