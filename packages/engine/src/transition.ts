// The heart: one activeflow, one command. Pure. What it answers with is one commit (DESIGN §1).
import type { Command, Outcome, Refused, Unchanged } from './command.js';
import { begin, cancelWait, changed, emit, end, endByLimit, expired, newFrame, newId, storeList, type Draft } from './draft.js';
import { parseActions } from './flow.js';
import { proceed, settle } from './interpret.js';
import type { Limits } from './limits.js';
import type { Lists } from './list.js';
import { depthOf, listOf, lookOutwards } from './stack.js';
import type { Configuration, Result, State } from './state.js';
import { isSystemName, pointerToken, utf8Length, variablesBytes, type Problem } from './variables.js';

/**
 * Decides what a command does to an activeflow. Changes nothing outside; the same input gives the same answer. Throws only `MissingList`
 * (load it and decide again) and on a programmer's error.
 */
export function transition(state: State, command: Command, lists: Lists, limits: Limits): Outcome {
  if (command.if_version !== undefined && command.if_version !== state.version) {
    return refused(state, 'VERSION_CONFLICT', `the activeflow is at version ${state.version}, not ${command.if_version}`);
  }
  if (state.tm_delete !== null) return unchanged(state);
  if (state.status === 'ended') return afterEnd(state, command, lists, limits);
  const d = begin(state, command.at, command.cause, lists, limits);
  if (expired(d)) {
    endByLimit(d, 'age_ms');
    if (command.type === 'delete') emit(d, { type: 'deleted' });
    return changed(d);
  }
  return decide(d, command);
}

function decide(d: Draft, command: Command): Outcome {
  switch (command.type) {
    case 'start': return start(d);
    case 'settle': return isAwaited(d.state, command.effect_id) ? resolve(d, command.result) : unchanged(d.state);
    case 'due': return due(d);
    case 'stop': end(d, command.reason, command.detail ?? ''); return changed(d);
    case 'continue': return resume(d, command.action_id);
    case 'forward': return forward(d, command.action_id, command.now);
    case 'push_actions': case 'add_actions': return insert(d, command.type, command.actions);
    case 'set_variables': return setVariables(d, command.variables);
    case 'configure': return configure(d, command.configuration);
    case 'pause': return pause(d, true);
    case 'resume': return pause(d, false);
    case 'delete':
      end(d, 'canceled', '');
      emit(d, { type: 'deleted' });
      return changed(d);
    default: return command satisfies never;
  }
}

/** An ended activeflow is final: reports and repeats do nothing, `delete` hides it, anything else is refused. */
function afterEnd(state: State, command: Command, lists: Lists, limits: Limits): Outcome {
  switch (command.type) {
    case 'start': case 'settle': case 'due': case 'stop': return unchanged(state);
    case 'delete': {
      const d = begin(state, command.at, command.cause, lists, limits);
      emit(d, { type: 'deleted' });
      return changed(d);
    }
    case 'continue': case 'forward': case 'push_actions': case 'add_actions': case 'set_variables': case 'configure': case 'pause': case 'resume':
      return refused(state, 'ACTIVEFLOW_ENDED', `the activeflow has ended (${state.end_reason})`);
    default: return command satisfies never;
  }
}

/** True before the first move. */
const fresh = ({ current }: State): boolean => current.step === 0;

function start(d: Draft): Outcome {
  if (!fresh(d.state) || d.state.paused) return unchanged(d.state);
  proceed(d, { result: 'done' });
  return changed(d);
}

const isAwaited = ({ wait }: State, effect_id: string): boolean =>
  wait !== null && wait.effect_id === effect_id && effect_id !== '' && wait.result === undefined;

/** From here on nothing is waited for, so an end has nothing to cancel; the event that follows says so for good. */
function waitIsOver(d: Draft): void {
  d.state = { ...d.state, wait: null };
}

/** The wait is over: go on, or, while paused, remember how. */
function resolve(d: Draft, result: Result): Outcome {
  if (d.state.paused) {
    emit(d, { type: 'settled', result });
    return changed(d);
  }
  waitIsOver(d);
  settle(d, result.ok ? { data: result.data ?? {}, variables: result.variables ?? {} } : { move: 'fail', reason: result.reason, message: result.message });
  return changed(d);
}

function due(d: Draft): Outcome {
  const { wait } = d.state;
  if (wait === null || wait.result !== undefined || d.at < wait.until) return unchanged(d.state);
  cancelWait(d);
  return resolve(d, wait.at_deadline === 'done'
    ? { ok: true, data: { timed_out: true } }
    : { ok: false, reason: 'TIMEOUT', message: `no result of ${wait.kind} in time` });
}

function resume(d: Draft, action_id: string): Outcome {
  const { wait, current } = d.state;
  if (current.action.id !== action_id) return refused(d.state, 'STATE_INVALID', `the current action is ${current.action.id}, not ${action_id}`);
  if (wait?.kind !== 'continue' || wait.result !== undefined) return refused(d.state, 'STATE_INVALID', 'the current action does not wait for a continue');
  return resolve(d, { ok: true, data: { continued: true } });
}

