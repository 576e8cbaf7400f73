// Every action of the register against its table in cases/: what it makes of an option, and what of each way its wait can end.
// The action stands first in a small flow; what it can go to sleeps, so that one burst shows where it went.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Registered } from '../action.js';
import type { Ask, Changed } from '../command.js';
import type { Left } from '../event.js';
import { parseActions } from '../flow.js';
import { deriveId } from '../ids.js';
import { defaultLimits } from '../limits.js';
import type { ReferenceType, Result, State } from '../state.js';
import { reader, uuid, withIds } from '../testing/names.js';
import { play, type Played } from '../testing/play.js';
import type { Variables } from '../variables.js';
import { actions, definitionOf } from './index.js';

/** What a step came to, in few words. Left out: what did not happen. */
type Came = {
  /** Where the definition is refused: pointer and reason of each problem. */
  readonly problems?: readonly string[];
  /** What was asked for outside: kind and payload. */
  readonly effects?: readonly Readonly<Record<string, unknown>>[];
  /** Kind and milliseconds. */
  readonly waits?: string;
  readonly result?: string;
  readonly reason?: string;
  readonly sets?: Variables;
  /** How often a goto has jumped. */
  readonly jumped?: number;
  readonly goes?: string;
  readonly ended?: string;
};
/** One way for a wait to end: the result of its effect, a `continue`, or the deadline. */
type Settling = { readonly data?: object; readonly variables?: Variables; readonly error?: string; readonly continue?: true; readonly due?: true; readonly expect: Came };
type Row = {
  readonly name: string;
  readonly reference_type?: ReferenceType;
  readonly variables?: Variables;
  readonly at?: string;
  readonly option: object;
  readonly expect: Came;
  readonly settle?: readonly Settling[];
};

const folder = new URL('cases/', import.meta.url);
const tableOf = (type: string) => new URL(`${type}.json`, folder);
const rowsOf = (type: string): readonly Row[] => (existsSync(tableOf(type)) ? JSON.parse(readFileSync(tableOf(type), 'utf8')) as Row[] : []);

const nap = (id: string) => ({ id, type: 'sleep', option: { duration: 3_600_000 } });
const around = (type: string, option: object) => [{ id: '@it', type, option }, nap('@next'), nap('@a'), nap('@b')];

function begin(type: string, { option, reference_type = 'api', variables = {}, at }: Row): Played | Came {
  const flow = around(type, option);
  const { problems } = parseActions(withIds(flow), { newId: () => deriveId(uuid('x'), 'x'), limits: defaultLimits });
  if (problems.length > 0) return { problems: problems.map(({ pointer, reason }) => `${pointer} ${reason}`) };
  return play({ flow, reference_type, variables, lists: { other: [nap('@x')] }, ...(at ? { born: Date.parse(at) * 1000 } : {}) });
}

const isPlayed = (begun: Played | Came): begun is Played => 'send' in begun;

/** How the action came out: what was left last while the cursor was on it. */
function leaving(before: State, { events }: Changed): Left | undefined {
  let on = before.current.action.id;
  let left: Left | undefined;
  for (const event of events) {
    if ((event.type === 'moved' || event.type === 'ended') && on === uuid('it')) left = event.left ?? left;
    if (event.type === 'moved') on = event.entered.action_id;
  }
  return left;
}

function came(before: State, changed: Changed): Came {
  const { state, events, effects } = changed;
  const left = leaving(before, changed);
  const jumped = events.filter((event) => 'left' in event && event.left?.counted).length;
  const waiting = state.current.action.id === uuid('it') ? state.wait : null;
  const all: Came = {
    ...(effects.length > 0 ? { effects: effects.map(({ kind, payload }) => ({ [kind]: payload })) } : {}),
    ...(waiting ? { waits: `${waiting.kind} ${(waiting.until - state.current.began_at) / 1000}` } : {}),
    ...(left ? { result: left.result } : {}),
    ...(left?.reason ? { reason: left.reason } : {}),
    ...(left?.variables && Object.keys(left.variables).length > 0 ? { sets: left.variables } : {}),
    ...(jumped > 0 ? { jumped } : {}),
    ...(state.status === 'ended' ? { ended: state.end_reason } : waiting ? {} : { goes: state.current.action.id }),
  };
  return JSON.parse(reader()(JSON.stringify(all, (key, value: unknown) => (key.startsWith('voipbin.activeflow.') ? undefined : value)))) as Came;
}

function ask({ data, variables, error, due, ...how }: Settling, { wait, current }: State): Ask {
  if (due) return { type: 'due' };
  if (how.continue) return { type: 'continue', action_id: current.action.id };
  const result: Result = error === undefined
    ? withIds({ ok: true, data: { ...data }, ...(variables ? { variables } : {}) })
    : { ok: false, reason: error, message: 'from the driver' };
  return { type: 'settle', effect_id: wait?.effect_id ?? '', result };
}

function settleOnce(type: string, row: Row, settling: Settling): Came {
  const begun = begin(type, row);
  if (!isPlayed(begun)) return begun;
  const waiting = begun.change({ type: 'start' }).state;
  const after_ms = waiting.wait && settling.due ? (waiting.wait.until - waiting.current.began_at) / 1000 : 1_000;
  return came(waiting, begun.change(ask(settling, waiting), after_ms));
}

test('every table belongs to an action', () => {
  expect(readdirSync(folder).filter((file) => definitionOf(file.replace('.json', '')) === undefined)).toEqual([]);
});

describe.each(Object.entries(actions) as unknown as [string, Registered][])('%s', (type, definition) => {
  const rows = rowsOf(type);
  const everything = rows.flatMap((row) => [row.expect, ...(row.settle ?? []).map((settling) => settling.expect)]);
  const waits = rows.filter((row) => row.expect.waits !== undefined);
  const settlings = waits.flatMap((row) => row.settle ?? []);

  test('has a table that tries what can happen to it', () => {
    expect(definition.type).toBe(type);
    expect(rows.length).toBeGreaterThanOrEqual(definition.unsupported ? 1 : 2);
    expect(everything.some(({ result }) => result === (definition.unsupported ? 'skipped' : 'done') || type === 'stop')).toBe(true);
    if (definition.medium !== 'any' && !definition.unsupported) expect(everything.map(({ reason }) => reason)).toContain('medium');
    if ((definition.needs ?? []).length > 0) expect(everything.map(({ reason }) => reason)).toContain('option_missing');
    if (waits.length > 0) expect(settlings.some(({ due }) => due), 'a deadline').toBe(true);
    if (waits.some(({ expect: { effects } }) => effects)) expect(settlings.some(({ error }) => error), 'a failure').toBe(true);
  });

  for (const row of rows) {
    test(row.name, () => {
      const begun = begin(type, row);
      expect(isPlayed(begun) ? came(begun.state, begun.change({ type: 'start' })) : begun).toEqual(row.expect);
    });
    for (const settling of row.settle ?? []) {
      const how = Object.entries(settling).filter(([key]) => key !== 'expect').map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(', ');
      test(`${row.name}: then ${how}`, () => expect(settleOnce(type, row, settling)).toEqual(settling.expect));
    }
  }
});
