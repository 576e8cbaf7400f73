// The past of a run, as the page folds it: by the engine itself, from the log that the engine wrote.
import { compileList, create, defaultLimits, MAIN_FRAME_ID, NO_CONFIGURATION, parseActions, START_ID, transition, type Action, type Ask, type Event, type State } from '@activeflow/engine';
import { describe, expect, test } from 'vitest';
import { edgeIdOf } from '../graph/model.js';
import { canForward, framesUpTo, MAIN, pictureOf, sceneOf, shownPaths } from './scene.js';
import { differences, extend, NO_TRACK, rowAt, stateBefore } from './track.js';

const ID = '11111111-1111-4111-8111-111111111111';
const id = (n: number): string => `aaaaaaaa-aaaa-4aaa-8aaa-${String(n).padStart(12, '0')}`;

/** Plays commands against the engine; gives its log and its lists. */
function played(given: readonly object[], asks: readonly ((state: State) => Ask)[]) {
  let made = 500;
  const { actions, problems } = parseActions(given, { newId: () => id(made++), limits: defaultLimits });
  expect(problems).toEqual([]);
  const lists = new Map<string, readonly Action[]>([['main', actions]]);
  const born = create({ id: ID, customer_id: ID, name: '', flow_id: ID, flow_revision: 1, list_id: 'main', reference: { type: 'api', id: '', activeflow_id: '' }, configuration: NO_CONFIGURATION, variables: {}, at: 1_000_000, cause: { by: 'api' } });
  const log: Event[] = [born.event];
  let { state } = born;
  for (const [i, ask] of [() => ({ type: 'start' }) as Ask, ...asks].entries()) {
    const outcome = transition(state, { ...ask(state), at: 2_000_000 + i * 1_000_000, cause: { by: 'api' } }, (list) => compileList(list, lists.get(list) ?? []), defaultLimits);
    if (outcome.outcome !== 'changed') throw new Error(JSON.stringify(outcome));
    for (const list of outcome.lists) lists.set(list.id, list.actions);
    log.push(...outcome.events);
    ({ state } = outcome);
  }
  return { log, lists, state };
}

const set = (n: number, key: string, value: string) => ({ id: id(n), type: 'variable_set', option: { key, value } });
const wake = ({ current }: State): Ask => ({ type: 'continue', action_id: current.action.id });

describe('a track', () => {
  const flow = [set(1, 'a', '1'), { id: id(2), type: 'block' }, set(3, 'a', '2'), { id: id(4), type: 'goto', option: { target_id: id(2), loop_count: 1 } }];
  const { log, state } = played(flow, [wake, wake]);

  test('has the state after every event, whatever the pages were', () => {
    const whole = extend(NO_TRACK, log);
    expect(whole.states.at(-1)).toEqual(state);
    const paged = log.reduce((track, _, i) => (i % 3 === 0 ? extend(track, log.slice(Math.max(0, i - 1), i + 3)) : track), NO_TRACK);
    expect(paged).toEqual(whole);
    expect(extend(whole, log)).toBe(whole);
    expect(() => extend(NO_TRACK, log.slice(1))).toThrow('does not follow');
    expect(() => extend(extend(NO_TRACK, log.slice(0, 2)), log.slice(3))).toThrow('does not follow');
  });

  test('has a row for each step with how it came out, and one for the end', () => {
    const { rows } = extend(NO_TRACK, log);
    expect(rows.map(({ kind, step, action, left }) => `${kind} ${step} ${action?.type ?? ''} ${left?.result ?? ''}`.trim())).toEqual([
      'created 0', 'moved 1 variable_set done', 'moved 2 block done', 'moved 3 variable_set done', 'moved 4 goto done', 'moved 5 block done', 'moved 6 variable_set done', 'moved 7 goto done', 'ended 0',
    ]);
    const open = extend(NO_TRACK, log.slice(0, 3)).rows.at(-1);
    expect([open?.action?.type, open?.left]).toEqual(['block', undefined]);
    expect(rows.map(({ n }) => rowAt(rows, n))).toEqual(rows.map((_, i) => i));
    expect([rowAt(rows, -1), rowAt(rows, 10_000)]).toEqual([-1, rows.length - 1]);
  });

  test('tells what a step found changed', () => {
    const track = extend(NO_TRACK, log);
    const at = (n: number) => differences(stateBefore(track, n)?.variables ?? {}, track.states[n]?.variables ?? {}).filter(({ name }) => name === 'a');
    expect(at(1)).toEqual([]);
    expect(at(2)).toEqual([{ name: 'a', value: '1', before: undefined, change: 'new' }]);
    expect(at(4)).toEqual([{ name: 'a', value: '2', before: '1', change: 'changed' }]);
    expect(at(5)).toMatchObject([{ change: 'same' }]);
    expect(differences({ 'voipbin.x': '1', b: '', __proto__x: 'y' }, { b: '' }).map(({ name, change }) => [name, change])).toEqual([['__proto__x', 'gone'], ['b', 'same'], ['voipbin.x', 'gone']]);
  });
});

