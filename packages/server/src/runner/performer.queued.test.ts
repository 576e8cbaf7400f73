// Queued effects in the engine room: a peer that hangs delays no other and causes no writes, and nodes that die use up no tries.
import { beforeEach, expect, test } from 'vitest';
import { defaultLimits, NONE_ID } from '@activeflow/engine';
import { virtualClock, type VirtualClock } from '../clock.js';
import { Retryable, type Driver } from '../driver/driver.js';
import { silent } from '../log.js';
import { openMemory } from '../store/memory.js';
import type { QueuedEffect, Store } from '../store/store.js';
import { createCommitter } from './committer.js';
import { createDispatcher } from './dispatcher.js';
import { MOST_QUEUED } from './lanes.js';
import { createRunner } from './runner.js';

let store: Store;
let clock: VirtualClock;
let writes: number;
beforeEach(() => {
  const memory = openMemory();
  writes = 0;
  store = { ...memory, commit: (changes) => { writes += changes.length; return memory.commit(changes); } };
  clock = virtualClock(Date.UTC(2026, 0, 5, 9) * 1000);
});

const settled = async (): Promise<void> => { for (let i = 0; i < 40; i++) await new Promise((resolve) => { setImmediate(resolve); }); };

async function openNode(perform: Driver['perform'], retry: Driver['retry'] = () => 5_000) {
  const committer = createCommitter(store, (change) => { dispatcher.committed(change); });
  const runner = createRunner({ store, committer, clock, limits: defaultLimits, log: silent });
  const driver: Driver = { name: 'played', kinds: ['webhook.deliver'], perform, cancel: async () => undefined, retry };
  const dispatcher = createDispatcher({ store, runner, committer, clock, drivers: [driver], log: silent });
  await dispatcher.start();
  return { dispatcher, add: async (...queued: readonly QueuedEffect[]) => { await committer.submit({ queued }); await settled(); } };
}

const of = (lane: string, i: number): QueuedEffect =>
  ({ id: `${lane}-${i}`, kind: 'webhook.deliver', customer_id: 'c', activeflow_id: NONE_ID, queue: `${lane} ${i}`, lane, label: 'l', payload: {}, at: clock.now() });

test('a thousand for a peer that hangs take a few places, cause no writes, and delay no other peer', async () => {
  let hanging = 0;
  const { dispatcher, add } = await openNode(async ({ queued }) => {
    if (queued?.lane !== 'hangs') return { done: { ok: true } };
    hanging++;
    return new Promise(() => undefined);
  });
  await add(...Array.from({ length: 1_000 }, (_, i) => of('hangs', i)));
  expect([hanging, dispatcher.stats.in_flight]).toEqual([MOST_QUEUED.lane, MOST_QUEUED.lane]);
  const before = writes;
  await add(...Array.from({ length: 100 }, (_, i) => of('good', i)));
  for (let i = 0; i < 100; i++) expect(await store.effect(`good-${i}`)).toMatchObject({ status: 'done' });
  // One that added them, one for each that was done.
  expect(writes - before).toBe(101);
  await dispatcher.stop(0);
});

test('nodes that die while they send use up no tries', async () => {
  for (let node = 0; node < 100; node++) {
    const { dispatcher, add } = await openNode(() => new Promise(() => undefined));
    if (node === 0) await add(of('peer', 1));
    await settled();
    await dispatcher.stop(0);
  }
  expect(await store.effect('peer-1')).toMatchObject({ status: 'performing', attempt: 100, queued: { tries: 0 } });
  let refused = 0;
  const { dispatcher } = await openNode(async () => { if (refused++ < 3) throw new Retryable('no', undefined, 'HTTP_500'); return { done: { ok: true } }; }, (_, tried) => (tried < 4 ? 5_000 : undefined));
  for (let i = 0; i < 5; i++) { await settled(); clock.advance(5_000); }
  await settled();
  expect(await store.effect('peer-1')).toMatchObject({ status: 'done', queued: { tries: 4 } });
  await dispatcher.stop(0);
});
