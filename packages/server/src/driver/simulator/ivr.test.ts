// A caller in a menu: prompts, digits, type-ahead, hangups, restarts. Real runner, dispatcher and store; the clock is moved by hand.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Option } from '@activeflow/engine';
import { CUSTOMER, openWorld, parse, walk, type World } from '../testing/world.js';
import type { Call } from './call.js';
import type { CallAsked, Refusal } from './doors.js';
import { createSimulator, type Doors } from './simulator.js';

let world: World;
let doors: Doors;

beforeEach(async () => {
  world = await openWorld((host) => {
    const simulator = createSimulator(host);
    doors = simulator.doors;
    return [simulator.driver];
  });
});
afterEach(() => world.stop());

const MENU = [
  { id: 'menu', type: 'talk', option: { text: 'Press one for sales, two for support.', digits_handle: 'next' } }, // 37 characters: 2,467 ms
  { id: 'keys', type: 'digits_receive', option: { duration: 5_000, length: 1, key: '#' } },
  { id: 'fork', type: 'branch', option: { target_ids: { 1: 'sales', 2: 'support' }, default_target_id: 'nobody' } },
  { id: 'sales', type: 'variable_set', option: { key: 'to', value: 'sales' }, next_id: 'bye' },
  { id: 'support', type: 'variable_set', option: { key: 'to', value: 'support' }, next_id: 'bye' },
  { id: 'nobody', type: 'variable_set', option: { key: 'to', value: 'nobody' } },
  { id: 'bye', type: 'talk', option: { text: 'Goodbye.' } },
];

type Playing = { readonly which: { readonly customer_id: string; readonly call_id: string }; readonly run: string };

async function play(actions: readonly unknown[], more: Partial<CallAsked> = {}): Promise<Playing> {
  const made = await doors.createCall({ customer_id: CUSTOMER, actions: parse(actions), source: { target: '+821100000001' }, destination: { target: '+821100000002' }, ...more });
  if ('refused' in made) throw new Error(made.message);
  await world.idle();
  return { which: { customer_id: CUSTOMER, call_id: made.call.id }, run: made.activeflow.id };
}

const callNow = async ({ which }: Playing): Promise<Call> => (await world.store.document('call', which.call_id)) as unknown as Call;
const line = async ({ run }: Playing) => walk(await world.events(run));
const refusal = (answer: Call | Refusal): string | undefined => ('refused' in answer ? answer.refused : undefined);
const variables = async ({ run }: Playing) => (await world.state(run)).variables;
const current = async ({ run }: Playing) => (await world.state(run)).current.action.type;

