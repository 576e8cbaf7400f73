// The queued effects of the store in memory: by id, by queue, and by lane where they are due.
import type { Change, EffectStatus, EffectWrite, QueuedEffect, QueuedQuery, Store, StoredEffect } from './store.js';

type Entry = { readonly ordinal: number; head: StoredEffect & { readonly queued: NonNullable<StoredEffect['queued']> } };

const FINAL: ReadonlySet<EffectStatus> = new Set(['done', 'failed', 'dead', 'canceled']);

/** The queued effects of a store. `may…` say whether a write would be refused; the rest writes. */
export type QueuedTable = Pick<Store, 'claimQueued' | 'queued' | 'expireQueued'> & {
  readonly has: (id: string) => boolean;
  readonly get: (id: string) => StoredEffect | undefined;
  readonly all: () => Iterable<StoredEffect>;
  /** Those that are due at some time. */
  readonly due: () => readonly StoredEffect[];
  readonly mayBeginAgain: (id: string) => boolean;
  readonly add: (effect: QueuedEffect) => void;
  readonly report: (write: EffectWrite) => void;
  readonly again: (which: NonNullable<Change['again']>[number]) => void;
  readonly recover: (now: number) => number;
};

/** Makes an empty table. */
export function createQueued(): QueuedTable {
  const rows = new Map<string, Entry>();
  const queues = new Map<string, Set<Entry>>();
  const lanes = new Map<string, Set<Entry>>();
  let ordinals = 0;

  const put = (entry: Entry, change: Partial<StoredEffect>): void => {
    const { head } = entry;
    entry.head = { ...head, ...change, queued: change.queued ?? head.queued };
    const { queue, lane } = entry.head.queued;
    keep(queues, queue, entry, !FINAL.has(entry.head.status));
    keep(lanes, lane, entry, entry.head.due_at !== null);
  };
  const headOf = (queue: string): Entry | undefined => [...(queues.get(queue) ?? [])].reduce<Entry | undefined>((least, one) => (least && least.ordinal < one.ordinal ? least : one), undefined);
  const due = (): Entry[] => [...lanes.values()].flatMap((entries) => [...entries]);

  return {
    has: (id) => rows.has(id),
    get: (id) => copy(rows.get(id)?.head),
    all: () => [...rows.values()].map(({ head }) => head),
    due: () => due().map(({ head }) => head),
    mayBeginAgain: (id) => FINAL.has(rows.get(id)?.head.status ?? 'pending'),
    add({ at, queue, lane, label, ...effect }) {
      const waits = (queues.get(queue)?.size ?? 0) > 0;
      const head = { ...effect, step: 0, deadline: null, status: 'pending', attempt: 0, due_at: waits ? null : at, result: null, error: '', tm_create: at, tm_update: at } as const;
      const entry: Entry = { ordinal: ++ordinals, head: { ...(JSON.parse(JSON.stringify(head)) as StoredEffect), queued: { queue, lane, label, tries: 0 } } };
      rows.set(effect.id, entry);
      put(entry, {});
    },
    report({ id, status, due_at, result, error, at, tried }) {
      const entry = rows.get(id) as Entry;
      const { queued, result: known } = entry.head;
      put(entry, { status, due_at, result: result ?? known, error: (error ?? '').replaceAll('\0', '\ufffd'), tm_update: at, queued: { ...queued, tries: queued.tries + (tried ? 1 : 0) } });
      const next = FINAL.has(status) ? headOf(queued.queue) : undefined;
      if (next?.head.status === 'pending' && next.head.due_at === null) put(next, { due_at: at });
    },
    again({ id, at }) {
      const entry = rows.get(id) as Entry;
      put(entry, { status: 'pending', attempt: 0, due_at: at, tm_update: at, queued: { ...entry.head.queued, tries: 0 } });
    },
    recover(now) {
      const left = [...rows.values()].filter(({ head: { status } }) => status === 'performing' || status === 'open' || status === 'canceling');
      for (const entry of left) put(entry, { due_at: now });
      return left.length;
    },
    ...readsAndLeases(rows, lanes, put),
  };
}

/** What finds some among many. */
function readsAndLeases(rows: Map<string, Entry>, lanes: ReadonlyMap<string, ReadonlySet<Entry>>, put: (entry: Entry, change: Partial<StoredEffect>) => void): Pick<Store, 'claimQueued' | 'queued' | 'expireQueued'> {
  return {
    async claimQueued({ now, until, limit, room }) {
      const isDue = ({ head }: Entry) => (head.due_at as number) <= now;
      const open = [...lanes].filter(([lane]) => room(lane) > 0).map(([lane, entries]) => ({ lane, entries: inOrder([...entries].filter(isDue)) }));
      const found: Entry[] = [];
      for (const { lane, entries } of open.filter(({ entries }) => entries.length > 0).sort((a, b) => (a.entries[0]?.head.due_at ?? 0) - (b.entries[0]?.head.due_at ?? 0))) {
        if (found.length < limit) found.push(...entries.slice(0, Math.min(room(lane), limit - found.length)));
      }
      for (const entry of found) put(entry, { status: entry.head.status === 'canceling' ? 'canceling' : 'performing', attempt: entry.head.attempt + 1, due_at: until });
      return found.map(({ head }) => copy(head) as StoredEffect);
    },
    async queued({ limit, before, ...query }) {
      const isBefore = ({ ordinal, head: { tm_create } }: Entry) => !before || tm_create < before.tm || (tm_create === before.tm && before.ordinal !== undefined && ordinal < before.ordinal);
      return [...rows.values()].filter((entry) => matches(query, entry.head) && isBefore(entry))
        .sort((a, b) => b.head.tm_create - a.head.tm_create || b.ordinal - a.ordinal).slice(0, limit).map(({ ordinal, head }) => ({ ordinal, row: copy(head) as StoredEffect }));
    },
    async expireQueued(status, before, limit) {
      const old = [...rows.values()].filter(({ head }) => head.status === status && FINAL.has(status) && head.tm_update < before);
      const oldest = old.sort((a, b) => a.head.tm_update - b.head.tm_update || a.ordinal - b.ordinal).slice(0, limit);
      for (const { head } of oldest) rows.delete(head.id);
      return oldest.length;
    },
  };
}

const inOrder = (entries: Iterable<Entry>): Entry[] => [...entries].sort((a, b) => (a.head.due_at as number) - (b.head.due_at as number) || a.ordinal - b.ordinal);

const copy = (effect: StoredEffect | undefined): StoredEffect | undefined => effect && (JSON.parse(JSON.stringify(effect)) as StoredEffect);

function keep(sets: Map<string, Set<Entry>>, key: string, entry: Entry, is_in: boolean): void {
  const set = sets.get(key) ?? new Set();
  if (is_in) set.add(entry);
  else set.delete(entry);
  if (set.size > 0) sets.set(key, set);
  else sets.delete(key);
}

const matches = ({ customer_id, status, label, activeflow_id }: Omit<QueuedQuery, 'limit' | 'before'>, head: Entry['head']): boolean =>
  head.customer_id === customer_id && (status === undefined || head.status === status) && (label === undefined || head.queued.label === label)
  && (activeflow_id === undefined || head.activeflow_id === activeflow_id);
