// An activeflow as it was after any of its events, folded from the log. Who reads one event after the other pays for one event each time.
import { evolve, type Event, type State } from '@activeflow/engine';
import type { Store } from '../store/store.js';
import { createLru } from './lru.js';
import { MOST_RECENT, type Moved } from './recent.js';

/** An activeflow as it was: its state, and the newest moves that led to it, oldest first, as `Recent` gives them. */
export type Projected = { readonly state: State; readonly moves: readonly Moved[] };

/** Looks back. */
export type Projection = {
  /** The activeflow after its event `n`; undefined where there is no such event. `reader` names who asks: each has a place of its own in each log. */
  after(id: string, n: number, reader: string): Promise<Projected | undefined>;
};

/** For how many pairs of a reader and an activeflow the place is kept. */
const KEPT = 2_048;
/** Events read at once. */
const PAGE = 64;

type Place = Projected & { readonly ahead: readonly Event[] };

/** Makes the projection of a store; `load` gives an activeflow as it stands. */
export function createProjection(store: Pick<Store, 'events' | 'moves'>, load: (id: string) => Promise<State | undefined>): Projection {
  const places = createLru<Place>(KEPT);

  /** From a place on, or from the beginning. */
  const fold = async (id: string, n: number, from: Place | undefined): Promise<Place | undefined> => {
    let state = from?.state;
    const moves = [...(from?.moves ?? [])];
    let ahead = from?.ahead ?? [];
    while ((state?.events ?? 0) <= n) {
      if (ahead.length === 0) ahead = await store.events(id, (state?.events ?? 0) - 1, PAGE);
      if (ahead.length === 0) return undefined;
      const wanted = ahead.slice(0, n + 1 - (state?.events ?? 0));
      for (const event of wanted) {
        state = evolve(state, event);
        if (event.type === 'moved') moves.push(event);
      }
      ahead = ahead.slice(wanted.length);
      moves.splice(0, moves.length - MOST_RECENT);
    }
    return state && { state, moves, ahead };
  };

  const arrive = async (id: string, n: number, place: Place | undefined): Promise<Place | undefined> => {
    if (place && place.state.events <= n + 1) return place.state.events === n + 1 ? place : fold(id, n, place);
    const state = await load(id);
    // Mostly it is the newest event that is asked for.
    if (state?.events === n + 1) return { state, moves: (await store.moves(id, n + 1, MOST_RECENT)).filter((event) => event.type === 'moved'), ahead: [] };
    return fold(id, n, undefined);
  };

  return {
    async after(id, n, reader) {
      const key = `${reader} ${id}`;
      const place = await arrive(id, n, places.get(key));
      if (place) places.set(key, place);
      return place;
    },
  };
}
