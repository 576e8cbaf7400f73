// What holds for every flow and every sequence of commands. `play` checks each commit; here are the flows, the commands and the ends.
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Ask } from './command.js';
import { parseActions } from './flow.js';
import { deriveId } from './ids.js';
import { defaultLimits, type Limits } from './limits.js';
import { ms, dueAt, type Result } from './state.js';
import { uuid } from './testing/names.js';
import { parsed, play, type Played } from './testing/play.js';
import { transition } from './transition.js';

const NAMES = ['@a', '@b', '@c', '@d', '@e', '@f'] as const;
const texts = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('', '1', '12#', 'x', 'true', '-5', '1e300', 'NaN', '${x}', '${y} and ${x}', '${', 'a${b\n}') }, fc.string({ maxLength: 8 }));
const target = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: fc.constantFrom('', '${x}', '${target}') });
const duration = fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.constantFrom('${x}', '${n}'));
const flag = fc.oneof(fc.boolean(), fc.constantFrom('${x}', '${yes}'));
const name = fc.constantFrom('x', 'y', 'n', 'yes', 'target', '__proto__', 'voipbin.call.digits', '');
const flowId = fc.constantFrom('list', '${x}', '');

const option = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T, never>(shape, { requiredKeys: [] });
const shapes: readonly (readonly [string, number, fc.Arbitrary<object>])[] = [
  ['variable_set', 3, option({ key: name, value: texts })],
  ['branch', 2, option({ variable: name, target_ids: fc.oneof(fc.dictionary(texts, target, { maxKeys: 3 }), fc.constant('${x}')), default_target_id: target })],
  ['goto', 3, option({ target_id: target, loop_count: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('${n}', '${x}')) })],
  ['condition_variable', 2, option({
    condition: fc.constantFrom('', '==', '<', '${x}'), variable: fc.oneof(name, texts), value_type: fc.constantFrom('string', 'number', 'length'),
    value_string: texts, value_number: fc.oneof(fc.integer(), fc.constant('${n}')), false_target_id: target,
  })],
  ['condition_datetime', 1, option({ hour: fc.integer({ min: -1, max: 23 }), weekdays: fc.oneof(fc.constant(['${n}', 1]), fc.constant('${x}')), false_target_id: target, timezone: texts })],
  ['condition_call_digits', 1, option({ length: duration, key: texts, false_target_id: target })],
  ['sleep', 4, option({ duration })],
  ['block', 2, option({ timeout: duration })],
  ['talk', 3, option({ text: texts, async: flag, digits_handle: fc.constantFrom('', 'next', '${x}') })],
  ['play', 1, option({ stream_urls: fc.oneof(fc.array(texts, { maxLength: 2 }), fc.constant('${x}')) })],
  ['digits_receive', 1, option({ duration, length: fc.integer({ min: 0, max: 9 }), key: texts })],
  ['message_send', 1, option({ destinations: fc.oneof(fc.array(fc.record({ target: texts }), { maxLength: 2 }), fc.constant('${x}')), text: texts })],
  ['webhook_send', 2, option({ uri: texts, sync: flag, method: fc.constantFrom('POST', '${x}') })],
  ['fetch', 2, option({ event_url: texts })],
  ['fetch_flow', 2, option({ flow_id: flowId })],
  ['call', 1, option({ destinations: fc.constantFrom([{ target: '+1' }], '${x}'), actions: fc.constantFrom([{ type: 'talk', option: { text: '${x}' } }], []) })],
  ['amd', 1, option({ machine_handle: fc.constantFrom('hangup', 'continue'), async: flag })],
  ['hangup', 1, option({ reason: fc.constantFrom('', 'busy', '${x}'), move: fc.constant('fail'), reference_id: texts })],
  ['stop', 1, fc.constant({})], ['empty', 2, fc.constant({})], ['case_create', 1, fc.constant({})], ['answer', 1, fc.constant({})],
];
const actionOf = fc.tuple(
  fc.oneof(...shapes.map(([type, weight, arbitrary]) => ({ weight, arbitrary: arbitrary.map((filled) => ({ type, option: filled })) }))),
  fc.option(fc.constantFrom(...NAMES), { freq: 6 }),
).map(([action, next_id]) => (id: string) => ({ id, ...(next_id === null ? {} : { next_id }), ...action }));
/** Six actions with six names: whatever they name exists. */
const flows = fc.tuple(...NAMES.map(() => actionOf)).map((makers) => makers.map((make, i) => make(NAMES[i] ?? '')));
/** Pushed, added and fetched lists: right ones, empty ones and wrong ones. */
const pieces = fc.oneof(
  { weight: 4, arbitrary: fc.array(actionOf, { minLength: 1, maxLength: 3 }).map((makers) => makers.map((make, i) => make(['@x', '@y', '@z'][i] ?? ''))) },
  { weight: 1, arbitrary: fc.constantFrom([], 'nothing', [{ type: 'nonsense' }], [{ id: '@q', type: 'goto', option: { target_id: '@nowhere' } }], null) },
);

