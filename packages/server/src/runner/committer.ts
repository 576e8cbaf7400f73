// Group commit: whatever is ready when the store is free is one transaction. It never waits for more (performance.md §2).
import type { Change, Committed, Store } from '../store/store.js';

/** Hands changes to the store. */
export type Committer = {
  /** Resolves once the change is durable or refused; rejects where the change or the store failed. */
  submit(change: Change): Promise<Exclude<Committed, Error>>;
  readonly stats: { groups: number; changes: number };
};

/** How many changes one transaction may hold: a bound on how long the others wait. */
const LARGEST_GROUP = 512;

type Waiting = { readonly change: Change; readonly resolve: (committed: 'ok' | 'conflict') => void; readonly reject: (error: unknown) => void };

/** What may be put in place of the usual: `soon` runs what it is given after everything that is readable now has been read; `tell` adds what a change is to tell. */
export type CommitterOptions = { readonly soon?: (run: () => void) => void; readonly tell?: (change: Change) => Change | Promise<Change> };

/** Makes the one committer of a store. `committed` sees each change, with what was added to it, after it is durable. */
export function createCommitter(store: Store, committed: (change: Change) => void, { soon = setImmediate, tell = (change) => change }: CommitterOptions = {}): Committer {
  let waiting: Waiting[] = [];
  let busy = false;
  const stats = { groups: 0, changes: 0 };

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, LARGEST_GROUP);
      waiting = waiting.slice(LARGEST_GROUP);
      stats.groups++;
      stats.changes += group.length;
      await store.commit(group.map(({ change }) => change)).then(
        (results) => { group.forEach((one, i) => { answer(one, results[i]); }); },
        (error: unknown) => { for (const { reject } of group) reject(error); },
      );
    }
    busy = false;
  };

  const answer = ({ change, resolve, reject }: Waiting, result: Committed | undefined): void => {
    if (result === 'ok') committed(change);
    if (result === undefined || result instanceof Error) reject(result ?? new Error('the store lost a change'));
    else resolve(result);
  };

  const enqueue = (change: Change): Promise<'ok' | 'conflict'> => new Promise((resolve, reject) => {
    waiting.push({ change, resolve, reject });
    if (busy) return;
    busy = true;
    // What has been asked for until then is the group.
    soon(() => { void flush(); });
  });

  return {
    stats,
    submit(change) {
      const told = tell(change);
      return told instanceof Promise ? told.then(enqueue) : enqueue(told);
    },
  };
}
