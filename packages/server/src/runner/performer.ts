// Performs effects by their drivers: within bounds, under leases that are kept, and until what came of them is written.
import type { EffectKind, Instant, Result } from '@activeflow/engine';
import type { Clock } from '../clock.js';
import { lastAttempt, Permanent, Retryable, retryDelay, type Driver, type Performed } from '../driver/driver.js';
import type { Log } from '../log.js';
import { StoreUnavailable, type Change, type EffectWrite, type StoredEffect } from '../store/store.js';
import type { Committer } from './committer.js';
import { createLanes, MOST_QUEUED, type Lanes } from './lanes.js';
import type { Runner } from './runner.js';

/** Performs what it is given. */
export type Performer = {
  /** How many effects of steps more may be performed at once. */
  readonly room: () => number;
  /** The same of queued ones, and of a lane of them. */
  readonly queuedRoom: () => number;
  readonly laneRoom: (lane: string) => number;
  /** Begins a claimed effect. */
  readonly begin: (effect: StoredEffect) => void;
  /** Renews the leases of what is being performed; gives up what was taken away meanwhile, or takes too long. */
  readonly renew: () => void;
  /** Waits for what is being performed, at most `grace_ms`. */
  readonly stop: (grace_ms: number) => Promise<void>;
  readonly stats: { performed: number; failed: number; dead: number; in_flight: number };
};

/** What a performer is made of. `freed` is called when there is room again where there was none. */
export type PerformerParts = {
  readonly runner: Runner; readonly committer: Committer; readonly clock: Clock; readonly drivers: readonly Driver[]; readonly log: Log; readonly freed: () => void;
};

/** How long a claim holds without a renewal. */
export const LEASE_MS = 15_000;
/** Before trying again where the store failed. */
export const PAUSE_MS = 1_000;

/** Effects at once, and of one lane at once. */
const AT_ONCE = { effects: 512, lane: 64 } as const;
const BUSY_LANE_MS = 200;
/** A request that takes longer than this is asked again: what lasts is `open`. */
const LONGEST_MS = 120_000;

/** A request under way. `giveUp` lets go of it: with an error it has failed, without one it was taken away and nothing is written. */
type UnderWay = { readonly effect: StoredEffect; readonly began: Instant; readonly giveUp: (error?: Retryable) => void; readonly done: Promise<void> };
const GIVEN_UP = 'given up';
type GivenUp = Promise<typeof GIVEN_UP>;

type Floor = PerformerParts & {
  readonly byKind: ReadonlyMap<EffectKind, Driver>;
  readonly underWay: Map<string, UnderWay>;
  readonly lanes: Map<string, number>;
  readonly queued: Lanes;
  /** How often an effect was put back because its lane was full: those were no attempts of its driver. */
  readonly putBack: Map<string, number>;
  readonly stats: Performer['stats'];
  stopped: boolean;
};

/** Makes a performer. */
export function createPerformer(parts: PerformerParts): Performer {
  const floor: Floor = {
    ...parts, byKind: new Map(parts.drivers.flatMap((driver) => driver.kinds.map((kind) => [kind, driver] as const))),
    underWay: new Map(), lanes: new Map(), queued: createLanes(), putBack: new Map(), stats: { performed: 0, failed: 0, dead: 0, in_flight: 0 }, stopped: false,
  };
  return {
    stats: floor.stats,
    room: () => AT_ONCE.effects - stepsUnderWay(floor),
    queuedRoom: floor.queued.room,
    laneRoom: floor.queued.laneRoom,
    begin: (effect) => { begin(floor, effect); },
    renew: () => { for (const one of floor.underWay.values()) renew(floor, one); },
    async stop(grace_ms) {
      floor.stopped = true;
      const all = Promise.allSettled([...floor.underWay.values()].map(({ done }) => done));
      await Promise.race([all, new Promise((resolve) => { setTimeout(resolve, grace_ms).unref(); })]);
      for (const { giveUp } of floor.underWay.values()) giveUp();
    },
  };
}

const stepsUnderWay = ({ underWay, queued }: Floor): number => underWay.size - (MOST_QUEUED.all - queued.room());

