// A caller in a menu: prompts, digits, type-ahead, hangups, restarts. Real runner, dispatcher and store; the clock is moved by hand.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deriveId, type Option } from '@activeflow/engine';
import { openStage, refusal, type Caller, type Stage } from '../testing/stage.js';
import { CUSTOMER } from '../testing/world.js';

let stage: Stage;
beforeEach(async () => { stage = await openStage(); });
afterEach(() => stage.world.stop());

const MENU = [
  { id: 'menu', type: 'talk', option: { text: 'Press one for sales, two for support.', digits_handle: 'next' } }, // 37 characters: 2,467 ms
  { id: 'keys', type: 'digits_receive', option: { duration: 5_000, length: 1, key: '#' } },
  { id: 'fork', type: 'branch', option: { target_ids: { 1: 'sales', 2: 'support' }, default_target_id: 'nobody' } },
  { id: 'sales', type: 'variable_set', option: { key: 'to', value: 'sales' }, next_id: 'bye' },
  { id: 'support', type: 'variable_set', option: { key: 'to', value: 'support' }, next_id: 'bye' },
  { id: 'nobody', type: 'variable_set', option: { key: 'to', value: 'nobody' } },
  { id: 'bye', type: 'talk', option: { text: 'Goodbye.' } },
];

describe('the menu', () => {
  it.each([['1', 'sales'], ['2', 'support'], ['9', 'nobody'], ['#', 'nobody']])('%s while it is spoken leads to %s', async (key, to) => {
    const caller = await stage.play(MENU);
    expect((await stage.callNow(caller)).data.status).toBe('progressing');
    await stage.world.pass(1_000);
    expect(await stage.current(caller)).toBe('talk');
    await stage.doors.digits(caller.which, key);
    await stage.world.idle();
    expect(await stage.variables(caller)).toMatchObject({ to, 'voipbin.call.status': 'progressing' });
    expect(await stage.current(caller)).toBe('talk');
    await stage.world.pass(532);
    expect((await stage.world.state(caller.run)).status).toBe('running');
    await stage.world.pass(1);
    expect(await stage.line(caller)).toEqual(['start', 'talk', 'digits_receive', 'branch', 'variable_set', 'talk', 'ended:completed']);
    expect((await stage.callNow(caller)).data).toMatchObject({ status: 'hangup', hangup_by: 'local', hangup_reason: 'normal', played: { digits: '', waits: [] } });
  });

  it('plays to its end, waits for a digit, and takes one that comes then', async () => {
    const caller = await stage.play(MENU);
    await stage.world.pass(2_467);
    expect(await stage.current(caller)).toBe('digits_receive');
    await stage.world.pass(4_000);
    await stage.doors.digits(caller.which, '2');
    await stage.world.idle();
    expect(await stage.variables(caller)).toMatchObject({ to: 'support' });
  });

  it('goes on without a digit once the collection is over: at its end, not before', async () => {
    const caller = await stage.play(MENU);
    await stage.world.pass(2_467 + 4_999);
    expect(await stage.current(caller)).toBe('digits_receive');
    await stage.world.pass(1);
    expect(await stage.variables(caller)).toMatchObject({ to: 'nobody', 'voipbin.call.digits': '' });
  });

  it('keeps what is typed ahead for the next collection', async () => {
    const second = { type: 'digits_receive', option: { duration: 5_000, length: 2 } };
    const caller = await stage.play([...MENU.slice(0, 2), { type: 'variable_set', option: { key: 'first', value: '${voipbin.call.digits}' } }, second, { type: 'sleep', option: { duration: 1_000 } }]);
    await stage.doors.digits(caller.which, '1234');
    await stage.world.idle();
    expect(await stage.current(caller)).toBe('sleep');
    expect(await stage.variables(caller)).toMatchObject({ first: '1', 'voipbin.call.digits': '23' });
    expect((await stage.callNow(caller)).data.played.digits).toBe('4');
  });

  it('a digit does not end a prompt that does not ask for it', async () => {
    const caller = await stage.play([{ type: 'talk', option: { text: 'x'.repeat(30) } }, { type: 'digits_receive', option: { length: 1 } }, { type: 'sleep', option: { duration: 1 } }]);
    await stage.doors.digits(caller.which, '7');
    await stage.world.pass(1_999);
    expect(await stage.current(caller)).toBe('talk');
    await stage.world.pass(1);
    expect(await stage.variables(caller)).toMatchObject({ 'voipbin.call.digits': '7' });
  });

  it.each([['123#4', '123', '#4'], ['1#234', '1#', '234'], ['12#34', '12#', '34']])('of %s typed ahead, a collection to the length 3 or the key takes %s', async (typed, taken, left) => {
    const caller = await stage.play([{ type: 'sleep', option: { duration: 1_000 } }, { type: 'digits_receive', option: { duration: 60_000, length: 3, key: '#' } }, { type: 'sleep', option: { duration: 1_000 } }]);
    await stage.doors.digits(caller.which, typed);
    await stage.world.pass(1_000);
    expect(await stage.variables(caller)).toMatchObject({ 'voipbin.call.digits': taken });
    expect((await stage.callNow(caller)).data.played.digits).toBe(left);
  });

  it('collects up to the key, which is kept, or to the length, whatever comes first', async () => {
    const collect = (option: Option) => ({ type: 'digits_receive', option: { duration: 60_000, ...option } });
    const keep = (key: string) => ({ type: 'variable_set', option: { key, value: '${voipbin.call.digits}' } });
    const caller = await stage.play([collect({ key: '#*' }), keep('a'), collect({ key: '#', length: 3 }), keep('b'), collect({}), keep('c')]);
    await stage.doors.digits(caller.which, '12');
    await stage.doors.digits(caller.which, '3#45');
    await stage.world.idle();
    expect(await stage.variables(caller)).toMatchObject({ a: '123#' });
    await stage.doors.digits(caller.which, '678');
    await stage.world.pass(59_999);
    expect(await stage.variables(caller)).toMatchObject({ b: '456' });
    expect(await stage.current(caller)).toBe('digits_receive');
    await stage.world.pass(1);
    expect(await stage.variables(caller)).toMatchObject({ c: '78' });
  });
});

