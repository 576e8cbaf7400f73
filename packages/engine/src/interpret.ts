// The interpreter: runs actions, one move after the other, until one waits or the activeflow ends (engine.md §1, §2).
import { mediumOf, missingNeeds, next, parseFilled, readOption, type Context, type Failure, type Move, type Registered, type WaitMove } from './action.js';
import { definitionOf } from './actions/index.js';
import { misfits } from './check.js';
import { ask, emit, end, endByLimit, expiresAt, newFrame, newId, storeList, type Draft } from './draft.js';
import type { Left } from './event.js';
import { parseActions } from './flow.js';
import { FINISH_ID, NONE_ID } from './ids.js';
import { depthOf, destination, listOf, lookOutwards, type Destination } from './stack.js';
import { ms, type Action, type Frame, type Option, type Wait } from './state.js';
import { substituteValue, TooLarge, utf8Length, variablesBytes, type Variables } from './variables.js';

/** Leaves the current action as told and runs on, in one burst, to the next wait or the end. */
export function proceed(d: Draft, left: Left, to?: Destination): void {
  let leaving: Leaving | null = { left, to };
  for (let burst = 0; leaving !== null; burst++) {
    if (!checkVariables(d, leaving.left)) return;
    const target = leaving.to ?? whereNext(d, leaving.left);
    if (target.kind === 'finish') return finish(d, leaving.left);
    if (target.kind === 'missing') return end(d, 'failed', failure(d, 'ACTION_NOT_FOUND', `no action ${target.action_id}`), leaving.left);
    if (burst >= d.limits.burst_actions) return endByLimit(d, 'burst_actions', leaving.left);
    if (d.state.current.step >= d.limits.executed_actions) return endByLimit(d, 'executed_actions', leaving.left);
    leaving = enter(d, target, leaving.left);
  }
}

/** How the current action comes out, and where to, if it says so itself. Null: it waits, or the activeflow has ended. */
type Leaving = { readonly left: Left; readonly to?: Destination | undefined };

/** What a settled wait means to the action that waited. */
export function settle(d: Draft, outcome: { readonly data: Option; readonly variables: Variables } | Failure): void {
  const { action } = d.state.current;
  const definition = definitionOf(action.type);
  if (definition === undefined) return end(d, 'failed', failure(d, 'INVALID_ACTION_TYPE', action.type));
  const move = 'move' in outcome ? outcome : settled(d, definition, outcome);
  const leaving = interpret(d, definition, move);
  if (leaving) proceed(d, leaving.left, leaving.to);
}

/** The move that a successful result leads to. The driver's variables come first, the action's own above them. */
function settled(d: Draft, definition: Registered, { data, variables }: { readonly data: Option; readonly variables: Variables }): Move {
  const move = definition.settle?.(readOption(definition, d.state.current.action), data, contextOf(d)) ?? next();
  if (move.move === 'stop' || move.move === 'fail') return move;
  return { ...move, variables: { ...variables, ...move.variables } };
}

/** Where the next move goes once the frame that the action pushed, if any, is on the stack. */
function whereNext(d: Draft, left: Left): Destination {
  const { frames, position, forward } = d.state;
  if (forward !== null || !left.frame) return destination(frames, d.lists, position, forward);
  return { kind: 'action', depth: frames.length, index: 0 };
}

/** Moves the cursor onto an action and runs it. */
function enter(d: Draft, target: { depth: number; index: number }, left: Left): Leaving | null {
  const frames = left.frame ? [...d.state.frames, left.frame] : d.state.frames;
  const list = listOf(frames, d.lists, target.depth);
  const written = list.actions[target.index] as Action;
  const definition = definitionOf(written.type);
  d.room.left -= list.sizes[target.index] ?? 0;
  const action = list.dynamic[target.index] ? substituted(d, definition, written, { ...d.state.variables, ...left.variables }) : written;
  const step = d.state.current.step + 1;
  const frame_id = (frames[target.depth] as Frame).id;
  emit(d, { type: 'moved', left, entered: { frame_id, action_id: written.id, action: action ?? written, step } });
  if (action === undefined) { endByLimit(d, 'state_bytes'); return null; }
  if (d.room.left < 0) { endByLimit(d, 'burst_bytes'); return null; }
  if (definition === undefined) { end(d, 'failed', failure(d, 'INVALID_ACTION_TYPE', `unknown type "${written.type}"`)); return null; }
  return run(d, definition, written);
}

