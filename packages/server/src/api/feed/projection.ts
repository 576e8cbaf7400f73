// What is told of an entry of the log: which event of the API it is, and the resource as it was after it.
import { evolve, type Event, type State } from '@activeflow/engine';
import type { Entry, Heading } from '../../runner/feed-index.js';
import type { Projection } from '../../runner/feed.js';
import { createLru } from '../../runner/lru.js';
import type { Runner } from '../../runner/runner.js';
import type { LoggedEvent, Store } from '../../store/store.js';
import { encode } from '../encode.js';
import { showActiveflow } from '../present.js';

/** Of how many activeflows the newest state is kept. */
const KEPT = 4_096;

/** Makes the projection of a store. */
export function createProjection(parts: { readonly store: Store; readonly runner: Runner }): Projection {
  const states = createLru<State>(KEPT);
  const after = async (id: string, event: Event): Promise<State> => {
    const known = states.get(id);
    let state: State | undefined = known !== undefined && known.events <= event.n ? known : undefined;
    for (const one of await parts.store.events(id, (state?.events ?? 0) - 1, event.n - (state?.events ?? 0) + 1)) state = evolve(state, one);
    if (!state) throw new Error(`activeflow ${id} has no event ${event.n}`);
    states.set(id, state);
    return state;
  };
  return {
    heading(logged) {
      const type = typeOf(logged);
      return type === undefined || logged.event === undefined ? undefined : { seq: logged.seq, customer_id: logged.customer_id, resource: 'activeflow', id: logged.activeflow_id, type };
    },
    async tell(logged, heading): Promise<Entry> {
      if (logged.event === undefined) throw new Error(`entry ${logged.seq} is no event`);
      const state = await after(logged.activeflow_id, logged.event);
      return { ...heading, data: encode(await showActiveflow(state, parts, false)), ended: logged.event.type === 'ended' || logged.event.type === 'deleted' };
    },
  };
}

function typeOf({ event }: LoggedEvent): Heading['type'] | undefined {
  if (event === undefined || event.type === 'settled') return undefined;
  return event.type === 'created' ? 'activeflow_created' : event.type === 'deleted' ? 'activeflow_deleted' : 'activeflow_updated';
}
