// What stands between a node and the world: a clock that may be wrong, and a store over a wire that may fail.
import type { Clock } from 'activeflow/internal/clock';
import { StoreUnavailable, type Store } from 'activeflow/internal/store/store';
import type { Faults } from './faults.js';
import type { Life } from './node.js';

/** The time as the node has it. A jump of its clock moves no timer: at its end it looks again, as `realClock` does. */
export function clockOf(life: Life, now: () => number): Clock {
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

type Writes = 'commit' | 'claim' | 'claimQueued' | 'recover';
type Reads = 'load' | 'list' | 'due' | 'nextDue' | 'effect' | 'effects' | 'document' | 'documents' | 'events' | 'moves';

const never = <T>(): Promise<T> => new Promise<T>(() => { /* the process is dead */ });

/** The store as a node reaches it: over a wire that takes time, and with an end before or after each write. `tells` where it delivers, too. */
export function faulty(store: Store, life: Life, faults: Faults, crash: (why: string) => void, tells: boolean): Store {
  const over = <K extends Writes | Reads>(name: K, writes: boolean): Store[K] => {
    const call = store[name] as (...args: unknown[]) => Promise<unknown>;
    const faultyCall = async (...args: unknown[]): Promise<unknown> => {
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
    return faultyCall as Store[K];
  };
  return {
    ...store, commit: over('commit', true), claim: over('claim', true), recover: over('recover', true), load: over('load', false), list: over('list', false), due: over('due', false),
    nextDue: over('nextDue', false), effect: over('effect', false), effects: over('effects', false), document: over('document', false), documents: over('documents', false),
    // Elsewhere they never do anything: faults drawn for them would only change what a seed means.
    ...(tells ? { claimQueued: over('claimQueued', true), events: over('events', false), moves: over('moves', false) } : {}),
  };
}