/** The action with its placeholders filled, on a copy; undefined where the result would be too large. */
function substituted(d: Draft, definition: Registered | undefined, written: Action, variables: Variables): Action | undefined {
  const most = d.limits.state_bytes / 2;
  const budget = { left: most };
  const kept = new Set<string>(definition?.lists ?? []);
  try {
    const fill = (name: string, value: unknown) => parseFilled(definition, name, value, substituteValue(value, variables, budget));
    const entries = Object.entries(written.option).map(([name, value]) => [name, kept.has(name) ? value : fill(name, value)] as const);
    d.room.left -= most - budget.left;
    return { ...written, option: Object.fromEntries(entries) };
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}

/** Runs the action the cursor is on. */
function run(d: Draft, definition: Registered, written: Action): Leaving | null {
  const { current, reference } = d.state;
  if (definition.unsupported) return skip('not_supported', `${definition.type} is not supported yet`);
  const medium = mediumOf(reference.type);
  if (definition.medium !== 'any' && definition.medium !== medium) return skip('medium', `${definition.type} needs ${definition.medium}, this is ${medium}`);
  const wrong = current.action.option === written.option ? undefined : misfilled(definition, current.action.option);
  if (wrong) return failed(d, definition, wrong);
  const option = readOption(definition, current.action);
  // As written: what a placeholder left empty was not left out, and may be just what is compared.
  const [missing] = missingNeeds(definition, written.option);
  if (missing !== undefined) return skip('option_missing', `${definition.type} does nothing without ${missing}`);
  return interpret(d, definition, definition.run(option, contextOf(d, written.option)));
}

/** The failure of an option whose placeholders came out as something that the action cannot work with. */
function misfilled(definition: Registered, option: Option): Failure | undefined {
  const lists: readonly string[] = definition.lists ?? [];
  const [misfit] = misfits(definition, Object.fromEntries(Object.entries(option).filter(([name]) => !lists.includes(name))));
  if (!misfit) return undefined;
  const { pointer, value, message } = misfit;
  return { move: 'fail', reason: 'INVALID_ACTION_OPTION', message: `${pointer} ${message}, got ${JSON.stringify(value)?.slice(0, 100) ?? 'nothing'}` };
}

const skip = (reason: string, message: string): Leaving => ({ left: { result: 'skipped', reason, message } });

function contextOf(d: Draft, written?: Option): Context {
  const { id, current, frames, reference, variables } = d.state;
  const frame = frames[depthOf(frames, current.frame_id)];
  return { at: d.at, activeflow_id: id, reference, variables, written: written ?? current.action.option, jumps: frame?.gotos[current.action.id] ?? 0 };
}

/** Carries one move out. */
function interpret(d: Draft, definition: Registered, move: Move): Leaving | null {
  switch (move.move) {
    case 'next': return done(move.variables);
    case 'fire': ask(d, move.effect, null); return done(move.variables);
    case 'wait': startWait(d, move); return null;
    case 'push': return pushed(d, definition, move);
    case 'jump': return jumped(d, definition, move);
    case 'stop': end(d, 'stopped', `action ${d.state.current.action.id} (stop)`, { result: 'done' }); return null;
    case 'fail': return failed(d, definition, move);
    default: return move satisfies never;
  }
}

const done = (variables?: Variables): Leaving => ({ left: variables ? { result: 'done', variables } : { result: 'done' } });

/** The wait belongs to the step that began it, so it is written into the event that entered the action. */
function startWait(d: Draft, move: WaitMove): void {
  const until = Math.min(d.at + ms(move.timeout_ms), expiresAt(d));
  const wait: Wait = 'effect' in move
    ? { kind: move.effect.kind, effect_id: ask(d, move.effect, until), until, at_deadline: 'fail' }
    : { kind: move.for, effect_id: '', until, at_deadline: 'done' };
  const entered = d.events.pop();
  if (entered?.type !== 'moved') throw new Error('an action waits that was not entered in this transition');
  d.events.push({ ...entered, wait });
  d.state = { ...d.state, wait };
}

function pushed(d: Draft, definition: Registered, move: Extract<Move, { move: 'push' }>): Leaving | null {
  let list_id: string;
  if ('list_id' in move) list_id = move.list_id;
  else {
    const outer = (id: string) => lookOutwards(d.state.frames, d.lists, d.state.frames.length - 1, id) !== undefined;
    const parsed = parseActions(move.actions, { newId: () => newId(d), limits: d.limits, outer });
    const problem = parsed.problems[0];
    if (problem) return failed(d, definition, { move: 'fail', reason: problem.reason, message: `${problem.pointer}: ${problem.message}` });
    if (parsed.actions.length === 0) return done(move.variables);
    list_id = storeList(d, parsed.actions);
  }
  if (d.lists(list_id).actions.length === 0) return done(move.variables);
  if (d.state.frames.length >= d.limits.frames) { endByLimit(d, 'frames'); return null; }
  // Not the current action: a frame that a user pushed meanwhile runs after this one.
  const frame = newFrame(d, list_id, d.state.position);
  return { left: { result: 'done', frame, ...(move.variables ? { variables: move.variables } : {}) } };
}

function jumped(d: Draft, definition: Registered, move: Extract<Move, { move: 'jump' }>): Leaving | null {
  const { frames, current, forward } = d.state;
  const target = lookOutwards(frames, d.lists, depthOf(frames, current.frame_id), move.target_id);
  if (!target) return failed(d, definition, { move: 'fail', reason: 'ACTION_NOT_FOUND', message: `no action ${move.target_id}` });
  const left: Left = { result: 'done', ...(move.variables ? { variables: move.variables } : {}), ...(move.counted ? { counted: true } : {}) };
  return forward === null ? { left, to: target } : { left };
}

function failed(d: Draft, definition: Registered, { reason, message }: Failure): Leaving | null {
  const left: Left = { result: 'failed', reason, message };
  if (definition.on_failure === 'skip') return { left };
  end(d, 'failed', failure(d, reason, message), left);
  return null;
}

/** Names action and cause, for people. */
const failure = (d: Draft, reason: string, message: string): string => {
  const { action } = d.state.current;
  return `action ${action.id} (${action.type || 'start'}): ${reason}: ${message}`;
};

function finish(d: Draft, left: Left): void {
  const { current, frames } = d.state;
  const action: Action = { id: FINISH_ID, next_id: NONE_ID, type: '', option: {} };
  emit(d, { type: 'moved', left, entered: { frame_id: frames[0]?.id ?? NONE_ID, action_id: FINISH_ID, action, step: current.step + 1 } });
  end(d, 'completed', '');
}

/** Ends the activeflow where the variables it is about to set would not fit. */
function checkVariables(d: Draft, left: Left): boolean {
  const limit = left.variables && crossedBy(d, left.variables);
  if (limit) endByLimit(d, limit, { ...left, variables: {} });
  return limit === undefined;
}

/** The bound that the state would cross with these variables. Exact counts are made only where an estimate comes near. */
function crossedBy({ state, limits }: Draft, setting: Variables): 'variables' | 'value_bytes' | 'variables_bytes' | undefined {
  const entries = Object.entries(setting);
  const added = entries.filter(([key]) => !Object.hasOwn(state.variables, key)).length;
  if (added > 0 && Object.keys(state.variables).length + added > limits.variables) return 'variables';
  if (entries.some(([, value]) => value.length * 3 > limits.value_bytes && utf8Length(value) > limits.value_bytes)) return 'value_bytes';
  const roughly = state.variables_bytes + 3 * entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  return roughly > limits.variables_bytes && variablesBytes({ ...state.variables, ...setting }) > limits.variables_bytes ? 'variables_bytes' : undefined;
}
