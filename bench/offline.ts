// Tables and long histories without hours of HTTP: the same engine decides the same runs here, and the same store writes them.
import {
  compileList, create, defaultLimits, dueAt, flowListId, MissingList, NO_CONFIGURATION, transition,
  type ActionList, type Ask, type Changed, type Instant, type Reference, type State, type Variables,
} from '@activeflow/engine';
import { openSqlite } from 'activeflow/internal/store/sqlite/sqlite';
import type { ActiveflowWrite, Change, Store } from 'activeflow/internal/store/store';

/** Bounds for runs that never end. */
export const LIMITS = { ...defaultLimits, executed_actions: 10_000_000 };

/** The same, as settings of the engine that goes on with them. */
export const LONG_SETTINGS = { ACTIVEFLOW_LIMIT_EXECUTED_ACTIONS: String(LIMITS.executed_actions) } as const;

const CAUSE = { by: 'api', ref: 'bench' } as const;

/** Which flow a run is of, and whose. */
export type Of = { readonly id: string; readonly customer_id: string; readonly flow_id: string; readonly list: ActionList; readonly reference: Reference; readonly variables: Variables; readonly at: Instant };

/** A run that was started: its state, and its birth as one write. */
export function started({ id, customer_id, flow_id, list, reference, variables, at }: Of): { readonly state: State; readonly write: ActiveflowWrite } {
  const { state: born, event } = create({
    id, customer_id, name: '', flow_id, flow_revision: 1, list_id: list.id, reference, configuration: NO_CONFIGURATION, variables, at, cause: CAUSE,
  });
  const first = decide(born, list, { type: 'start' }, at);
  return { state: first.state, write: writeOf({ ...first, events: [event, ...first.events] }, 0) };
}

/** A run after one more command, and its write. Throws where the command changes nothing. */
export function moved(state: State, list: ActionList, ask: Ask, at: Instant): { readonly state: State; readonly write: ActiveflowWrite } {
  const next = decide(state, list, ask, at);
  return { state: next.state, write: writeOf(next, state.version) };
}

function decide(state: State, list: ActionList, ask: Ask, at: Instant): Changed {
  const outcome = transition(state, { ...ask, at, cause: CAUSE }, (id) => { if (id !== list.id) throw new MissingList(id); return list; }, LIMITS);
  if (outcome.outcome !== 'changed') throw new Error(`the engine did not carry out ${ask.type}`);
  return outcome;
}

const writeOf = ({ state, events, effects, cancels, lists }: Changed, expected_version: number): ActiveflowWrite =>
  ({ expected_version, state, due_at: dueAt(state, LIMITS.age_ms), events, effects, cancels, lists });

/** Opens the store of a stopped engine, without flushes, for as long as `work` takes. */
export async function withStore<T>(path: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = openSqlite(path, { durability: 'os', now: Date.now() * 1000 });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Commits changes in groups. Throws where one is not written. */
export async function commitAll(store: Store, changes: Iterable<Change>): Promise<void> {
  let group: Change[] = [];
  const flush = async (): Promise<void> => {
    const results = await store.commit(group);
    const bad = results.find((result) => result !== 'ok');
    if (bad !== undefined) throw bad instanceof Error ? bad : new Error('a prepared row was refused');
    group = [];
  };
  for (const change of changes) {
    group.push(change);
    if (group.length === 1_000) await flush();
  }
  if (group.length > 0) await flush();
}

/** The list of actions of a stored flow. */
export async function listOf(store: Store, flow_id: string): Promise<ActionList> {
  const id = flowListId(flow_id, 1);
  const actions = await store.list(id);
  if (!actions) throw new Error(`flow ${flow_id} has no actions`);
  return compileList(id, actions);
}
