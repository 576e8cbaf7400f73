// Golden flows: commands in; events, effects, cancels and the place where it stands out. `vitest -u` writes the files anew: read the diff.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Ask } from './command.js';
import { create, NO_CONFIGURATION } from './create.js';
import { defaultLimits } from './limits.js';
import { compileList } from './list.js';
import type { State } from './state.js';
import { reader, uuid } from './testing/names.js';
import { BIRTH, parsed, play, type Setting } from './testing/play.js';
import { transcript } from './testing/transcript.js';
import { transition } from './transition.js';

/** A command as the files write it: `effect_id` may be `awaited`; `after_ms` counts from the birth and stays until it changes. */
type Step = readonly [Ask & { readonly after_ms?: number }, ...string[]];
type Scenario = Setting & { readonly name: string; readonly run: readonly Step[] };

const folder = new URL('golden/', import.meta.url);

function perform(scenario: Scenario): Step[] {
  const played = play(scenario);
  const read = reader();
  let at_ms = 0;
  return scenario.run.map(([asked]) => {
    const { after_ms, ...ask } = asked;
    at_ms = after_ms ?? at_ms;
    const effect_id = 'effect_id' in ask ? ask.effect_id.replace('@af', uuid('af')).replace('awaited', played.state.wait?.effect_id ?? '') : '';
    const outcome = played.send(ask.type === 'settle' ? { ...ask, effect_id } : ask, at_ms);
    return [asked, ...transcript(outcome).map(read)];
  });
}

