// What is heard of a run, and where it stands in the draft.
import { FINISH_ID, MAIN_FRAME_ID, START_ID } from '@activeflow/engine';
import type { HistoryEntry } from '@activeflow/client';
import { expect, test } from 'vitest';
import { linesOf, promptOf, walkOf } from './heard.js';

const NEVER = '9999-01-01 00:00:00.000000';
const entry = (number: number, kind: string, more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  number, kind, step: number, frame_id: MAIN_FRAME_ID, action: null, began: '', ended: '', result: '', cause: { by: '', ref: '' }, variables: {}, error: null, detail: '', effects: [], ...more,
});
const step = (number: number, type: string, option: Record<string, unknown>, more: Partial<HistoryEntry> = {}): HistoryEntry =>
  entry(number, 'step', { action: { id: `id-${type}`, next_id: '', type, option, tm_execute: '' }, result: 'done', ...more });
const OPEN = { result: '', ended: NEVER };

const MENU = [
  entry(0, 'created'), step(1, 'talk', { text: '<speak>Press <b>3</b></speak>', language: 'de-DE' }), step(2, 'digits_receive', { length: 1 }, { variables: { 'voipbin.call.digits': '3' } }),
  step(3, 'branch', {}), step(4, 'talk', { text: 'Queue' }, OPEN),
];

test('lines: prompts as they are heard, keys that were taken, and what happens behind', () => {
  expect(linesOf(MENU).map(({ who, text, live }) => [who, text, live])).toEqual([
    ['them', 'Press 3', false], ['me', 'Pressed 3', false], ['behind', 'Branch: by digits', false], ['them', 'Queue', true],
  ]);
  expect(linesOf([step(1, 'digits_receive', { length: 1, duration: 5_000 }, OPEN)])[0]).toMatchObject({ who: 'behind', text: 'Listens for 1 digit, 5.0 s at most', live: true });
  expect(linesOf([step(1, 'digits_receive', {}, { variables: { 'voipbin.call.digits': '' } })])[0]).toMatchObject({ who: 'behind', text: 'Nothing was pressed' });
  const heard = (result: Partial<HistoryEntry>) => linesOf([step(1, 'message_receive', { duration: 3_600_000 }, result)]).map(({ who, text }) => `${who}: ${text}`);
  expect([heard(OPEN), heard({ variables: { 'voipbin.message.text': 'YES' } }), heard({ variables: { 'voipbin.message.text': '' } })].flat())
    .toEqual(['behind: Waits for a message, 1 h at most', 'me: YES', 'behind: No message came']);
  expect(linesOf([step(1, 'fetch', {}, { error: { reason: 'X', message: 'no answer' }, result: 'failed' })])[0]).toMatchObject({ bad: true, text: 'Fetch: no answer' });
});

test('the prompt that goes on, until the call is over', () => {
  expect(promptOf(MENU)).toEqual({ number: 4, action_id: 'id-talk', text: 'Queue', language: 'en-US' });
  expect(promptOf(MENU.slice(0, 2))).toBeUndefined();
  expect(promptOf([...MENU, entry(5, 'ended', { result: 'hangup' })])).toBeUndefined();
});

test('the way: main frame only, from the start to the end, by the keys of the draft', () => {
  const keyOf = (id: string): string => id.replace('id-', '');
  expect(walkOf(MENU, keyOf)).toEqual({ at: 'talk', steps: [START_ID, 'talk', 'digits_receive', 'branch', 'talk'], over: false });
  const pushed = step(5, 'beep', {}, { frame_id: 'another' });
  expect(walkOf([...MENU, pushed], keyOf).at).toBe('talk');
  expect(walkOf([...MENU, entry(6, 'ended', { result: 'completed' })], keyOf)).toMatchObject({ at: FINISH_ID, over: true });
  expect(walkOf([], keyOf).at).toBe(START_ID);
});
