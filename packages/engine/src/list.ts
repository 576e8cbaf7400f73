// A list of actions, read once and shared by every activeflow that runs it.
import { NONE_ID, START_ID } from './ids.js';
import type { Action } from './state.js';
import { anyPlaceholder } from './variables.js';

/** An action list with its index; immutable, so one copy serves all. */
export type ActionList = {
  readonly id: string;
  readonly actions: readonly Action[];
  readonly index: ReadonlyMap<string, number>;
  /** For each action, whether its option holds a placeholder: the others need no substitution. */
  readonly dynamic: readonly boolean[];
  /** For each action, the length of its option as JSON: what an event that holds it takes, at least. */
  readonly sizes: readonly number[];
};

/** Finds a list by id. Throws `MissingList` where it has to be loaded first: deciding again costs nothing. */
export type Lists = (list_id: string) => ActionList;

/** The list is not at hand: load it and decide again. */
export class MissingList extends Error {
  readonly list_id: string;
  constructor(list_id: string) {
    super(`action list ${list_id} is not loaded`);
    this.list_id = list_id;
  }
}

/** Makes the index of a stored list. */
export const compileList = (id: string, actions: readonly Action[]): ActionList => ({
  id,
  actions,
  index: new Map(actions.map((action, i) => [action.id, i])),
  dynamic: actions.map((action) => anyPlaceholder(action.option)),
  sizes: actions.map((action) => JSON.stringify(action.option).length),
});

/** The id of the list that a revision of a flow runs. */
export const flowListId = (flow_id: string, revision: number): string => `${flow_id}:${revision}`;

/** The start marker as an action, as the wire shows it. */
export const START_ACTION: Action = { id: START_ID, next_id: NONE_ID, type: '', option: {} };
