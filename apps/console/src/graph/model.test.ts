// A list of actions as a graph: every way that the engine knows of, and none that it does not.
import { actions as register, FINISH_ID, NONE_ID, START_ID } from '@activeflow/engine';
import { describe, expect, test } from 'vitest';
import ivrText from '../../../../examples/ivr.json?raw';
import { labelOf } from './label.js';
import { place } from './layout.js';
import { graphOf, type GraphAction } from './model.js';

const ivr = (JSON.parse(ivrText) as { actions: GraphAction[] }).actions;
const ways = (actions: readonly GraphAction[], ends = true) =>
  graphOf(actions, ends).edges.map(({ from, to, kind, label }) => `${from} ${kind}${label === '' ? '' : ` (${label})`} ${to}`.replaceAll(START_ID, 'START').replaceAll(FINISH_ID, 'END'));

describe('edges', () => {
  test('by order, by next_id, and to the end', () => {
    expect(ways([{ id: 'a', type: 'answer', next_id: 'c' }, { id: 'b', type: 'beep', next_id: NONE_ID }, { id: 'c', type: 'talk' }])).toEqual([
      'START next a', 'a next c', 'b next c', 'c next END',
    ]);
    expect(ways([])).toEqual(['START next END']);
    expect(ways([{ id: 'a', type: 'answer' }], false)).toEqual([]);
  });

  test('of a branch: one for each target, with its values; else only where nothing else is said', () => {
    const branch = (option: object): GraphAction => ({ id: 'b', type: 'branch', option: { ...option } });
    const rest: GraphAction[] = [{ id: 'x', type: 'empty' }, { id: 'y', type: 'empty' }];
    expect(ways([branch({ target_ids: { 1: 'x', 2: 'y', 3: 'y' }, default_target_id: 'b' }), ...rest]).filter((way) => way.startsWith('b'))).toEqual(['b choice (1) x', 'b choice (2, 3) y', 'b else (else) b']);
    expect(ways([branch({ target_ids: { 2: 'y' } }), ...rest]).filter((way) => way.startsWith('b'))).toEqual(['b next (else) x', 'b choice (2) y']);
  });

  test('of a goto: always, or so many times and then on', () => {
    const to = (option: object): GraphAction[] => [{ id: 'a', type: 'empty' }, { id: 'g', type: 'goto', option: { target_id: 'a', ...option } }];
    expect(ways(to({})).filter((way) => way.startsWith('g'))).toEqual(['g jump a']);
    expect(ways(to({ loop_count: 2 })).filter((way) => way.startsWith('g'))).toEqual(['g next (after 2×) END', 'g jump a']);
  });

  test('of a hangup: on only where there is no call; of another call: on', () => {
    expect(ways([{ id: 'h', type: 'hangup' }, { id: 'o', type: 'hangup', option: { reference_id: 'x' } }])).toEqual(['START next h', 'h else (no call) o', 'o next END']);
  });

  test('of a condition: yes and no; a stop leads nowhere', () => {
    expect(ways([{ id: 'c', type: 'condition_variable', option: { false_target_id: 's' } }, { id: 'y', type: 'empty' }, { id: 's', type: 'stop' }])).toEqual([
      'START next c', 'c next (yes) y', 'c else (no) s', 'y next s',
    ]);
  });

  test('a target by placeholder is none yet, and its node says so; a missing one neither', () => {
    const { nodes, edges } = graphOf([{ id: 'g', type: 'goto', option: { target_id: '${where}' } }, { id: 'h', type: 'goto', option: { target_id: 'nowhere' } }]);
    expect(nodes.filter(({ open }) => open).map(({ id }) => id)).toEqual(['g']);
    expect(edges.map(({ from }) => from)).toEqual([START_ID]);
  });

  test('every type whose schema names a target has an edge to it', () => {
    const targeted = Object.values(register).filter(({ targets }) => (targets ?? []).length > 0);
    expect(targeted.length).toBeGreaterThan(4);
    for (const { type, targets = [], option } of targeted) {
      for (const name of targets as readonly string[]) {
        const map = (option.properties as Record<string, { type?: string }>)[name]?.type === 'object';
        const { edges } = graphOf([{ id: 'a', type, option: { [name]: map ? { key: 'c' } : 'c' } }, { id: 'b', type: 'empty' }, { id: 'c', type: 'empty' }]);
        expect(edges.filter(({ from, to }) => from === 'a' && to === 'c'), `${type} ${name}`).toHaveLength(1);
      }
    }
  });

  test('an action without an id is known by its place', () => {
    expect(ways([{ type: 'answer' }, { id: '', type: 'beep' }])).toEqual(['START next #0', '#0 next #1', '#1 next END']);
  });
});