describe('a scene', () => {
  const flow = [{ id: id(1), type: 'block' }, set(2, 'a', '1'), { id: id(3), type: 'goto', option: { target_id: id(1) } }];
  const { log, lists, state } = played(flow, [wake, () => ({ type: 'push_actions', actions: [{ id: id(9), type: 'block' }] }), wake]);
  const track = extend(NO_TRACK, log);
  const last = track.events - 1;
  const picture = (n: number) => {
    const places = framesUpTo(track, last);
    const placed = pictureOf(places, shownPaths(places, track.states[n]!, new Set()), (list) => lists.get(list));
    return { places, placed: placed!, scene: sceneOf(track, n, places, placed!) };
  };
  const main = (n: number): string => `${MAIN}/${id(n)}`;

  test('counts the ways that were taken, and knows the last', () => {
    const moves = track.hops.filter(({ to }) => to.frame_id === MAIN_FRAME_ID);
    expect(moves.length).toBeGreaterThan(3);
    const { scene } = picture(last);
    expect(scene.counts.get(edgeIdOf(`${MAIN}/${START_ID}`, main(1)))).toBe(1);
    expect(scene.counts.get(edgeIdOf(main(1), main(2)))).toBe(1);
    expect(scene.counts.get(edgeIdOf(main(3), main(1)))).toBe(1);
    expect(scene.marks.get(main(1))?.visits).toBe(2);
  });

  test('a pushed list is a box on what pushed it, the cursor in it, and the way into it is the newest', () => {
    const { scene, placed } = picture(last);
    expect(placed.boxes).toHaveLength(1);
    const { key } = placed.boxes[0]!;
    expect(key.startsWith(`${main(1)}>`)).toBe(true);
    expect(scene.cursor).toBe(`${key}/${id(9)}`);
    expect(scene.marks.get(scene.cursor!)?.cursor).toBe('moves');
    expect(scene.newest).toBe(edgeIdOf(main(1), key));
    expect(scene.extra).toEqual([]);
  });

  test('earlier, the box is not there yet and the cursor is where it was', () => {
    const { scene, placed } = picture(2);
    expect(placed.boxes).toEqual([]);
    expect(scene.cursor).toBe(main(2));
    expect(scene.counts.size).toBe(2);
    expect([...scene.marks.values()].some(({ folded }) => folded)).toBe(false);
  });

  test('an activeflow is forwarded to actions of its stack, not to its ends, and not when it is over', () => {
    const { places, placed } = picture(last);
    expect(canForward(state, places, main(2))).toBe(id(2));
    expect(canForward(state, places, `${placed.boxes[0]!.key}/${id(9)}`)).toBe(id(9));
    expect(canForward(state, places, `${MAIN}/${START_ID}`)).toBeUndefined();
    expect(canForward({ ...state, status: 'ended' }, places, main(2))).toBeUndefined();
    expect(canForward({ ...state, frames: state.frames.slice(0, 1) }, places, `${placed.boxes[0]!.key}/${id(9)}`)).toBeUndefined();
  });
});