function begin(floor: Floor, effect: StoredEffect): void {
  const { id } = effect;
  // Claimed again: it was canceled, or its lease ran out here. Whatever the earlier request brings could not be written.
  floor.underWay.get(id)?.giveUp();
  const driver = floor.byKind.get(effect.kind);
  const leave = enter(floor, effect, driver);
  if (!leave) { putBack(floor, effect); return; }
  const abort = new AbortController();
  let giveUp: UnderWay['giveUp'] = () => undefined;
  const given_up: GivenUp = new Promise((resolve, reject) => {
    giveUp = (error) => {
      abort.abort();
      if (error) reject(error);
      else resolve(GIVEN_UP);
    };
  });
  const work = effect.status === 'canceling' ? cancel(floor, effect, driver, given_up) : perform(floor, effect, driver, abort.signal, given_up);
  const done = work.catch((error: unknown) => {
    // Its lease runs out and it is due again.
    floor.log.error({ err: error, effect_id: id }, 'an effect was performed and its result could not be written');
    return undefined;
  }).then((well) => {
    const was_full = stepsUnderWay(floor) >= AT_ONCE.effects;
    leave(well);
    if (floor.underWay.get(id) === one) floor.underWay.delete(id);
    floor.stats.in_flight = floor.underWay.size;
    // Behind a queued one, the next is due.
    if (was_full || effect.queued) floor.freed();
  });
  const one: UnderWay = { effect, began: floor.clock.now(), giveUp, done };
  floor.underWay.set(id, one);
  floor.stats.in_flight = floor.underWay.size;
}

/** Takes a place in the effect's lane; gives what leaves it, or undefined where it is full. */
function enter({ lanes, queued }: Floor, effect: StoredEffect, driver: Driver | undefined): ((well: boolean | undefined) => void) | undefined {
  if (effect.queued) {
    const { lane } = effect.queued;
    queued.enter(lane);
    return (well) => { queued.leave(lane, well); };
  }
  const lane = `${driver?.name ?? ''}/${driver?.lane?.(effect) ?? effect.activeflow_id}`;
  const busy = lanes.get(lane) ?? 0;
  if (busy >= AT_ONCE.lane) return undefined;
  lanes.set(lane, busy + 1);
  return () => {
    const left = (lanes.get(lane) ?? 1) - 1;
    if (left > 0) lanes.set(lane, left);
    else lanes.delete(lane);
  };
}

function putBack(floor: Floor, { id, attempt, status }: StoredEffect): void {
  const at = floor.clock.now();
  floor.putBack.set(id, (floor.putBack.get(id) ?? 0) + 1);
  write(floor, { id, attempt, status: status === 'canceling' ? 'canceling' : 'pending', due_at: at + BUSY_LANE_MS * 1000, at })
    .catch((error: unknown) => { floor.log.error({ err: error, effect_id: id }, 'an effect waits for its lease to run out'); });
}

function renew(floor: Floor, { effect: { id, attempt, status }, began, giveUp }: UnderWay): void {
  const at = floor.clock.now();
  if (status === 'canceling') return;
  if (at - began > LONGEST_MS * 1000) { giveUp(new Retryable(`no answer within ${LONGEST_MS} ms`)); return; }
  floor.committer.submit({ effects: [{ id, attempt, status: 'performing', due_at: at + LEASE_MS * 1000, at }] }).then(
    (committed) => { if (committed === 'conflict') giveUp(); },
    (error: unknown) => { floor.log.error({ err: error, effect_id: id }, 'a lease could not be renewed'); },
  );
}

/** True where the peer took it, false where it did not, undefined where that is not known. */
type Well = boolean | undefined;

async function perform(floor: Floor, effect: StoredEffect, driver: Driver | undefined, signal: AbortSignal, given_up: GivenUp): Promise<Well> {
  const { id, attempt } = effect;
  floor.stats.performed++;
  try {
    if (!driver) throw new Permanent('NO_DRIVER', `no driver performs ${effect.kind} here`);
    const performed: Performed | typeof GIVEN_UP = await Promise.race([driver.perform(effect, signal), given_up]);
    if (performed === GIVEN_UP) return undefined;
    if ('open' in performed) {
      const { again_at, documents } = performed;
      await persist(floor, () => floor.committer.submit({
        effects: [{ id, attempt, status: 'open', due_at: again_at ?? null, at: floor.clock.now() }], ...(documents ? { documents } : {}),
      }));
    } else await finish(floor, effect, performed.done, performed.done.ok ? 'done' : 'failed', performed.documents);
    return true;
  } catch (error) {
    // No fault of the driver's: its lease runs out, and whoever claims it then asks again.
    if (error instanceof StoreUnavailable) throw error;
    await failed(floor, effect, driver, error);
    return error instanceof Permanent ? undefined : false;
  }
}