/** JSON in which a person finds the way: one line for each action, command and thing that happened. */
function print(scenarios: readonly Scenario[]): string {
  const each = scenarios.map(({ name, flow, run, ...rest }) => {
    const more = Object.entries(rest).map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`);
    const actions = flow.map((action) => `\n      ${JSON.stringify(action)}`);
    const steps = run.map(([ask, ...lines]) => `\n      [${[JSON.stringify(ask), ...lines.map((line) => `\n        ${JSON.stringify(line)}`)].join(',')}]`);
    return `  {\n    "name": ${JSON.stringify(name)},\n${more.join('')}    "flow": [${actions.join(',')}],\n    "run": [${steps.join(',')}]\n  }`;
  });
  return `[\n${each.join(',\n')}\n]\n`;
}

describe('golden flows', () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    test(file.replace('.json', ''), async () => {
      const scenarios = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Scenario[];
      const performed = scenarios.map((scenario) => ({ ...scenario, run: perform(scenario) }));
      await expect(print(performed)).toMatchFileSnapshot(new URL(file, folder).pathname);
    });
  }
});

describe('an on-complete chain', () => {
  const lists = () => compileList('main', []);
  const cause = { by: 'api' } as const;

  test('has five activeflows; the sixth is refused and the fifth says so; each copies its parent', () => {
    let parent: State | undefined;
    for (let n = 1; n <= 5; n++) {
      const id = uuid(`af${n}`);
      const { state } = create({
        id, customer_id: uuid('c'), name: '', flow_id: uuid('f'), flow_revision: 1, list_id: 'main', at: BIRTH, cause,
        reference: { type: 'call', id: uuid('call'), activeflow_id: parent?.id ?? uuid('none') },
        configuration: { ...NO_CONFIGURATION, on_complete_flow_id: uuid('f') },
        variables: n === 1 ? { mine: 'kept' } : {}, ...(parent ? { parent } : {}),
      });
      expect(state.chain).toBe(n);
      expect(state.variables).toMatchObject({
        mine: 'kept', 'voipbin.activeflow.id': id, 'voipbin.activeflow.complete_count': String(n - 1),
        ...(parent ? { 'voipbin.activeflow.end_reason': 'completed', 'voipbin.activeflow.reference_activeflow_id': parent.id } : {}),
      });
      const outcome = transition(state, { type: 'start', at: BIRTH, cause }, lists, defaultLimits);
      if (outcome.outcome !== 'changed') throw new Error('it did not start');
      const ended = outcome.events.at(-1);
      expect(ended).toMatchObject({ type: 'ended', on_complete: n < 5 ? { activeflow_id: expect.any(String) as string } : { refused: 'limit chain: 5 activeflows' } });
      expect(outcome.effects.map(({ kind }) => kind)).toEqual([...(n === 1 ? ['call.hangup'] : []), ...(n < 5 ? ['activeflow.start'] : [])]);
      parent = outcome.state;
    }
  });

  test('a flow cannot write its place in the chain', () => {
    const played = play({ flow: [{ id: '@a', type: 'block' }], variables: { 'voipbin.activeflow.complete_count': '-9' } });
    expect(played.state.variables['voipbin.activeflow.complete_count']).toBe('0');
  });
});

describe('the limits as they come', () => {
  const endOf = (setting: Setting): string => {
    const played = play(setting);
    played.change({ type: 'start' });
    return `${played.state.end_reason} ${/limit \w+: \d+/.exec(played.state.end_detail)?.[0]} step ${played.state.current.step}`;
  };

  test('an endless loop ends after 1,000 actions in a burst', () => {
    expect(endOf({ flow: [{ id: '@a', type: 'goto', option: { target_id: '@a' } }] })).toBe('limit_exceeded limit burst_actions: 1000 step 1000');
  });

  test('an endless run ends after 10,000 actions, however long it waits in between', () => {
    const list = compileList('main', parsed([{ id: '@a', type: 'block' }, { id: '@b', type: 'goto', option: { target_id: '@a' } }]));
    const { state: born } = play({ flow: [{ id: '@a', type: 'block' }] });
    let state = transition(born, { type: 'start', at: BIRTH, cause: { by: 'api' } }, () => list, defaultLimits).state;
    for (let n = 1; n < 5_000; n++) state = transition(state, { type: 'continue', action_id: uuid('a'), at: BIRTH, cause: { by: 'api' } }, () => list, defaultLimits).state;
    expect(state).toMatchObject({ status: 'running', current: { step: 9_999 } });
    state = transition(state, { type: 'continue', action_id: uuid('a'), at: BIRTH, cause: { by: 'api' } }, () => list, defaultLimits).state;
    expect(state).toMatchObject({ status: 'ended', end_reason: 'limit_exceeded', current: { step: 10_000 } });
  });

  test('a variable of 64 KiB is the longest; what doubles ends with the bound named', () => {
    const doubling = [{ id: '@a', type: 'variable_set', option: { key: 'x', value: '${x}${x}' } }, { type: 'goto', option: { target_id: '@a' } }];
    expect(endOf({ flow: doubling, variables: { x: 'x' } })).toBe('limit_exceeded limit value_bytes: 65536 step 33');
    const many = (n: number) => Array.from({ length: n }, (_, i) => ({ type: 'variable_set', option: { key: `${i}`, value: '${x}' } }));
    const x = 'x'.repeat(64 * 1024);
    expect(endOf({ flow: many(2), variables: { x } })).toMatch(/^completed/);
    expect(endOf({ flow: many(9), variables: { x } })).toMatch(/^limit_exceeded limit variables_bytes: 262144/);
    expect(endOf({ flow: [{ type: 'message_send', option: { destinations: [{ target: '+1' }], text: '${x}'.repeat(9) } }], variables: { x } })).toMatch(/^limit_exceeded limit state_bytes: 1048576/);
  });

  test('30 days after its birth it ends as expired', () => {
    const day = 24 * 3_600_000;
    const played = play({ flow: [{ type: 'sleep', option: { duration: 30 * day } }] });
    played.change({ type: 'start' }, 1_000);
    expect(played.send({ type: 'due' }, 30 * day - 1).outcome).toBe('unchanged');
    played.change({ type: 'due' }, 30 * day);
    expect(played.state.end_reason).toBe('expired');
  });

  test('32 frames', () => {
    const played = play({ flow: [{ id: '@a', type: 'block' }] });
    played.change({ type: 'start' });
    for (let n = 1; n < 32; n++) played.change({ type: 'push_actions', actions: [{ type: 'empty' }] });
    expect(played.send({ type: 'push_actions', actions: [{ type: 'empty' }] })).toMatchObject({ outcome: 'refused', reason: 'STATE_INVALID' });
    played.change({ type: 'continue', action_id: '@a' });
    expect(played.state).toMatchObject({ end_reason: 'completed', current: { step: 33 } });
  });
});