describe('a caller who hangs up', () => {
  const points: readonly [string, (caller: Caller) => Promise<unknown>, string][] = [
    ['while the menu is spoken', () => stage.world.pass(1_000), 'talk'],
    ['while digits are collected', () => stage.world.pass(3_000), 'digits_receive'],
    ['at the goodbye', async ({ which }) => { await stage.doors.digits(which, '1'); await stage.world.pass(100); }, 'talk'],
  ];
  it.each(points)('%s ends the run there, and what is open with it', async (_when, until, type) => {
    const caller = await stage.play(MENU);
    await until(caller);
    expect(refusal(await stage.doors.hangup(caller.which, 'remote', 'normal'))).toBeUndefined();
    await stage.world.idle();
    expect(await stage.world.state(caller.run)).toMatchObject({ status: 'ended', end_reason: 'hangup', current: { action: { type } } });
    expect((await stage.callNow(caller)).data).toMatchObject({ status: 'hangup', hangup_by: 'remote', hangup_reason: 'normal', played: { waits: [] } });
    expect((await stage.world.effects(caller.run)).filter(({ status }) => !['done', 'canceled'].includes(status))).toEqual([]);
    const before = await stage.world.events(caller.run);
    await stage.world.pass(60_000);
    expect(await stage.world.events(caller.run)).toEqual(before);
  });

  it('twice is once, and nothing can be pressed any more', async () => {
    const caller = await stage.play(MENU);
    await stage.doors.hangup(caller.which, 'remote', 'normal');
    const once = await stage.callNow(caller);
    await stage.world.pass(1_000);
    expect(await stage.doors.hangup(caller.which, 'local', 'busy')).toEqual(once);
    expect(refusal(await stage.doors.digits(caller.which, '1'))).toBe('CALL_ENDED');
    expect(refusal(await stage.doors.mediaDone(caller.which))).toBe('CALL_ENDED');
    expect(refusal(await stage.doors.digits({ ...caller.which, customer_id: 'another' }, '1'))).toBe('CALL_NOT_FOUND');
    expect(refusal(await stage.doors.hangup({ customer_id: CUSTOMER, call_id: 'none' }, 'remote', 'normal'))).toBe('CALL_NOT_FOUND');
  });

  it('leaves the on-complete flow a call on which nothing can be said', async () => {
    const after = await stage.world.flow([{ type: 'talk', option: { text: 'Hello?' } }, { type: 'variable_set', option: { key: 'then', value: '1' } }]);
    const flow_id = await stage.world.flow([{ type: 'talk', option: { text: 'Hello.' } }], { on_complete_flow_id: after });
    const made = await stage.doors.createCall({ customer_id: CUSTOMER, flow_id });
    if ('refused' in made) throw new Error(made.message);
    const which = { customer_id: CUSTOMER, call_id: made.call.id };
    await stage.doors.hangup(which, 'remote', 'normal');
    await stage.world.idle();
    const child = { which, run: deriveId(made.activeflow.id, 'on_complete') };
    expect(await stage.line(child)).toEqual(['start', 'talk:failed:CALL_ENDED', 'variable_set', 'ended:completed']);
    expect(await stage.variables(child)).toMatchObject({ then: '1', 'voipbin.activeflow.end_reason': 'hangup', 'voipbin.call.id': made.call.id });
  });

  it('a flow that does not exist gives no call', async () => {
    expect(refusal(await stage.doors.createCall({ customer_id: CUSTOMER, flow_id: 'none' }))).toBe('FLOW_NOT_FOUND');
    expect(await stage.calls()).toEqual([]);
  });

  it('by the flow itself: the run ends as hangup, on the action', async () => {
    const caller = await stage.play([{ type: 'answer' }, { type: 'hangup', option: { reason: 'busy' } }, { type: 'sleep', option: { duration: 1 } }]);
    expect(await stage.line(caller)).toEqual(['start', 'answer', 'ended:hangup']);
    expect((await stage.callNow(caller)).data).toMatchObject({ hangup_by: 'local', hangup_reason: 'busy' });
    await stage.world.pass(60_000);
    expect((await stage.world.effects(caller.run)).map(({ status }) => status)).toEqual(['done', 'canceled']);
  });
});

