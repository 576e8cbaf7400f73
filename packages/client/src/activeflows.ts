// Activeflows: everything that can be asked of one that runs.
import { follow } from './events.js';
import type { ActiveflowEvent, FeedOptions, Resync } from './feed-types.js';
import { listOf, type List, type ListQuery } from './list.js';
import type { ChangeOptions, PostOptions, RequestOptions, Transport } from './transport.js';
import type { ActionInput, ActionList, Activeflow, ActiveflowConfiguration, ActiveflowInput, HistoryEntry, Log, ReferenceType, Stack } from './types.js';

/** Which activeflows: all that is given must hold. */
export type ActiveflowQuery = ListQuery & {
  readonly status?: 'running' | 'ended'; readonly reference_type?: ReferenceType; readonly reference_id?: string; readonly flow_id?: string;
  readonly created_after?: string; readonly created_before?: string; readonly variables?: Readonly<Record<string, string>>;
};

type Variables = { readonly variables: Readonly<Record<string, string>> };

/** The resource `activeflows`. Ids in paths are escaped. */
export function activeflowsOf(transport: Transport) {
  const path = (id: string, rest = '') => `/activeflows/${encodeURIComponent(id)}${rest}`;
  const post = (id: string, what: string, body?: unknown, options?: PostOptions, repeatable = false) =>
    transport.json<Activeflow>('POST', path(id, `/${what}`), { body, options, repeatable });
  return {
    list({ variables = {}, ...query }: ActiveflowQuery = {}, options?: RequestOptions): List<Activeflow> {
      const named = Object.fromEntries(Object.entries(variables).map(([name, value]) => [`variable.${name}`, value]));
      return listOf(transport, '/activeflows', { ...query, ...named }, options);
    },
    get: (id: string, options?: RequestOptions) => transport.json<Activeflow>('GET', path(id), { options }),
    /** Starts a flow, or actions; the answer is the activeflow before its first action. */
    start: (input: ActiveflowInput, options?: PostOptions) => transport.json<Activeflow>('POST', '/activeflows', { body: input, options }),
    /** Stops it; its call is hung up. Stopping an ended one changes nothing, so this is tried again like a PUT. */
    stop: (id: string, options?: PostOptions) => post(id, 'stop', undefined, options, true),
    delete: (id: string, options?: ChangeOptions) => transport.json<Activeflow>('DELETE', path(id), { options }),
    configure: (id: string, input: ActiveflowConfiguration, options?: ChangeOptions) => transport.json<Activeflow>('PUT', path(id), { body: input, options }),
    /** Wakes a `block`, if it still stands on this action. */
    continue: (id: string, current_action_id: string, options?: PostOptions) => post(id, 'continue', { current_action_id }, options),
    /** Has the next move go to an action; `forward_now` moves at once. */
    forward: (id: string, forward_action_id: string, { forward_now = false, ...options }: ChangeOptions & { readonly forward_now?: boolean } = {}) =>
      transport.json<Activeflow>('PUT', path(id, '/forward_action_id'), { body: { forward_action_id, forward_now }, options }),
    /** Runs actions first, in a frame of their own, at the next move. */
    pushActions: (id: string, actions: readonly ActionInput[], options?: PostOptions) => post(id, 'push_actions', { actions }, options),
    /** Inserts actions after the current one. */
    addActions: (id: string, actions: readonly ActionInput[], options?: PostOptions) => post(id, 'add_actions', { actions }, options),
    pause: (id: string, options?: PostOptions) => post(id, 'pause', undefined, options, true),
    resume: (id: string, options?: PostOptions) => post(id, 'resume', undefined, options, true),
    variables: async (id: string, options?: RequestOptions) => (await transport.json<Variables>('GET', path(id, '/variables'), { options })).variables,
    /** Merges variables in; null removes one. Gives all of them. */
    setVariables: async (id: string, variables: Readonly<Record<string, string | null>>, options?: ChangeOptions) =>
      (await transport.json<Variables>('PUT', path(id, '/variables'), { body: { variables }, options })).variables,
    /** Everything that happened, oldest first. */
    history: (id: string, query: ListQuery = {}, options?: RequestOptions): List<HistoryEntry> => listOf(transport, path(id, '/history'), query, options),
    /** Loops over what happens to it, from now on or from after a number of the feed, until it has ended; comes back by itself. */
    events: (id: string, options?: FeedOptions) => follow(transport, { path: path(id, '/events'), ends: true }, options) as AsyncGenerator<ActiveflowEvent | Resync, void, undefined>,
    /** Events after the one numbered `after`, oldest first, a thousand at most: the engine's own, for its `fold`. */
    log: (id: string, query: { readonly after?: number; readonly page_size?: number } = {}, options?: RequestOptions) =>
      transport.json<Log>('GET', path(id, '/log'), { query, options }),
    /** A list of actions that a frame of it runs, or has run: its `list_id`. */
    actions: (id: string, list_id: string, options?: RequestOptions) => transport.json<ActionList>('GET', path(id, `/lists/${encodeURIComponent(list_id)}`), { options }),
    stack: (id: string, options?: RequestOptions) => transport.json<Stack>('GET', path(id, '/stack'), { options }),
  };
}
