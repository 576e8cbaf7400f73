// A caller in a menu, on a leg that is carried. Real runner, dispatcher and store; the legs are played, the clock is moved by hand.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCallStage, type CallStage } from '../testing/call-stage.js';

let stage: CallStage;
beforeEach(async () => { stage = await openCallStage(); });
afterEach(() => stage.world.stop());

const MENU = [
  { id: 'menu', type: 'talk', option: { text: 'Press one for sales, two for support.', digits_handle: 'next' } }, // 37 characters: 2,467 ms
  { id: 'keys', type: 'digits_receive', option: { duration: 5_000, length: 1, key: '#' } },
  { id: 'fork', type: 'branch', option: { target_ids: { 1: 'sales' }, default_target_id: 'nobody' } },
  { id: 'sales', type: 'variable_set', option: { key: 'to', value: 'sales' }, next_id: 'bye' },
  { id: 'nobody', type: 'variable_set', option: { key: 'to', value: 'nobody' } },
  { id: 'bye', type: 'talk', option: { text: 'Goodbye.' } },
];

describe('the menu', () => {
  it('rings, answers, speaks; a digit ends the prompt and is taken; the end of the run hangs up', async () => {
    const caller = await stage.dial(MENU);
    expect((await stage.call(caller.id)).data).toMatchObject({ status: 'progressing', direction: 'incoming', carrier: 'played' });
    await stage.pass(1_000);
    stage.legs.press(caller.id, '1');
    await stage.pass(533);
    expect(await stage.line(caller)).toEqual(['start', 'talk', 'digits_receive', 'branch', 'variable_set', 'talk', 'ended:completed']);
    expect(await stage.variables(caller)).toMatchObject({ to: 'sales', 'voipbin.call.status': 'progressing', 'voipbin.call.id': caller.id });
    expect(stage.legs.asked(caller.id)).toEqual(['ring', 'answer', 'play 2467', 'stop', 'play 533', 'hangup normal']);
    expect((await stage.call(caller.id)).data).toMatchObject({ status: 'hangup', hangup_by: 'local', hangup_reason: 'normal' });
    expect(await stage.documents('leg')).toEqual([]);
    expect(stage.calls.up()).toBe(0);
  });

  it('goes on without a digit once the collection is over: at its end, not before', async () => {
    const caller = await stage.dial(MENU);
    await stage.pass(2_467 + 4_999);
    expect(await stage.current(caller)).toBe('digits_receive');
    await stage.pass(1);
    expect(await stage.variables(caller)).toMatchObject({ to: 'nobody', 'voipbin.call.digits': '' });
  });

  it('ends with the caller, where it stands', async () => {
    const caller = await stage.dial(MENU);
    await stage.pass(1_000);
    stage.legs.hangUp(caller.id);
    await stage.world.idle();
    expect(await stage.line(caller)).toEqual(['start', 'ended:hangup']);
    expect(await stage.current(caller)).toBe('talk');
    expect((await stage.call(caller.id)).data).toMatchObject({ status: 'hangup', hangup_by: 'remote', hangup_reason: 'normal' });
    expect(await stage.documents('leg')).toEqual([]);
  });
});
