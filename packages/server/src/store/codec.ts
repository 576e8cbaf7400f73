// How states, events and effects are written down: JSON, with what is wanted for queries in columns of its own.
import type { Event, State, Variables } from '@activeflow/engine';

const encoded = new WeakMap<Variables, string>();

/** The variables as JSON. Most transitions leave them alone, and the same object is encoded once. */
export function encodeVariables(variables: Variables): string {
  const known = encoded.get(variables);
  if (known !== undefined) return known;
  const text = JSON.stringify(variables);
  encoded.set(variables, text);
  return text;
}

/** The state as JSON, but for the variables. (Not by a rest pattern: a plain spread is what V8 copies fast.) */
export const encodeState = (state: State): string => JSON.stringify({ ...state, variables: undefined });

/** The state of its two columns. */
export function decodeState(state: string, variables: string): State {
  const decoded = JSON.parse(variables) as Variables;
  encoded.set(decoded, variables);
  return { ...(JSON.parse(state) as State), variables: decoded };
}

/** The events of one commit as JSON. */
export const encodeEvents = (events: readonly Event[]): string => JSON.stringify(events);

/** The events of their JSON. */
export const decodeEvents = (data: string): Event[] => JSON.parse(data) as Event[];
