// What is done to actions: order, ids, and the references that follow.
import { isUuid } from '@activeflow/engine';
import { describe, expect, test } from 'vitest';
import type { DraftAction } from './draft.js';
import { addAction, changeAction, copyAction, moveAction, newId, references, removeAction, renameId, withUuids, wrongId } from './edit.js';

const MENU: readonly DraftAction[] = [
  { id: 'menu', type: 'talk', option: { text: 'menu' } },
  { id: 'choose', type: 'branch', option: { target_ids: { 1: 'menu', 'a/b': 'bye' }, default_target_id: 'bye' } },
  { id: 'again', type: 'goto', option: { target_id: 'menu', loop_count: 2 }, next_id: 'bye' },
  { id: 'bye', type: 'talk', option: { text: 'bye' } },
];
const ids = (actions: readonly DraftAction[]) => actions.map(({ id }) => id);

describe('order', () => {
  test('add, copy, remove, move', () => {
    expect(ids(addAction(MENU, 1, 'answer', {}, 'new'))).toEqual(['menu', 'new', 'choose', 'again', 'bye']);
    expect(copyAction(MENU, 0, 'copy').slice(0, 2)).toEqual([MENU[0], { ...MENU[0], id: 'copy' }]);
    expect(ids(removeAction(MENU, 1))).toEqual(['menu', 'again', 'bye']);
    expect(ids(moveAction(MENU, 0, 2))).toEqual(['choose', 'again', 'menu', 'bye']);
    expect(moveAction(MENU, 3, 4)).toBe(MENU);
    expect(changeAction(MENU, 3, { type: 'stop' })[3]).toEqual({ ...MENU[3], type: 'stop' });
  });

  test('an id is a UUID', () => {
    expect(isUuid(newId())).toBe(true);
    expect(newId()).not.toBe(newId());
  });
});

describe('ids', () => {
  test('every reference follows: targets, maps of targets, next_id; texts that look alike do not', () => {
    const renamed = renameId(MENU, 0, 'welcome');
    expect(renamed[0]).toEqual({ id: 'welcome', type: 'talk', option: { text: 'menu' } });
    expect(renamed[1]?.option).toEqual({ target_ids: { 1: 'welcome', 'a/b': 'bye' }, default_target_id: 'bye' });
    expect(renamed[2]).toEqual({ id: 'again', type: 'goto', option: { target_id: 'welcome', loop_count: 2 }, next_id: 'bye' });
    expect(renameId(MENU, 3, 'end')[2]?.next_id).toBe('end');
  });

  test('what names an action, and where', () => {
    expect(references(MENU).map(({ pointer, id }) => `${pointer} ${id}`)).toEqual([
      '/1/option/target_ids/1 menu', '/1/option/target_ids/a~1b bye', '/1/option/default_target_id bye', '/2/option/target_id menu', '/2/next_id bye',
    ]);
    expect(references([{ type: 'goto', option: { target_id: '${where}' } }])).toEqual([]);
  });

  test('which will not do', () => {
    expect(['', ' x', '${x}', 'bye'].map((id) => wrongId(MENU, 0, id) !== undefined)).toEqual([true, true, true, true]);
    expect(wrongId(MENU, 0, 'menu')).toBeUndefined();
  });

  test('become UUIDs for the server, and lead back', () => {
    const uuid = newId();
    const { actions, drafted } = withUuids([{ id: uuid, type: 'answer' }, ...MENU, { type: 'stop' }]);
    expect(actions.every(({ id = '' }) => isUuid(id))).toBe(true);
    expect(actions[0]?.id).toBe(uuid);
    const named = references(actions).map(({ id }) => drafted.get(id));
    expect(named).toEqual(['menu', 'bye', 'bye', 'menu', 'bye']);
    expect(drafted.get(actions[5]?.id ?? '')).toBe('#5');
  });
});