describe('a restart', () => {
  it('in the middle of everything changes nothing of the course', async () => {
    const caller = await stage.play(MENU);
    await stage.world.pass(1_000);
    await stage.world.restart();
    await stage.world.pass(1_000);
    await stage.world.restart();
    expect(await stage.current(caller)).toBe('talk');
    await stage.world.pass(467);
    expect(await stage.current(caller)).toBe('digits_receive');
    await stage.world.pass(2_000);
    await stage.world.restart();
    await stage.world.pass(2_999);
    expect(await stage.current(caller)).toBe('digits_receive');
    await stage.world.restart();
    await stage.doors.digits(caller.which, '2');
    await stage.world.idle();
    expect(await stage.variables(caller)).toMatchObject({ to: 'support' });
    await stage.world.restart();
    await stage.world.pass(533);
    expect(await stage.line(caller)).toEqual(['start', 'talk', 'digits_receive', 'branch', 'variable_set', 'talk', 'ended:completed']);
  });

  it('that comes too late finds the prompt over', async () => {
    const caller = await stage.play(MENU);
    await stage.world.node().dispatcher.stop(0);
    stage.world.clock.advance(60_000);
    await stage.world.restart();
    await stage.world.idle();
    expect(await stage.current(caller)).toBe('digits_receive');
  });
});

describe('a prompt that is not played by itself', () => {
  it('lasts until it is said to be over', async () => {
    const caller = await stage.play([{ id: 'one', type: 'talk', option: { text: 'Hi' } }, { id: 'two', type: 'play', option: { stream_urls: ['http://x/y.wav'] } }], { auto_play: false });
    await stage.world.pass(30_000);
    expect(await stage.current(caller)).toBe('talk');
    const action = (await stage.world.state(caller.run)).current.action.id;
    expect(refusal(await stage.doors.mediaDone(caller.which, 'another'))).toBe('STATE_INVALID');
    expect(refusal(await stage.doors.mediaDone(caller.which, action))).toBeUndefined();
    await stage.world.idle();
    expect(await stage.current(caller)).toBe('play');
    expect(refusal(await stage.doors.mediaDone(caller.which, action))).toBe('STATE_INVALID');
    await stage.doors.mediaDone(caller.which);
    await stage.world.idle();
    expect(await stage.line(caller)).toEqual(['start', 'talk', 'play', 'ended:completed']);
  });

  it('can be made to fail', async () => {
    const caller = await stage.play(MENU, { auto_play: false });
    const action = (await stage.world.state(caller.run)).current.action.id;
    expect(refusal(await stage.doors.failEffect(caller.which, 'another'))).toBe('STATE_INVALID');
    expect(refusal(await stage.doors.failEffect(caller.which, action))).toBeUndefined();
    await stage.world.idle();
    expect(await stage.line(caller)).toEqual(['start', 'talk:failed:PLAYED_FAILURE']);
    expect(await stage.current(caller)).toBe('digits_receive');
    expect((await stage.callNow(caller)).data.played.waits).toHaveLength(1);
  });
});
