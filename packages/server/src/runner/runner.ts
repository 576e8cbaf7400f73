// The only place that changes an activeflow: load, transition, commit; on a conflict, decide again (DESIGN §1).
import { create, dueAt, type ActionList, type Ask, type Birth, type Cause, type Changed, type Limits, type Outcome, type State } from '@activeflow/engine';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { ActiveflowWrite, Change, DocumentWrite, EffectWrite, Store } from '../store/store.js';
import type { Also } from '../driver/driver.js';
import type { Committer } from './committer.js';
import { createDecide } from './decide.js';
import { createLru } from './lru.js';
import { createRecent, type Moved } from './recent.js';

/** What goes with a command. */
export type With = {
  readonly cause: Cause;
  readonly if_version?: number;
  /** Whose activeflow it must be; another's is as good as none. */
  readonly customer_id?: string;
  /** Written in the same commit, also where the activeflow itself stays as it is. */
  readonly effects?: readonly EffectWrite[];
  readonly also?: Also | ((outcome: Outcome) => readonly DocumentWrite[]);
};

/** What a command came to; `stale` where something that goes with it was. Undefined: there is no such activeflow. */
export type Handled = Outcome | { readonly outcome: 'stale'; readonly state: State } | undefined;

/** Runs activeflows. */
export type Runner = {
  handle(id: string, ask: Ask, given: With): Promise<Handled>;
  /** Makes and starts an activeflow in one commit. Gives it as it stood before its first action; undefined where the id is taken. */
  start(birth: Omit<Birth, 'at'>, also?: Also | ((born: State) => Also)): Promise<State | undefined>;
  /** The state by id, newest. */
  load(id: string): Promise<State | undefined>;
  /** A stored action list, indexed. Throws where there is none. */
  list(list_id: string): Promise<ActionList>;
  /** The newest moves that led to a state, oldest first. */
  recent(state: State): Promise<readonly Moved[]>;
  readonly stats: { commands: number; conflicts: number; refused: number; ended: number };
};

/** What a runner is made of. */
export type RunnerParts = { readonly store: Store; readonly committer: Committer; readonly clock: Clock; readonly limits: Limits; readonly log: Log;
  /** No other process writes activeflows to this store, so what is decoded here is as good as what is stored. */
  readonly alone?: boolean;
};

/** How many activeflows and lists stay decoded. A waiting activeflow that is not among them costs no memory. */
const CACHED = { states: 2_048, lists: 1_024 } as const;

/** How often a command is decided again before the store is called broken. */
const MOST_CONFLICTS = 1_000;

/** Makes the runner of a store. */
export function createRunner(parts: RunnerParts): Runner {
  const { store, committer, clock, limits, log, alone = false } = parts;
  const states = createLru<State>(CACHED.states);
  const { list, keep, decide } = createDecide(store, limits, CACHED.lists);
  const recent = createRecent(store);
  const stats = { commands: 0, conflicts: 0, refused: 0, ended: 0 };

  const writeOf = ({ state, events, effects, cancels, lists }: Changed, expected_version: number): ActiveflowWrite =>
    ({ expected_version, state, due_at: dueAt(state, limits.age_ms), events, effects, cancels, lists });

  const handle: Runner['handle'] = async (id, ask, given) => {
    const began = performance.now();
    stats.commands++;
    for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts++) {
      const cached = states.get(id);
      const state = cached ?? await store.load(id);
      if (!state || (given.customer_id !== undefined && (state.customer_id !== given.customer_id || state.tm_delete !== null))) return undefined;
      const { cause, if_version } = given;
      const outcome = await decide(state, { ...ask, at: clock.now(), cause, ...(if_version === undefined ? {} : { if_version }) });
      // A change is refused where another node has moved the activeflow on; that there is nothing to change must be as true.
      if (cached && !alone && outcome.outcome !== 'changed' && (await store.load(id))?.version !== state.version) {
        states.delete(id);
        continue;
      }
      const change = changeOf(outcome, given, outcome.outcome === 'changed' ? writeOf(outcome, state.version) : undefined);
      const committed = change === undefined ? 'ok' : await committer.submit(change);
      if (committed === 'ok') {
        if (outcome.outcome === 'changed') {
          states.set(id, outcome.state);
          recent.add(state, outcome);
        }
        account(id, ask, given, outcome, performance.now() - began);
        return outcome;
      }
      stats.conflicts++;
      states.delete(id);
      // Was it the activeflow that had moved, or something that goes with the command?
      const now = await store.load(id);
      if (now?.version === state.version) return { outcome: 'stale', state };
    }
    throw new Error(`activeflow ${id}: ${MOST_CONFLICTS} conflicts in a row`);
  };

  const account = (id: string, ask: Ask, { cause }: With, outcome: Outcome, duration_ms: number): void => {
    if (outcome.outcome === 'refused') stats.refused++;
    if (outcome.outcome === 'changed' && outcome.state.status === 'ended') stats.ended++;
    log.debug({ activeflow_id: id, command: ask.type, outcome: outcome.outcome, version: outcome.state.version, cause, duration_ms }, 'command');
  };

  const start: Runner['start'] = async (birth, also) => {
    const at = clock.now();
    stats.commands++;
    const { state: born, event } = create({ ...birth, at });
    const extra = typeof also === 'function' ? also(born) : also;
    for (const one of extra?.lists ?? []) keep(one);
    const outcome = await decide(born, { type: 'start', at, cause: birth.cause });
    if (outcome.outcome !== 'changed') throw new Error('a new activeflow did not start');
    const first = { ...outcome, events: [event, ...outcome.events] };
    const committed = await committer.submit({ ...extra, activeflow: writeOf(first, 0) });
    if (committed === 'conflict') return undefined;
    if (outcome.state.status === 'running') states.set(born.id, outcome.state);
    else stats.ended++;
    return born;
  };

  return { handle, start, load: async (id) => (alone ? states.get(id) : undefined) ?? store.load(id), list, recent: (state) => recent.of(state), stats };
}

/** The commit of an outcome; undefined where there is nothing to write. */
function changeOf(outcome: Outcome, { effects, also }: With, activeflow: ActiveflowWrite | undefined): Change | undefined {
  const extra = typeof also === 'function' ? { documents: also(outcome) } : also;
  if (!activeflow && !effects?.length && !extra?.documents?.length) return undefined;
  return { ...(activeflow ? { activeflow } : {}), ...(effects ? { effects } : {}), ...extra };
}
