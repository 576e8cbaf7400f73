// The store in memory: the same promises but for durability. For tests, the simulation, and trying things out.
import type { Event, Instant, State } from '@activeflow/engine';
import type { ActiveflowQuery, ActiveflowWrite, Change, Document, DocumentQuery, EffectWrite, PageQuery, Placed, Store, StoredEffect } from './store.js';
import { decodeEvent, decodeState, encodeEvent, encodeState, encodeVariables } from './codec.js';

type Row = { readonly ordinal: number; state: string; variables: string; head: State; due_at: Instant | null; readonly events: string[] };
type Tables = {
  readonly activeflows: Map<string, Row>;
  readonly log: { readonly id: string; readonly customer_id: string; readonly n: number }[];
  readonly lists: Map<string, string>;
  readonly effects: Map<string, string>;
  readonly documents: Map<string, { readonly ordinal: number; readonly document: Document }>;
};

const FINAL = new Set(['done', 'failed', 'dead', 'canceled']);

/** Opens an empty store that ends with the process. Everything goes through JSON, as it does on a disk. */
export function openMemory(): Store {
  const t: Tables = { activeflows: new Map(), log: [], lists: new Map(), effects: new Map(), documents: new Map() };
  return {
    name: 'memory',
    commit: async (changes) => changes.map((change) => (check(t, change) ? (write(t, change), 'ok' as const) : 'conflict' as const)),
    ...reads(t),
    ...leases(t),
    expire: async (kind, before, limit) => {
      const old = [...t.documents].filter(([, { document: d }]) => d.kind === kind && d.tm_delete === null && d.tm_create < before).slice(0, limit);
      for (const [key] of old) t.documents.delete(key);
      return old.length;
    },
    close: async () => { /* nothing is held */ },
  };
}

/** Everything that could make a change stale is looked at before anything is written. */
function check(t: Tables, change: Change): boolean {
  const { activeflow } = change;
  if (activeflow && (t.activeflows.get(activeflow.state.id)?.head.version ?? 0) !== activeflow.expected_version) return false;
  return (change.effects ?? []).every((effect) => mayWrite(t, effect)) && (change.documents ?? []).every((document) => isNext(t, document));
}

function mayWrite(t: Tables, { id, attempt, status }: EffectWrite): boolean {
  const found = effectAt(t, id);
  if (!found || FINAL.has(found.status) || (found.status === 'canceling' && status !== 'canceled')) return false;
  return attempt === undefined || attempt === found.attempt;
}

function isNext(t: Tables, { kind, id, key, version, tm_delete }: Document): boolean {
  const old = t.documents.get(`${kind}/${id}`)?.document;
  if ((old?.version ?? 0) !== version - 1) return false;
  if (key === null || tm_delete !== null) return true;
  return ![...t.documents.values()].some(({ document: d }) => d.kind === kind && d.key === key && d.id !== id && d.tm_delete === null);
}

function write(t: Tables, change: Change): void {
  if (change.activeflow) writeActiveflow(t, change.activeflow);
  for (const list of change.lists ?? []) t.lists.set(list.id, JSON.stringify(list.actions));
  for (const { id, status, due_at, result, error, at } of change.effects ?? []) {
    const old = effectAt(t, id) as StoredEffect;
    putEffect(t, { ...old, status, due_at, result: result ?? old.result, error: error ?? '', tm_update: at });
  }
  for (const document of change.documents ?? []) {
    const key = `${document.kind}/${document.id}`;
    t.documents.set(key, { ordinal: t.documents.get(key)?.ordinal ?? t.documents.size + 1, document: JSON.parse(JSON.stringify(document)) as Document });
  }
}

function writeActiveflow(t: Tables, { state, due_at, events, effects, cancels, lists }: ActiveflowWrite): void {
  const texts = { state: encodeState(state), variables: encodeVariables(state.variables), head: state, due_at };
  const old = t.activeflows.get(state.id);
  const row: Row = old ?? { ordinal: t.activeflows.size + 1, events: [], ...texts };
  if (old) Object.assign(old, texts);
  else t.activeflows.set(state.id, row);
  const at = events.at(-1)?.at ?? state.tm_create;
  for (const event of events) {
    row.events.push(encodeEvent(event));
    t.log.push({ id: state.id, customer_id: state.customer_id, n: event.n });
  }
  for (const list of lists) t.lists.set(list.id, JSON.stringify(list.actions));
  for (const effect of effects) {
    putEffect(t, { ...effect, status: 'pending', attempt: 0, due_at: at, result: null, error: '', tm_create: at, tm_update: at });
  }
  for (const id of cancels) {
    const effect = effectAt(t, id);
    if (effect && !FINAL.has(effect.status)) putEffect(t, { ...effect, status: 'canceling', attempt: 0, due_at: at, tm_update: at });
  }
}

