// The world outside: the provider that performs effects and reports, with a ledger of what it really did. It outlives every node.
import type { EffectKind, Instant, Result } from '@activeflow/engine';
import { EFFECT_KINDS } from '@activeflow/engine';
import type { Clock } from 'activeflow/internal/clock';
import { Permanent, Retryable, type Driver, type Performed } from 'activeflow/internal/driver/driver';
import type { StoredEffect } from 'activeflow/internal/store/store';
import type { Faults } from './faults.js';
import type { Life, SimNode } from './node.js';
import type { Schedule } from './schedule.js';

/** How the provider answers one effect. A fact of the plan: asked again, it is the same. */
export type Answer = {
  /** At once; by a report later; or when it is asked again; or with an error for good; or not at all. */
  readonly way: 'done' | 'open' | 'polled' | 'permanent' | 'never';
  readonly result: Result;
  readonly takes_us: number;
  /** How often it first fails for now, and how often the request first hangs. */
  readonly retries: number;
  readonly hangs: number;
  /** What becomes of the first request to cancel it. */
  readonly cancels: 'works' | 'fails' | 'hangs';
};

/** What the provider has on one idempotency key. */
export type Entry = { readonly effect: StoredEffect; asked: number; performed: number; canceled: number; ready_at: Instant | null; reported: boolean };

/** What the provider knows of the rest of the world. */
export type Outsider = {
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly nodes: () => readonly SimNode[];
  readonly answerOf: (effect: StoredEffect) => Answer;
  /** Resolves once nothing planned stands before the answer. */
  readonly gate: (effect: StoredEffect) => Promise<void>;
  /** Called before anything else at each request. */
  readonly reached: (effect: StoredEffect, what: 'perform' | 'cancel') => void;
  /** Called when a report was acknowledged. */
  readonly acknowledged: (effect_id: string) => void;
  readonly trace: (line: () => string) => void;
};

/** The provider. */
export type Outside = {
  readonly driver: (life: Life, clock: Clock) => Driver;
  readonly ledger: ReadonlyMap<string, Entry>;
  /** Reports that are still on their way. */
  readonly pending: () => number;
};

const ELSEWHERE: readonly EffectKind[] = ['activeflow.start', 'flow.fetch', 'webhook.deliver'];

/** Makes the provider. */
export function createOutside(world: Outsider): Outside {
  const ledger = new Map<string, Entry>();
  const reports = { pending: 0 };
  const entryOf = (effect: StoredEffect): Entry => {
    const known = ledger.get(effect.id);
    const entry = known ?? { effect, asked: 0, performed: 0, canceled: 0, ready_at: null, reported: false };
    if (!known) ledger.set(effect.id, entry);
    return entry;
  };
  return {
    ledger,
    pending: () => reports.pending,
    driver: (life, clock) => ({
      name: 'played',
      kinds: EFFECT_KINDS.filter((kind) => !ELSEWHERE.includes(kind)),
      async perform(effect, signal) {
        world.reached(effect, 'perform');
        await life.pause(world.faults.latency());
        return perform(world, life, clock, entryOf(effect), reports, signal);
      },
      async cancel(effect) {
        world.reached(effect, 'cancel');
        await life.pause(world.faults.latency());
        const turn = entryOf(effect).canceled++;
        const way = turn === 0 ? world.answerOf(effect).cancels : 'works';
        world.trace(() => `the provider is told to cancel ${effect.id}: ${way}`);
        if (way === 'hangs') await new Promise(() => { /* no answer */ });
        if (way === 'fails') throw new Retryable('busy');
        await life.pause(world.faults.latency());
      },
    }),
  };
}

async function perform(world: Outsider, life: Life, clock: Clock, entry: Entry, reports: { pending: number }, signal: AbortSignal): Promise<Performed> {
  const { schedule, faults } = world;
  const { effect } = entry;
  const answer = world.answerOf(effect);
  const turn = entry.asked++;
  world.trace(() => `the provider is asked by ${life.node} for ${effect.kind} ${effect.id}, the ${entry.asked}. time: ${answer.way}`);
  if (turn < answer.hangs) return hang(signal, turn % 2 === 0);
  if (turn < answer.hangs + answer.retries) {
    await life.pause(faults.latency());
    throw new Retryable('busy', turn % 2 === 0 ? undefined : 700);
  }
  entry.performed += faults.random.chance(faults.profile.twice) ? 2 : 1;
  entry.ready_at ??= schedule.now() + answer.takes_us;
  const { ready_at } = entry;
  if (answer.way === 'never') return hang(signal, false);
  const answered = async (): Promise<Performed> => {
    await world.gate(effect);
    await life.pause(faults.latency());
    if (answer.way === 'permanent') throw new Permanent('PLAYED', 'the provider will not');
    return { done: answer.result };
  };
  if (answer.way === 'done' || answer.way === 'permanent') {
    await life.pause(ready_at - schedule.now());
    return answered();
  }
  if (schedule.now() >= ready_at && (answer.way === 'polled' || entry.reported)) return answered();
  if (answer.way === 'open' && !entry.reported) {
    entry.reported = true;
    reports.pending++;
    void report(world, entry, answer.result).then(() => { reports.pending--; });
  }
  await life.pause(faults.latency());
  return { open: true, ...(answer.way === 'polled' ? { again_at: clock.now() + ready_at - schedule.now() } : {}) };
}

/** A request that gets no answer: over when whoever asked gives up, if they can. */
const hang = (signal: AbortSignal, heeds: boolean): Promise<never> => new Promise((_resolve, reject) => {
  if (heeds) signal.addEventListener('abort', () => { reject(new Retryable('given up')); }, { once: true });
});

/** Reports to any node until one has taken it, and at times once more. */
async function report(world: Outsider, { effect, ready_at }: Entry, result: Result): Promise<void> {
  const { schedule, faults } = world;
  await schedule.pause((ready_at ?? 0) - schedule.now());
  await world.gate(effect);
  let times = faults.random.chance(faults.profile.twice) ? 2 : 1;
  for (let tries = 0; times > 0; tries++) {
    const node = faults.random.pick(world.nodes());
    const acknowledged = await patiently(schedule, node.call(({ host }) => host.settle(effect.id, result))).then(() => true, () => false);
    if (acknowledged) {
      times--;
      world.acknowledged(effect.id);
    } else await schedule.pause(Math.min(1_000 * 2 ** tries, 2_000_000));
  }
}

/** How long whoever asks a node waits for it. */
const PATIENCE_US = 8_000_000;

/** The answer of a node, or a rejection where it takes too long. */
export function patiently<T>(schedule: Schedule, asked: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = schedule.after(PATIENCE_US, () => { reject(new Error('no answer in time')); });
    asked.then((value) => { stop(); resolve(value); }, (error: Error) => { stop(); reject(error); });
  });
}
