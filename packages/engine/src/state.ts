// What an activeflow is between two commands. The fold of its events, and nothing else.
import { Type, type Static } from 'typebox';
import type { Variables } from './variables.js';

/** A point in time: microseconds since the Unix epoch, UTC, as an integer. */
export type Instant = number;

/** Milliseconds as a distance between two instants. */
export const ms = (milliseconds: number): number => milliseconds * 1000;

/** The option of an action: a JSON object. */
export type Option = Readonly<Record<string, unknown>>;

/** One action of a list. `next_id` is the none id where array order decides. */
export type Action = { readonly id: string; readonly next_id: string; readonly type: string; readonly option: Option };

/** What may start an activeflow. `""` is none. */
export const REFERENCE_TYPES = ['', 'call', 'sms', 'api', 'conversation', 'recording', 'transcribe', 'campaign', 'ai'] as const;
/** One of `REFERENCE_TYPES`. */
export type ReferenceType = (typeof REFERENCE_TYPES)[number];

/** Where an activeflow can end, and why. */
export const END_REASONS = ['', 'completed', 'stopped', 'canceled', 'hangup', 'failed', 'limit_exceeded', 'expired'] as const;
/** One of `END_REASONS`; `""` while it runs. */
export type EndReason = (typeof END_REASONS)[number];

const Id = Type.String();

/** A place in the stack: an action of a frame, or the start marker of a frame. */
export const PositionSchema = Type.Object({ frame_id: Id, action_id: Id });
/** See `PositionSchema`. */
export type Position = Static<typeof PositionSchema>;

/** A list of actions being run: which list, where it returns to at its end, and how often each goto in it has jumped. */
export const FrameSchema = Type.Object({
  id: Id,
  list_id: Type.String({ description: 'the list of actions, stored once and shared' }),
  return_to: Type.Union([PositionSchema, Type.Null()]),
  gotos: Type.Record(Type.String(), Type.Integer()),
});
/** See `FrameSchema`. */
export type Frame = Static<typeof FrameSchema>;

/** What an effect came to: `data` of its kind, or why it failed. `variables` are set by the driver, system names included. */
export type Result =
  | { readonly ok: true; readonly data?: Option; readonly variables?: Variables }
  | { readonly ok: false; readonly reason: string; readonly message: string };

/** What the current action waits for. There is none without a deadline. */
export type Wait = {
  /** An effect's kind, or `timer`, or `continue`. */
  readonly kind: string;
  /** The effect whose result settles it; `""` for `timer` and `continue`. */
  readonly effect_id: string;
  readonly until: Instant;
  /** At the deadline: the action is done, or it has failed with reason `TIMEOUT`. */
  readonly at_deadline: 'done' | 'fail';
  /** The result that came while the activeflow was paused. */
  readonly result?: Result;
};

/** The action the cursor is on, as it is executed: option substituted. */
export type Current = { readonly frame_id: string; readonly action: Action; readonly step: number; readonly began_at: Instant };

/** What set an activeflow going. */
export type Reference = { readonly type: ReferenceType; readonly id: string; readonly activeflow_id: string };

/** What a user may change while it runs. */
export type Configuration = { readonly on_complete_flow_id: string; readonly webhook_uri: string; readonly webhook_method: string };

/** One running instance of a flow. Immutable; `evolve` makes the next one. */
export type State = {
  readonly id: string;
  readonly customer_id: string;
  readonly name: string;
  readonly flow_id: string;
  readonly flow_revision: number;
  readonly reference: Reference;
  readonly configuration: Configuration;
  /** Which activeflow of an on-complete chain this is, from 1. Kept outside the variables, so that no flow can write it. */
  readonly chain: number;
  readonly status: 'running' | 'ended';
  readonly paused: boolean;
  /** Committed transitions: the compare-and-set of every commit. */
  readonly version: number;
  /** Events so far; the next event's number. */
  readonly events: number;
  /** The bottom frame first; the last is the current one. */
  readonly frames: readonly Frame[];
  /** Where the next move starts from: the current action, or the start marker of a frame pushed since. */
  readonly position: Position;
  readonly current: Current;
  /** The place to go to at the next move, set by a user. */
  readonly forward: Position | null;
  readonly wait: Wait | null;
  readonly variables: Variables;
  readonly variables_bytes: number;
  readonly end_reason: EndReason;
  readonly end_detail: string;
  readonly tm_create: Instant;
  readonly tm_update: Instant | null;
  readonly tm_delete: Instant | null;
};

/** The instant at which something must happen by itself, whatever else does; null once it has ended (promise G4). */
export function dueAt(state: State, age_ms: number): Instant | null {
  if (state.status === 'ended') return null;
  const expires = state.tm_create + ms(age_ms);
  const wait = state.wait;
  return wait === null || wait.result !== undefined ? expires : Math.min(wait.until, expires);
}
