import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultLimits, dueAt, evolve, flowListId, MAIN_FRAME_ID, NO_CONFIGURATION, parseActions } from '@activeflow/engine';
import { virtualClock } from '../clock.js';
import { silent } from '../log.js';
import { createCommitter } from '../runner/committer.js';
import { createRunner, type Runner } from '../runner/runner.js';
import { examine, type Rules } from './doctor.js';
import { openMemory } from './memory.js';
import { AT, CUSTOMER } from './sample.js';
import { openDatabase } from './sqlite/binding.js';
import { openSqlite } from './sqlite/sqlite.js';
import type { Finding, Store } from './store.js';

const rules: Rules = { evolve, dueAt: (state) => dueAt(state, defaultLimits.age_ms) };
const id = (n: number): string => `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;
const cause = { by: 'api' } as const;

let folder = '';
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'activeflow-doctor-'));
  store = openSqlite(file(), { durability: 'os', now: AT });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});
const file = () => join(folder, 'store.db');

async function found(given: Store = store): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const finding of examine(given, rules)) findings.push(finding);
  return findings;
}

/** Runs 1 to 5: completed, asleep, waiting for an answer, stopped while waiting, paused with a result. */
async function live(given: Store): Promise<{ runner: Runner; start: (n: number, actions: readonly object[]) => Promise<void> }> {
  const clock = virtualClock(AT);
  const committer = createCommitter(given, () => undefined);
  const runner = createRunner({ store: given, committer, clock, limits: defaultLimits, log: silent });
  let ids = 100;
  const start = async (n: number, actions: readonly object[]) => {
    const parsed = parseActions(actions, { newId: () => id(ids++), limits: defaultLimits });
    expect(parsed.problems).toEqual([]);
    const list_id = flowListId(id(n), 1);
    await runner.start({
      id: id(n), customer_id: CUSTOMER, name: '', flow_id: id(n), flow_revision: 1, list_id, reference: { type: 'api', id: '', activeflow_id: '' },
      configuration: NO_CONFIGURATION, variables: { __proto__x: '1', lone: '\ud800' }, cause,
    }, { lists: [{ id: list_id, actions: parsed.actions }] });
  };
  const set = { type: 'variable_set', option: { key: 'a', value: '1' } };
  const send = { type: 'webhook_send', option: { uri: 'http://example.org/', sync: true } };
  const settled = (n: number) => {
    const result = { ok: true, data: {} } as const;
    const effect_id = `${id(n)}:1:0`;
    const effects = [{ id: effect_id, attempt: 1, status: 'done', due_at: null, result, at: AT + 1 }] as const;
    return runner.handle(id(n), { type: 'settle', effect_id, result }, { cause: { by: 'driver', ref: effect_id }, effects });
  };
  await start(1, [set, { ...send, option: { ...send.option, sync: false } }, { type: 'goto', option: { target_id: 'x', loop_count: 3 } }, { id: 'x', ...set }]);
  await start(2, [set, { type: 'sleep', option: { duration: 60_000 } }]);
  await start(3, [set, send, set, { type: 'block' }]);
  await start(4, [send, set]);
  await start(5, [send, set]);
  await given.claim({ now: AT, until: AT + 1_000_000, limit: 100 });
  await runner.handle(id(2), { type: 'set_variables', variables: { a: null, b: '2' } }, { cause });
  await runner.handle(id(4), { type: 'stop', reason: 'canceled' }, { cause });
  await runner.handle(id(5), { type: 'pause' }, { cause });
  await settled(5);
  await runner.handle(id(2), { type: 'push_actions', actions: [set, set] }, { cause });
  return { runner, start };
}

it('finds nothing wrong where nothing is, in any store, the deleted among it', async () => {
  for (const given of [store, openMemory()]) {
    expect(await found(given)).toEqual([]);
    const { runner } = await live(given);
    await runner.handle(id(4), { type: 'delete' }, { cause });
    // Its driver lets the activeflow go on, and is not through with the effect.
    const effect_id = `${id(3)}:1:0`;
    await runner.handle(id(3), { type: 'settle', effect_id, result: { ok: true, data: {} } }, { cause: { by: 'driver', ref: effect_id } });
    expect((await given.walk(0, 99)).map(({ row }) => row.state.status)).toEqual(['ended', 'running', 'running', 'ended', 'running']);
    expect(await found(given)).toEqual([]);
  }
});

/** The stored JSON with one place of it replaced. */
const put = (table: string, column: string, path: string, value: string, where: string) => `UPDATE ${table} SET ${column} = json_set(${column}, '${path}', ${value}) WHERE ${where}`;
const row = (n: number) => `id = '${id(n)}'`;
const events = (n: number) => `rid = (SELECT rid FROM activeflow WHERE ${row(n)})`;
const effect = (n: number) => `id = '${id(n)}:1:0'`;

const faults: [string, string, string, string][] = [
  ['an event is missing', `DELETE FROM event WHERE ${events(2)} AND n > 0 AND n = (SELECT max(n) FROM event WHERE ${events(2)} AND n < (SELECT max(n) FROM event WHERE ${events(2)}))`,
    'G1', 'event \\d+ is missing: \\d+ is in its place'],
  ['the last event is missing', `DELETE FROM event WHERE ${events(2)} AND n = (SELECT max(n) FROM event WHERE ${events(2)})`, 'G1', 'the log has \\d+ events, the state says \\d+'],
  ['the whole log is missing', `DELETE FROM event WHERE ${events(2)}`, 'G1', 'the log has 0 events'],
  ['an event has another number', put('event', 'data', '$[1].n', '7', `${events(3)} AND n = 0`), 'G1', 'event 1 is missing: 7 is in its place'],
  ['an event is of a later version', put('event', 'data', '$[2].version', '9', `${events(3)} AND n = 0`), 'G1', 'event 2 is of version 9, not between 1 and 1'],
  ['a step is recorded twice', put('event', 'data', '$[2].entered.step', '1', `${events(3)} AND n = 0`), 'G1', 'event 2 enters step 1 after step 1'],
  ['a step is left out', put('event', 'data', '$[2].entered.step', '3', `${events(3)} AND n = 0`), 'G1', 'event 2 enters step 3 after step 1'],
  ['it is born twice', put('event', 'data', '$[1].type', "'created'", `${events(3)} AND n = 0`), 'G1', 'event 1 is "created"'],
  ['the state is not the fold', put('activeflow', 'state', '$.name', "'other'", row(3)), 'G1', 'the state is not the fold of its 3 events: name'],
  ['a variable is not', put('activeflow', 'variables', '$.a', "'2'", row(3)), 'G1', 'the state is not the fold of its 3 events: variables'],
  ['the row is at another version', `UPDATE activeflow SET version = 9 WHERE ${row(3)}`, 'G1', 'the row is at version 9, its state at 1'],
  ['a running one is never due', `UPDATE activeflow SET due_at = NULL WHERE ${row(2)}`, 'G4', 'it runs, and is never due'],
  ['it is due at another time', `UPDATE activeflow SET due_at = due_at + 1 WHERE ${row(2)}`, 'G4', 'it is due at \\d+, and its state says \\d+'],
  ['an ended one is due', `UPDATE activeflow SET due_at = 1 WHERE ${row(1)}`, 'G4', 'it has ended, and is due at 1'],
  ['a running one waits for nothing', put('activeflow', 'state', '$.wait', 'NULL', row(2)), 'G4', 'it runs, and waits for nothing'],
  ['what it waited for has come', put('activeflow', 'state', '$.paused', "json('false')", row(5)), 'G4', 'what it waited for \\(http.webhook_send\\) has come'],
  ['an ended one waits', put('activeflow', 'state', '$.wait', `json('{"kind":"timer"}')`, row(1)), 'G4', 'it has ended, and waits for timer'],
  ['an effect that is waited for is gone', `DELETE FROM effect WHERE ${effect(3)}`, 'G4', `it waits for effect ${id(3)}:1:0, which is not there`],
  ['it is finished, and nobody was told', `UPDATE effect SET status = 'done', due_at = NULL WHERE ${effect(3)}`, 'G4', 'it waits for effect .*, which is done'],
  ['it is being canceled', `UPDATE effect SET status = 'canceling' WHERE ${effect(3)}`, 'G4', 'which is canceling'],
  ['it has another deadline', `UPDATE effect SET deadline = 5 WHERE ${effect(3)}`, 'G4', 'it waits until \\d+, and effect .* has until 5'],
  ['an ended one left an effect behind', `UPDATE effect SET status = 'performing' WHERE ${effect(4)}`, 'G4', 'effect .* is performing, and nobody waits for it'],
  ['an effect is never due', `UPDATE effect SET due_at = NULL WHERE ${effect(3)}`, 'G4', 'effect .* is performing, and never due'],
  ['a finished effect is due', `UPDATE effect SET due_at = 5 WHERE ${effect(5)}`, 'G2', 'effect .* is done, and due at 5'],
  ['an effect belongs to no step', `UPDATE effect SET step = 99 WHERE ${effect(3)}`, 'G2', 'effect .* belongs to step 99 of 2'],
  ['an effect was asked for by no commit', `UPDATE effect SET id = '${id(1)}:9:0' WHERE ${effect(1)}`, 'G2', 'effect .* was asked for by no commit of it'],
  ['a list is gone', `DELETE FROM list WHERE id = '${flowListId(id(3), 1)}'`, 'G4', `frame ${MAIN_FRAME_ID} runs the action list .*, which is not there`],
];

describe('finds it where', () => {
  it.each(faults)('%s', async (_, sql, promise, message) => {
    await live(store);
    const db = openDatabase(file(), { durability: 'os' });
    const { changes } = db.prepare(sql).run();
    db.close();
    expect(changes).toBeGreaterThan(0);
    const findings = await found();
    expect(findings).toContainEqual({ promise, activeflow_id: expect.any(String), message: expect.stringMatching(new RegExp(`^${message}|${message}$`)) });
    expect(new Set(findings.map(({ activeflow_id }) => activeflow_id)).size).toBe(1);
  });
});

it('takes an activeflow that moves while it is read for well', async () => {
  const { runner } = await live(store);
  let moves = 0;
  const moving: Store = {
    ...store,
    // After the row has been read, and before its log is.
    events: async (which, after, limit) => {
      if (after === -1 && which === id(2) && moves++ < 3) await runner.handle(id(2), { type: 'set_variables', variables: { n: String(moves) } }, { cause });
      return store.events(which, after, limit);
    },
  };
  expect(await found(moving)).toEqual([]);
  expect(moves).toBe(4);
});

it('walks over more than it reads at once, and reads long logs in pieces', async () => {
  const { runner, start } = await live(store);
  for (let n = 1_001; n < 1_260; n++) await start(n, [{ type: 'block' }]);
  for (let i = 0; i < 500; i++) await runner.handle(id(1_250), { type: 'set_variables', variables: { i: String(i) } }, { cause });
  expect(await found()).toEqual([]);
  const db = openDatabase(file(), { durability: 'os' });
  db.exec(`DELETE FROM event WHERE ${events(1_250)} AND n = 450; UPDATE activeflow SET due_at = NULL WHERE ${row(1_251)}`);
  db.close();
  expect((await found()).map(({ message }) => message)).toEqual(['event 450 is missing: 451 is in its place', 'it runs, and is never due']);
});
