// Calls that a flow places: what they run and when, whom they end with, and those that come to nothing.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deriveId, NONE_ID } from '@activeflow/engine';
import { openCallStage, type CallStage } from '../testing/call-stage.js';
import { startRun } from '../testing/world.js';

let stage: CallStage;
beforeEach(async () => { stage = await openCallStage(); });
afterEach(() => stage.close());

const ANSWERS = { target: '+821100000100' }, BUSY = { target: '+821100000001' }, SILENT = { target: '+821100000002' }, MACHINE = { target: '+821100000003' }, NOWHERE = { target: 'nowhere' };
const nap = { type: 'sleep', option: { duration: 3_600_000 } };
const hello = { type: 'talk', option: { text: 'Hello.' } }; // 6 characters: 400 ms
const calls = async () => (await stage.documents('call')).filter(({ data }) => data['direction'] === 'outgoing');
const fates = async () => (await calls()).map(({ data }) => `${String(data['status'])} ${String(data['hangup_reason'])}`.trim());
const place = (destinations: readonly object[], more: object = {}) => ({ type: 'call', option: { destinations, actions: [hello], source: { target: '+15550001' }, ...more } });

describe('a call that is placed', () => {
  it('is dialled, rings, is answered, runs its actions, and is hung up; the run that placed it goes on at once', async () => {
    const run = await startRun(stage.world, [place([ANSWERS]), { type: 'stop' }]);
    await stage.world.idle();
    expect((await stage.world.state(run)).end_reason).toBe('stopped');
    expect(await fates()).toEqual(['dialing']);
    await stage.pass(200);
    expect(await fates()).toEqual(['ringing']);
    await stage.pass(800);
    const [call] = await calls();
    expect(call?.data).toMatchObject({ status: 'progressing', source: { type: 'tel', target: '+15550001' }, activeflow_id: deriveId(call?.id ?? '', 'activeflow') });
    expect((await stage.world.state(String(call?.data['activeflow_id']))).variables).toMatchObject({ 'voipbin.call.direction': 'outgoing', 'voipbin.call.status': 'progressing' });
    await stage.pass(400);
    expect(await fates()).toEqual(['hangup normal']);
    expect(stage.legs.asked(call?.id ?? '')).toEqual([`originate ${ANSWERS.target}`, 'play 400', 'hangup normal']);
    expect(await stage.documents('leg')).toEqual([]);
  });

  it('begins its run at the ringing where that is asked; what is said waits for the answer', async () => {
    await startRun(stage.world, [place([ANSWERS], { early_execution: true, actions: [{ type: 'variable_set', option: { key: 'early', value: '1' } }, hello] })]);
    await stage.pass(200);
    const [ringing] = await calls();
    const run = String(ringing?.data['activeflow_id']);
    expect(await stage.world.state(run)).toMatchObject({ current: { action: { type: 'talk' } }, variables: { early: '1', 'voipbin.call.status': 'ringing' } });
    await stage.pass(700);
    expect(stage.legs.asked(ringing?.id ?? '')).toHaveLength(1);
    await stage.pass(1_000);
    expect((await stage.world.state(run)).end_reason).toBe('completed');
    expect(await fates()).toEqual(['hangup normal']);
  });

  it.each([[BUSY, 'busy', 200], [SILENT, 'noanswer', 60_000], [NOWHERE, 'dialout', 0]])('to %j is over as %s', async (destination, reason, after_ms) => {
    await startRun(stage.world, [place([destination]), nap]);
    await stage.pass(after_ms);
    expect(await fates()).toEqual([`hangup ${reason}`]);
    expect((await calls())[0]?.data).toMatchObject({ activeflow_id: NONE_ID, tm_progressing: null });
    expect(stage.calls.up()).toBe(0);
    expect(await stage.documents('leg')).toEqual([]);
  });

  it('is not dialled beyond as many as a customer may have', async () => {
    await stage.close();
    stage = await openCallStage({ max_calls: 2 });
    await startRun(stage.world, [place([SILENT, SILENT, SILENT]), nap]);
    await stage.world.idle();
    expect((await fates()).sort()).toEqual(['dialing', 'dialing', 'hangup failed']);
  });

  it('whose flow is not there ends the run that places it', async () => {
    const run = await startRun(stage.world, [{ type: 'call', option: { destinations: [ANSWERS], flow_id: 'f1000000-0000-4000-8000-000000000009' } }, nap]);
    await stage.world.idle();
    expect(await stage.world.state(run)).toMatchObject({ end_reason: 'failed' });
    expect(await calls()).toEqual([]);
  });

  it('ends with the call that placed it where they are chained, and not where they are not', async () => {
    const caller = await stage.dial([{ type: 'answer' }, place([SILENT], { chained: true }), place([SILENT]), nap]);
    await stage.pass(500);
    expect((await stage.call(caller.id)).data.carried.chained_calls).toHaveLength(1);
    stage.legs.hangUp(caller.id);
    await stage.world.idle();
    expect((await fates()).sort()).toEqual(['hangup normal', 'ringing']);
  });

  it('is refused where the call that it is chained to has ended', async () => {
    const caller = await stage.dial([{ type: 'answer' }, nap]);
    const [effect] = await stage.world.effects(caller.run);
    stage.legs.hangUp(caller.id);
    await stage.world.idle();
    if (effect === undefined) throw new Error('no effect');
    const payload = { destinations: [ANSWERS], source: ANSWERS, flow_id: '', actions: [], chained: true, early_execution: false, anonymous: '', master_call_id: caller.id };
    await expect(stage.calls.driver.perform({ ...effect, kind: 'call.create', payload }, new AbortController().signal)).rejects.toMatchObject({ reason: 'CALL_ENDED' });
  });

  it.each([[MACHINE, false, 'hangup', 'stopped', 'normal'], [MACHINE, true, 'hangup', 'hangup', 'amd'], [ANSWERS, false, 'hangup', '', ''], [MACHINE, false, 'continue', '', '']])('to %j with amd, async %s, on a machine %s: the run ends %j', async (destination, async, machine_handle, end_reason, hangup_reason) => {
    await startRun(stage.world, [place([destination], { actions: [{ type: 'amd', option: { async, machine_handle } }, nap] })]);
    await stage.pass(5_000);
    const [call] = await calls();
    expect(call?.data).toMatchObject({ hangup_reason });
    expect((await stage.world.state(String(call?.data['activeflow_id']))).end_reason).toBe(end_reason);
  });
});
