// Those who listen: a sign of life for each, in turn; who is sent away, and why; how many there may be.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silent } from '../../log.js';
import { ApiError } from '../../problem.js';
import { createFeed, type Feed } from '../../runner/feed.js';
import { openMemory } from '../../store/memory.js';
import { StoreUnavailable } from '../../store/store.js';
import { createHub, MOST_LISTENERS, type Hub, type Member } from './hub.js';

let feed: Feed;
let hub: Hub;
let identify: (value: string) => void;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  identify = () => { /* all are good */ };
  feed = createFeed({ store: openMemory(), tells: { heading: () => undefined, tell: () => Promise.reject(new Error('nothing is told')) }, log: silent });
  hub = createHub({ feed, identities: { identify: async ({ value }) => { identify(value); return { customer_id: 'a', kind: 'token', accesskey_id: '', username: '' }; } } });
});
afterEach(() => { hub.close(); vi.useRealTimers(); });

const member = (value = 'good', customer_id = 'a') => {
  const seen = { ticks: 0, dismissed: [] as string[] };
  const one: Member = {
    customer_id, credentials: { kind: 'token', value }, waiting_bytes: () => 0, tick: () => { seen.ticks++; }, dismiss: (why) => { seen.dismissed.push(why); },
  };
  return { one, seen };
};

describe('the hub', () => {
  test('has each tick once in ten seconds, also of many, and none of those who left', async () => {
    const all = Array.from({ length: 50 }, () => member());
    const leave = [];
    for (const { one } of all) leave.push(await hub.enter(one));
    vi.advanceTimersByTime(30_000);
    expect(new Set(all.map(({ seen }) => seen.ticks))).toEqual(new Set([3]));
    leave[0]?.();
    leave[0]?.();
    expect(hub.size).toBe(49);
    vi.advanceTimersByTime(10_000);
    expect([all[0]?.seen.ticks, all[1]?.seen.ticks]).toEqual([3, 4]);
    for (const one of leave) one();
    expect([hub.size, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test('sends away whose credentials are good no longer, at the latest after five seconds; asks once for each credential', async () => {
    const asked: string[] = [];
    identify = (value) => {
      asked.push(value);
      if (value === 'bad') throw new ApiError('INVALID_CREDENTIALS', 'revoked');
    };
    const [bad, good] = [member('bad'), member()];
    const leave = [await hub.enter(bad.one), await hub.enter(good.one), await hub.enter(member().one)];
    await vi.advanceTimersByTimeAsync(5_000);
    expect([bad.seen.dismissed, good.seen.dismissed, asked]).toEqual([['credentials'], [], ['bad', 'good']]);
    for (const one of leave) one();
  });

  test('sends nobody away because the store is', async () => {
    identify = () => { throw new StoreUnavailable('away'); };
    const { one, seen } = member();
    const leave = await hub.enter(one);
    await hub.check();
    expect(seen.dismissed).toEqual([]);
    leave();
  });

  test('has room for so many of one customer, and for those of another', async () => {
    const leave = [];
    for (let i = 0; i < MOST_LISTENERS; i++) leave.push(await hub.enter(member().one));
    await expect(hub.enter(member().one)).rejects.toMatchObject({ reason: 'RATE_LIMIT_EXCEEDED', details: [{ limited_by: 'customer' }] });
    leave.push(await hub.enter(member('good', 'b').one));
    leave[0]?.();
    leave.push(await hub.enter(member().one));
    for (const one of leave) one();
  });

  test('sends everybody away when the server ends', async () => {
    const { one, seen } = member();
    const leave = await hub.enter(one);
    hub.close();
    expect(seen.dismissed).toEqual(['end']);
    leave();
  });
});