describe('labels', () => {
  test.each<[GraphAction, string, string]>([
    [{ id: START_ID, type: '' }, 'Start', ''], [{ id: FINISH_ID, type: '' }, 'End', ''],
    [{ type: 'talk', option: { text: '<speak>Hello\n there</speak>' } }, 'Talk', '“Hello there”'],
    [{ type: 'variable_set', option: { key: 'a', value: '${b}' } }, 'Variable set', 'a = ${b}'],
    [{ type: 'digits_receive', option: { length: 1, duration: 5000, key: '#' } }, 'Digits receive', '1 digit, 5.0 s at most, ends at #'],
    [{ type: 'message_receive', option: { duration: 3_600_000 } }, 'Message receive', '1 h at most'],
    [{ type: 'branch', option: {} }, 'Branch', 'by digits'],
    [{ type: 'goto', option: { loop_count: 2 } }, 'Goto', '2 times at most'],
    [{ type: 'condition_variable', option: { variable: 'age', condition: '>=', value_type: 'number', value_number: 18 } }, 'Condition variable', 'age >= 18'],
    [{ type: 'condition_variable', option: { variable: 'voipbin.call.digits', value_string: '1' } }, 'Condition variable', 'digits == “1”'],
    [{ type: 'condition_datetime', option: { condition: '>=', hour: 9, weekdays: [1, 5] } }, 'Condition datetime', 'now >= 09:––, Mon Fri'],
    [{ type: 'sleep', option: { duration: 90_000 } }, 'Sleep', '1 min 30 s'],
    [{ type: 'connect', option: { destinations: [{ target: '+15550100' }, { target: '+15550101' }] } }, 'Connect', '+15550100 and 1 more'],
    [{ type: 'ai_talk', option: { n: 7, prompt: 'x' } }, 'Ai talk', '7'],
    [{ type: 'webhook_send', option: { uri: 'https://example.com', sync: true } }, 'Webhook send', 'POST https://example.com, waits'],
  ])('%j', (action, title, detail) => {
    expect(labelOf(action)).toEqual({ title, detail });
  });

  test('whatever an option holds, there is one', () => {
    for (const type of Object.keys(register)) {
      for (const value of [null, 1, 'x', [], [null], {}, [{ target: 1 }], true]) {
        const option = Object.fromEntries([...Object.keys((register as Record<string, { option: { properties: object } }>)[type]!.option.properties), 'other'].map((name) => [name, value]));
        expect(typeof labelOf({ type, option }).detail).toBe('string');
      }
    }
  });
});

describe('the picture', () => {
  const overlaps = (boxes: readonly { x: number; y: number; width: number; height: number }[]): number =>
    boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height)).length;

  test('of the IVR: what follows stands below, nothing covers anything', () => {
    const placed = place({ path: 'main', graph: graphOf(ivr), title: '', boxes: [] });
    expect(placed.nodes).toHaveLength(ivr.length + 2);
    expect(overlaps(placed.nodes)).toBe(0);
    const y = (id: string) => placed.nodes.find(({ node }) => node.id === id)!.y;
    expect(y(START_ID)).toBeLessThan(y('menu'));
    expect(y('simple_talk')).toBeLessThan(y('goodbye'));
    expect(placed.edges.every(({ points }) => points.length >= 2)).toBe(true);
    expect(placed).toEqual(place({ path: 'main', graph: graphOf(ivr), title: '', boxes: [] }));
  });

  test('a pushed list is a box that holds its nodes, also a box in a box', () => {
    const list: GraphAction[] = [{ id: 'a', type: 'fetch' }, { id: 'b', type: 'talk' }];
    const deep = { path: 'main/a>2/a>3', from: 'a', graph: graphOf(list, false), title: 'deep', boxes: [] };
    const placed = place({ path: 'main', graph: graphOf(list), title: '', boxes: [{ path: 'main/a>2', from: 'a', graph: graphOf(list, false), title: 'pushed', boxes: [deep] }] });
    expect(placed.boxes.map(({ key, box }) => [key, box])).toEqual([['main/a>2', null], ['main/a>2/a>3', 'main/a>2']]);
    for (const { key, width, height } of placed.boxes) {
      const inside = [...placed.nodes, ...placed.boxes].filter(({ box }) => box === key);
      expect(inside.length).toBeGreaterThan(1);
      expect(inside.every((one) => one.x > 0 && one.y > 0 && one.x + one.width < width && one.y + one.height < height)).toBe(true);
      expect(overlaps(inside)).toBe(0);
    }
    expect(overlaps([...placed.nodes, ...placed.boxes].filter(({ box }) => box === null))).toBe(0);
    expect(placed.edges.filter(({ kind }) => kind === 'push').map(({ from, to }) => [from, to])).toEqual([['main/a', 'main/a>2'], ['main/a>2/a', 'main/a>2/a>3']]);
  });

  test('of the largest list there may be comes at once', () => {
    const many = Array.from({ length: 2_000 }, (_, i): GraphAction => ({ id: `a${i}`, type: 'talk' }));
    const placed = place({ path: 'main', graph: graphOf(many), title: '', boxes: [] });
    expect(placed.nodes).toHaveLength(2_002);
    expect(placed.height).toBeLessThan(3_000);
  });
});
