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

/** The state as JSON, but for the variables. */
export const encodeState = ({ variables: _, ...rest }: State): string => JSON.stringify(rest);

/** The state of its two columns. */
export function decodeState(state: string, variables: string): State {
  const decoded = JSON.parse(variables) as Variables;
  encoded.set(decoded, variables);
  return { ...(JSON.parse(state) as State), variables: decoded };
}

/** An event as JSON, but for its number. */
export const encodeEvent = ({ n: _, ...rest }: Event): string => JSON.stringify(rest);

/** The event of its number and its JSON. */
export const decodeEvent = (n: number, data: string): Event => ({ n, ...(JSON.parse(data) as Omit<Event, 'n'>) }) as Event;
