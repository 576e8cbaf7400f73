// The newest moves of activeflows that are being controlled, kept as they happen: an answer costs the same at step 10,000 as at step 10.
import type { Changed, Event, State } from '@activeflow/engine';
import type { Store } from '../store/store.js';
import { createLru } from './lru.js';

/** An event in which the cursor moved. */
export type Moved = Extract<Event, { type: 'moved' }>;

/** Reads the newest moves, from memory where they are known. */
export type Recent = {
  /** The newest moves that led to a state, oldest first, at most `MOST_RECENT`. */
  of(state: State): Promise<readonly Moved[]>;
  /** A commit has led from one state to the next. */
  add(before: State, changed: Changed): void;
};

/** How many moves are kept: the hundred that an answer shows, and the one to the current action. */
export const MOST_RECENT = 101;
/** Of how many activeflows: those controlled most recently. */
const KEPT = 1_024;

/** Makes the memory of a store. Nothing is kept of an activeflow before somebody asks. */
export function createRecent(store: Store): Recent {
  const kept = createLru<{ readonly events: number; readonly moves: readonly Moved[] }>(KEPT);
  return {
    async of({ id, events }) {
      const known = kept.get(id);
      if (known?.events === events) return known.moves;
      const moves = (await store.moves(id, events, MOST_RECENT)).filter(isMove);
      kept.set(id, { events, moves });
      return moves;
    },
    add(before, { state, events }) {
      const known = kept.get(state.id);
      if (!known) return;
      if (known.events === before.events) kept.set(state.id, { events: state.events, moves: [...known.moves, ...events.filter(isMove)].slice(-MOST_RECENT) });
      else kept.delete(state.id);
    },
  };
}

const isMove = (event: Event): event is Moved => event.type === 'moved';
