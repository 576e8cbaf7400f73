// A transition in the making: the state so far and what its commit will hold. Private to the engine.
import type { AskedEffect } from './action.js';
import { effectId, type Effect } from './effect.js';
import { advance, type Cause, type Copy, type Event, type Happening, type Left, type OnComplete } from './event.js';
import { deriveId, NONE_ID } from './ids.js';
import type { Limits } from './limits.js';
import { compileList, type ActionList, type Lists } from './list.js';
import type { Changed, StoredList } from './command.js';
import { ms, type Action, type EndReason, type Frame, type Instant, type Position, type State } from './state.js';
import type { Budget } from './variables.js';

/** What one transition has gathered. */
export type Draft = {
  /** The state as it was, and the one copy of it that the transition works on once something has happened. */
  readonly before: State;
  state: Copy;
  readonly version: number;
  readonly at: Instant;
  readonly cause: Cause;
  readonly limits: Limits;
  readonly lists: Lists;
  readonly events: Event[];
  readonly effects: Effect[];
  readonly cancels: string[];
  readonly stored: StoredList[];
  /** How many ids it has made. */
  ids: number;
  /** How much text its events may still hold. */
  readonly room: Budget;
};

/** Begins a transition. Lists made on the way are found beside the stored ones. */
export function begin(state: State, at: Instant, cause: Cause, lists: Lists, limits: Limits): Draft {
  const made = new Map<string, ActionList>();
  const draft: Draft = {
    before: state, state, version: state.version + 1, at, cause, limits, events: [], effects: [], cancels: [], stored: [], ids: 0, room: { left: limits.burst_bytes / 2 },
    lists: (id) => {
      const own = draft.stored.length > 0 ? made.get(id) : undefined;
      if (own) return own;
      const stored = draft.stored.find((list) => list.id === id);
      if (!stored) return lists(id);
      const compiled = compileList(stored.id, stored.actions);
      made.set(id, compiled);
      return compiled;
    },
  };
  return draft;
}

/** What the commit of a finished draft holds. */
export const changed = (d: Draft): Changed =>
  ({ outcome: 'changed', state: d.state, events: d.events, effects: d.effects, cancels: d.cancels, lists: d.stored });

/** Records that something happened, and lets it happen. */
export function emit(d: Draft, happening: Exclude<Happening, { type: 'created' }>): void {
  // The caller has just made it for this, so it becomes the event itself: a copy here is a third of what a step costs.
  const event = Object.assign(happening, { n: d.state.events, version: d.version, at: d.at, cause: d.cause });
  if (d.state === d.before) d.state = { ...d.before };
  advance(d.state, event);
  d.events.push(event);
}

/** An id for something made in this transition: derived, so that deciding again gives the same. */
export const newId = (d: Draft): string => deriveId(d.state.id, `${d.version}.${d.ids++}`);

/** Asks for an effect; gives its id. `deadline` is when the wait for it ends, or null. */
export function ask(d: Draft, asked: AskedEffect, deadline: Instant | null): string {
  const { id, customer_id, current } = d.state;
  const effect: Effect = { id: effectId(id, d.version, d.effects.length), activeflow_id: id, customer_id, step: current.step, deadline, ...asked };
  d.effects.push(effect);
  return effect.id;
}

/** Nobody waits for the current effect any more. */
export function cancelWait(d: Draft): void {
  const wait = d.state.wait;
  if (wait && wait.effect_id !== '' && wait.result === undefined) d.cancels.push(wait.effect_id);
}

/** Stores a list made by this transition; gives its id. */
export function storeList(d: Draft, actions: readonly Action[]): string {
  const id = `${d.state.id}:${d.version}:${d.stored.length}`;
  d.stored.push({ id, actions });
  return id;
}

/** A new frame that returns to where the cursor stands. */
export const newFrame = (d: Draft, list_id: string, return_to: Position): Frame => ({ id: newId(d), list_id, return_to, gotos: {} });

/** Ends the activeflow: cancels what it waits for, hangs its call up, has the on-complete flow started exactly once. */
export function end(d: Draft, reason: Exclude<EndReason, ''>, detail: string, left?: Left): void {
  cancelWait(d);
  const on_complete = onComplete(d);
  emit(d, { type: 'ended', reason, detail, ...(left ? { left } : {}), ...(on_complete ? { on_complete } : {}) });
  const { reference, configuration } = d.state;
  if (reference.type === 'call' && reason !== 'hangup' && d.state.chain === 1) ask(d, { kind: 'call.hangup', payload: { call_id: reference.id, reason: 'normal' } }, null);
  if (on_complete && 'activeflow_id' in on_complete) {
    ask(d, { kind: 'activeflow.start', payload: { activeflow_id: on_complete.activeflow_id, flow_id: configuration.on_complete_flow_id } }, null);
  }
}

function onComplete(d: Draft): OnComplete | undefined {
  const { configuration, chain, id } = d.state;
  if (configuration.on_complete_flow_id === NONE_ID) return undefined;
  if (chain >= d.limits.chain) return { refused: `limit chain: ${d.limits.chain} activeflows` };
  return { activeflow_id: deriveId(id, 'on_complete') };
}

/** Ends the activeflow because it crossed a bound, which the record names. */
export function endByLimit(d: Draft, limit: keyof Limits, left?: Left): void {
  const { action } = d.state.current;
  end(d, limit === 'age_ms' ? 'expired' : 'limit_exceeded', `limit ${limit}: ${d.limits[limit]}, at action ${action.id} (${action.type || 'start'})`, left);
}

/** When the activeflow is as old as it may get: nothing it waits for lasts longer. */
export const expiresAt = (d: Draft): Instant => d.state.tm_create + ms(d.limits.age_ms);

/** True once it is as old as that. */
export const expired = (d: Draft): boolean => d.at >= expiresAt(d);
