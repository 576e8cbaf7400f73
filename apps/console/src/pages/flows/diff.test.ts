// What is said to be different between two flows.
import { describe, expect, test } from 'vitest';
import { difference, isSame, type ActionDifference } from './diff.js';
import { EMPTY_DRAFT, type Draft, type DraftAction } from './draft.js';
import { renameId } from './edit.js';
import { wordDifference } from './words.js';

const talk = (id: string, text: string, more: Partial<DraftAction> = {}): DraftAction => ({ id, type: 'talk', option: { text }, ...more });
const flow = (actions: readonly DraftAction[], settings: Partial<Draft> = {}): Draft => ({ ...EMPTY_DRAFT, ...settings, actions });
const told = (one: ActionDifference): string => {
  const id = one.kind === 'removed' ? one.before.action.id : one.after.action.id;
  return `${one.kind}${'moved' in one && one.moved ? '+moved' : ''} ${id}`;
};
const A = [talk('a', 'one'), talk('b', 'two'), { id: 'c', type: 'goto', option: { target_id: 'a', loop_count: 2 } }, talk('d', 'four')];

describe('actions', () => {
  test('the same flow has no difference', () => {
    expect(isSame(difference(flow(A), flow(structuredClone(A))))).toBe(true);
  });

  test('added, removed, changed, each in its place', () => {
    const { actions, counts } = difference(flow(A), flow([A[0]!, talk('new', 'new'), { ...A[2]!, option: { target_id: 'd' } }, A[3]!]));
    expect(actions.map(told)).toEqual(['same a', 'removed b', 'added new', 'changed c', 'same d']);
    expect(counts).toEqual({ added: 1, removed: 1, changed: 1, moved: 0 });
    expect(actions[3]).toMatchObject({ changes: [{ path: '/target_id', before: 'a', after: 'd', leads: true }, { path: '/loop_count', before: 2, after: undefined }] });
  });

  test('as few as possible have moved', () => {
    const { actions, counts } = difference(flow(A), flow([A[3]!, A[0]!, A[1]!, A[2]!]));
    expect(actions.map(told)).toEqual(['same+moved d', 'same a', 'same b', 'same c']);
    expect(counts).toEqual({ added: 0, removed: 0, changed: 0, moved: 1 });
  });

  test('an insertion moves nobody', () => {
    expect(difference(flow(A), flow([talk('new', 'new'), ...A])).counts).toEqual({ added: 1, removed: 0, changed: 0, moved: 0 });
  });

  test('new ids alone are no difference, with references that follow', () => {
    const fresh = A.reduce<readonly DraftAction[]>((actions, { id }, index) => renameId(actions, index, `new-${id}`), A);
    expect(isSame(difference(flow(A), flow(fresh)))).toBe(true);
    // What says the same is the same, wherever it stands: not the first of its type.
    expect(difference(flow(A), flow([fresh[3]!, ...fresh.slice(0, 3)])).counts).toEqual({ added: 0, removed: 0, changed: 0, moved: 1 });
    const { actions } = difference(flow(A), flow(fresh.map((action, index) => (index === 1 ? { ...action, option: { text: 'TWO' } } : action))));
    expect(actions.map(told)).toEqual(['same new-a', 'changed new-b', 'same new-c', 'same new-d']);
  });

  test('options deep within, next_id and type; the order of keys is none', () => {
    const before = [{ id: 'x', type: 'connect', option: { destinations: [{ target: '+1' }], early_media: true } }];
    const after = [{ id: 'x', type: 'connect', option: { early_media: true, destinations: [{ target: '+2' }] }, next_id: 'x' }];
    expect(difference(flow(before), flow(after)).actions[0]).toMatchObject({ changes: [
      { path: '/next_id', before: undefined, after: 'x', leads: true }, { path: '/destinations', before: [{ target: '+1' }], after: [{ target: '+2' }] },
    ] });
    const [other] = difference(flow([talk('x', 'hi')]), flow([{ id: 'x', type: 'stop' }])).actions;
    expect(other).toMatchObject({ kind: 'changed', changes: [{ path: '/type', before: 'talk', after: 'stop' }, { path: '/text', before: 'hi', after: undefined }] });
  });

  test('each target of a branch for itself', () => {
    const branch = (target_ids: Record<string, string>): DraftAction[] => [{ id: 'x', type: 'branch', option: { target_ids } }, talk('y', 'y'), talk('z', 'z')];
    const [changed] = difference(flow(branch({ 1: 'y', 2: 'z' })), flow(branch({ 1: 'z', 3: 'y' }))).actions;
    expect(changed).toMatchObject({ changes: [
      { path: '/target_ids/1', before: 'y', after: 'z', leads: true }, { path: '/target_ids/2', before: 'z', after: undefined }, { path: '/target_ids/3', before: undefined, after: 'y' },
    ] });
  });
});

test('settings', () => {
  expect(difference(flow([], { name: 'a' }), flow([], { name: 'b', on_complete_flow_id: '00000000-0000-0000-0000-000000000000' })).settings).toEqual([{ path: '/name', before: 'a', after: 'b' }]);
});

test('2,000 actions, all of them moved, are compared', () => {
  const many = Array.from({ length: 2_000 }, (_, index) => talk(`t${index}`, `${index}`));
  expect(difference(flow(many), flow(many.toReversed())).counts).toEqual({ added: 0, removed: 0, changed: 0, moved: 1_999 });
});

test('words', () => {
  expect(wordDifference('Press 1 for sales.', 'Press 2 for our sales.')).toEqual([
    { kind: 'same', text: 'Press ' }, { kind: 'gone', text: '1' }, { kind: 'new', text: '2' }, { kind: 'same', text: ' for ' }, { kind: 'new', text: 'our ' }, { kind: 'same', text: 'sales.' },
  ]);
  expect(wordDifference('a b', 'c d')).toEqual([{ kind: 'gone', text: 'a b' }, { kind: 'new', text: 'c d' }]);
  expect(wordDifference('', 'x')).toEqual([{ kind: 'new', text: 'x' }]);
});
