// After a crash: what was carried by a process that is gone has ended, and its runs with it; what outlived it goes on.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deriveId } from '@activeflow/engine';
import { silent } from '../../log.js';
import { openCallStage, type CallStage } from '../testing/call-stage.js';
import { playedSpeech } from '../testing/played-legs.js';
import { startRun } from '../testing/world.js';
import { createCalls } from './call.js';

let stage: CallStage;
beforeEach(async () => { stage = await openCallStage(); });
afterEach(() => stage.close());

const nap = { type: 'sleep', option: { duration: 3_600_000 } };
const talk = { type: 'talk', option: { text: 'x'.repeat(300) } };
const SILENT = { target: '+821100000002' };

describe('a crash', () => {
  it('loses every call: in a prompt, ringing, joined, dialled, recorded; nothing goes on, nothing is left', async () => {
    const on_end_flow_id = await stage.world.flow([{ type: 'stop' }]);
    const callers = [
      await stage.dial([talk, nap]), await stage.dial([nap]), await stage.dial([{ type: 'connect', option: { destinations: [SILENT, { target: '+15550100' }] } }, nap]),
      await stage.dial([{ type: 'recording_start', option: { on_end_flow_id } }, { type: 'conference_join', option: { conference_id: 'a' } }, nap]),
    ];
    const placed = await startRun(stage.world, [{ type: 'call', option: { destinations: [SILENT], actions: [talk] } }, nap]);
    await stage.pass(1_500);
    await stage.restart();
    for (const { id, run } of callers) {
      expect((await stage.call(id)).data).toMatchObject({ status: 'hangup', hangup_by: '', hangup_reason: 'failed' });
      const state = await stage.world.state(run);
      expect(state).toMatchObject({ status: 'ended', end_reason: 'hangup' });
      expect(state.end_detail).toContain('lost');
    }
    expect((await stage.documents('call')).filter(({ data }) => data['status'] !== 'hangup')).toEqual([]);
    expect(await stage.documents('leg')).toEqual([]);
    expect((await stage.world.state(placed)).status).toBe('running');
    const [recording] = await stage.documents('recording');
    expect(recording?.data).toMatchObject({ status: 'ended' });
    expect((await stage.world.state(deriveId(recording?.id ?? '', 'on_end'))).status).toBe('ended');
    expect(stage.calls.up()).toBe(0);
  });

  it('of more calls than a page holds loses them all', async () => {
    for (let i = 0; i < 130; i++) stage.legs.offer('c0000000-0000-4000-8000-000000000001', { flow_id: await stage.world.flow([nap]) });
    await stage.world.idle();
    expect(stage.calls.up()).toBe(130);
    await stage.restart();
    expect(await stage.documents('leg')).toEqual([]);
  });

  it('of a few among many that outlive it loses those', async () => {
    const gone = await stage.dial([nap]);
    for (let i = 0; i < 120; i++) {
      if (i % 20 === 0) await stage.pass(1);
      stage.legs.offer('c0000000-0000-4000-8000-000000000001', { flow_id: await stage.world.flow([nap]) });
    }
    await stage.world.idle();
    const { legs } = stage.legs;
    const { up } = stage.legs;
    Object.assign(legs, { alive: () => Promise.resolve(up().filter((id) => id !== gone.id)) });
    await stage.restart(true);
    expect(stage.calls.up()).toBe(120);
    expect(await stage.line(gone)).toEqual(['start', 'ended:hangup']);
  });

  it('moves no run on before its call is known to be lost', async () => {
    const caller = await stage.dial([talk, { type: 'variable_set', option: { key: 'never', value: '1' } }, nap]);
    const calls = createCalls({ host: stage.world.node().host, legs: { ...stage.legs.legs, alive: () => Promise.resolve([]) }, speech: playedSpeech, log: silent, settings: { recordings: '', max_calls: 0, ring_timeout_ms: 1, outside: (host) => Promise.resolve(host) } });
    const [effect] = await stage.world.effects(caller.run);
    if (effect === undefined) throw new Error('no effect');
    const asked = calls.driver.perform({ ...effect, attempt: 2 }, new AbortController().signal).catch((error: unknown) => error);
    await stage.world.idle();
    expect(await stage.current(caller)).toBe('talk');
    await calls.start();
    expect(await asked).toMatchObject({ reason: 'CALL_ENDED' });
    expect(await stage.line(caller)).toEqual(['start', 'ended:hangup']);
  });

  it('that the leg outlives is gone on from: what plays is not played twice, what ended meanwhile is found', async () => {
    const caller = await stage.dial([talk, nap]);
    const gone = await stage.dial([talk, nap]);
    const dialled = await stage.dial([{ type: 'connect', option: { destinations: [SILENT], timeout: 30_000 } }, nap]);
    await stage.pass(1_000);
    const legs = stage.legs;
    await stage.world.stop();
    legs.legs.listen(() => undefined);
    legs.hangUp(gone.id);
    await stage.restart(true);
    expect(stage.legs.asked(caller.id)).toEqual(['ring', 'answer', 'play 20000']);
    expect(await stage.line(gone)).toEqual(['start', 'ended:hangup']);
    await stage.pass(19_000);
    expect(await stage.current(caller)).toBe('sleep');
    expect(await stage.current(dialled)).toBe('connect');
    await stage.pass(12_000);
    expect(await stage.line(dialled)).toEqual(['start', 'connect:failed:NO_ANSWER']);
  });

  it('of a call that was hung up, but whose leg was not, hangs it up', async () => {
    const caller = await stage.dial([talk]);
    const legs = stage.legs;
    const { hangup } = legs.legs;
    Object.assign(legs.legs, { hangup: () => Promise.reject(new Error('the wire is cut')) });
    await stage.calls.doors.hangup({ customer_id: 'c0000000-0000-4000-8000-000000000001', call_id: caller.id }, 'local', 'normal');
    Object.assign(legs.legs, { hangup });
    await stage.restart(true);
    expect(stage.legs.up()).toEqual([]);
    expect(await stage.documents('leg')).toEqual([]);
  });
});

describe('a stop of the server', () => {
  it('hangs up whatever is up, and the runs end with it', async () => {
    const callers = [await stage.dial([talk]), await stage.dial([nap])];
    await stage.calls.close();
    await stage.world.idle();
    for (const { run } of callers) expect(await stage.world.state(run)).toMatchObject({ status: 'ended', end_reason: 'hangup' });
    expect(stage.legs.up()).toEqual([]);
    expect(await stage.documents('leg')).toEqual([]);
  });
});
