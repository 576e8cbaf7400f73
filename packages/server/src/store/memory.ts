// The store in memory: the same promises but for durability. For tests, the simulation, and trying things out.
import type { Event, Instant, State } from '@activeflow/engine';
import type {
  ActiveflowQuery, ActiveflowWrite, Change, Committed, Document, DocumentQuery, EffectStatus, EffectWrite, LoggedEvent, PageQuery, Store, StoredEffect, Told,
} from './store.js';
import { decodeState, encodeState, encodeVariables } from './codec.js';
import { createQueued, type QueuedTable } from './memory-queued.js';

type Row = { readonly ordinal: number; state: string; variables: string; head: State; due_at: Instant | null; readonly events: EventText[] };
type EventText = { readonly n: number; readonly data: string };
type EffectEntry = { readonly ordinal: number; readonly head: StoredEffect; readonly text: string };
type Tables = {
  readonly activeflows: Map<string, Row>;
  readonly log: ({ readonly row: Row; readonly event: EventText } | { readonly told: string })[];
  readonly lists: Map<string, string>;
  readonly effects: Map<string, EffectEntry>;
  /** The effects with a due time: a look for work passes over what is finished. */
  readonly due: Set<string>;
  readonly documents: Map<string, { readonly ordinal: number; readonly document: Document }>;
  readonly queued: QueuedTable;
  ordinals: number;
};

const FINAL: ReadonlySet<EffectStatus> = new Set(['done', 'failed', 'dead', 'canceled']);

/** Opens an empty store that ends with the process. Everything goes through JSON, as it does on a disk. */
export function openMemory(): Store {
  const t: Tables = { activeflows: new Map(), log: [], lists: new Map(), effects: new Map(), due: new Set(), documents: new Map(), queued: createQueued(), ordinals: 0 };
  return {
    name: 'memory',
    commit: async (changes) => changes.map((change) => commit(t, change)),
    ...leases(t),
    ...readsOfActiveflows(t),
    ...readsOfEffects(t),
    ...readsOfDocuments(t),
    expire: async (kind, before, limit) => {
      const old = [...t.documents].filter(([, { document: d }]) => d.kind === kind && d.tm_delete === null && d.tm_create < before);
      const oldest = old.sort(([, a], [, b]) => a.document.tm_create - b.document.tm_create || a.ordinal - b.ordinal).slice(0, limit);
      for (const [key] of oldest) t.documents.delete(key);
      return oldest.length;
    },
    claimQueued: (query) => t.queued.claimQueued(query),
    queued: (query) => t.queued.queued(query),
    expireQueued: (status, before, limit) => t.queued.expireQueued(status, before, limit),
    close: async () => { /* nothing is held */ },
  };
}

/** Everything that could refuse a change, or make it fail, is looked at before anything is written. */
function commit(t: Tables, change: Change): Committed {
  const { activeflow, effects = [], documents = [], again = [], queued = [] } = change;
  if (activeflow && (t.activeflows.get(activeflow.state.id)?.head.version ?? 0) !== activeflow.expected_version) return 'conflict';
  if (!effects.every((effect) => mayWrite(t, effect)) || !documents.every((document) => isNext(t, document))) return 'conflict';
  if (!again.every(({ id }) => t.queued.mayBeginAgain(id))) return 'conflict';
  const added = queued.find(({ id }) => t.queued.has(id));
  const taken = (activeflow && takenBy(t, activeflow)) ?? (added && `effect ${added.id}`);
  if (taken !== undefined) return new Error(`${taken} is there already`);
  write(t, change);
  return 'ok';
}

/** What a database refuses by a unique index. */
function takenBy(t: Tables, { state, events, effects }: ActiveflowWrite): string | undefined {
  const last = t.activeflows.get(state.id)?.events.at(-1)?.n ?? -1;
  const event = events.find(({ n }) => n <= last);
  const effect = effects.find(({ id }) => t.effects.has(id));
  return event ? `event ${event.n}` : effect && `effect ${effect.id}`;
}

function mayWrite(t: Tables, { id, attempt, status }: EffectWrite): boolean {
  const found = t.effects.get(id)?.head ?? t.queued.get(id);
  if (!found || FINAL.has(found.status)) return false;
  if (found.status === 'canceling' && status !== 'canceled' && status !== 'canceling') return false;
  if (status === 'performing' && found.status !== 'performing') return false;
  return attempt === undefined || attempt === found.attempt;
}

function isNext(t: Tables, { kind, id, key, version, tm_delete }: Document): boolean {
  const old = t.documents.get(`${kind}/${id}`)?.document;
  if ((old?.version ?? 0) !== version - 1) return false;
  if (key === null || tm_delete !== null) return true;
  return ![...t.documents.values()].some(({ document: d }) => d.kind === kind && d.key === key && d.id !== id && d.tm_delete === null);
}

