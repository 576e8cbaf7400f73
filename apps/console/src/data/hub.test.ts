import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ActiveflowError, type Client, type FeedEvent, type FeedState } from '@activeflow/client';
import { createHub, isUnder, type LiveEvent } from './hub.js';

/** A feed that is told what to tell. */
type Feed = { readonly topics: readonly string[]; readonly signal: AbortSignal; state(state: FeedState): void; tell(...events: readonly FeedEvent[]): void; fail(error: Error): void };

const moved = (id: string, seq: number): FeedEvent => ({ seq, type: 'activeflow_updated', data: { id } }) as unknown as FeedEvent;
const idsOf = (events: readonly LiveEvent[]) => events.map(({ data }) => data['id']);

describe('the hub', () => {
  let feeds: Feed[];
  let frames: (() => void)[];
  let page: EventTarget & { hidden: boolean };
  const frame = async (): Promise<void> => {
    await vi.advanceTimersByTimeAsync(0);
    for (const draw of frames.splice(0)) draw();
  };
  const latest = (): Feed => feeds.at(-1)!;

  beforeEach(() => {
    vi.useFakeTimers();
    feeds = [];
    frames = [];
    page = Object.assign(new EventTarget(), { hidden: false });
    vi.stubGlobal('document', page);
    vi.stubGlobal('requestAnimationFrame', (draw: () => void) => frames.push(draw));
  });
  afterEach(() => { vi.unstubAllGlobals(); vi.useRealTimers(); });

  const client = {
    events({ topics, signal, on_state }: { readonly topics: readonly string[]; readonly signal: AbortSignal; readonly on_state: (state: FeedState) => void }) {
      const waiting: (FeedEvent | Error)[] = [];
      let wake = (): void => undefined;
      const push = (...some: readonly (FeedEvent | Error)[]): void => { waiting.push(...some); wake(); };
      feeds.push({ topics, signal, state: on_state, tell: push, fail: push });
      signal.addEventListener('abort', () => { wake(); });
      return (async function* () {
        while (!signal.aborted) {
          const next = waiting.shift();
          if (next instanceof Error) throw next;
          if (next) yield next; else await new Promise<void>((resolve) => { wake = resolve; });
        }
      })();
    },
  } as unknown as Client;

  test('connects once for all who listen, and has each look for itself when the line is up', async () => {
    const hub = createHub(client, () => false);
    const [a, b]: [LiveEvent[][], LiveEvent[][]] = [[], []];
    hub.run();
    hub.listen(['activeflow'], (events) => { a.push([...events]); });
    hub.listen(['activeflow:x'], (events) => { b.push([...events]); });
    await frame();
    expect(feeds).toHaveLength(1);
    expect([...latest().topics].sort()).toEqual(['activeflow', 'activeflow:x', 'recording']);
    expect(hub.state()).toBe('connecting');
    latest().state({ connected: true });
    await frame();
    expect([hub.state(), a, b]).toEqual(['live', [[]], [[]]]);
  });

  test('gives on all that came since the last frame at once, to each what is its own', async () => {
    const hub = createHub(client, () => false);
    const [all, one]: [unknown[], unknown[]] = [[], []];
    hub.run();
    hub.listen(['activeflow'], (events) => { all.push(idsOf(events)); });
    hub.listen(['activeflow:x'], (events) => { one.push(idsOf(events)); });
    await frame();
    latest().tell(moved('x', 1), moved('y', 2), moved('x', 3));
    await frame();
    expect([all, one]).toEqual([[['x', 'y', 'x']], [['x', 'x']]]);
    latest().tell(moved('y', 4));
    await frame();
    expect([all.length, one.length]).toEqual([2, 1]);
  });

  test('says so where something is missing: a resync, more than a frame can hold, a line that was away', async () => {
    const hub = createHub(client, () => false);
    const seen: number[] = [];
    hub.run();
    hub.listen(['activeflow'], (events) => { seen.push(events.length); });
    await frame();
    latest().tell(moved('x', 1), { seq: 2, type: 'resync' });
    await frame();
    latest().tell(...Array.from({ length: 2_001 }, (_, at) => moved('x', at)));
    await frame();
    latest().state({ connected: false, retry_ms: 10 });
    expect(hub.state()).toBe('reconnecting');
    latest().state({ connected: true });
    await frame();
    expect(seen).toEqual([0, 0, 0]);
    expect(hub.state()).toBe('live');
  });

  test('connects anew for a topic that is new, at once; for one that nobody wants any more, after a while', async () => {
    const hub = createHub(client, () => false);
    hub.run();
    const leave = hub.listen(['activeflow'], () => undefined);
    await frame();
    hub.listen(['call:c'], () => undefined);
    await frame();
    expect([feeds.length, feeds[0]!.signal.aborted, latest().topics.includes('call:c')]).toEqual([2, true, true]);
    leave();
    await frame();
    expect(feeds).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([feeds.length, [...latest().topics].sort()]).toEqual([3, ['call:c', 'recording']]);
  });

  test('gives its connection back while nobody sees the page', async () => {
    const hub = createHub(client, () => false);
    hub.run();
    await frame();
    page.hidden = true;
    page.dispatchEvent(new Event('visibilitychange'));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(latest().signal.aborted).toBe(true);
    page.hidden = false;
    page.dispatchEvent(new Event('visibilitychange'));
    await frame();
    expect([feeds.length, latest().signal.aborted]).toEqual([2, false]);
  });

  test('ends with the session where the credentials are refused, and tries again where it was something else', async () => {
    const refusal = new ActiveflowError({ status: 'UNAUTHENTICATED', reason: 'INVALID_CREDENTIALS', message: 'no', http_status: 401 });
    const hub = createHub(client, (error) => error === refusal);
    hub.run();
    await frame();
    latest().fail(new Error('not for now'));
    await vi.advanceTimersByTimeAsync(4_999);
    expect([hub.state(), feeds.length]).toEqual(['reconnecting', 1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(feeds).toHaveLength(2);
    latest().fail(refusal);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(feeds).toHaveLength(2);
  });

  test('ends its connection when it is no longer run', async () => {
    const end = createHub(client, () => false).run();
    await frame();
    end();
    expect(latest().signal.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(feeds).toHaveLength(1);
  });
});

test('a topic is of a resource, or of one of them', () => {
  const event = { type: 'call_ringing', data: { id: 'c' } } as unknown as Parameters<typeof isUnder>[1];
  expect(['call', 'call:c', 'call:d', 'activeflow', 'cal'].map((topic) => isUnder(topic, event))).toEqual([true, true, false, false, false]);
});