type Plan = { readonly ask: Ask | ((played: Played) => Ask); readonly pass_ms: number };
const results: fc.Arbitrary<Result> = fc.oneof(
  fc.record({ digits: texts, machine: fc.boolean(), status: fc.integer(), body: fc.constantFrom('{"variables":{"x":"@e","n":7}}', 'x'), actions: pieces, list_id: fc.constantFrom('list', 'none') })
    .map((data): Result => ({ ok: true, data, variables: { 'voipbin.call.status': 'progressing' } })),
  fc.constant<Result>({ ok: true }),
  fc.constant<Result>({ ok: false, reason: 'PROVIDER_ERROR', message: 'no' }),
);
const asks: fc.Arbitrary<Plan['ask']> = fc.oneof(
  { weight: 8, arbitrary: results.map((result) => ({ state }: Played): Ask => ({ type: 'settle', effect_id: state.wait?.effect_id ?? '', result })) },
  { weight: 1, arbitrary: results.map((result): Ask => ({ type: 'settle', effect_id: `${uuid('af')}:1:0`, result })) },
  { weight: 5, arbitrary: fc.constantFrom<Ask>({ type: 'due' }) },
  { weight: 2, arbitrary: fc.constantFrom<Ask>({ type: 'start' }, { type: 'pause' }, { type: 'resume' }, { type: 'resume' }) },
  { weight: 2, arbitrary: fc.constant(({ state }: Played): Ask => ({ type: 'continue', action_id: state.current.action.id })) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...NAMES, '@x', '@none', '@start'), fc.boolean()).map(([action_id, now]): Ask => ({ type: 'forward', action_id, now })) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('push_actions' as const, 'add_actions' as const), pieces).map(([type, actions]): Ask => ({ type, actions })) },
  { weight: 2, arbitrary: fc.dictionary(fc.oneof(name, fc.constant(' voipbin.call.id')), fc.oneof(texts, fc.constantFrom(null, 5)), { maxKeys: 3 }).map((variables): Ask => ({ type: 'set_variables', variables })) },
  { weight: 1, arbitrary: fc.constantFrom<Ask>({ type: 'stop', reason: 'canceled' }, { type: 'stop', reason: 'hangup' }, { type: 'delete' }, { type: 'configure', configuration: { webhook_uri: 'http://x' } }) },
);
const plans: fc.Arbitrary<readonly Plan[]> = fc.array(fc.record({ ask: asks, pass_ms: fc.constantFrom(0, 0, 1, 1_000, 60_000, 90_000_000) }), { maxLength: 14 });
const limits: fc.Arbitrary<Partial<Limits>> = fc.constantFrom({}, {}, { burst_actions: 7 }, { executed_actions: 9, frames: 2 }, { variables_bytes: 400 }, { value_bytes: 6 }, { state_bytes: 20 }, { age_ms: 80_000 });
const setting = fc.record({
  flow: flows, limits, reference_type: fc.constantFrom('call' as const, 'api' as const, '' as const),
  variables: fc.dictionary(name, texts, { maxKeys: 4 }).map((variables) => ({ ...variables, target: uuid('c'), n: '2', yes: 'true' })),
  configuration: fc.constantFrom({}, { on_complete_flow_id: '@after' }),
  lists: flows.map((list) => ({ list, none: [] })),
});

const TIMES = { numRuns: 150, verbose: fc.VerbosityLevel.None } as const;

function run(given: Parameters<typeof play>[0], sequence: readonly Plan[], each: (played: Played, ask: Ask, at_ms: number) => void): Played {
  const played = play({ ...given, limits: { burst_actions: 60, ...given.limits } });
  let at_ms = 0;
  for (const { ask, pass_ms } of [{ ask: { type: 'start' } as const, pass_ms: 0 }, ...sequence]) {
    at_ms += pass_ms;
    each(played, typeof ask === 'function' ? ask(played) : ask, at_ms);
  }
  return played;
}

// About three seconds in all; the rest is for a machine that does other things at the same time.
vi.setConfig({ testTimeout: 30_000 });

