// Calls that a flow places, and calls that it joins.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NONE_ID, type Option } from '@activeflow/engine';
import { openStage, refusal, type Caller, type Stage } from '../testing/stage.js';
import { CUSTOMER, startRun } from '../testing/world.js';
import type { Call } from './call.js';

let stage: Stage;
beforeEach(async () => { stage = await openStage(); });
afterEach(() => stage.world.stop());

const ANSWERS = { target: '+821100000100' };
const BUSY = { target: '+821100000001' };
const SILENT = { target: '+821100000002' };
const set = (key: string, value: string) => ({ type: 'variable_set', option: { key, value } });
const talk = { type: 'talk', option: { text: 'x'.repeat(150) } }; // 10 s
const place = (option: Option) => ({ type: 'call', option });
const statuses = async () => (await stage.calls()).filter(({ data }) => data.direction === 'outgoing').map(({ data }) => [data.status, data.hangup_reason]);
const outgoing = async (): Promise<readonly Call[]> => (await stage.calls()).filter(({ data }) => data.direction === 'outgoing');
const runOf = async (call: Call) => stage.world.state(call.data.activeflow_id);

describe('call', () => {
  const run = (option: Option) => startRun(stage.world, [place({ source: { target: '+8211' }, actions: [set('who', '${voipbin.call.destination.target}'), talk], ...option }), { type: 'sleep', option: { duration: 60_000 } }]);

  it('dials, goes on at once, and each call begins its run at its answer', async () => {
    const id = await run({ destinations: [ANSWERS, BUSY, SILENT, { target: 'sip:anna@example.org' }] });
    await stage.world.idle();
    expect((await stage.world.state(id)).current.action.type).toBe('sleep');
    expect(await statuses()).toEqual(Array(4).fill(['dialing', '']));
    await stage.world.pass(999);
    expect(await statuses()).toEqual([['ringing', ''], ['hangup', 'busy'], ['ringing', ''], ['ringing', '']]);
    expect((await outgoing()).map(({ data }) => data.activeflow_id)).toEqual(Array(4).fill(NONE_ID));
    await stage.world.pass(1);
    const [first, busy, silent, sip] = await outgoing();
    expect(await runOf(first!)).toMatchObject({
      status: 'running', reference: { type: 'call', id: first!.id }, variables: {
        who: '+821100000100', 'voipbin.call.direction': 'outgoing', 'voipbin.call.status': 'progressing', 'voipbin.call.source.target': '+8211',
        'voipbin.call.source.type': 'tel', 'voipbin.call.destination.type': 'tel', 'voipbin.call.master_call_id': '',
      },
    });
    expect(await runOf(sip!)).toMatchObject({ variables: { who: 'sip:anna@example.org', 'voipbin.call.destination.type': 'sip' } });
    await stage.world.pass(25_000);
    expect((await stage.call(silent!.id)).data).toMatchObject({ status: 'hangup', hangup_by: 'remote', hangup_reason: 'noanswer', activeflow_id: NONE_ID });
    expect((await stage.call(busy!.id)).data).toMatchObject({ hangup_by: 'remote', tm_ringing: null, tm_progressing: null });
    expect((await runOf(first!)).end_reason).toBe('completed');
    expect((await stage.call(first!.id)).data).toMatchObject({ status: 'hangup', hangup_by: 'local', hangup_reason: 'normal' });
    expect(await stage.world.effects(id)).toMatchObject([{ kind: 'call.create', status: 'done', attempt: expect.any(Number) as number }]);
  });

  it('a restart at any moment dials nobody twice, and loses nobody', async () => {
    const id = await run({ destinations: [ANSWERS, SILENT] });
    await stage.world.restart();
    await stage.world.pass(500);
    await stage.world.restart();
    await stage.world.pass(500);
    await stage.world.restart();
    await stage.world.pass(30_000);
    expect(await outgoing()).toHaveLength(2);
    expect(await statuses()).toEqual([['hangup', 'normal'], ['hangup', 'noanswer']]);
    expect((await stage.world.store.activeflows({ customer_id: CUSTOMER, limit: 100 })).rows.length).toBe(2);
    expect((await stage.world.state(id)).current.action.type).toBe('sleep');
  });

  it('with early_execution begins at the ringing, and is heard from the answer on', async () => {
    await run({ destinations: [ANSWERS, BUSY, SILENT], early_execution: true });
    await stage.world.pass(200);
    const [first, busy, silent] = await outgoing();
    expect(await runOf(first!)).toMatchObject({ current: { action: { type: 'talk' } }, variables: { who: ANSWERS.target, 'voipbin.call.status': 'ringing' } });
    expect(busy!.data.activeflow_id).toBe(NONE_ID);
    await stage.world.pass(800 + 9_999);
    expect((await runOf(first!)).status).toBe('running');
    await stage.world.pass(1);
    expect(await runOf(first!)).toMatchObject({ end_reason: 'completed', variables: { 'voipbin.call.status': 'progressing' } });
    await stage.world.pass(14_000);
    expect(await runOf(silent!)).toMatchObject({ end_reason: 'hangup' });
    expect((await stage.call(silent!.id)).data.hangup_reason).toBe('noanswer');
  });

  it('runs a flow by its id, the revision of the dialling; a flow that is not there ends the run', async () => {
    const flow_id = await stage.world.flow([set('by', 'flow')]);
    await run({ destinations: [ANSWERS], flow_id, actions: [] });
    await stage.world.pass(1_000);
    expect(await runOf((await outgoing())[0]!)).toMatchObject({ flow_id, flow_revision: 1, variables: { by: 'flow' } });
    const id = await run({ destinations: [ANSWERS], flow_id: 'none', actions: [] });
    await stage.world.idle();
    expect((await stage.world.state(id)).end_detail).toContain('FLOW_NOT_FOUND');
    expect(await outgoing()).toHaveLength(1);
  });

  it('a flow that is deleted while it rings is run all the same: it was chosen at the dialling', async () => {
    const flow_id = await stage.world.flow([set('by', 'flow')]);
    await run({ destinations: [ANSWERS], flow_id, actions: [] });
    await stage.world.idle();
    const flow = await stage.world.store.document('flow', flow_id);
    await stage.world.store.commit([{ documents: [{ ...flow!, version: 2, tm_delete: stage.world.clock.now() }] }]);
    await stage.world.pass(1_000);
    expect(await runOf((await outgoing())[0]!)).toMatchObject({ flow_id, end_reason: 'completed', variables: { by: 'flow' } });
  });

  it.each([true, false])('with chained %s, ends with its master or not, answered or still ringing', async (chained) => {
    const caller = await stage.play([place({ destinations: [ANSWERS, SILENT], chained, actions: [talk] }), talk]);
    await stage.world.pass(2_000);
    await stage.doors.hangup(caller.which, 'remote', 'normal');
    await stage.world.pass(1_000);
    const [first, silent] = await outgoing();
    expect(first!.data.status).toBe(chained ? 'hangup' : 'progressing');
    expect(silent!.data.status).toBe(chained ? 'hangup' : 'ringing');
    expect((await runOf(first!)).end_reason).toBe(chained ? 'hangup' : '');
    expect((await stage.world.state(first!.data.activeflow_id)).variables['voipbin.call.master_call_id']).toBe(caller.which.call_id);
  });

  it('a machine is one that is dialled as such', async () => {
    const actions = [{ type: 'amd', option: { machine_handle: 'hangup' } }, talk];
    await run({ destinations: [ANSWERS, { target: '+821100000003' }], actions });
    await stage.world.pass(1_000);
    const [human, machine] = await outgoing();
    expect((await runOf(human!)).current.action.type).toBe('talk');
    expect(await runOf(machine!)).toMatchObject({ end_reason: 'stopped' });
    expect((await stage.call(machine!.id)).data.status).toBe('hangup');
  });
});

