// The dispatcher and the runner where something goes wrong: each of these was once found by the simulation, or would have been.
import { beforeEach, describe, expect, test } from 'vitest';
import { defaultLimits, NO_CONFIGURATION, NONE_ID, parseActions } from '@activeflow/engine';
import { virtualClock, type VirtualClock } from '../clock.js';
import { Retryable, type Driver, type Performed } from '../driver/driver.js';
import { silent } from '../log.js';
import { openMemory } from '../store/memory.js';
import { StoreUnavailable, type Store } from '../store/store.js';
import { createCommitter } from './committer.js';
import { createDispatcher } from './dispatcher.js';
import { createHost } from './host.js';
import { createRunner } from './runner.js';

let store: Store;
let clock: VirtualClock;
let ids = 1_000;

beforeEach(() => {
  store = openMemory();
  clock = virtualClock(Date.UTC(2026, 0, 5, 9) * 1000);
});

const id = (n: number): string => `e0000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const settled = async (): Promise<void> => { for (let i = 0; i < 12; i++) await new Promise((resolve) => { setImmediate(resolve); }); };
const pass = async (milliseconds: number): Promise<void> => {
  for (let left = milliseconds; left > 0; left -= 1_000) {
    clock.advance(Math.min(left, 1_000));
    await settled();
  }
};

async function openNode(drivers: readonly Driver[] = [], reached: Store = store) {
  const committer = createCommitter(reached, (change) => { dispatcher.committed(change); });
  const runner = createRunner({ store: reached, committer, clock, limits: defaultLimits, log: silent });
  const host = createHost({ runner, store: reached, committer, clock });
  const dispatcher = createDispatcher({ store: reached, runner, committer, clock, drivers, log: silent });
  await dispatcher.start();
  const start = async (n: number, actions: readonly object[]): Promise<void> => {
    const parsed = parseActions(actions, { newId: () => id(++ids), limits: defaultLimits });
    await runner.start({
      id: id(n), customer_id: id(0), name: '', flow_id: NONE_ID, flow_revision: 0, list_id: `${id(n)}:0`, reference: { type: 'api', id: NONE_ID, activeflow_id: NONE_ID },
      configuration: NO_CONFIGURATION, variables: {}, cause: { by: 'api' },
    }, { lists: [{ id: `${id(n)}:0`, actions: parsed.actions }] });
    await settled();
  };
  return { runner, host, dispatcher, start };
}

const driver = (perform: Driver['perform'], cancel: Driver['cancel'] = async () => undefined): Driver => ({ name: 'played', kinds: ['http.webhook_send', 'message.send'], perform, cancel });
const done: Performed = { done: { ok: true } };
const HOOK = { type: 'webhook_send', option: { uri: 'http://played.example', sync: true } };
const MESSAGE = { type: 'message_send', option: { destinations: [{ type: 'tel', target: '+15550001' }], text: 'hello' } };
const effectOf = async (n: number) => (await store.effects(id(n)))[0];

test('an activeflow that cannot be decided keeps no other waiting', async () => {
  const first = await openNode();
  await first.start(1, [{ type: 'sleep', option: { duration: 1_000 } }]);
  await first.start(2, [{ type: 'sleep', option: { duration: 2_000 } }, MESSAGE]);
  await first.dispatcher.stop(0);
  const second = await openNode([driver(async () => done)], { ...store, list: async (list_id) => (list_id.startsWith(id(1)) ? undefined : store.list(list_id)) });
  await pass(5_000);
  expect((await store.load(id(1)))?.status).toBe('running');
  expect((await store.load(id(2)))?.end_reason).toBe('completed');
  expect((await effectOf(2))?.status).toBe('done');
  await second.dispatcher.stop(0);
});

test('a timer that comes while the next one is asked for is not late', async () => {
  // Time goes on between the look for what is due and the question when the next is.
  let late = false;
  const node = await openNode([], { ...store, nextDue: async () => { if (late) clock.advance(1); return store.nextDue(); } });
  await node.start(1, [{ type: 'sleep', option: { duration: 1_000 } }]);
  await node.start(2, [{ type: 'sleep', option: { duration: 1_001 } }]);
  late = true;
  clock.advance(1_000);
  await settled();
  expect((await store.load(id(2)))?.status).toBe('ended');
  await node.dispatcher.stop(0);
});

describe('a request', () => {
  test('that is never answered is given up and made again', async () => {
    let asked = 0;
    const node = await openNode([driver(async () => { asked++; return asked === 1 ? new Promise<never>(() => undefined) : done; })]);
    await node.start(1, [MESSAGE]);
    await pass(60_000);
    expect([asked, (await effectOf(1))?.status]).toEqual([1, 'performing']);
    await pass(90_000);
    expect([asked, (await effectOf(1))?.status]).toEqual([2, 'done']);
    await node.dispatcher.stop(0);
  });

  test('that nobody waits for any more is told so, and makes room', async () => {
    const signals: AbortSignal[] = [];
    const node = await openNode([driver(async (_effect, signal) => { signals.push(signal); return new Promise<never>(() => undefined); })]);
    await node.start(1, [HOOK]);
    await node.runner.handle(id(1), { type: 'stop', reason: 'canceled' }, { cause: { by: 'api' } });
    await settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect([(await effectOf(1))?.status, node.dispatcher.stats.in_flight]).toEqual(['canceled', 0]);
    await node.dispatcher.stop(0);
  });

  test('that cannot be canceled is told ten times, and no more', async () => {
    let told = 0;
    const node = await openNode([driver(async () => ({ open: true }), async () => { told++; throw new Retryable('busy'); })]);
    await node.start(1, [HOOK]);
    await node.runner.handle(id(1), { type: 'stop', reason: 'canceled' }, { cause: { by: 'api' } });
    await pass(1_800_000);
    expect([told, (await effectOf(1))?.status, (await effectOf(1))?.error]).toEqual([10, 'canceled', 'busy']);
    await node.dispatcher.stop(0);
  });

  test('is not made again because its result could not be written', async () => {
    let asked = 0;
    let away = false;
    const flaky: Store = { ...store, commit: async (changes) => { if (away) throw new StoreUnavailable('away'); return store.commit(changes); } };
    const node = await openNode([driver(async () => { asked++; away = true; return done; })], flaky);
    await node.start(1, [MESSAGE]);
    await pass(3_000);
    away = false;
    await pass(3_000);
    expect([asked, (await effectOf(1))?.status]).toEqual([1, 'done']);
    await node.dispatcher.stop(0);
  });

  test('that its lane has no room for loses no attempt', async () => {
    const free: (() => void)[] = [];
    let refusals = 0;
    const node = await openNode([driver(async ({ id: effect_id }) => {
      if (free.length < 64) { await new Promise<void>((resolve) => { free.push(resolve); }); return done; }
      if (refusals++ === 0) throw new Retryable(`busy with ${effect_id}`);
      return done;
    })]);
    await node.start(1, Array.from({ length: 65 }, () => MESSAGE));
    await pass(10_000);
    for (const go of free) go();
    await pass(10_000);
    expect(refusals).toBe(2);
    expect(new Set((await store.effects(id(1))).map(({ status }) => status))).toEqual(new Set(['done']));
    await node.dispatcher.stop(0);
  });
});

describe('of two nodes', () => {
  test('one that remembers an older state loses no result', async () => {
    const played = driver(async () => ({ open: true }));
    const [one, two] = [await openNode([played]), await openNode([played])];
    await one.start(1, [{ type: 'block', option: { timeout: 60_000 } }, HOOK]);
    const block = (await store.load(id(1)))?.current.action.id ?? '';
    await two.runner.handle(id(1), { type: 'continue', action_id: block }, { cause: { by: 'api' } });
    await settled();
    expect(await one.host.settle((await effectOf(1))?.id ?? '', { ok: true })).toBe(true);
    expect((await store.load(id(1)))?.end_reason).toBe('completed');
    await Promise.all([one.dispatcher.stop(0), two.dispatcher.stop(0)]);
  });

  test('one takes up what the other left when it died', async () => {
    const [one, two] = [await openNode(), await openNode([driver(async () => done)])];
    await one.dispatcher.stop(0);
    await one.start(1, [MESSAGE]);
    await pass(6_000);
    expect((await effectOf(1))?.status).toBe('done');
    await two.dispatcher.stop(0);
  });
});