describe('the menu', () => {
  it.each([['1', 'sales'], ['2', 'support'], ['9', 'nobody'], ['#', 'nobody']])('%s while it is spoken leads to %s', async (key, to) => {
    const caller = await play(MENU);
    expect((await callNow(caller)).data.status).toBe('progressing');
    await world.pass(1_000);
    expect(await current(caller)).toBe('talk');
    await doors.digits(caller.which, key);
    await world.idle();
    expect(await variables(caller)).toMatchObject({ to, 'voipbin.call.status': 'progressing' });
    expect(await current(caller)).toBe('talk');
    await world.pass(532);
    expect((await world.state(caller.run)).status).toBe('running');
    await world.pass(1);
    expect(await line(caller)).toEqual(['start', 'talk', 'digits_receive', 'branch', 'variable_set', 'talk', 'ended:completed']);
    expect((await callNow(caller)).data).toMatchObject({ status: 'hangup', hangup_by: 'local', hangup_reason: 'normal', played: { digits: '', waits: [] } });
  });

  it('plays to its end, waits for a digit, and takes one that comes then', async () => {
    const caller = await play(MENU);
    await world.pass(2_467);
    expect(await current(caller)).toBe('digits_receive');
    await world.pass(4_000);
    await doors.digits(caller.which, '2');
    await world.idle();
    expect(await variables(caller)).toMatchObject({ to: 'support' });
  });

  it('goes on without a digit once the collection is over: at its end, not before', async () => {
    const caller = await play(MENU);
    await world.pass(2_467 + 4_999);
    expect(await current(caller)).toBe('digits_receive');
    await world.pass(1);
    expect(await variables(caller)).toMatchObject({ to: 'nobody', 'voipbin.call.digits': '' });
  });

  it('keeps what is typed ahead for the next collection', async () => {
    const second = { type: 'digits_receive', option: { duration: 5_000, length: 2 } };
    const caller = await play([...MENU.slice(0, 2), { type: 'variable_set', option: { key: 'first', value: '${voipbin.call.digits}' } }, second, { type: 'sleep', option: { duration: 1_000 } }]);
    await doors.digits(caller.which, '1234');
    await world.idle();
    expect(await current(caller)).toBe('sleep');
    expect(await variables(caller)).toMatchObject({ first: '1', 'voipbin.call.digits': '23' });
    expect((await callNow(caller)).data.played.digits).toBe('4');
  });

  it('a digit does not end a prompt that does not ask for it', async () => {
    const caller = await play([{ type: 'talk', option: { text: 'x'.repeat(30) } }, { type: 'digits_receive', option: { length: 1 } }, { type: 'sleep', option: { duration: 1 } }]);
    await doors.digits(caller.which, '7');
    await world.pass(1_999);
    expect(await current(caller)).toBe('talk');
    await world.pass(1);
    expect(await variables(caller)).toMatchObject({ 'voipbin.call.digits': '7' });
  });

  it('collects up to the key, which is kept, or to the length, whatever comes first', async () => {
    const collect = (option: Option) => ({ type: 'digits_receive', option: { duration: 60_000, ...option } });
    const keep = (key: string) => ({ type: 'variable_set', option: { key, value: '${voipbin.call.digits}' } });
    const caller = await play([collect({ key: '#*' }), keep('a'), collect({ key: '#', length: 3 }), keep('b'), collect({}), keep('c')]);
    await doors.digits(caller.which, '12');
    await doors.digits(caller.which, '3#45');
    await world.idle();
    expect(await variables(caller)).toMatchObject({ a: '123#' });
    await doors.digits(caller.which, '678');
    await world.pass(59_999);
    expect(await variables(caller)).toMatchObject({ b: '456' });
    expect(await current(caller)).toBe('digits_receive');
    await world.pass(1);
    expect(await variables(caller)).toMatchObject({ c: '78' });
  });
});

describe('a caller who hangs up', () => {
  const points: readonly [string, (caller: Playing) => Promise<unknown>, string][] = [
    ['while the menu is spoken', () => world.pass(1_000), 'talk'],
    ['while digits are collected', () => world.pass(3_000), 'digits_receive'],
    ['at the goodbye', async ({ which }) => { await doors.digits(which, '1'); await world.pass(100); }, 'talk'],
  ];
  it.each(points)('%s ends the run there, and what is open with it', async (_when, until, type) => {
    const caller = await play(MENU);
    await until(caller);
    expect(refusal(await doors.hangup(caller.which, 'remote', 'normal'))).toBeUndefined();
    await world.idle();
    expect(await world.state(caller.run)).toMatchObject({ status: 'ended', end_reason: 'hangup', current: { action: { type } } });
    expect((await callNow(caller)).data).toMatchObject({ status: 'hangup', hangup_by: 'remote', hangup_reason: 'normal', played: { waits: [] } });
    expect((await world.effects(caller.run)).filter(({ status }) => !['done', 'canceled'].includes(status))).toEqual([]);
    const before = await world.events(caller.run);
    await world.pass(60_000);
    expect(await world.events(caller.run)).toEqual(before);
  });

  it('twice is once, and nothing can be pressed any more', async () => {
    const caller = await play(MENU);
    await doors.hangup(caller.which, 'remote', 'normal');
    const once = await callNow(caller);
    await world.pass(1_000);
    expect(await doors.hangup(caller.which, 'local', 'busy')).toEqual(once);
    expect(refusal(await doors.digits(caller.which, '1'))).toBe('CALL_ENDED');
    expect(refusal(await doors.mediaDone(caller.which))).toBe('CALL_ENDED');
    expect(refusal(await doors.digits({ ...caller.which, customer_id: 'another' }, '1'))).toBe('CALL_NOT_FOUND');
    expect(refusal(await doors.hangup({ customer_id: CUSTOMER, call_id: 'none' }, 'remote', 'normal'))).toBe('CALL_NOT_FOUND');
  });

  it('leaves the on-complete flow a call on which nothing can be said', async () => {
    const after = await world.flow([{ type: 'talk', option: { text: 'Hello?' } }, { type: 'variable_set', option: { key: 'then', value: '1' } }]);
    const flow_id = await world.flow([{ type: 'talk', option: { text: 'Hello.' } }], { on_complete_flow_id: after });
    const made = await doors.createCall({ customer_id: CUSTOMER, flow_id });
    if ('refused' in made) throw new Error(made.message);
    expect(made.activeflow.configuration.on_complete_flow_id).toBe(after);
    expect(refusal(await doors.createCall({ customer_id: 'another', flow_id }) as Refusal)).toBe('FLOW_NOT_FOUND');
  });

  it('by the flow itself: the run ends as hangup, on the action', async () => {
    const caller = await play([{ type: 'answer' }, { type: 'hangup', option: { reason: 'busy' } }, { type: 'sleep', option: { duration: 1 } }]);
    expect(await line(caller)).toEqual(['start', 'answer', 'ended:hangup']);
    expect((await callNow(caller)).data).toMatchObject({ hangup_by: 'local', hangup_reason: 'busy' });
    await world.pass(60_000);
    expect((await world.effects(caller.run)).map(({ status }) => status)).toEqual(['done', 'canceled']);
  });
});

