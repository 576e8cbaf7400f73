// What is asked of an activeflow. Late, repeated and stale commands change nothing and harm nothing (engine.md §3).
import type { Cause, Event } from './event.js';
import type { Effect } from './effect.js';
import type { Action, Configuration, Instant, Result, State } from './state.js';
import type { Problem } from './variables.js';

/** What a command asks for. */
export type Ask =
  | { readonly type: 'start' }
  | { readonly type: 'settle'; readonly effect_id: string; readonly result: Result }
  /** The deadline has passed. */
  | { readonly type: 'due' }
  | { readonly type: 'stop'; readonly reason: 'canceled' | 'hangup'; readonly detail?: string }
  | { readonly type: 'continue'; readonly action_id: string }
  | { readonly type: 'forward'; readonly action_id: string; readonly now: boolean }
  /** Actions as a client wrote them; checked and normalised against the state they meet. */
  | { readonly type: 'push_actions' | 'add_actions'; readonly actions: unknown }
  | { readonly type: 'set_variables'; readonly variables: Readonly<Record<string, unknown>> }
  | { readonly type: 'configure'; readonly configuration: Partial<Configuration> }
  | { readonly type: 'pause' | 'resume' | 'delete' };

/** A command: what is asked, when, and by whom. `if_version` refuses it on any other version. */
export type Command = Ask & { readonly at: Instant; readonly cause: Cause; readonly if_version?: number };

/** A list of actions that a commit stores, once, under an id of its own. */
export type StoredList = { readonly id: string; readonly actions: readonly Action[] };

/** What one command did: the next state, and everything that goes into the same commit. */
export type Changed = {
  readonly outcome: 'changed';
  readonly state: State;
  readonly events: readonly Event[];
  readonly effects: readonly Effect[];
  /** Ids of effects that nobody waits for any more. */
  readonly cancels: readonly string[];
  readonly lists: readonly StoredList[];
};
/** A command that came late or twice: nothing changes, and that is success. */
export type Unchanged = { readonly outcome: 'unchanged'; readonly state: State };
/** A command that cannot be carried out: nothing changes, and whoever asked is told why. */
export type Refused = {
  readonly outcome: 'refused';
  readonly state: State;
  readonly reason: 'ACTIVEFLOW_ENDED' | 'STATE_INVALID' | 'VERSION_CONFLICT' | 'INVALID_VARIABLES' | 'INVALID_ACTION_TARGET' | 'INVALID_ARGUMENT';
  readonly message: string;
  readonly problems: readonly Problem[];
};
/** What a command came to. */
export type Outcome = Changed | Unchanged | Refused;
