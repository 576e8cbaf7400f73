// Performs what is due: effects by their drivers, deadlines by a command. One timer for the earliest; nothing else waits in memory.
import type { EffectKind, Instant, Result } from '@activeflow/engine';
import type { Clock } from '../clock.js';
import { Permanent, Retryable, type Driver } from '../driver/driver.js';
import type { Log } from '../log.js';
import type { Change, EffectWrite, Store, StoredEffect } from '../store/store.js';
import type { Committer } from './committer.js';
import { lastAttempt, retryDelay } from './retry.js';
import type { Runner } from './runner.js';

/** Performs effects and deadlines until it is stopped. */
export type Dispatcher = {
  /** Takes up what a crash left, and begins. */
  start(): Promise<void>;
  /** Something was committed: what it made due is looked at now, or the timer is set for it. */
  committed(change: Change): void;
  /** Stops claiming, and waits for what is being performed, at most `grace_ms`. */
  stop(grace_ms: number): Promise<void>;
  readonly stats: { performed: number; failed: number; dead: number; in_flight: number };
};

/** What a dispatcher is made of. */
export type DispatcherParts = {
  readonly store: Store; readonly runner: Runner; readonly committer: Committer; readonly clock: Clock; readonly drivers: readonly Driver[]; readonly log: Log;
};

/** Bounds: effects at once, of one lane at once, deadlines in one look; and the lease. */
const AT_ONCE = { effects: 512, lane: 64, deadlines: 512 } as const;
const LEASE_MS = 15_000;
const BUSY_LANE_MS = 200;
/** After a failure of the store, or a look that moved nothing. */
const PAUSE_MS = 1_000;

