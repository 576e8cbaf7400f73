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
  if (state === undefined) throw new Error(`event ${event.n} follows nothing`);
  const after: Copy = { ...state };
  advance(after, event);
  return after;
}

/** The same on a copy that nobody else has seen: a burst of events makes one copy, not one for each. */
export function advance(after: Copy, event: Exclude<Event, { type: 'created' }>): void {
  if (event.n !== after.events) throw new Error(`event ${event.n} does not follow ${after.events}`);
  after.version = event.version;
  after.events = event.n + 1;
  after.tm_update = event.at;
  change(after, event);
}

/** The events of an activeflow, folded; undefined without any. */
export const fold = (events: Iterable<Event>): State | undefined => {
  let state: State | undefined;
  for (const event of events) state = evolve(state, event);
  return state;
};

/** A state that may be changed because nobody else has seen it; what hangs on it is shared, and replaced instead of written to. */
export type Copy = { -readonly [K in keyof State]: State[K] };

function change(after: Copy, event: Exclude<Event, { type: 'created' }>): void {
  switch (event.type) {
    case 'moved': move(after, event); break;
    case 'settled': after.wait = after.wait && { ...after.wait, result: event.result }; break;
    case 'variables_set': setVariables(after, event.variables); break;
    case 'forwarded': after.forward = event.to; break;
    case 'pushed': pushFrame(after, event.frame); break;
    case 'added': after.frames = after.frames.map((frame) => (frame.id === event.frame_id ? { ...frame, list_id: event.list_id } : frame)); break;
    case 'configured': after.configuration = event.configuration; break;
    case 'paused': after.paused = true; break;
    case 'resumed': after.paused = false; break;
    case 'ended': end(after, event); break;
    case 'deleted': after.tm_delete = event.at; break;
    default: event satisfies never;
  }
}

function move(after: Copy, { left, entered, wait, at }: Extract<Event, { type: 'moved' }>): void {
  leave(after, left);
  const { frame_id, action_id, action, step } = entered;
  const depth = after.frames.findIndex((frame) => frame.id === frame_id) + 1;
  // Frames left behind are gone.
  if (depth < after.frames.length) after.frames = after.frames.slice(0, depth);
  after.position = { frame_id, action_id };
  after.current = { frame_id, action, step, began_at: at };
  after.forward = null;
  after.wait = wait ?? null;
}

function end(after: Copy, { left, reason, detail }: Extract<Event, { type: 'ended' }>): void {
  if (left) leave(after, left);
  after.status = 'ended';
  after.end_reason = reason;
  after.end_detail = detail;
  after.wait = null;
  after.forward = null;
  after.paused = false;
}

/** What the action that was current leaves behind: its variables, its count, the frame it pushed. */
function leave(after: Copy, left: Left): void {
  if (left.variables) setVariables(after, left.variables);
  if (left.counted) {
    const { frame_id, action } = after.current;
    after.frames = after.frames.map((frame) =>
      frame.id === frame_id ? { ...frame, gotos: { ...frame.gotos, [action.id]: (frame.gotos[action.id] ?? 0) + 1 } } : frame);
  }
  if (left.frame) pushFrame(after, left.frame);
}

function pushFrame(after: Copy, frame: Frame): void {
  after.frames = [...after.frames, frame];
  after.position = { frame_id: frame.id, action_id: START_ID };
}

function setVariables(after: Copy, changes: Readonly<Record<string, string | null>>): void {
  // Spread, not assigned one by one: a variable may be named `__proto__`.
  const variables: Record<string, string | null> = { ...after.variables, ...changes };
  let bytes = after.variables_bytes;
  for (const [key, value] of Object.entries(changes)) {
    const old = Object.hasOwn(after.variables, key) ? after.variables[key] : undefined;
    if (old !== undefined) bytes -= utf8Length(key) + utf8Length(old);
    if (value === null) delete variables[key];
    else bytes += utf8Length(key) + utf8Length(value);
  }
  after.variables = variables as Variables;
  after.variables_bytes = bytes;
}
