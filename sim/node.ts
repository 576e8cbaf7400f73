// A node: the real runner, committer, dispatcher and host over the shared store. It can die, come back, freeze, and be wrong about the time.
import type { Limits } from '@activeflow/engine';
import type { Clock } from 'activeflow/internal/clock';
import type { Driver, Host } from 'activeflow/internal/driver/driver';
import { createLocal } from 'activeflow/internal/driver/local/local';
import type { Log } from 'activeflow/internal/log';
import { createCommitter } from 'activeflow/internal/runner/committer';
import { createDispatcher, type Dispatcher } from 'activeflow/internal/runner/dispatcher';
import { createHost } from 'activeflow/internal/runner/host';
import { createRunner, type Runner } from 'activeflow/internal/runner/runner';
import { StoreUnavailable, type Store } from 'activeflow/internal/store/store';
import type { Faults } from './faults.js';
import type { Schedule } from './schedule.js';

/** One life of a node, from its start to its crash. What belongs to a dead one never goes on. */
export type Life = {
  readonly node: string;
  readonly alive: () => boolean;
  /** Runs something on this node after so many microseconds, if it still lives then, and not while it is frozen. */
  readonly later: (delay_us: number, run: () => void) => () => void;
  readonly pause: (delay_us: number) => Promise<void>;
};

/** What a life consists of. */
export type Parts = { readonly store: Store; readonly clock: Clock; readonly runner: Runner; readonly host: Host; readonly dispatcher: Dispatcher };

/** What a node is made of. */
export type NodeSetting = {
  readonly name: string;
  readonly schedule: Schedule;
  /** The shared store, as this node reaches it: a broken variant of it, where a test wants one. */
  readonly store: (life: Life, clock: Clock) => Store;
  readonly runner: (runner: Runner) => Runner;
  readonly clock: (clock: Clock) => Clock;
  readonly driver: (life: Life, clock: Clock) => Driver;
  readonly faults: Faults;
  readonly limits: Limits;
  readonly log: (life: Life) => Log;
  readonly trace: (line: () => string) => void;
  /** True where a node that crashes now may stay away for good. */
  readonly spare: () => boolean;
};

/** A node of the world. */
export type SimNode = {
  readonly name: string;
  readonly alive: () => boolean;
  readonly boot: () => void;
  readonly crash: (why: string) => void;
  readonly freeze: (for_us: number) => void;
  readonly jump: (by_us: number) => void;
  readonly skew_us: () => number;
  /** Asks the node over a wire: rejects with `Gone` where it is down, dies meanwhile, or the answer is lost. */
  readonly call: <T>(ask: (parts: Parts) => Promise<T>) => Promise<T>;
};

/** Whether what was asked for was done is not known. */
export class Gone extends Error {}

const never = <T>(): Promise<T> => new Promise<T>(() => { /* the process is dead */ });