describe('whatever the flow and the commands', () => {
  test('it never throws, each commit is sound, and nothing rests without a deadline', () => {
    fc.assert(fc.property(setting, plans, (given, sequence) => {
      run(given, sequence, (played, ask, at_ms) => {
        played.send(ask, at_ms);
        const due = dueAt(played.state, played.limits.age_ms);
        if (played.state.status === 'running') expect(due).not.toBeNull();
        else expect(due).toBeNull();
      });
    }), TIMES);
  });

  test('one command makes no more than a burst of events, and the life of one no more than the limits', () => {
    fc.assert(fc.property(setting, plans, (given, sequence) => {
      const played = run(given, sequence, (one, ask, at_ms) => {
        const before = one.state.events;
        const { state: after } = one.send(ask, at_ms);
        expect(after.events - before).toBeLessThanOrEqual(one.limits.burst_actions + 4);
      });
      const { state, limits: bounds } = played;
      expect(state.current.step).toBeLessThanOrEqual(bounds.executed_actions + 1);
      expect(state.frames.length).toBeLessThanOrEqual(bounds.frames);
      expect(Object.keys(state.variables).every((key) => (state.variables[key] ?? '').length <= Math.max(bounds.value_bytes, 60))).toBe(true);
    }), TIMES);
  });

  test('ended is final: only delete changes it, and only once', () => {
    fc.assert(fc.property(setting, plans, plans, (given, before, after) => {
      const ended = run(given, before, (one, ask, at_ms) => one.send(ask, at_ms));
      ended.send({ type: 'stop', reason: 'canceled' }, 1_000);
      let deleted = ended.state.tm_delete !== null;
      for (const { ask } of after) {
        const plain = typeof ask === 'function' ? ask(ended) : ask;
        const was = ended.state;
        const { outcome } = ended.send(plain, 1_000);
        const expected = plain.type === 'delete' && !deleted;
        expect(outcome === 'changed').toBe(expected);
        deleted ||= expected;
        expect({ ...ended.state, tm_delete: 0, tm_update: 0, version: 0, events: 0 }).toEqual({ ...was, tm_delete: 0, tm_update: 0, version: 0, events: 0 });
      }
      expect(ended.events.filter(({ type }) => type === 'ended')).toHaveLength(1);
      expect(ended.effects.filter(({ kind }) => kind === 'activeflow.start').length).toBe(given.configuration.on_complete_flow_id ? 1 : 0);
    }), TIMES);
  });

  test('while it is paused the cursor stands still, except that it may end', () => {
    fc.assert(fc.property(setting, plans, (given, sequence) => {
      run(given, sequence, (played, ask, at_ms) => {
        const before = played.state;
        played.send(ask, at_ms);
        if (before.paused && played.state.paused) expect(played.state.current).toEqual(before.current);
      });
    }), TIMES);
  });

  test('another version refuses every command', () => {
    fc.assert(fc.property(setting, asks, (given, ask) => {
      const played = play(given);
      const command = { ...(typeof ask === 'function' ? ask(played) : ask), at: played.state.tm_create + ms(1), cause: { by: 'api' as const }, if_version: 5 };
      expect(transition(played.state, command, played.lists, played.limits)).toMatchObject({ outcome: 'refused', reason: 'VERSION_CONFLICT' });
    }), { numRuns: 50 });
  });
});

describe('reading a flow', () => {
  let made = 0;
  const read = (given: unknown) => parseActions(given, { newId: () => deriveId(uuid('read'), String(made++)), limits: defaultLimits });

  test('what was read is read again as it is', () => {
    fc.assert(fc.property(flows, (given) => {
      const once = parsed(given);
      expect(read(once)).toMatchObject({ problems: [], actions: once });
      expect(read(JSON.parse(JSON.stringify(once))).actions).toStrictEqual(once);
    }), TIMES);
  });

  test('anything at all gives actions or problems, never a throw, and every problem points at something', () => {
    const junk = fc.oneof(fc.jsonValue(), fc.array(fc.record({ id: fc.jsonValue(), next_id: fc.jsonValue(), type: fc.constantFrom('goto', 'branch', 'call', 'talk', 'sleep', 'fetch'), option: fc.dictionary(
      fc.constantFrom('target_id', 'target_ids', 'actions', 'destinations', 'text', 'duration', 'default_target_id', 'loop_count', '__proto__'), fc.jsonValue()) }, { requiredKeys: [] })));
    fc.assert(fc.property(junk, (given) => {
      const { problems, actions } = read(given);
      for (const { pointer, reason, message } of problems) {
        expect(pointer).toMatch(/^\/actions/);
        expect(reason).toMatch(/^[A-Z_]+$/);
        expect(message).not.toBe('');
      }
      if (problems.length === 0) expect(read(actions)).toMatchObject({ problems: [], actions });
    }), { numRuns: 600 });
  });
});