function forward(d: Draft, action_id: string, now: boolean): Outcome {
  const { frames, position } = d.state;
  const target = lookOutwards(frames, d.lists, depthOf(frames, position.frame_id), action_id);
  if (!target) return refused(d.state, 'INVALID_ACTION_TARGET', `no action ${action_id} in the current frame or outwards`, '/forward_action_id');
  emit(d, { type: 'forwarded', to: { frame_id: position.frame_id, action_id } });
  if (now) {
    cancelWait(d);
    if (!d.state.paused) {
      waitIsOver(d);
      proceed(d, { result: 'forwarded' });
    } else if (d.state.wait) emit(d, { type: 'settled', result: FORWARDED });
  }
  return changed(d);
}

/** `push_actions` runs a frame at the next move; `add_actions` inserts after the current action of the current frame. */
function insert(d: Draft, type: 'push_actions' | 'add_actions', actions: unknown): Outcome {
  const { frames, position } = d.state;
  const depth = depthOf(frames, position.frame_id);
  const list = listOf(frames, d.lists, depth);
  const known = (id: string) => lookOutwards(frames, d.lists, depth, id) !== undefined;
  const parsed = parseActions(actions, { newId: () => newId(d), limits: d.limits, outer: known, ...(type === 'add_actions' ? { taken: list.index } : {}) });
  if (parsed.problems.length > 0) return refused(d.state, 'INVALID_ARGUMENT', 'the actions are not valid', '', parsed.problems);
  if (parsed.actions.length === 0) return unchanged(d.state);
  if (type === 'push_actions') {
    if (frames.length >= d.limits.frames) return refused(d.state, 'STATE_INVALID', `the stack holds ${frames.length} frames, the limit`);
    emit(d, { type: 'pushed', frame: newFrame(d, storeList(d, parsed.actions), position) });
    return changed(d);
  }
  const after = (list.index.get(position.action_id) ?? -1) + 1;
  const joined = [...list.actions.slice(0, after), ...parsed.actions, ...list.actions.slice(after)];
  if (joined.length > d.limits.flow_actions) return refused(d.state, 'STATE_INVALID', `the frame would hold ${joined.length} actions, the limit is ${d.limits.flow_actions}`);
  emit(d, { type: 'added', frame_id: position.frame_id, list_id: storeList(d, joined), action_ids: parsed.actions.map((action) => action.id) });
  return changed(d);
}

function setVariables(d: Draft, asked: Readonly<Record<string, unknown>>): Outcome {
  const problems: Problem[] = [];
  const accepted: [string, string | null][] = [];
  for (const [key, value] of Object.entries(asked)) {
    const say = (message: string) => problems.push({ pointer: `/variables/${pointerToken(key)}`, reason: 'INVALID_VARIABLES', message });
    const name = key.trim();
    if (isSystemName(name)) say('voipbin.* is set by the system only');
    else if (name === '') say('a variable needs a name');
    else if (value !== null && typeof value !== 'string') say(`must be a string, or null to remove it, got ${typeof value}`);
    else if (value !== null && utf8Length(value) > d.limits.value_bytes) say(`at most ${d.limits.value_bytes} bytes`);
    else accepted.push([name, value]);
  }
  const variables = Object.fromEntries(accepted);
  const kept = Object.fromEntries(Object.entries({ ...d.state.variables, ...variables }).filter((entry): entry is [string, string] => entry[1] !== null));
  if (Object.keys(kept).length > d.limits.variables) {
    problems.push({ pointer: '/variables', reason: 'INVALID_VARIABLES', message: `an activeflow may have ${d.limits.variables} variables` });
  }
  if (variablesBytes(kept) > d.limits.variables_bytes) {
    problems.push({ pointer: '/variables', reason: 'INVALID_VARIABLES', message: `all variables together may take ${d.limits.variables_bytes} bytes` });
  }
  if (problems.length > 0) return refused(d.state, 'INVALID_VARIABLES', 'the variables cannot be set', '', problems);
  if (accepted.length === 0) return unchanged(d.state);
  emit(d, { type: 'variables_set', variables });
  return changed(d);
}

function configure(d: Draft, asked: Partial<Configuration>): Outcome {
  const configuration = { ...d.state.configuration, ...asked };
  const same = (Object.keys(configuration) as (keyof Configuration)[]).every((key) => configuration[key] === d.state.configuration[key]);
  if (same) return unchanged(d.state);
  emit(d, { type: 'configured', configuration });
  return changed(d);
}

function pause(d: Draft, paused: boolean): Outcome {
  if (d.state.paused === paused) return unchanged(d.state);
  emit(d, { type: paused ? 'paused' : 'resumed' });
  const result = d.state.wait?.result;
  if (!paused && fresh(d.state)) proceed(d, { result: 'done' });
  if (paused || result === undefined) return changed(d);
  if (result.ok || result.reason !== FORWARDED.reason) return resolve(d, result);
  proceed(d, { result: 'forwarded' });
  return changed(d);
}

/** What a `forward` with `now` leaves behind while paused: on resume the forward decides, not the action. */
const FORWARDED = { ok: false, reason: 'FORWARDED', message: 'forwarded while paused' } as const;

const unchanged = (state: State): Unchanged => ({ outcome: 'unchanged', state });

const refused = (state: State, reason: Refused['reason'], message: string, pointer = '', problems: readonly Problem[] = []): Refused =>
  ({ outcome: 'refused', state, reason, message, problems: pointer === '' ? problems : [...problems, { pointer, reason, message }] });