/** Makes the dispatcher of a runner. */
export function createDispatcher({ store, runner, committer, clock, drivers, log }: DispatcherParts): Dispatcher {
  const byKind = new Map<EffectKind, Driver>(drivers.flatMap((driver) => driver.kinds.map((kind) => [kind, driver] as const)));
  const inFlight = new Map<string, { readonly effect: StoredEffect; readonly abort: AbortController; readonly lane: string; readonly done: Promise<void> }>();
  const lanes = new Map<string, number>();
  const stats = { performed: 0, failed: 0, dead: 0, in_flight: 0 };
  let state: 'new' | 'running' | 'stopped' = 'new';
  let looking = false;
  let again = false;
  let armed: { readonly at: Instant; readonly cancel: () => void } | undefined;
  let stopRenewing = (): void => { /* not begun */ };

  /** Looks for what is due, until there is nothing; then sleeps until the next. */
  const look = async (): Promise<void> => {
    if (looking || state !== 'running') { again = true; return; }
    looking = true;
    try {
      do {
        again = false;
        const moved = (await deadlines()) + (await effects());
        if (moved > 0) again = true;
      } while (again && state === 'running');
      await sleep();
    } catch (error) {
      log.error({ err: error }, 'the dispatcher could not look for work; it tries again');
      arm(clock.now() + PAUSE_MS * 1000);
    } finally {
      looking = false;
    }
  };

  const sleep = async (): Promise<void> => {
    const next = await store.nextDue();
    if (next === null) return;
    const now = clock.now();
    // Due and yet not taken: the bound is reached, or something is stuck. Its end, or a pause, leads to the next look.
    arm(next <= now ? now + PAUSE_MS * 1000 : next);
  };

  const arm = (at: Instant): void => {
    if (state !== 'running' || (armed && armed.at <= at)) return;
    armed?.cancel();
    const timer = { at, cancel: clock.at(at, () => { if (armed === timer) armed = undefined; void look(); }) };
    armed = timer;
  };

  const deadlines = async (): Promise<number> => {
    const ids = await store.due(clock.now(), AT_ONCE.deadlines);
    const outcomes = await Promise.all(ids.map((id) => runner.handle(id, { type: 'due' }, { cause: { by: 'timer' } })));
    const stuck = outcomes.filter((handled) => handled?.outcome !== 'changed').length;
    if (stuck > 0) log.warn({ stuck }, 'activeflows were due and did not move');
    return ids.length - stuck;
  };

  const effects = async (): Promise<number> => {
    const limit = AT_ONCE.effects - inFlight.size;
    if (limit <= 0) return 0;
    const now = clock.now();
    const claimed = await store.claim({ now, until: now + LEASE_MS * 1000, limit });
    for (const effect of claimed) begin(effect);
    return claimed.length;
  };

  const begin = (effect: StoredEffect): void => {
    const driver = byKind.get(effect.kind);
    const lane = `${driver?.name ?? ''}/${driver?.lane?.(effect) ?? effect.activeflow_id}`;
    if ((lanes.get(lane) ?? 0) >= AT_ONCE.lane) {
      void write({ id: effect.id, attempt: effect.attempt, status: effect.status === 'canceling' ? 'canceling' : 'pending', due_at: clock.now() + BUSY_LANE_MS * 1000, at: clock.now() });
      return;
    }
    lanes.set(lane, (lanes.get(lane) ?? 0) + 1);
    const abort = new AbortController();
    const done = run(effect, driver, abort.signal).catch((error: unknown) => {
      // The store failed: the lease runs out and the effect is due again.
      log.error({ err: error, effect_id: effect.id }, 'an effect was performed and its result could not be written');
    }).finally(() => {
      inFlight.delete(effect.id);
      const left = (lanes.get(lane) ?? 1) - 1;
      if (left > 0) lanes.set(lane, left);
      else lanes.delete(lane);
      stats.in_flight = inFlight.size;
      if (inFlight.size >= AT_ONCE.effects - 1) void look();
    });
    inFlight.set(effect.id, { effect, abort, lane, done });
    stats.in_flight = inFlight.size;
  };

  const run = async (effect: StoredEffect, driver: Driver | undefined, signal: AbortSignal): Promise<void> => {
    if (effect.status === 'canceling') {
      await driver?.cancel(effect);
      await write({ id: effect.id, attempt: effect.attempt, status: 'canceled', due_at: null, at: clock.now() });
      return;
    }
    stats.performed++;
    try {
      if (!driver) throw new Permanent('NO_DRIVER', `no driver performs ${effect.kind} here`);
      const performed = await driver.perform(effect, signal);
      if ('open' in performed) {
        const { again_at, documents } = performed;
        await committer.submit({ effects: [{ id: effect.id, attempt: effect.attempt, status: 'open', due_at: again_at ?? null, at: clock.now() }], ...(documents ? { documents } : {}) });
      } else await finish(effect, performed.done, performed.done.ok ? 'done' : 'failed', performed.documents);
    } catch (error) {
      await failed(effect, error);
    }
  };

  const failed = async (effect: StoredEffect, error: unknown): Promise<void> => {
    stats.failed++;
    if (error instanceof Permanent) return finish(effect, { ok: false, reason: error.reason, message: error.message }, 'failed');
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof Retryable)) log.error({ err: error, effect_id: effect.id, kind: effect.kind }, 'a driver threw what it must not throw');
    const now = clock.now();
    const due_at = now + retryDelay(effect.attempt, error instanceof Retryable ? error.retry_after_ms : undefined, effect.id) * 1000;
    if (effect.attempt >= lastAttempt || (effect.deadline !== null && due_at >= effect.deadline)) {
      stats.dead++;
      log.warn({ effect_id: effect.id, kind: effect.kind, attempt: effect.attempt, error: message }, 'an effect is given up');
      return finish(effect, { ok: false, reason: 'RETRIES_EXHAUSTED', message }, 'dead');
    }
    await write({ id: effect.id, attempt: effect.attempt, status: 'pending', due_at, error: message, at: now });
  };

  /** The result, and what it does to the activeflow, in one commit. */
  const finish = async ({ id, attempt, activeflow_id }: StoredEffect, result: Result, status: 'done' | 'failed' | 'dead', documents?: Change['documents']): Promise<void> => {
    const at = clock.now();
    const write: EffectWrite = { id, attempt, status, due_at: null, result, at, ...(result.ok ? {} : { error: result.message }) };
    await runner.handle(activeflow_id, { type: 'settle', effect_id: id, result }, { cause: { by: 'driver', ref: id }, effects: [write], ...(documents ? { also: { documents } } : {}) });
  };

  const write = async (effect: EffectWrite): Promise<void> => { await committer.submit({ effects: [effect] }); };

  /** Keeps the leases of what takes longer than one. */
  const renew = (): void => {
    const now = clock.now();
    const held = [...inFlight.values()].filter(({ effect }) => effect.status !== 'canceling');
    const writes = held.map(({ effect: { id, attempt } }) => write({ id, attempt, status: 'performing', due_at: now + LEASE_MS * 1000, at: now }));
    Promise.all(writes).catch((error: unknown) => { log.error({ err: error }, 'leases could not be renewed'); });
    renewLater();
  };

  const renewLater = (): void => { stopRenewing = clock.at(clock.now() + (LEASE_MS / 3) * 1000, renew); };

  return {
    stats,
    async start() {
      state = 'running';
      const left = await store.recover(clock.now());
      if (left > 0) log.info({ effects: left }, 'taking up what was being performed');
      renewLater();
      void look();
    },
    committed(change) {
      if (state !== 'running') return;
      const dues = [change.activeflow?.due_at ?? null, ...(change.effects ?? []).map(({ due_at }) => due_at)].filter((at) => at !== null);
      if (change.activeflow && (change.activeflow.effects.length > 0 || change.activeflow.cancels.length > 0)) dues.push(clock.now());
      const soonest = Math.min(...dues);
      if (dues.length > 0 && soonest <= clock.now()) void look();
      else if (dues.length > 0) arm(soonest);
    },
    async stop(grace_ms) {
      state = 'stopped';
      armed?.cancel();
      stopRenewing();
      const all = Promise.allSettled([...inFlight.values()].map(({ done }) => done));
      await Promise.race([all, new Promise((resolve) => { setTimeout(resolve, grace_ms).unref(); })]);
      for (const { abort } of inFlight.values()) abort.abort();
    },
  };
}
