// How an action is written: a schema, a few facts, and a function that answers with one of six moves.
import { Type, type Static, type TObject, type TSchema } from 'typebox';
import type { EffectKind } from './effect.js';
import { NONE_ID } from './ids.js';
import type { Action, Instant, Option, Reference, ReferenceType } from './state.js';
import { isPlaceholder, type Variables } from './variables.js';

/** What an action sees of its activeflow. */
export type Context = {
  readonly at: Instant;
  readonly activeflow_id: string;
  readonly reference: Reference;
  readonly variables: Variables;
  /** The option as written, before substitution. */
  readonly written: Option;
  /** How often this action has jumped in the life of its frame. */
  readonly jumps: number;
};

/** An effect as an action asks for it. */
export type AskedEffect = { readonly kind: EffectKind; readonly payload: Option };

/** What an action can say. `variables` are set on leaving it. */
export type Move =
  | { readonly move: 'next'; readonly variables?: Variables }
  | { readonly move: 'fire'; readonly effect: AskedEffect; readonly variables?: Variables }
  | WaitMove
  | { readonly move: 'push'; readonly actions: unknown; readonly variables?: Variables }
  | { readonly move: 'push'; readonly list_id: string; readonly variables?: Variables }
  | { readonly move: 'jump'; readonly target_id: string; readonly variables?: Variables; readonly counted?: true }
  | { readonly move: 'stop' }
  | Failure;

/** Wait for an effect, for time to pass, or for a `continue`; always with a deadline. */
export type WaitMove = { readonly move: 'wait'; readonly timeout_ms: number } & (
  | { readonly effect: AskedEffect }
  | { readonly for: 'timer' | 'continue' }
);

/** The action could not be done: its definition says whether that skips it or ends the activeflow. */
export type Failure = { readonly move: 'fail'; readonly reason: string; readonly message: string };

/** Every move but waiting: what an action can say once its wait is over. */
export type Going = Exclude<Move, WaitMove>;

/** Go on with the next action. */
export const next = (variables?: Variables): Going => (variables ? { move: 'next', variables } : { move: 'next' });
/** Do something outside and go on: nobody waits for the result. */
export const fire = (kind: EffectKind, payload: Option): Going => ({ move: 'fire', effect: { kind, payload } });
/** Do something outside and wait for its result, at most `timeout_ms`. */
export const wait = (kind: EffectKind, payload: Option, timeout_ms: number): Move => ({ move: 'wait', effect: { kind, payload }, timeout_ms });
/** Wait until the time has passed, or until a `continue`. */
export const waitFor = (what: 'timer' | 'continue', timeout_ms: number): Move => ({ move: 'wait', for: what, timeout_ms });
/** Run a frame of actions first: as written (checked before it runs) or a stored list. */
export const push = (what: { readonly actions: unknown } | { readonly list_id: string }, variables?: Variables): Going =>
  ({ move: 'push', ...what, ...(variables ? { variables } : {}) });
/** Go to an action, looked up from the current frame outwards. */
export const jump = (target_id: string, more: { readonly variables?: Variables; readonly counted?: true } = {}): Going => ({ move: 'jump', target_id, ...more });
/** End the whole activeflow. */
export const stop = (): Going => ({ move: 'stop' });
/** The action failed. */
export const fail = (reason: string, message: string): Failure => ({ move: 'fail', reason, message });

/** Which reference an action can work with: a call (`rtc`), anything but a call (`non_rtc`), all. */
export type Medium = 'rtc' | 'non_rtc' | 'any';

/** The medium of a reference. */
export const mediumOf = (type: ReferenceType): 'rtc' | 'non_rtc' | 'none' => (type === 'call' ? 'rtc' : type === '' ? 'none' : 'non_rtc');

