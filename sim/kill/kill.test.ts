// A few rounds with a real server, and that the checks notice what is broken on purpose.
import { describe, expect, it } from 'vitest';
import type { Activeflow, Api, HistoryEntry } from './api.js';
import { createBook, type Book, type Promised, type Run } from './book.js';
import { checkAll, checkTouched } from './check.js';
import { runKills } from './kill.js';
import type { Entry, Ledger } from './ledger.js';
import { differences, runWebhookKills } from './webhooks.js';

it('loses nothing that was acknowledged, and does nothing twice, over five kills', async () => {
  const result = await runKills({ rounds: 5, seed: 5, say: () => undefined });
  expect(result.violations).toEqual([]);
  expect(result.kills).toBeGreaterThanOrEqual(5);
  expect(result.acknowledged).toBeGreaterThan(20);
  expect(result.keys).toBeGreaterThan(20);
}, 900_000);

it('delivers each event once or more, in order and signed, over three kills of the sender', async () => {
  const result = await runWebhookKills({ kills: 3, deliveries: 300, seed: 3, say: () => undefined });
  expect(result.violations).toEqual([]);
  expect(result.deliveries).toBeGreaterThan(100);
}, 900_000);

it('notices a delivery that is missing, and one out of its place', () => {
  const delivery = (type: string, version: number, status: string) => ({ copies: 1, body: '', type, data: { id: '', version, status, current_action: { id: '' } } });
  const events = [{ type: 'created', version: 1 }, { type: 'paused', version: 2 }, { type: 'ended', version: 3 }];
  const told = [delivery('activeflow_created', 1, 'running'), delivery('activeflow_updated', 2, 'running'), delivery('activeflow_updated', 3, 'ended')];
  expect(differences('x', events, told)).toEqual([]);
  expect(differences('x', events, told.slice(1))).toHaveLength(1);
  expect(differences('x', events, [told[0]!, told[2]!, told[1]!])).toHaveLength(2);
});

const ID = '00000000-0000-4000-8000-00000000000a';
const KEY = `${ID}:1:0`;
const ON_COMPLETE = { id: `${ID}:3:0`, kind: 'activeflow.start', status: 'done' };

type Small = { activeflow: Activeflow; history: HistoryEntry[]; variables: Record<string, string>; found: number; listed: Activeflow[]; entries: Map<string, Entry>; faults: string[]; run: Run };

const entry = (number: number, kind: string, over: Partial<HistoryEntry> = {}): HistoryEntry =>
  ({ number, kind, step: 0, result: '', detail: '', cause: { by: 'api', ref: '' }, variables: {}, action: null, effects: [], ...over });

/** One run as it should be: started, sent a request, slept, was continued and told a variable, stopped. */
function small(): Small {
  const activeflow = { id: ID, name: 'run 0', status: 'ended', end_reason: 'canceled', executed_actions: [{}, {}, {}], current_action: { id: '', type: '' }, waiting_for: null };
  const promised: Promised[] = [{ kind: 'set', ref: 'r-set', name: 'set.0', value: 'v' }, { kind: 'continue', ref: 'r-on' }, { kind: 'stop', ref: 'r-stop' }];
  const cause = (ref: string) => ({ cause: { by: 'api', ref } });
  return {
    activeflow, variables: { 'set.0': 'v' }, found: 200, listed: [activeflow], entries: new Map([[KEY, { copies: 2, body: JSON.stringify({ activeflow: ID }) }]]), faults: [],
    history: [
      entry(0, 'created'), entry(1, 'step', { step: 1, action: { type: 'webhook_send' }, effects: [{ id: KEY, kind: 'http.webhook_send', status: 'done' }, ON_COMPLETE] }), entry(2, 'step', { step: 2 }),
      entry(3, 'variables_set', { variables: { 'set.0': 'v' }, ...cause('r-set') }), entry(4, 'step', { step: 3, ...cause('r-on') }), entry(5, 'ended', { result: 'canceled', ...cause('r-stop') }),
    ],
    run: { name: 'run 0', id: ID, request: { body: {}, headers: {} }, started: true, ended: true, deleted: 'no', promised, refs: new Set(['r-set', 'r-on', 'r-stop']) },
  };
}

/** What both checks say about it. */
async function violations(change: (world: Small) => void): Promise<readonly string[]> {
  const world = small();
  change(world);
  const answer = (path: string): unknown => (path.endsWith('/variables') ? { variables: world.variables } : world.activeflow);
  const api: Api = {
    ask: async <T>(_method: string, path: string) => ({ status: world.found, body: answer(path) as T }),
    all: async <T>(path: string) => (path.endsWith('/history') ? world.history : world.listed) as T[],
  };
  const ledger: Ledger = { url: '', entries: world.entries, faults: world.faults, close: async () => undefined };
  const book: Book = { ...createBook(), runs: [world.run], touched: new Set([world.run]) };
  await checkTouched(api, book);
  await checkAll(api, book, ledger);
  return book.violations;
}

