// The editor's state: forms and text change one draft; the text may be broken, the draft never is.
import { describe, expect, test } from 'vitest';
import { draftOf, EMPTY_DRAFT, inputOf, type Draft } from './draft.js';
import { begin, edited, isChanged, type Editing, type EditorEvent } from './editing.js';

const DRAFT: Draft = { ...EMPTY_DRAFT, name: 'f', actions: [{ id: 'a', type: 'answer' }, { id: 'b', type: 'talk', option: { text: 'hi' } }] };
const after = (...events: readonly EditorEvent[]): Editing => events.reduce(edited, begin(DRAFT, 3));
const TEXT = begin(DRAFT, 3).text;

test('a form changes the text, the text changes the draft', () => {
  const formed = after({ type: 'actions', actions: [DRAFT.actions[1]!], select: 0 });
  expect(JSON.parse(formed.text)).toEqual({ name: 'f', actions: [DRAFT.actions[1]] });
  expect(formed.selected).toBe(0);
  expect(isChanged(formed)).toBe(true);
  const written = after({ type: 'text', text: TEXT.replace('"hi"', '"ho"') });
  expect(written.draft.actions[1]).toEqual({ id: 'b', type: 'talk', option: { text: 'ho' } });
  expect(written.text).toContain('"ho"');
});

describe('broken text', () => {
  test('keeps the last good draft and says where', () => {
    const broken = after({ type: 'text', text: TEXT.replace('"hi"', '"hi') });
    expect(broken.draft).toEqual(DRAFT);
    expect(broken.broken).toMatchObject({ line: TEXT.slice(0, TEXT.indexOf('"hi"')).split('\n').length });
    expect(isChanged(broken)).toBe(true);
    expect(edited(broken, { type: 'actions', actions: [] }).draft).toEqual(DRAFT);
    expect(edited(broken, { type: 'mend' })).toMatchObject({ text: TEXT, broken: undefined });
    expect(edited(broken, { type: 'text', text: TEXT })).toMatchObject({ broken: undefined, past: [] });
  });

  test('JSON that is no flow', () => {
    for (const [text, pointed] of [['[]', '[]'], ['{ "actions": {} }', '{}'], ['{ "actions": [{ "type": 5 }] }', '5'], ['{ "actions": [3] }', '3'], ['{ "name": 1 }', '1']] as const) {
      const { broken, draft } = after({ type: 'text', text });
      expect([text.slice(broken?.from, broken?.to), draft]).toEqual([pointed, DRAFT]);
    }
  });
});

test('undo and redo; letters in a row are one step', () => {
  const typed = after({ type: 'text', text: TEXT.replace('hi', 'hii') }, { type: 'text', text: TEXT.replace('hi', 'hiii') });
  expect(typed.past).toEqual([DRAFT]);
  const undone = edited(typed, { type: 'undo' });
  expect(undone.draft).toEqual(DRAFT);
  expect(isChanged(undone)).toBe(false);
  expect(edited(undone, { type: 'redo' }).draft.actions[1]?.option).toEqual({ text: 'hiii' });
  expect(edited(undone, { type: 'undo' })).toBe(undone);
});

test('what is looked at is followed by its id', () => {
  const chosen = after({ type: 'select', index: 1 });
  expect(edited(chosen, { type: 'actions', actions: [{ id: 'n', type: 'beep' }, ...DRAFT.actions] }).selected).toBe(2);
  expect(edited(chosen, { type: 'actions', actions: [DRAFT.actions[0]!] }).selected).toBe(0);
  expect(edited(chosen, { type: 'actions', actions: [] }).selected).toBeUndefined();
});

test('published: what was written is what is there', () => {
  const changed = after({ type: 'settings', settings: { name: 'g' } });
  const published = edited(changed, { type: 'published', draft: changed.draft, revision: 4 });
  expect([isChanged(published), published.revision]).toEqual([false, 4]);
});

test('a stored flow comes and goes without what the server fills in; unknown fields stay', () => {
  const none = '00000000-0000-0000-0000-000000000000';
  const draft = draftOf({ name: 'f', detail: '', on_complete_flow_id: none, actions: [{ id: 'x', next_id: none, type: 'talk', option: { text: 'a', gender: 'female' }, tm_execute: '' }] });
  expect(draft).toEqual({ name: 'f', detail: '', on_complete_flow_id: '', actions: [{ id: 'x', type: 'talk', option: { text: 'a', gender: 'female' } }] });
  expect(inputOf(draft).actions).toEqual(draft.actions);
});
