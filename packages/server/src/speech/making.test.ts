import { expect, test } from 'vitest';
import { startMaking } from './making.js';
import { createShare } from './shared.js';
import { collected, never } from './testing/sounds.js';

const chunk = (value: number): Int16Array => new Int16Array(10).fill(value);

/** A source that gives what it is told to. */
function source() {
  const queue: (Int16Array | Error | null)[] = [];
  let wake = (): void => undefined;
  let canceled = false;
  const give = (what: Int16Array | Error | null): void => {
    queue.push(what);
    wake();
  };
  async function* make(signal: AbortSignal): AsyncIterable<Int16Array> {
    signal.addEventListener('abort', () => {
      canceled = true;
      give(new Error('aborted'));
    });
    for (;;) {
      while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const what = queue.shift();
      if (what === null || what === undefined) return;
      if (what instanceof Error) throw what;
      yield what;
    }
  }
  return { make, give, canceled: () => canceled };
}

test('is heard from its first chunk on, from the beginning by everybody', async () => {
  const { make, give } = source();
  const making = startMaking(make);
  give(chunk(1));
  await making.join(never);
  const early = making.chunks()[Symbol.asyncIterator]();
  expect((await early.next()).value).toEqual(chunk(1));
  give(chunk(2));
  await making.join(never);
  const late = collected(making.chunks());
  give(null);
  expect(await late).toEqual(Int16Array.of(...chunk(1), ...chunk(2)));
  expect((await early.next()).value).toEqual(chunk(2));
  expect((await early.next()).done).toBe(true);
  expect(await making.whole).toHaveLength(20);
});

test('a failure before the first chunk is one of whoever asks, a later one of whoever hears', async () => {
  const first = source();
  const failing = startMaking(first.make);
  first.give(new Error('broken'));
  await expect(failing.join(never)).rejects.toMatchObject({ reason: 'TTS_FAILED', message: 'broken' });
  expect(failing.given_up()).toBe(true);
  const second = source();
  const making = startMaking(second.make);
  second.give(chunk(1));
  await making.join(never);
  second.give(new Error('broken'));
  await expect(collected(making.chunks())).rejects.toThrow('broken');
  await expect(making.whole).rejects.toThrow('broken');
});

test('goes on while one of several wants it, and ends when nobody does', async () => {
  const { make, give, canceled } = source();
  const making = startMaking(make);
  const [one, two] = [new AbortController(), new AbortController()];
  const joined = [making.join(one.signal), making.join(two.signal)];
  one.abort();
  await expect(joined[0]).rejects.toMatchObject({ reason: 'CANCELED' });
  expect(canceled()).toBe(false);
  give(chunk(1));
  await joined[1];
  two.abort();
  expect(canceled()).toBe(true);
  expect(making.given_up()).toBe(true);
  await expect(making.join(two.signal)).rejects.toMatchObject({ reason: 'CANCELED' });
});

test('what never ends is ended', async () => {
  const making = startMaking(async function* () { for (;;) yield new Int16Array(800_000); });
  await expect(making.whole).rejects.toMatchObject({ reason: 'SOUND_TOO_LONG' });
});

test('shared work is done once for those who ask meanwhile, and anew for later ones', async () => {
  const share = createShare<number>();
  const finish: ((n: number) => void)[] = [];
  const work = (): Promise<number> => new Promise((resolve) => finish.push(resolve));
  const both = [share('a', never, work), share('a', never, work)];
  finish[0]?.(1);
  expect(await Promise.all(both)).toEqual([1, 1]);
  await Promise.resolve();
  const later = share('a', never, work);
  finish[1]?.(2);
  expect(await later).toBe(2);
});

test('shared work is told when the last has given up, and done anew for who comes then', async () => {
  const share = createShare<number>();
  const signals: AbortSignal[] = [];
  const work = (signal: AbortSignal): Promise<number> => {
    signals.push(signal);
    return new Promise(() => undefined);
  };
  const [one, two] = [new AbortController(), new AbortController()];
  const results = [share('a', one.signal, work), share('a', two.signal, work)].map((result) => result.catch((error: Error) => error));
  one.abort();
  expect(signals[0]?.aborted).toBe(false);
  two.abort();
  expect(signals[0]?.aborted).toBe(true);
  expect(await Promise.all(results)).toEqual([expect.objectContaining({ reason: 'CANCELED' }), expect.objectContaining({ reason: 'CANCELED' })]);
  void share('a', never, work);
  expect(signals).toHaveLength(2);
});
