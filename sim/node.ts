// A node: the real runner, committer, dispatcher and host over the shared store. It can die, come back, freeze, and be wrong about the time.
import type { Limits } from '@activeflow/engine';
import type { Clock } from 'activeflow/internal/clock';
import type { Driver, Host } from 'activeflow/internal/driver/driver';
import { createLocal } from 'activeflow/internal/driver/local/local';
import type { Log } from 'activeflow/internal/log';
import { createCommitter, type Committer } from 'activeflow/internal/runner/committer';
import { createDispatcher, type Dispatcher } from 'activeflow/internal/runner/dispatcher';
import { createHost } from 'activeflow/internal/runner/host';
import { createRunner, type Runner } from 'activeflow/internal/runner/runner';
import { createTeller, type Teller } from 'activeflow/internal/runner/tell';
import type { Store } from 'activeflow/internal/store/store';
import type { Faults } from './faults.js';
import type { Schedule } from './schedule.js';
import type { Told } from './told.js';
import { clockOf, faulty } from './wire.js';

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
  /** Where somebody wants to be told: the endpoints, and what the teller of a node becomes. */
  readonly told: Told | undefined;
  readonly teller: (teller: Teller, submit: Committer['submit']) => Teller;
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
  /** The most by which its clock has ever been ahead, in microseconds. */
  readonly ahead_us: () => number;
  /** Asks the node over a wire: rejects with `Gone` where it is down, dies meanwhile, or the answer is lost. */
  readonly call: <T>(ask: (parts: Parts) => Promise<T>) => Promise<T>;
};

/** Whether what was asked for was done is not known. */
export class Gone extends Error {}

type Mood = { life: (Life & { readonly parts: Parts; readonly onEnd: Set<(error: Error) => void> }) | undefined; frozen_until: number; skew_us: number; ahead_us: number };

/** Makes a node, which is down until it is booted. */
export function createNode(setting: NodeSetting): SimNode {
  const { name, schedule, faults, trace } = setting;
  const mood: Mood = { life: undefined, frozen_until: 0, skew_us: 0, ahead_us: 0 };

  const boot = (): void => {
    trace(() => `${name} boots`);
    const life = createLife(setting, mood);
    const parts = createParts(setting, life, () => schedule.now() + mood.skew_us, crash);
    mood.life = { ...life, parts, onEnd: new Set() };
    // A server that cannot begin exits, and is started again.
    parts.dispatcher.start().catch((error: unknown) => { if (life.alive()) crash(`cannot start: ${String(error)}`); });
  };

  const crash = (why: string): void => {
    const ended = mood.life;
    if (!ended) return;
    mood.life = undefined;
    mood.frozen_until = 0;
    const [least, most] = faults.profile.away_us;
    const stays = setting.spare() && faults.random.chance(faults.profile.gone);
    const away_us = faults.random.int(least, most);
    trace(() => `${name} crashes (${why})${stays ? ' for good' : `, back in ${away_us / 1000} ms`}`);
    for (const end of ended.onEnd) end(new Gone('the connection is lost'));
    if (!stays) schedule.after(away_us, boot);
  };

  return {
    name, boot, crash,
    alive: () => mood.life !== undefined,
    ahead_us: () => mood.ahead_us,
    freeze(for_us) { trace(() => `${name} freezes for ${for_us / 1000} ms`); mood.frozen_until = schedule.now() + for_us; },
    jump(by_us) {
      trace(() => `${name}'s clock jumps by ${by_us / 1000} ms`);
      mood.skew_us += by_us;
      // What was decided by a clock that was ahead may be written when it no longer is.
      mood.ahead_us = Math.max(mood.ahead_us, mood.skew_us);
    },
    call: <T>(ask: (parts: Parts) => Promise<T>) => new Promise<T>((resolve, reject) => {
      const now = mood.life;
      if (!now) { reject(new Gone('nobody is there')); return; }
      now.onEnd.add(reject);
      const answer = (give: () => void) => now.later(faults.latency(), () => {
        now.onEnd.delete(reject);
        if (faults.random.chance(faults.profile.lost)) reject(new Gone('the answer is lost'));
        else give();
      });
      now.later(faults.latency(), () => {
        ask(now.parts).then((value) => answer(() => { resolve(value); }), (error: Error) => answer(() => { reject(error); }));
      });
    }),
  };
}

function createLife({ name, schedule }: NodeSetting, mood: Mood): Life {
  const life: Life = {
    node: name,
    alive: () => mood.life?.later === life.later,
    later(delay_us, run) {
      let taken_back = false;
      const go = (): void => {
        if (taken_back || !life.alive()) return;
        if (mood.frozen_until > schedule.now()) schedule.after(mood.frozen_until - schedule.now(), go);
        else run();
      };
      schedule.after(delay_us, go);
      return () => { taken_back = true; };
    },
    pause: (delay_us) => (delay_us <= 0 ? Promise.resolve() : new Promise((resolve) => { life.later(delay_us, resolve); })),
  };
  return life;
}

/** What `main.ts` of the server puts together, without its doors. */
function createParts(setting: NodeSetting, life: Life, now: () => number, crash: (why: string) => void): Parts {
  const { faults, limits, told } = setting;
  const clock = setting.clock(clockOf(life, now));
  const store = faulty(setting.store(life, clock), life, faults, crash, told !== undefined);
  const teller = told && setting.teller(createTeller({ store, clock }), (change) => committer.submit(change));
  const committer: Committer = createCommitter(store, (change) => { teller?.committed(change); dispatcher.committed(change); }, {
    soon: (run) => { life.later(faults.latency(), run); }, ...(teller ? { tell: teller.tell } : {}),
  });
  const log = setting.log(life);
  const runner = setting.runner(createRunner({ store, committer, clock, limits, log }));
  const host = createHost({ runner, store, committer, clock });
  const drivers = [createLocal(host), setting.driver(life, clock), ...(told ? [told.driver(life, { store, runner, committer, clock })] : [])];
  const dispatcher = createDispatcher({ store, runner, committer, clock, drivers, log });
  return { store, clock, runner, host, dispatcher };
}