const putEffect = (t: Tables, effect: StoredEffect): void => { t.effects.set(effect.id, JSON.stringify(effect)); };

const effectAt = (t: Tables, id: string): StoredEffect | undefined => {
  const text = t.effects.get(id);
  return text === undefined ? undefined : (JSON.parse(text) as StoredEffect);
};

const allEffects = (t: Tables): StoredEffect[] => [...t.effects.values()].map((text) => JSON.parse(text) as StoredEffect);
const eventsOf = (t: Tables, id: string): Event[] => (t.activeflows.get(id)?.events ?? []).map((text, n) => decodeEvent(n, text));

function leases(t: Tables): Pick<Store, 'claim' | 'recover'> {
  return {
    async claim({ now, until, limit }) {
      const due = allEffects(t).filter((effect) => effect.due_at !== null && effect.due_at <= now);
      return due.sort((a, b) => (a.due_at ?? 0) - (b.due_at ?? 0)).slice(0, limit).map((effect) => {
        const leased = { ...effect, status: effect.status === 'canceling' ? 'canceling' as const : 'performing' as const, attempt: effect.attempt + 1, due_at: until };
        putEffect(t, leased);
        return leased;
      });
    },
    async recover(now) {
      const left = allEffects(t).filter(({ status }) => status === 'performing' || status === 'open');
      for (const effect of left) putEffect(t, { ...effect, due_at: now });
      return left.length;
    },
  };
}

function reads(t: Tables): Omit<Store, 'name' | 'commit' | 'claim' | 'recover' | 'expire' | 'close'> {
  const dues = (): number[] => [...[...t.activeflows.values()].map((row) => row.due_at), ...allEffects(t).map((effect) => effect.due_at)].filter((at) => at !== null);
  return {
    load: async (id) => { const row = t.activeflows.get(id); return row && decodeState(row.state, row.variables); },
    list: async (id) => { const text = t.lists.get(id); return text === undefined ? undefined : (JSON.parse(text) as never); },
    due: async (now, limit) => [...t.activeflows.values()].filter((row) => row.due_at !== null && row.due_at <= now)
      .sort((a, b) => (a.due_at ?? 0) - (b.due_at ?? 0)).slice(0, limit).map((row) => row.head.id),
    nextDue: async () => dues().reduce<number | null>((least, at) => (least === null || at < least ? at : least), null),
    activeflows: async (query) => page(query, [...t.activeflows.values()].filter((row) => matches(query, row.head))
      .map((row) => ({ ordinal: row.ordinal, row: decodeState(row.state, row.variables) }))),
    events: async (id, after, limit) => eventsOf(t, id).filter(({ n }) => n > after).slice(0, limit),
    moves: async (id, before, limit) => eventsOf(t, id).slice(0, before).filter(({ type }) => type === 'moved').slice(-limit),
    feed: async (after, limit) => t.log.slice(after, after + limit).map(({ id, customer_id, n }, i) =>
      ({ seq: after + i + 1, activeflow_id: id, customer_id, event: decodeEvent(n, t.activeflows.get(id)?.events[n] ?? '') })),
    effects: async (id) => allEffects(t).filter((effect) => effect.activeflow_id === id),
    effect: async (id) => effectAt(t, id),
    document: async (kind, id) => t.documents.get(`${kind}/${id}`)?.document,
    find: async (kind, key) => [...t.documents.values()].find(({ document: d }) => d.kind === kind && d.key === key && d.tm_delete === null)?.document,
    documents: async (query) => page(query, [...t.documents.values()].filter(({ document }) => documentMatches(query, document))
      .map(({ ordinal, document }) => ({ ordinal, row: document }))),
    counts: async () => ({
      running: [...t.activeflows.values()].filter((row) => row.due_at !== null).length,
      effects_due: allEffects(t).filter((effect) => effect.due_at !== null).length,
      effects_dead: allEffects(t).filter((effect) => effect.status === 'dead').length,
    }),
  };
}

function page<T extends { readonly tm_create: Instant }>({ limit, before }: PageQuery, rows: Placed<T>[]): Placed<T>[] {
  const isBefore = ({ ordinal, row }: Placed<T>) => !before || row.tm_create < before.tm || (row.tm_create === before.tm && before.ordinal !== undefined && ordinal < before.ordinal);
  return rows.filter(isBefore).sort((a, b) => b.row.tm_create - a.row.tm_create || b.ordinal - a.ordinal).slice(0, limit);
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