/** Makes a node, which is down until it is booted. */
export function createNode(setting: NodeSetting): SimNode {
  const { name, schedule, faults, trace } = setting;
  let life: (Life & { readonly parts: Parts; readonly onEnd: Set<(error: Error) => void> }) | undefined;
  let frozen_until = 0;
  let skew_us = 0;

  const createLife = (): Life => {
    const own: Life = {
      node: name,
      alive: () => life !== undefined && own.later === life.later,
      later(delay_us, run) {
        let taken_back = false;
        const go = (): void => {
          if (taken_back || !own.alive()) return;
          if (frozen_until > schedule.now()) schedule.after(frozen_until - schedule.now(), go);
          else run();
        };
        schedule.after(delay_us, go);
        return () => { taken_back = true; };
      },
      pause: (delay_us) => (delay_us <= 0 ? Promise.resolve() : new Promise((resolve) => { own.later(delay_us, resolve); })),
    };
    return own;
  };

  const boot = (): void => {
    const own = createLife();
    trace(() => `${name} boots`);
    const clock = setting.clock(clockOf(own, () => schedule.now() + skew_us));
    const store = faulty(setting.store(own, clock), own, faults, crash);
    let dispatcher: Dispatcher | undefined;
    const committer = createCommitter(store, (change) => dispatcher?.committed(change), (run) => { own.later(faults.latency(), run); });
    const log = setting.log(own);
    const runner = setting.runner(createRunner({ store, committer, clock, limits: setting.limits, log }));
    const host = createHost({ runner, store, committer, clock });
    dispatcher = createDispatcher({ store, runner, committer, clock, drivers: [createLocal(host), setting.driver(own, clock)], log });
    life = { ...own, parts: { store, clock, runner, host, dispatcher }, onEnd: new Set() };
    // A server that cannot begin exits, and is started again.
    dispatcher.start().catch((error: unknown) => { if (own.alive()) crash(`cannot start: ${String(error)}`); });
  };

  const crash = (why: string): void => {
    if (!life) return;
    const ended = life;
    life = undefined;
    frozen_until = 0;
    const [least, most] = faults.profile.away_us;
    const stays = setting.spare() && faults.random.chance(faults.profile.gone);
    const away_us = faults.random.int(least, most);
    trace(() => `${name} crashes (${why})${stays ? ' for good' : `, back in ${away_us / 1000} ms`}`);
    for (const end of ended.onEnd) end(new Gone('the connection is lost'));
    if (!stays) schedule.after(away_us, boot);
  };

  return {
    name, boot, crash,
    alive: () => life !== undefined,
    skew_us: () => skew_us,
    freeze(for_us) { trace(() => `${name} freezes for ${for_us / 1000} ms`); frozen_until = schedule.now() + for_us; },
    jump(by_us) { trace(() => `${name}'s clock jumps by ${by_us / 1000} ms`); skew_us += by_us; },
    call: <T>(ask: (parts: Parts) => Promise<T>) => new Promise<T>((resolve, reject) => {
      const now = life;
      if (!now) { reject(new Gone('nobody is there')); return; }
      now.onEnd.add(reject);
      const answer = (give: () => void) => now.later(faults.latency(), () => {
        now.onEnd.delete(reject);
        if (faults.random.chance(faults.profile.lost)) reject(new Gone('the answer is lost'));
        else give();
      });
      now.later(faults.latency(), () => {
        ask(now.parts).then((value) => answer(() => { resolve(value); }), (error: unknown) => answer(() => { reject(error as Error); }));
      });
    }),
  };
}

/** The time as the node has it. A jump of its clock moves no timer: at its end it looks again, as `realClock` does. */
function clockOf(life: Life, now: () => number): Clock {
  return {
    now,
    at(at, wake) {
      let cancel: () => void;
      const arm = (): void => { cancel = life.later(at - now(), () => { if (now() >= at) wake(); else arm(); }); };
      arm();
      return () => { cancel(); };
    },
  };
}

/** The store as a node reaches it: over a wire that takes time, and with an end before or after each write. */
function faulty(store: Store, life: Life, faults: Faults, crash: (why: string) => void): Store {
  const over = <A extends unknown[], R>(name: string, writes: boolean, call: (...args: A) => Promise<R>) => async (...args: A): Promise<R> => {
    if (!life.alive()) return never();
    const { before_us, after_us, end } = faults.onStore(writes ? name : '');
    if (before_us > 0) await life.pause(before_us);
    if (end === 'crash_before') { crash(`before ${name}`); return never(); }
    if (end === 'fail_before') throw new StoreUnavailable(`no ${name}: the store is away`);
    const result = await call(...args);
    if (!life.alive()) return never();
    if (end === 'crash_after') { crash(`after ${name}`); return never(); }
    if (end === 'fail_after') throw new StoreUnavailable(`${name} may have been: the store is away`);
    if (after_us > 0) await life.pause(after_us);
    return result;
  };
  return {
    ...store,
    commit: over('commit', true, store.commit), claim: over('claim', true, store.claim), recover: over('recover', true, store.recover),
    load: over('load', false, store.load), list: over('list', false, store.list), due: over('due', false, store.due), nextDue: over('nextDue', false, store.nextDue),
    effect: over('effect', false, store.effect), effects: over('effects', false, store.effects), document: over('document', false, store.document),
    documents: over('documents', false, store.documents),
  };
}