describe('a restart', () => {
  it('in the middle of everything changes nothing of the course', async () => {
    const caller = await play(MENU);
    await world.pass(1_000);
    await world.restart();
    await world.pass(1_000);
    await world.restart();
    expect(await current(caller)).toBe('talk');
    await world.pass(467);
    expect(await current(caller)).toBe('digits_receive');
    await world.pass(2_000);
    await world.restart();
    await world.pass(2_999);
    expect(await current(caller)).toBe('digits_receive');
    await world.restart();
    await doors.digits(caller.which, '2');
    await world.idle();
    expect(await variables(caller)).toMatchObject({ to: 'support' });
    await world.restart();
    await world.pass(533);
    expect(await line(caller)).toEqual(['start', 'talk', 'digits_receive', 'branch', 'variable_set', 'talk', 'ended:completed']);
  });

  it('that comes too late finds the prompt over', async () => {
    const caller = await play(MENU);
    await world.node().dispatcher.stop(0);
    world.clock.advance(60_000);
    await world.restart();
    await world.idle();
    expect(await current(caller)).toBe('digits_receive');
  });
});

describe('a prompt that is not played by itself', () => {
  it('lasts until it is said to be over', async () => {
    const caller = await play([{ id: 'one', type: 'talk', option: { text: 'Hi' } }, { id: 'two', type: 'play', option: { stream_urls: ['http://x/y.wav'] } }], { auto_play: false });
    await world.pass(30_000);
    expect(await current(caller)).toBe('talk');
    const action = (await world.state(caller.run)).current.action.id;
    expect(refusal(await doors.mediaDone(caller.which, 'another'))).toBe('STATE_INVALID');
    expect(refusal(await doors.mediaDone(caller.which, action))).toBeUndefined();
    await world.idle();
    expect(await current(caller)).toBe('play');
    expect(refusal(await doors.mediaDone(caller.which, action))).toBe('STATE_INVALID');
    await doors.mediaDone(caller.which);
    await world.idle();
    expect(await line(caller)).toEqual(['start', 'talk', 'play', 'ended:completed']);
  });

  it('can be made to fail', async () => {
    const caller = await play(MENU, { auto_play: false });
    const action = (await world.state(caller.run)).current.action.id;
    expect(refusal(await doors.failEffect(caller.which, 'another'))).toBe('STATE_INVALID');
    expect(refusal(await doors.failEffect(caller.which, action))).toBeUndefined();
    await world.idle();
    expect(await line(caller)).toEqual(['start', 'talk:failed:PLAYED_FAILURE']);
    expect(await current(caller)).toBe('digits_receive');
    expect((await callNow(caller)).data.played.waits).toHaveLength(1);
  });
});