function write(t: Tables, change: Change): void {
  for (const report of change.effects ?? []) {
    const { id, status, due_at, result, error, at } = report;
    if (!id.includes(':')) { t.queued.report(report); continue; }
    const old = (t.effects.get(id) as EffectEntry).head;
    putEffect(t, { ...old, status, due_at, result: result ?? old.result, error: error ?? '', tm_update: at });
  }
  if (change.activeflow) writeActiveflow(t, change.activeflow);
  for (const one of change.again ?? []) t.queued.again(one);
  for (const { told, ...document } of change.documents ?? []) {
    const key = `${document.kind}/${document.id}`;
    t.documents.set(key, { ordinal: t.documents.get(key)?.ordinal ?? ++t.ordinals, document: JSON.parse(JSON.stringify(document)) as Document });
    if (told !== undefined) t.log.push({ told: JSON.stringify({ type: told, document }) });
  }
  for (const { id, actions } of [...(change.lists ?? []), ...(change.activeflow?.lists ?? [])]) if (!t.lists.has(id)) t.lists.set(id, JSON.stringify(actions));
  for (const effect of change.queued ?? []) t.queued.add(effect);
}

function writeActiveflow(t: Tables, { state, due_at, events, effects, cancels }: ActiveflowWrite): void {
  const texts = { state: encodeState(state), variables: encodeVariables(state.variables), head: state, due_at };
  const old = t.activeflows.get(state.id);
  const row: Row = old ? Object.assign(old, texts) : { ordinal: ++t.ordinals, events: [], ...texts };
  t.activeflows.set(state.id, row);
  const at = events.at(-1)?.at ?? state.tm_create;
  for (const event of events) {
    const text = { n: event.n, data: JSON.stringify(event) };
    row.events.push(text);
    t.log.push({ row, event: text });
  }
  for (const effect of effects) {
    putEffect(t, { ...effect, status: 'pending', attempt: 0, due_at: at, result: null, error: '', tm_create: at, tm_update: at });
  }
  for (const id of cancels) {
    const effect = t.effects.get(id)?.head;
    if (effect && effect.status !== 'canceling' && !FINAL.has(effect.status)) putEffect(t, { ...effect, status: 'canceling', attempt: 0, due_at: at, tm_update: at });
  }
}

function putEffect(t: Tables, head: StoredEffect): StoredEffect {
  t.effects.set(head.id, { ordinal: t.effects.get(head.id)?.ordinal ?? ++t.ordinals, head, text: JSON.stringify(head) });
  if (head.due_at === null) t.due.delete(head.id);
  else t.due.add(head.id);
  return head;
}

const effectOf = (entry: EffectEntry | undefined): StoredEffect | undefined => entry && (JSON.parse(entry.text) as StoredEffect);
const dueEffects = (t: Tables): EffectEntry[] => [...t.due].map((id) => t.effects.get(id) as EffectEntry);

function leases(t: Tables): Pick<Store, 'claim' | 'recover'> {
  return {
    async claim({ now, until, limit }) {
      const due = dueEffects(t).filter(({ head }) => (head.due_at as number) <= now);
      due.sort((a, b) => (a.head.due_at as number) - (b.head.due_at as number) || a.ordinal - b.ordinal);
      return due.slice(0, limit).map(({ head }) => {
        const status = head.status === 'canceling' ? 'canceling' : 'performing';
        putEffect(t, { ...head, status, attempt: head.attempt + 1, due_at: until });
        return effectOf(t.effects.get(head.id)) as StoredEffect;
      });
    },
    async recover(now) {
      const left = [...t.effects.values()].filter(({ head }) => head.status === 'performing' || head.status === 'open' || head.status === 'canceling');
      for (const { head } of left) putEffect(t, { ...head, due_at: now });
      return left.length + t.queued.recover(now);
    },
  };
}

