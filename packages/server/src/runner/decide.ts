// Deciding: the transition with the lists it asks for. Where one is missing, it is loaded and decided again, which costs nothing.
import { compileList, MissingList, transition, type ActionList, type Command, type Limits, type Outcome, type State, type StoredList } from '@activeflow/engine';
import type { Store } from '../store/store.js';
import { createLru } from './lru.js';

/** Decides, and knows the lists it takes. */
export type Decide = {
  decide(this: void, state: State, command: Command): Promise<Outcome>;
  /** A stored action list, indexed. Throws where there is none. */
  list(this: void, list_id: string): Promise<ActionList>;
  /** A list that is about to be stored. */
  keep(this: void, list: StoredList): void;
};

/** Makes it; `cached` lists stay indexed. */
export function createDecide(store: Pick<Store, 'list'>, limits: Limits, cached: number): Decide {
  const lists = createLru<ActionList>(cached);

  const list = async (list_id: string): Promise<ActionList> => {
    const known = lists.get(list_id);
    if (known) return known;
    const actions = await store.list(list_id);
    if (!actions) throw new Error(`action list ${list_id} is not in the store`);
    const compiled = compileList(list_id, actions);
    lists.set(list_id, compiled);
    return compiled;
  };

  const decide = async (state: State, command: Command): Promise<Outcome> => {
    const own = new Map<string, ActionList>();
    for (;;) {
      try {
        return transition(state, command, (id) => {
          const found = own.get(id) ?? lists.get(id);
          if (!found) throw new MissingList(id);
          return found;
        }, limits);
      } catch (error) {
        if (!(error instanceof MissingList) || own.has(error.list_id)) throw error;
        own.set(error.list_id, await list(error.list_id));
      }
    }
  };

  return { decide, list, keep: ({ id, actions }) => { lists.set(id, compileList(id, actions)); } };
}
