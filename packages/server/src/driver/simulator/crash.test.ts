// What a process that dies at the wrong moment leaves behind, and how the next one puts it right.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStage, refusal, type Stage } from '../testing/stage.js';
import { StoreUnavailable, type Change } from '../../store/store.js';
import { newDocument, nextCall, withChanges, type Call } from './call.js';
import { createSimulator } from './simulator.js';

let stage: Stage;
beforeEach(async () => { stage = await openStage(); });
afterEach(() => stage.world.stop());

const talk = { type: 'talk', option: { text: 'x'.repeat(150), digits_handle: 'next' } }; // 10 s
const sleep = { type: 'sleep', option: { duration: 600_000 } };

/** As if the process had died right after this write. */
const leave = async (call: Call, data: Call['data']): Promise<void> => {
  await stage.world.store.commit([{ documents: [nextCall(call, data, stage.world.clock.now())] }]);
};

const ANSWERS = { target: '+821100000100' };
const SILENT = { target: '+821100000002' };

it.each([[[ANSWERS]], [[ANSWERS, SILENT]]])('between the end of a call and that of those chained to it, %j: they end at the next look', async (destinations) => {
  const caller = await stage.play([{ type: 'call', option: { destinations, chained: true, actions: [talk] } }, sleep]);
  await stage.world.pass(2_000);
  const master = await stage.callNow(caller);
  await leave(master, withChanges(master.data, { status: 'hangup', hangup_by: 'remote', hangup_reason: 'normal' }));
  await stage.world.restart();
  await stage.world.idle();
  const [, answered, ...others] = await stage.calls();
  expect([answered!, ...others].map((call) => call.data.status)).toEqual(destinations.map(() => 'hangup'));
  expect((await stage.world.state(answered!.data.activeflow_id)).end_reason).toBe('hangup');
});

it('before anybody looked at a call that nobody answers: its early run says nothing on it', async () => {
  const caller = await stage.play([{ type: 'call', option: { destinations: [SILENT], early_execution: true, actions: [talk] } }, sleep]);
  await stage.world.pass(200);
  const [, dialled] = await stage.calls();
  await stage.world.stop();
  stage.world.clock.advance(60_000);
  const [effect] = await stage.world.effects(dialled!.data.activeflow_id);
  const perform = createSimulator(stage.world.node().host).driver.perform({ ...effect!, attempt: 2 }, new AbortController().signal);
  await expect(perform).rejects.toMatchObject({ reason: 'CALL_ENDED' });
  expect((await stage.call(dialled!.id)).data).toMatchObject({ status: 'hangup', hangup_by: 'remote', hangup_reason: 'noanswer', tm_progressing: null });
  expect((await stage.world.state(dialled!.data.activeflow_id)).end_reason).toBe('hangup');
  expect(await stage.current(caller)).toBe('sleep');
});

it('between a result and the dispatcher\'s knowledge of it: what is over does not begin again', async () => {
  const caller = await stage.play([talk, sleep]);
  await stage.world.pass(10_000);
  const before = await stage.callNow(caller);
  const [effect] = await stage.world.effects(caller.run);
  await createSimulator(stage.world.node().host).driver.perform({ ...effect!, status: 'performing', attempt: 2 }, new AbortController().signal);
  expect(await stage.callNow(caller)).toEqual(before);
});

it('between a run\'s next step and the cancelling of its last: digits find nobody waiting, and are kept', async () => {
  const caller = await stage.play([talk, sleep]);
  await stage.world.stop();
  const { runner } = stage.world.node();
  const { actions } = await runner.list((await stage.state(caller)).frames[0]!.list_id);
  await runner.handle(caller.run, { type: 'forward', action_id: actions[1]!.id, now: true }, { cause: { by: 'api' } });
  expect((await stage.callNow(caller)).data.played.waits).toHaveLength(1);
  expect(refusal(await stage.doors.digits(caller.which, '1'))).toBeUndefined();
  expect((await stage.callNow(caller)).data.played).toMatchObject({ digits: '1', waits: [] });
  await stage.world.restart();
  await stage.world.idle();
  expect((await stage.world.effects(caller.run))[0]!.status).toBe('canceled');
  expect(await stage.current(caller)).toBe('sleep');
});

it.each(['digits', 'hangup'] as const)('after the commit of %s, whose repetition is answered and not carried out: its recording has ended', async (door) => {
  const caller = await stage.play([{ type: 'recording_start', option: { end_of_key: '#' } }, sleep]);
  const { store } = stage.world;
  const commit = store.commit.bind(store);
  let gone = false;
  Object.assign(store, { commit: async (changes: readonly Change[]) => {
    if (gone) throw new StoreUnavailable('the process is gone');
    // Nothing is written any more after the commit that says it was done.
    gone = changes.some(({ documents }) => documents?.some(({ kind }) => kind === 'number'));
    return commit(changes);
  } });
  const receipt = () => [newDocument('number', { id: 'receipt', customer_id: caller.which.customer_id, parent: '' }, 1, {})];
  const opened = door === 'digits' ? stage.doors.digits(caller.which, '#', receipt) : stage.doors.hangup(caller.which, 'remote', 'normal', receipt);
  await opened.catch((error: unknown) => { if (!(error instanceof StoreUnavailable)) throw error; });
  expect(gone).toBe(true);
  Object.assign(store, { commit });
  const again = await (door === 'digits' ? stage.doors.digits(caller.which, '#', receipt) : stage.doors.hangup(caller.which, 'remote', 'normal', receipt));
  expect(refusal(again)).toBe('STATE_INVALID');
  expect((await stage.callNow(caller)).data).toMatchObject(door === 'digits' ? { played: { digits: '#' } } : { status: 'hangup' });
  expect((await stage.documents('recording')).map(({ data }) => data['status'])).toEqual(['ended']);
});

describe('a restart before each step', () => {
  it('leads where the calm run leads', async () => {
    const flow = [
      talk, { type: 'digits_receive', option: { length: 2, duration: 5_000 } }, { type: 'recording_start', option: { duration: 3 } },
      { type: 'connect', option: { destinations: [{ target: '+821100000001' }] } }, { type: 'call', option: { destinations: [{ target: '+821100000100' }], actions: [talk] } }, talk,
    ];
    const course = async (restarts: boolean) => {
      const caller = await stage.play(flow);
      for (let step = 0; step < 30; step++) {
        if (restarts) await stage.world.restart();
        if (step === 12) await stage.doors.digits(caller.which, '1');
        if (step === 14) await stage.doors.digits(caller.which, '23');
        await stage.world.pass(1_000);
      }
      const { data } = await stage.callNow(caller);
      const began = (await stage.world.events(caller.run))[0]!.at;
      const events = (await stage.world.events(caller.run)).map(({ type, at }) => [type, at - began]);
      return { line: await stage.line(caller), events, digits: data.played.digits, status: data.status, calls: (await stage.calls()).length };
    };
    const calm = await course(false);
    await stage.world.stop();
    stage = await openStage();
    expect(await course(true)).toEqual(calm);
    expect(calm).toMatchObject({ line: ['start', 'talk', 'digits_receive', 'recording_start', 'connect:failed:BUSY', 'call', 'talk', 'ended:completed'], status: 'hangup', digits: '3', calls: 3 });
  });
});
