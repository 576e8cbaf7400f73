// What the conformance suite writes: small states, events, effects and documents, made by hand so that a store is tested without the engine.
import type { Action, Effect, Event, Instant, State } from '@activeflow/engine';
import type { ActiveflowWrite, Document, Store } from './store.js';

/** An instant with microseconds. */
export const AT: Instant = 1_795_000_000_000_123;

/** The customer that samples belong to. */
export const CUSTOMER = '0aaaaaaa-0000-4000-8000-000000000001';

const NONE = '00000000-0000-0000-0000-000000000000';
const START = '00000000-0000-0000-0000-000000000001';

/** An action. */
export const sampleAction = (id: string): Action => ({ id, next_id: NONE, type: 'empty', option: {} });

/** An activeflow as it is inserted: at version 1, with its first event. */
export function sampleState(id: string, over: Partial<State> = {}): State {
  return {
    id, customer_id: CUSTOMER, name: '', flow_id: NONE, flow_revision: 0,
    reference: { type: 'api', id: NONE, activeflow_id: NONE }, configuration: { on_complete_flow_id: NONE, webhook_uri: '', webhook_method: '' }, chain: 1,
    status: 'running', paused: false, version: 1, events: 1,
    frames: [{ id: START, list_id: `${id}:1:0`, return_to: null, gotos: {} }], position: { frame_id: START, action_id: START },
    current: { frame_id: START, action: sampleAction(START), step: 0, began_at: AT },
    forward: null, wait: null, variables: {}, variables_bytes: 0, end_reason: '', end_detail: '', tm_create: AT, tm_update: null, tm_delete: null,
    ...over,
  };
}

/** The write that inserts a state. */
export function inserted(state: State, over: Partial<ActiveflowWrite> = {}): ActiveflowWrite {
  const event: Event = { n: 0, version: 0, at: state.tm_create, cause: { by: 'api', ref: 'req_1' }, type: 'created', state };
  return { expected_version: 0, state, due_at: state.status === 'running' ? state.tm_create + 60_000_000 : null, events: [event], effects: [], cancels: [], lists: [], ...over };
}

/** The write of the next version of a state: `count` events, and what is changed. */
export function advanced(state: State, change: Partial<State> = {}, over: Partial<ActiveflowWrite> = {}, count = 1): ActiveflowWrite {
  const at = AT + state.version * 1_000;
  const next = { ...state, version: state.version + 1, events: state.events + count, tm_update: at, ...change };
  const events = Array.from({ length: count }, (_, i) => moved(state.events + i, next.version, at));
  const due_at = next.status === 'running' ? at + 60_000_000 : null;
  return { expected_version: state.version, state: next, due_at, events, effects: [], cancels: [], lists: [], ...over };
}

const moved = (n: number, version: number, at: Instant): Event => ({
  n, version, at, cause: { by: 'timer' }, type: 'moved', left: { result: 'done' }, entered: { frame_id: START, action_id: `a${n}`, action: sampleAction(`a${n}`), step: n },
});

/** The `ordinal`-th effect of a version of an activeflow. */
export const sampleEffect = (activeflow_id: string, ordinal = 0, over: Partial<Effect> = {}): Effect => ({
  id: `${activeflow_id}:1:${ordinal}`, kind: 'http.fetch', activeflow_id, customer_id: CUSTOMER, step: 1, payload: { url: 'http://example.org' }, deadline: null, ...over,
});

/** The first version of a document. */
export const sampleDocument = (kind: string, id: string, over: Partial<Document> = {}): Document =>
  ({ kind, id, customer_id: CUSTOMER, parent: '', key: null, version: 1, tm_create: AT, tm_update: null, tm_delete: null, data: { name: id }, ...over });

/** Everything that a store with few rows holds, but for documents and lists, which are asked for by kind and id. */
export async function picture(store: Store, kinds: readonly string[] = [], lists: readonly string[] = []): Promise<unknown> {
  const kept = await store.walk(0, 1_000);
  return {
    kept,
    events: await Promise.all(kept.map(({ row }) => store.events(row.state.id, -1, 1_000))),
    effects: await Promise.all(kept.map(({ row }) => store.effects(row.state.id))),
    feed: await store.feed(0, 1_000),
    documents: await Promise.all(kinds.map((kind) => store.documents({ kind, limit: 1_000 }))),
    lists: await Promise.all(lists.map((list) => store.list(list))),
    counts: await store.counts(),
    next: await store.nextDue(),
  };
}