async function failed(floor: Floor, effect: StoredEffect, driver: Driver | undefined, error: unknown): Promise<void> {
  const { id, kind, attempt, deadline } = effect;
  floor.stats.failed++;
  if (error instanceof Permanent) return finish(floor, effect, { ok: false, reason: error.reason, message: error.message }, 'failed');
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof Retryable)) floor.log.error({ err: error, effect_id: id, kind }, 'a driver threw what it must not throw');
  const at = floor.clock.now();
  const reason = error instanceof Retryable && error.reason !== '' ? error.reason : 'RETRIES_EXHAUSTED';
  const delay = delayOf(floor, effect, driver, at, error instanceof Retryable ? error.retry_after_ms : undefined);
  const due_at = at + (delay ?? 0) * 1000;
  if (delay === undefined || (deadline !== null && due_at >= deadline)) {
    floor.stats.dead++;
    floor.log.warn({ effect_id: id, kind, attempt, error: message }, 'an effect is given up');
    return finish(floor, effect, { ok: false, reason, message }, 'dead');
  }
  const tried = effect.queued ? { tried: true, result: { ok: false, reason, message } } as const : {};
  await write(floor, { id, attempt, status: 'pending', due_at, error: message, at, ...tried });
}

/** Milliseconds until it is tried again; undefined where it has been tried often enough. Its driver may know better than the usual. */
function delayOf(floor: Floor, effect: StoredEffect, driver: Driver | undefined, at: Instant, retry_after_ms: number | undefined): number | undefined {
  const { id, attempt, tm_create, queued } = effect;
  const tried = queued ? queued.tries + 1 : attempt - (floor.putBack.get(id) ?? 0);
  const own = driver?.retry?.(effect, tried);
  if (driver?.retry) return own && Math.max(own, retry_after_ms ?? 0);
  return tried >= lastAttempt ? undefined : retryDelay(tried, (at - tm_create) / 1000, retry_after_ms, id);
}

/** Tells the driver that nobody waits any more. A driver that cannot be told in as many attempts as others get is not asked again. */
async function cancel(floor: Floor, effect: StoredEffect, driver: Driver | undefined, given_up: GivenUp): Promise<undefined> {
  const { id, attempt, kind } = effect;
  let error: string | undefined;
  try {
    if ((await Promise.race([driver?.cancel(effect), given_up])) === GIVEN_UP) return undefined;
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : String(thrown);
    floor.log.warn({ effect_id: id, kind, attempt, error }, 'an effect could not be canceled');
  }
  const at = floor.clock.now();
  const again = error !== undefined && attempt < lastAttempt;
  await write(floor, {
    id, attempt, status: again ? 'canceling' : 'canceled', due_at: again ? at + retryDelay(attempt, Infinity, undefined, id) * 1000 : null, at, ...(error === undefined ? {} : { error }),
  });
  return undefined;
}

/** The result, and what it does to the activeflow, in one commit. */
async function finish(floor: Floor, effect: StoredEffect, result: Result, status: 'done' | 'failed' | 'dead', documents?: Change['documents']): Promise<void> {
  const { id, attempt, activeflow_id } = effect;
  floor.putBack.delete(id);
  const written: EffectWrite = { id, attempt, status, due_at: null, result, at: floor.clock.now(), ...(result.ok ? {} : { error: result.message }) };
  // No step waits for a queued one.
  if (effect.queued) return persist(floor, () => floor.committer.submit({ effects: [{ ...written, tried: true }], ...(documents ? { documents } : {}) }));
  await persist(floor, () => floor.runner.handle(activeflow_id, { type: 'settle', effect_id: id, result }, {
    cause: { by: 'driver', ref: id }, effects: [written], ...(documents ? { also: { documents } } : {}),
  }));
}

const write = (floor: Floor, effect: EffectWrite): Promise<void> => persist(floor, () => floor.committer.submit({ effects: [effect] }));

/** Writes until the store is back: what was performed is not performed again only because nobody could note it. Writing twice is once: see the fence. */
async function persist(floor: Floor, attempt: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || floor.stopped) throw error;
      floor.log.warn({ err: error }, 'what became of an effect cannot be written; it is tried again');
      await new Promise<void>((resolve) => { floor.clock.at(floor.clock.now() + PAUSE_MS * 1000, resolve); });
    }
  }
}