const at = (world: Small, number: number, over: Partial<HistoryEntry>): void => {
  world.history = world.history.map((one) => (one.number === number ? { ...one, ...over } : one));
};
const without = (world: Small, number: number): void => { world.history = world.history.filter((one) => one.number !== number); };

const BROKEN: readonly (readonly [string, (world: Small) => void, string])[] = [
  ['a run is gone', (world) => { world.found = 404; }, 'it was started, and is answered with 404'],
  ['nobody knows whether a run was started', (world) => { world.run.id = undefined; }, 'nobody says'],
  ['a variable is lost', (world) => { world.variables = {}; }, 'variable set.0 was set, and is undefined'],
  ['a variable has another value', (world) => { world.variables = { 'set.0': 'w' }; }, 'and is w'],
  ['the history does not tell of it', (world) => { at(world, 3, { cause: { by: 'api', ref: '' } }); }, 'does not tell that set.0 was set'],
  ['a continue is lost', (world) => { at(world, 4, { cause: { by: 'timer', ref: '' } }); }, 'does not tell of continue r-on'],
  ['a stop is lost', (world) => { world.activeflow = { ...world.activeflow, status: 'running' }; }, 'it was stopped, and runs'],
  ['a command was carried out twice', (world) => { at(world, 2, { cause: { by: 'api', ref: 'r-on' } }); }, 'command r-on was carried out more than once'],
  ['a deletion is lost', (world) => { world.run.deleted = 'acknowledged'; }, 'its deletion was acknowledged'],
  ['an entry is missing', (world) => { without(world, 3); }, 'entry 4 (step) is in the place of entry 3'],
  ['a step is missing', (world) => { without(world, 2); }, 'step 3 is in the place of step 2'],
  ['a step is there twice', (world) => { at(world, 4, { step: 2 }); }, 'step 2 is in the place of step 3'],
  ['it was not born', (world) => { without(world, 0); }, 'its history begins with step'],
  ['it ended twice', (world) => { world.history.push(entry(6, 'ended', { result: 'canceled' })); }, 'it has ended more than once'],
  ['it runs for ever', (world) => { world.listed = [{ ...world.activeflow, status: 'running' }]; }, 'does not end by itself'],
  ['it is not in the list', (world) => { world.listed = []; }, 'is in the list 0 times, not 1'],
  ['it was started twice', (world) => { world.listed = [world.activeflow, { ...world.activeflow, id: 'other' }]; }, 'is in the list 2 times, not 1'],
  ['a page repeats it', (world) => { world.listed = [world.activeflow, world.activeflow]; }, 'repeat an activeflow'],
  ['an executed action is not shown', (world) => { world.listed = [{ ...world.activeflow, executed_actions: [] }]; }, '0 actions are shown as executed, its history has 3'],
  ['a request was never received', (world) => { world.entries.clear(); }, 'is done, and was never received'],
  ['a request is never through', (world) => { at(world, 1, { effects: [{ id: KEY, kind: 'http.webhook_send', status: 'performing' }] }); }, 'is performing in the end'],
  ['a step has no request', (world) => { at(world, 1, { effects: [] }); }, 'step 1 has 0 requests'],
  ['one key is that of two steps', (world) => { at(world, 2, { action: { type: 'webhook_send' }, effects: [{ id: KEY, kind: 'http.webhook_send', status: 'done' }] }); }, 'is that of step 2 and of step 1'],
  ['something was sent that no history tells of', (world) => { world.entries.set(`${ID}:9:0`, { copies: 1, body: JSON.stringify({ activeflow: ID }) }); }, 'no history tells of it'],
  ['something was sent without a key', (world) => { world.faults.push('a request without an idempotency key'); }, 'without an idempotency key'],
  ['the on-complete activeflow is not there', (world) => { at(world, 5, { detail: 'on-complete activeflow gone' }); }, 'its on-complete activeflow gone is not there'],
];

describe('the checks', () => {
  it('say nothing where nothing is wrong', async () => {
    expect(await violations(() => undefined)).toEqual([]);
  });

  it.each(BROKEN)('notice that %s', async (_, change, message) => {
    expect((await violations(change)).some((violation) => violation.includes(message))).toBe(true);
  });
});
