// The simulation in small: that no seed breaks a promise, that a seed repeats, and that the checks notice what is broken on purpose.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Runner } from 'activeflow/internal/runner/runner';
import type { Change, EffectWrite, Store } from 'activeflow/internal/store/store';
import { crashPoints, SCENES } from './crash-points.js';
import { createRandom } from './random.js';
import { runSeed } from './run.js';
import type { Mutation } from './world.js';

const kept = JSON.parse(readFileSync(new URL('seeds.json', import.meta.url), 'utf8')) as number[];
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

async function violations(seeds: readonly number[], mutation: Mutation = {}): Promise<string[]> {
  const found: string[] = [];
  for (const seed of seeds) {
    const { violation } = await runSeed(seed, { mutation });
    if (violation) found.push(`seed ${seed} breaks ${violation.promise}: ${violation.message}`);
  }
  return found;
}

test('seeds that failed once', async () => {
  expect(await violations(kept)).toEqual([]);
});

test('300 seeds', async () => {
  expect(await violations(range(0, 300))).toEqual([]);
});

describe('every crash point leads to where the calm run leads', () => {
  test.each(SCENES)('$name', async (scene) => {
    const { points, failing } = await crashPoints(scene);
    expect(failing).toEqual([]);
    expect(points).toBeGreaterThan(20);
  });
});

test.each([4, 8, 47, 10, 59])('seed %i repeats, line by line', async (seed) => {
  const lines = async (): Promise<string[]> => {
    const trace: string[] = [];
    await runSeed(seed, { trace: (line) => { trace.push(line); } });
    return trace;
  };
  const first = await lines();
  expect(first.length).toBeGreaterThan(20);
  expect(await lines()).toEqual(first);
});

/** Breaks what a node writes. */
const writes = (change: (write: Change, store: Store) => Change | Promise<Change>): Mutation => ({
  store: (store) => ({ ...store, commit: async (changes) => store.commit(await Promise.all(changes.map(async (one) => change(one, store)))) }),
});
/** Breaks how a node handles commands. */
const handles = (handle: (runner: Runner) => Partial<Runner>): Mutation => ({ runner: (runner) => ({ ...runner, ...handle(runner) }) });

const BROKEN: readonly (readonly [string, Mutation, readonly string[]])[] = [
  ['a commit without compare-and-set', writes(async (change, store) => {
    if (!change.activeflow) return change;
    const now = await store.load(change.activeflow.state.id);
    return { ...change, activeflow: { ...change.activeflow, expected_version: now?.version ?? 0 } };
    // The unique index on events refuses what no compare-and-set has: then nothing goes on.
  }), ['G1', 'G4']],
  ['an effect that is performed before its commit', {
    store: (store, driver) => ({
      ...store,
      async commit(changes) {
        for (const effect of changes.flatMap(({ activeflow }) => activeflow?.effects ?? [])) {
          if (driver.kinds.includes(effect.kind)) {
            const stored = { ...effect, status: 'performing' as const, attempt: 1, due_at: null, result: null, error: '', tm_create: 0, tm_update: 0 };
            driver.perform(stored, new AbortController().signal).catch(() => undefined);
          }
        }
        return store.commit(changes);
      },
    }),
  }, ['G2']],
  ['a settle that is not deduplicated', handles((runner) => ({
    async handle(id, ask, given) {
      const wait = ask.type === 'settle' ? (await runner.load(id))?.wait : undefined;
      return runner.handle(id, wait && ask.type === 'settle' ? { ...ask, effect_id: wait.effect_id } : ask, { ...given, effects: [] });
    },
  })), ['G3', 'effects', 'oracle', 'G4', 'once']],
  ['a lease that is not fenced', writes(async (change, store) => {
    const stamped = async (write: EffectWrite): Promise<EffectWrite> =>
      (write.attempt === undefined ? write : { ...write, attempt: (await store.effect(write.id))?.attempt ?? write.attempt });
    return change.effects ? { ...change, effects: await Promise.all(change.effects.map(stamped)) } : change;
  }), ['G7']],
  ['effects that are lost on their way into the store', writes(({ activeflow, ...rest }) =>
    ({ ...rest, ...(activeflow ? { activeflow: { ...activeflow, effects: activeflow.effects.slice(0, 1) } } : {}) })), ['oracle', 'G4', 'once']],
  ['an acknowledgement before the commit', handles((runner) => ({
    async handle(id, ask, given) {
      if (given.cause.by !== 'api') return runner.handle(id, ask, given);
      const state = await runner.load(id);
      runner.handle(id, ask, given).catch(() => undefined);
      return state && { outcome: 'changed', state: { ...state, version: state.version + 1 }, events: [], effects: [], cancels: [], lists: [] };
    },
  })), ['G3', 'oracle']],
  ['a run without a deadline', writes((change) => (change.activeflow ? { ...change, activeflow: { ...change.activeflow, due_at: null } } : change)), ['G4']],
  ['a timer that fires early', { clock: (clock) => ({ ...clock, now: () => clock.now() + 2_000_000 }) }, ['G5']],
  ['a dispatcher that never sees deadlines', { store: (store) => ({ ...store, due: async () => [] }) }, ['G4']],
  ['a start that takes up nothing', { store: (store) => ({ ...store, recover: async () => 0 }) }, ['oracle']],
  ['events that are written without one', writes((change) => (change.activeflow && change.activeflow.events.length > 1
    ? { ...change, activeflow: { ...change.activeflow, events: change.activeflow.events.slice(1) } } : change)), ['G1']],
  ['deliveries without their queue', writes(({ queued = [], ...rest }) => ({ ...rest, queued: queued.map((one) => ({ ...one, queue: one.id })) })), ['G10']],
  ['a delivery with another id each time', {
    deliver: (driver) => ({ ...driver, perform: (effect, signal) => driver.perform({ ...effect, id: createRandom(effect.attempt).id() }, signal) }),
  }, ['G10']],
  ['deliveries that are not in the commit of what they tell of', {
    teller(teller, submit) {
      const later = new WeakMap<Change, NonNullable<Change['queued']>>();
      return {
        async tell(change) {
          const { queued, ...rest } = change.activeflow ? await teller.tell(change) : change;
          if (!change.activeflow || !queued) return change;
          later.set(rest, queued);
          return rest;
        },
        committed(change) {
          teller.committed(change);
          const queued = later.get(change);
          if (queued) submit({ queued }).catch(() => undefined);
        },
      };
    },
  }, ['G10']],
];

describe('the checks notice', () => {
  test.each(BROKEN)('%s', async (_name, mutation, promises) => {
    for (const seed of range(0, 150)) {
      const { violation } = await runSeed(seed, { mutation });
      if (!violation) continue;
      expect(promises).toContain(violation.promise);
      return;
    }
    throw new Error('150 seeds, and nobody noticed');
  });
});