describe('connect', () => {
  const connect = (option: Option) => [{ type: 'connect', option }, set('after', '1'), talk];
  const bridged = async (caller: Caller) => { await stage.world.pass(1_000); return (await outgoing()).filter(({ data }) => data.status === 'progressing' && data.played.master_call_id === caller.which.call_id); };

  it('bridges the first to answer, rings the others no longer, and goes on when that one hangs up', async () => {
    const caller = await stage.play(connect({ destinations: [SILENT, BUSY, ANSWERS, { target: '+821100000200' }] }));
    await stage.world.pass(999);
    expect(await statuses()).toEqual([['ringing', ''], ['hangup', 'busy'], ['ringing', ''], ['ringing', '']]);
    await stage.world.pass(1);
    expect(await statuses()).toEqual([['hangup', 'cancel'], ['hangup', 'busy'], ['progressing', ''], ['hangup', 'cancel']]);
    await stage.world.pass(3_600_000);
    expect(await stage.current(caller)).toBe('connect');
    const leg = (await outgoing())[2]!;
    expect(refusal(await stage.doors.hangup({ customer_id: CUSTOMER, call_id: leg.id }, 'remote', 'normal'))).toBeUndefined();
    await stage.world.idle();
    expect(await stage.current(caller)).toBe('talk');
    expect(await stage.variables(caller)).toMatchObject({ after: '1' });
    expect((await stage.world.effects(caller.run))[0]).toMatchObject({ kind: 'call.connect', status: 'done', result: { ok: true, data: { call_id: leg.id, hangup_by: 'remote', hangup_reason: 'normal' } } });
    expect((await stage.callNow(caller)).data.status).toBe('progressing');
  });

  it('ends the other side when the caller hangs up, answered or ringing', async () => {
    for (const after_ms of [500, 1_500]) {
      const caller = await stage.play(connect({ destinations: [ANSWERS, SILENT] }));
      await stage.world.pass(after_ms);
      await stage.doors.hangup(caller.which, 'remote', 'normal');
      await stage.world.idle();
      expect(await stage.state(caller)).toMatchObject({ end_reason: 'hangup', current: { action: { type: 'connect' } } });
    }
    expect(await statuses()).toEqual([['hangup', 'cancel'], ['hangup', 'cancel'], ['hangup', 'normal'], ['hangup', 'cancel']]);
  });

  it.each([[[BUSY], 'BUSY', 200], [[SILENT, BUSY], 'NO_ANSWER', 25_000], [[SILENT], 'NO_ANSWER', 25_000]])('%j is %s after %i ms', async (destinations, reason, after_ms) => {
    const caller = await stage.play(connect({ destinations }));
    await stage.world.pass(after_ms - 1);
    expect(await stage.current(caller)).toBe('connect');
    await stage.world.pass(1);
    expect(await stage.line(caller)).toEqual(['start', `connect:failed:${reason}`, 'variable_set']);
  });

  it.each([[SILENT, 5_000], [ANSWERS, 900]])('%j rings no longer than it may', async (destination, timeout) => {
    const caller = await stage.play(connect({ destinations: [destination], timeout }));
    await stage.world.pass(timeout - 1);
    expect(await stage.current(caller)).toBe('connect');
    await stage.world.pass(1);
    expect(await stage.line(caller)).toEqual(['start', 'connect:failed:NO_ANSWER', 'variable_set']);
  });

  it.each([[[BUSY], 'busy'], [[ANSWERS], 'failed']])('with relay_reason, %j hangs the caller up as %s', async (destinations, reason) => {
    const caller = await stage.play(connect({ destinations, relay_reason: true }));
    const [leg] = await bridged(caller);
    if (leg) await stage.doors.hangup({ customer_id: CUSTOMER, call_id: leg.id }, 'remote', 'failed');
    await stage.world.idle();
    expect(await stage.state(caller)).toMatchObject({ end_reason: 'hangup', current: { action: { type: 'connect' } } });
    expect((await stage.callNow(caller)).data).toMatchObject({ status: 'hangup', hangup_by: 'remote', hangup_reason: reason });
  });

  it('survives a restart while it rings and while it is bridged, also one between a hangup and its consequence', async () => {
    const caller = await stage.play(connect({ destinations: [ANSWERS, SILENT] }));
    await stage.world.pass(500);
    await stage.world.restart();
    const [leg] = await bridged(caller);
    await stage.world.restart();
    await stage.world.idle();
    expect(await stage.current(caller)).toBe('connect');
    // As if the process had died between the leg's end and the look at the caller.
    const at = stage.world.clock.now();
    const gone = { ...leg!, version: leg!.version + 1, data: { ...leg!.data, status: 'hangup', hangup_by: 'remote', hangup_reason: 'normal', tm_hangup: at } };
    await stage.world.store.commit([{ documents: [gone] }]);
    await stage.world.restart();
    await stage.world.idle();
    expect(await stage.current(caller)).toBe('talk');
    expect(await outgoing()).toHaveLength(2);
  });

  it('that is made to fail stops ringing', async () => {
    const caller = await stage.play(connect({ destinations: [ANSWERS] }));
    await stage.doors.failEffect(caller.which, (await stage.state(caller)).current.action.id);
    await stage.world.idle();
    expect(await stage.line(caller)).toEqual(['start', 'connect:failed:PLAYED_FAILURE', 'variable_set']);
    expect(await statuses()).toEqual([['hangup', 'cancel']]);
  });
});
