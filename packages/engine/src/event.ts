// What happened. The numbered log of an activeflow; its state is the fold of it (promise G1).
import { START_ID } from './ids.js';
import type { Action, Configuration, EndReason, Frame, Instant, Position, Result, State, Wait } from './state.js';
import { utf8Length, type Variables } from './variables.js';

/** What brought a command: who, and by what. */
export type Cause = {
  readonly by: 'api' | 'call' | 'message' | 'driver' | 'timer' | 'activeflow';
  /** A request id, an effect id, an activeflow id: what to look for. */
  readonly ref?: string;
};

/** How the action that was current came out. */
export type Left = {
  readonly result: 'done' | 'skipped' | 'failed' | 'forwarded';
  readonly reason?: string;
  readonly message?: string;
  readonly variables?: Variables;
  /** The frame it pushed. */
  readonly frame?: Frame;
  /** True for a goto that jumped: its frame counts it. */
  readonly counted?: true;
};

/** One thing that happened, without its envelope. */
export type Happening =
  | { readonly type: 'created'; readonly state: State }
  | { readonly type: 'moved'; readonly left: Left; readonly entered: Position & { readonly action: Action; readonly step: number }; readonly wait?: Wait }
  | { readonly type: 'settled'; readonly result: Result }
  | { readonly type: 'variables_set'; readonly variables: Readonly<Record<string, string | null>> }
  | { readonly type: 'forwarded'; readonly to: Position }
  | { readonly type: 'pushed'; readonly frame: Frame }
  | { readonly type: 'added'; readonly frame_id: string; readonly list_id: string; readonly action_ids: readonly string[] }
  | { readonly type: 'configured'; readonly configuration: Configuration }
  | { readonly type: 'paused' }
  | { readonly type: 'resumed' }
  | { readonly type: 'ended'; readonly reason: EndReason; readonly detail: string; readonly left?: Left; readonly on_complete?: OnComplete }
  | { readonly type: 'deleted' };

/** What became of the on-complete flow: the activeflow that is started, or why none is. */
export type OnComplete = { readonly activeflow_id: string } | { readonly refused: string };

/** One thing that happened: `n` counts the activeflow's events from 0 without a gap, `version` the commits they came in. */
export type Event = { readonly n: number; readonly version: number; readonly at: Instant; readonly cause: Cause } & Happening;

/** The state after an event. Pure; throws on an event that does not follow (a gap in the numbers). */
export function evolve(state: State | undefined, event: Event): State {
  if (event.type === 'created') return event.state;
  if (state === undefined || event.n !== state.events) throw new Error(`event ${event.n} does not follow ${state?.events ?? 'nothing'}`);
  return { ...state, ...change(state, event), version: event.version, events: event.n + 1, tm_update: event.at };
}

/** The events of an activeflow, folded; undefined without any. */
export const fold = (events: Iterable<Event>): State | undefined => {
  let state: State | undefined;
  for (const event of events) state = evolve(state, event);
  return state;
};

function change(state: State, event: Exclude<Event, { type: 'created' }>): Partial<State> {
  switch (event.type) {
    case 'moved': return moved(state, event);
    case 'settled': return { wait: state.wait && { ...state.wait, result: event.result } };
    case 'variables_set': return withVariables(state, event.variables);
    case 'forwarded': return { forward: event.to };
    case 'pushed': return { frames: [...state.frames, event.frame], position: { frame_id: event.frame.id, action_id: START_ID } };
    case 'added': return { frames: state.frames.map((frame) => (frame.id === event.frame_id ? { ...frame, list_id: event.list_id } : frame)) };
    case 'configured': return { configuration: event.configuration };
    case 'paused': return { paused: true };
    case 'resumed': return { paused: false };
    case 'ended': return { ...(event.left ? leave(state, event.left) : {}), status: 'ended', end_reason: event.reason, end_detail: event.detail, wait: null, forward: null, paused: false };
    case 'deleted': return { tm_delete: event.at };
    default: return event satisfies never;
  }
}

function moved(state: State, event: Extract<Event, { type: 'moved' }>): Partial<State> {
  const after = leave(state, event.left);
  const { frame_id, action_id, action, step } = event.entered;
  const frames = after.frames ?? state.frames;
  const depth = frames.findIndex((frame) => frame.id === frame_id) + 1;
  return {
    ...after,
    frames: depth === frames.length ? frames : frames.slice(0, depth),
    position: { frame_id, action_id },
    current: { frame_id, action, step, began_at: event.at },
    forward: null,
    wait: event.wait ?? null,
  };
}

/** What the action that was current leaves behind: its variables, its count, the frame it pushed. */
function leave(state: State, left: Left): Partial<State> {
  const after: { -readonly [K in keyof State]?: State[K] } = left.variables ? withVariables(state, left.variables) : {};
  if (left.counted) {
    const { frame_id, action } = state.current;
    after.frames = state.frames.map((frame) =>
      frame.id === frame_id ? { ...frame, gotos: { ...frame.gotos, [action.id]: (frame.gotos[action.id] ?? 0) + 1 } } : frame);
  }
  if (left.frame) {
    after.frames = [...(after.frames ?? state.frames), left.frame];
    after.position = { frame_id: left.frame.id, action_id: START_ID };
  }
  return after;
}

function withVariables(state: State, changes: Readonly<Record<string, string | null>>): Pick<State, 'variables' | 'variables_bytes'> {
  // Spread, not assigned one by one: a variable may be named `__proto__`.
  const variables: Record<string, string | null> = { ...state.variables, ...changes };
  let bytes = state.variables_bytes;
  for (const [key, value] of Object.entries(changes)) {
    const old = Object.hasOwn(state.variables, key) ? state.variables[key] : undefined;
    if (old !== undefined) bytes -= utf8Length(key) + utf8Length(old);
    if (value === null) delete variables[key];
    else bytes += utf8Length(key) + utf8Length(value);
  }
  return { variables: variables as Variables, variables_bytes: bytes };
}