function readsOfActiveflows(t: Tables): Pick<Store, 'load' | 'list' | 'due' | 'activeflows' | 'walk' | 'events' | 'moves' | 'feed' | 'last'> {
  const eventsOf = (id: string): Event[] => (t.activeflows.get(id)?.events ?? []).map(({ data }) => JSON.parse(data) as Event);
  const stateOf = (row: Row): State => decodeState(row.state, row.variables);
  return {
    load: async (id) => { const row = t.activeflows.get(id); return row && stateOf(row); },
    list: async (id) => { const text = t.lists.get(id); return text === undefined ? undefined : (JSON.parse(text) as never); },
    due: async (now, limit) => [...t.activeflows.values()].filter((row) => row.due_at !== null && row.due_at <= now)
      .sort((a, b) => (a.due_at as number) - (b.due_at as number) || a.ordinal - b.ordinal).slice(0, limit).map((row) => row.head.id),
    async activeflows(query) {
      const found = page(query, [...t.activeflows.values()].filter((row) => matches(query, row.head)), (row) => row.head.tm_create);
      return { rows: found.map((row) => ({ ordinal: row.ordinal, row: stateOf(row) })), stopped: null };
    },
    walk: async (after, limit) => [...t.activeflows.values()].filter((row) => row.ordinal > after).slice(0, limit)
      .map((row) => ({ ordinal: row.ordinal, row: { state: stateOf(row), version: row.head.version, due_at: row.due_at } })),
    events: async (id, after, limit) => eventsOf(id).filter(({ n }) => n > after).slice(0, limit),
    moves: async (id, before, limit) => eventsOf(id).filter(({ n, type }) => n < before && type === 'moved').slice(-limit),
    last: async () => t.log.length,
    feed: async (after, limit) => t.log.slice(after, after + limit).map((entry, i) => logged(entry, after + i + 1)),
  };
}

function logged(entry: Tables['log'][number], seq: number): LoggedEvent {
  if ('row' in entry) return { seq, activeflow_id: entry.row.head.id, customer_id: entry.row.head.customer_id, event: JSON.parse(entry.event.data) as Event };
  const told = JSON.parse(entry.told) as Told;
  return { seq, customer_id: told.document.customer_id, told };
}

function readsOfEffects(t: Tables): Pick<Store, 'nextDue' | 'effects' | 'effect' | 'counts'> {
  const dues = (room: (lane: string) => number): number[] => [
    ...[...t.activeflows.values()].map((row) => row.due_at), ...dueEffects(t).map(({ head }) => head.due_at), ...t.queued.due().filter(({ queued }) => room(queued?.lane ?? '') > 0).map(({ due_at }) => due_at),
  ].filter((at) => at !== null);
  return {
    nextDue: async (room = () => 1) => dues(room).reduce<number | null>((least, at) => (least === null || at < least ? at : least), null),
    effects: async (id) => [...t.effects.values()].filter(({ head }) => head.activeflow_id === id).map((entry) => effectOf(entry) as StoredEffect),
    effect: async (id) => effectOf(t.effects.get(id)) ?? t.queued.get(id),
    counts: async () => ({
      running: [...t.activeflows.values()].filter((row) => row.due_at !== null).length,
      effects_due: t.due.size + t.queued.due().length,
      effects_dead: [...[...t.effects.values()].map(({ head }) => head), ...t.queued.all()].filter(({ status }) => status === 'dead').length,
    }),
  };
}

function readsOfDocuments(t: Tables): Pick<Store, 'document' | 'find' | 'documents'> {
  return {
    document: async (kind, id) => t.documents.get(`${kind}/${id}`)?.document,
    find: async (kind, key) => [...t.documents.values()].find(({ document: d }) => d.kind === kind && d.key === key && d.tm_delete === null)?.document,
    documents: async (query) => page(query, [...t.documents.values()].filter(({ document }) => documentMatches(query, document)), ({ document }) => document.tm_create)
      .map(({ ordinal, document }) => ({ ordinal, row: document })),
  };
}

function page<T extends { readonly ordinal: number }>({ limit, before }: PageQuery, rows: T[], tm: (row: T) => Instant): T[] {
  const isBefore = (row: T) => !before || tm(row) < before.tm || (tm(row) === before.tm && before.ordinal !== undefined && row.ordinal < before.ordinal);
  return rows.filter(isBefore).sort((a, b) => tm(b) - tm(a) || b.ordinal - a.ordinal).slice(0, limit);
}

function matches(query: ActiveflowQuery, state: State): boolean {
  const { customer_id, status, reference_type, reference_id, flow_id, created_after, created_before, variables } = query;
  const is = <T>(wanted: T | undefined, got: T) => wanted === undefined || wanted === got;
  return state.tm_delete === null && is(customer_id, state.customer_id) && is(status, state.status) && is(flow_id, state.flow_id)
    && is(reference_type, state.reference.type) && is(reference_id, state.reference.id)
    && (created_after === undefined || state.tm_create >= created_after) && (created_before === undefined || state.tm_create < created_before)
    && Object.entries(variables ?? {}).every(([name, value]) => Object.hasOwn(state.variables, name) && state.variables[name] === value);
}

const documentMatches = ({ kind, customer_id, parent }: DocumentQuery, d: Document): boolean =>
  d.kind === kind && d.tm_delete === null && (customer_id === undefined || d.customer_id === customer_id) && (parent === undefined || d.parent === parent);