/** The rules of one action type. */
export type Definition<S extends TObject = TObject> = {
  /** The name on the wire. */
  readonly type: string;
  /** One sentence for the reference. */
  readonly summary: string;
  readonly medium: Medium;
  /** What a failure does: record it and go on, or end the activeflow as `failed`. */
  readonly on_failure: 'skip' | 'end';
  /** The schema of the option. Every property may be left out; `default` annotations fill it in. */
  readonly option: S;
  /** Without these the action does nothing, and validation warns. An array within is "one of". */
  readonly needs?: readonly (Key<S> | readonly Key<S>[])[];
  /** Properties that name an action: its id, or a map to ids. */
  readonly targets?: readonly Key<S>[];
  /** Properties that hold actions for someone else to run: never substituted here. */
  readonly lists?: readonly Key<S>[];
  /** Accepted, but recorded as `skipped` with reason `not_supported`. */
  readonly unsupported?: true;
  run(option: Static<S>, context: Context): Move;
  /** What a successful result means; go on where this is left out. */
  settle?(option: Static<S>, data: Option, context: Context): Going;
};
type Key<S extends TObject> = Extract<keyof Static<S>, string>;

/** What is derived from the schema of an option. */
export type Derived = {
  readonly defaults: Option;
  /** Properties that are numbers or booleans, or lists of them: a placeholder that fills one is parsed. */
  readonly parsed: ReadonlyMap<string, 'number' | 'boolean'>;
  /** The schema with every property optional, as definitions are checked. */
  readonly loose: TSchema;
};
/** A definition as the register holds it, with what is derived from its schema. */
export type Registered = Definition & Derived;

/** Defines an action: the one thing an action file exports. */
export function defineAction<S extends TObject>(definition: Definition<S>): Definition<S> & Derived {
  const properties = Object.entries(definition.option.properties as Record<string, { type?: string; items?: { type?: string }; default?: unknown }>);
  const kind = (type?: string) => (type === 'integer' || type === 'number' ? 'number' : type === 'boolean' ? 'boolean' : undefined);
  const parsed = new Map(properties.flatMap(([name, schema]) => { const k = kind(schema.items?.type ?? schema.type); return k ? [[name, k] as const] : []; }));
  const defaults = Object.fromEntries(properties.flatMap(([name, schema]) => (schema.default === undefined ? [] : [[name, schema.default]])));
  return { ...definition, defaults, parsed, loose: Type.Partial(definition.option) };
}

const read = new WeakMap<Action, Option>();

/**
 * The option as `run` sees it: what the schema names, defaults filled in; made once for an action that all activeflows of a list share.
 * Fields the schema does not name stay in the definition but go no further: an action may spread its option into a payload, and a `call_id`
 * that a client wrote must not get there.
 */
export function readOption(definition: Registered, action: Action): Option {
  const known = read.get(action);
  if (known) return known;
  const named = Object.keys(definition.option.properties).filter((name) => Object.hasOwn(action.option, name));
  const option = { ...definition.defaults, ...Object.fromEntries(named.map((name) => [name, action.option[name]])) };
  read.set(action, option);
  return option;
}

/** A value that one placeholder filled, read as the schema wants it; the text itself where it cannot be. In a list, each item. */
export function parseFilled(definition: Registered | undefined, name: string, written: unknown, value: unknown): unknown {
  const kind = definition?.parsed.get(name);
  if (kind === undefined) return value;
  if (Array.isArray(written) && Array.isArray(value)) return value.map((item, i) => parseOne(kind, written[i], item));
  return parseOne(kind, written, value);
}

const parseOne = (kind: 'number' | 'boolean', written: unknown, value: unknown): unknown =>
  (typeof written === 'string' && typeof value === 'string' && isPlaceholder(written) ? parse(value, kind) ?? value : value);

function parse(text: string, kind: 'number' | 'boolean'): number | boolean | undefined {
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  const value = Number(text.trim());
  return text.trim() === '' || !Number.isFinite(value) ? undefined : value;
}

/** The needed properties that are missing or empty, those of which one would do joined by `or`. */
export function missingNeeds(definition: Registered, option: Option): readonly string[] {
  const given = (name: string) => { const v = option[name]; return v !== undefined && v !== null && v !== '' && v !== NONE_ID && !(Array.isArray(v) && v.length === 0); };
  const needs = (definition.needs ?? []).map((need): readonly string[] => (typeof need === 'string' ? [need] : need));
  return needs.filter((names) => !names.some(given)).map((names) => names.join(' or '));
}
