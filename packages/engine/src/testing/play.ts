// One activeflow played in memory, for tests: each command meets a state that went through JSON, and each answer is checked against
// what must hold of every answer (promise G1).
import { expect } from 'vitest';
import type { Ask, Changed, Outcome } from '../command.js';
import { create, NO_CONFIGURATION, type Birth } from '../create.js';
import type { Effect } from '../effect.js';
import { fold, type Event } from '../event.js';
import { parseActions } from '../flow.js';
import { deriveId } from '../ids.js';
import { defaultLimits, type Limits } from '../limits.js';
import { compileList, MissingList, type ActionList, type Lists } from '../list.js';
import { ms, type Action, type Configuration, type Instant, type ReferenceType, type State } from '../state.js';
import { transition } from '../transition.js';
import type { Variables } from '../variables.js';
import { uuid, withIds } from './names.js';

/** When every played activeflow is born: 2026-01-05 09:00:00 UTC, a Monday. */
export const BIRTH: Instant = Date.UTC(2026, 0, 5, 9) * 1000;

/** What a played activeflow starts from; strings like `@menu` are ids. */
export type Setting = {
  readonly flow: readonly unknown[];
  readonly reference_type?: ReferenceType;
  readonly variables?: Variables;
  readonly configuration?: Partial<Configuration>;
  readonly limits?: Partial<Limits>;
  /** Lists that a `flow.fetch` may answer with, by id. */
  readonly lists?: Readonly<Record<string, readonly unknown[]>>;
  readonly parent?: State;
  /** When it is born; `BIRTH` where left out. */
  readonly born?: Instant;
};

/** An activeflow under test. */
export type Played = {
  readonly state: State;
  readonly events: readonly Event[];
  readonly effects: readonly Effect[];
  readonly lists: Lists;
  readonly limits: Limits;
  /** Sends a command `after_ms` milliseconds after birth. Effects that it names as `current` are those waited for. */
  send(ask: Ask, after_ms?: number): Outcome;
  /** The same, where the command must change something. */
  change(ask: Ask, after_ms?: number): Changed;
};

/** Reads a flow that must be right. */
export function parsed(given: readonly unknown[], limits: Limits = defaultLimits): readonly Action[] {
  let ids = 0;
  const { actions, problems } = parseActions(withIds(given), { newId: () => deriveId(uuid('parsed'), String(ids++)), limits });
  expect(problems).toEqual([]);
  return actions;
}

/** Brings an activeflow to life. Limits that bound the definition are not applied to `flow`. */
export function play(setting: Setting): Played {
  const limits = { ...defaultLimits, ...setting.limits };
  const stored = new Map<string, ActionList>();
  const store = (id: string, actions: readonly Action[]) => stored.set(id, compileList(id, JSON.parse(JSON.stringify(actions)) as readonly Action[]));
  const lists: Lists = (id) => {
    const list = stored.get(id);
    if (!list) throw new MissingList(id);
    return list;
  };
  store('main', parsed(setting.flow));
  for (const [id, actions] of Object.entries(setting.lists ?? {})) store(id, parsed(actions));
  const born = create(birth(setting));
  const played = {
    state: born.state, events: [born.event] as Event[], effects: [] as Effect[], lists, limits,
    send(ask: Ask, after_ms = 0): Outcome {
      const before = JSON.parse(JSON.stringify(played.state)) as State;
      const command = { ...withIds(ask), at: (setting.born ?? BIRTH) + ms(after_ms), cause: { by: 'api' } as const };
      const outcome = transition(before, command, lists, limits);
      expect(transition(JSON.parse(JSON.stringify(played.state)) as State, command, lists, limits), 'deciding again').toStrictEqual(outcome);
      expect(before, 'the state it was given').toStrictEqual(played.state);
      if (outcome.outcome !== 'changed') {
        expect(outcome.state, 'the very state').toBe(before);
        return outcome;
      }
      for (const list of outcome.lists) store(list.id, list.actions);
      played.events.push(...JSON.parse(JSON.stringify(outcome.events)) as Event[]);
      played.effects.push(...outcome.effects);
      checkCommit(played.state, outcome);
      if (ask.type === 'settle' && outcome.state.end_reason !== 'expired') expect(outcome.cancels, 'cancels of what has come').toEqual([]);
      expect(fold(played.events), 'the fold of all events').toStrictEqual(outcome.state);
      played.state = outcome.state;
      checkAtRest(outcome.state);
      return outcome;
    },
    change(ask: Ask, after_ms?: number): Changed {
      const outcome = played.send(ask, after_ms);
      if (outcome.outcome !== 'changed') throw new Error(`${ask.type} changed nothing: ${JSON.stringify(outcome, (key, value: unknown) => (key === 'state' ? undefined : value))}`);
      return outcome;
    },
  };
  return played;
}

const birth = ({ reference_type = 'api', variables = {}, configuration = {}, parent, born = BIRTH }: Setting): Birth => withIds({
  id: '@af', customer_id: '@customer', name: '', flow_id: '@none', flow_revision: 0, list_id: 'main',
  reference: { type: reference_type, id: reference_type === 'call' ? '@call' : '@ref', activeflow_id: parent?.id ?? '@none' },
  configuration: { ...NO_CONFIGURATION, ...configuration },
  variables, ...(parent ? { parent } : {}), at: born, cause: { by: 'api' },
});

/** Whatever is committed: one version on, events without a gap, ids derived, every effect and cancel once. */
function checkCommit(before: State, { state, events, effects, cancels }: Changed): void {
  expect(state.version, 'version').toBe(before.version + 1);
  expect(events.length, 'events of a commit').toBeGreaterThan(0);
  expect(events.map(({ n }) => n), 'numbers').toEqual(events.map((_, i) => before.events + i));
  expect(new Set(events.map(({ version }) => version)), 'version of the events').toEqual(new Set([state.version]));
  expect(effects.map(({ id }) => id), 'effect ids').toEqual(effects.map((_, i) => `${state.id}:${state.version}:${i}`));
  const awaited = before.wait?.effect_id ?? '';
  expect(cancels.filter((id) => id !== awaited), 'cancels of what was not waited for').toEqual([]);
  expect(cancels.length, 'cancels').toBeLessThanOrEqual(1);
  expect(JSON.parse(JSON.stringify(state)), 'JSON keeps the state').toStrictEqual(state);
}

/** Wherever a command leaves it: waiting, not begun, or ended; and each frame returns to the one below. */
function checkAtRest(state: State): void {
  const begun = state.current.step > 0;
  if (state.status === 'running' && begun) expect(state.wait, 'a wait').not.toBeNull();
  if (state.status === 'ended') expect([state.wait, state.forward, state.paused, state.end_reason === ''], 'nothing open').toEqual([null, null, false, false]);
  if (state.wait) expect(Number.isSafeInteger(state.wait.until), 'a real deadline').toBe(true);
  const returns = state.frames.map(({ return_to }) => return_to?.frame_id);
  expect(returns, 'each frame returns to the one below').toEqual(state.frames.map((_, i) => state.frames[i - 1]?.id));
  expect(state.frames.at(-1)?.id, 'the position is in the top frame').toBe(state.position.frame_id);
  let bytes = 0;
  for (const [key, value] of Object.entries(state.variables)) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  expect(state.variables_bytes, 'bytes of the variables').toBe(bytes);
}
