// Two calls joined: who hears what and when, and who is left when somebody goes.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCallStage, type CallStage, type Dialled } from '../testing/call-stage.js';

let stage: CallStage;
beforeEach(async () => { stage = await openCallStage(); });
afterEach(() => stage.close());

const ANSWERS = { target: '+821100000100' }, LATER = { target: '+821100000200' }, BUSY = { target: '+821100000001' }, SILENT = { target: '+821100000002' }, EARLY = { target: '+821100000004' };
const NOWHERE = { target: 'nowhere' };
const answer = { type: 'answer' };
const connect = (destinations: readonly object[], more: object = {}) => ({ type: 'connect', option: { destinations, ...more } });
const talk = { type: 'talk', option: { text: 'Nobody is there.' } };

const legsOf = async ({ id }: Dialled) => (await stage.documents('call')).filter(({ parent }) => parent === id);
const fates = async (caller: Dialled) => (await legsOf(caller)).map(({ data }) => `${String(data['status'])} ${String(data['hangup_reason'])}`.trim());
const result = async ({ run }: Dialled) => (await stage.world.effects(run)).find(({ kind }) => kind === 'call.connect')?.result;

describe('a caller', () => {
  it('who was not answered hears the far end ring, and is answered when somebody is there', async () => {
    const caller = await stage.dial([connect([ANSWERS])]);
    await stage.pass(999);
    expect(stage.legs.asked(caller.id)).toEqual(['ring']);
    await stage.pass(1);
    expect(stage.legs.asked(caller.id)).toEqual(['ring', 'answer', 'stop', 'join relay']);
    expect((await stage.call(caller.id)).data.status).toBe('progressing');
    const [leg] = await legsOf(caller);
    expect(stage.legs.asked(leg?.id ?? '')).toEqual([`originate ${ANSWERS.target}`, 'join relay']);
  });

  it('who was answered hears a tone until then', async () => {
    const caller = await stage.dial([answer, connect([ANSWERS])]);
    await stage.pass(1_000);
    expect(stage.legs.asked(caller.id)).toEqual(['ring', 'answer', 'play Infinity', 'stop', 'join relay']);
  });

  it.each([[true, ['ring', 'ring early', 'stop', 'join relay', 'answer', 'stop', 'join relay']], [false, ['ring', 'answer', 'stop', 'join relay']]])('hears what comes before the answer where that is asked: %s', async (early_media, asked) => {
    const caller = await stage.dial([connect([EARLY], { early_media })]);
    await stage.pass(1_000);
    expect(stage.legs.asked(caller.id)).toEqual(asked);
  });

  it('whose early sound went away hears the tone again', async () => {
    const caller = await stage.dial([answer, connect([EARLY, SILENT], { early_media: true }), talk]);
    await stage.pass(500);
    const [early] = await legsOf(caller);
    stage.legs.hangUp(early?.id ?? '', 'failed');
    await stage.world.idle();
    expect(stage.legs.asked(caller.id)).toEqual(['ring', 'answer', 'play Infinity', 'stop', 'join relay', 'leave', 'play Infinity']);
    await stage.pass(30_000);
    expect(await stage.current(caller)).toBe('talk');
  });

  it('typed digits while somebody talks: they are not kept', async () => {
    const caller = await stage.dial([answer, connect([ANSWERS]), { type: 'digits_receive', option: { length: 1, duration: 500 } }, talk]);
    stage.legs.press(caller.id, '7');
    await stage.pass(1_000);
    stage.legs.press(caller.id, '89');
    stage.legs.hangUp((await legsOf(caller))[0]?.id ?? '');
    await stage.world.idle();
    expect(await stage.variables(caller)).toMatchObject({ 'voipbin.call.digits': '7' });
  });
});

describe('whoever is dialled', () => {
  it('first to answer is joined; who answers at the same time is hung up', async () => {
    const caller = await stage.dial([connect([SILENT, BUSY, ANSWERS, LATER])]);
    await stage.pass(1_000);
    expect(await fates(caller)).toEqual(['hangup cancel', 'hangup busy', 'progressing', 'hangup cancel']);
    expect(stage.calls.up()).toBe(2);
  });

  it('leaves the room: then the caller is not kept waiting', async () => {
    const caller = await stage.dial([connect([ANSWERS]), talk]);
    await stage.pass(1_000);
    const [leg] = await legsOf(caller);
    stage.legs.legs.leave(leg?.id ?? '');
    await stage.world.idle();
    expect(await stage.current(caller)).toBe('talk');
    expect(await fates(caller)).toEqual(['hangup normal']);
  });

  it.each([
    [[NOWHERE], 'NO_ANSWER', ['hangup dialout'], 0], [[NOWHERE, BUSY], 'NO_ANSWER', ['hangup dialout', 'hangup busy'], 200], [[BUSY, BUSY], 'BUSY', ['hangup busy', 'hangup busy'], 200],
    [[SILENT], 'NO_ANSWER', ['hangup noanswer'], 5_000],
  ])('%j is %s', async (destinations, reason, came, after_ms) => {
    const caller = await stage.dial([connect(destinations, { timeout: 5_000 }), talk]);
    await stage.pass(after_ms);
    expect(await stage.line(caller)).toEqual(['start', `connect:failed:${reason}`]);
    expect(await fates(caller)).toEqual(came);
    expect(await stage.current(caller)).toBe('talk');
    expect(stage.calls.up()).toBe(1);
  });

  it('hangs up, and where its reason is handed on the caller goes with it', async () => {
    const caller = await stage.dial([connect([ANSWERS], { relay_reason: true }), talk]);
    await stage.pass(1_000);
    stage.legs.hangUp((await legsOf(caller))[0]?.id ?? '', 'timeout');
    await stage.world.idle();
    expect((await stage.call(caller.id)).data).toMatchObject({ status: 'hangup', hangup_by: 'remote', hangup_reason: 'timeout' });
    expect(stage.legs.asked(caller.id).at(-1)).toBe('hangup timeout');
    expect(stage.calls.up()).toBe(0);
  });

  it('and what became of it is the result', async () => {
    const caller = await stage.dial([connect([ANSWERS]), talk]);
    await stage.pass(1_000);
    const [leg] = await legsOf(caller);
    stage.legs.hangUp(leg?.id ?? '');
    await stage.world.idle();
    expect(await result(caller)).toMatchObject({ ok: true, data: { call_id: leg?.id, hangup_by: 'remote', hangup_reason: 'normal' } });
  });
});

describe('an end', () => {
  it.each([[100, ['hangup cancel', 'hangup cancel']], [1_500, ['hangup normal', 'hangup cancel']]])('of the caller after %i ms is one for all', async (after_ms, came) => {
    const caller = await stage.dial([connect([ANSWERS, SILENT])]);
    await stage.pass(after_ms);
    stage.legs.hangUp(caller.id);
    await stage.world.idle();
    expect(await fates(caller)).toEqual(came);
    expect(stage.calls.up()).toBe(0);
    expect(await stage.documents('leg')).toEqual([]);
    expect(await stage.line(caller)).toEqual(['start', 'ended:hangup']);
  });

  it('of the waiting, because the run is moved on, leaves the caller alone on the line', async () => {
    const caller = await stage.dial([answer, connect([ANSWERS]), { id: 'next', type: 'sleep', option: { duration: 60_000 } }]);
    await stage.pass(1_500);
    const next = (await stage.world.store.list((await stage.state(caller)).frames[0]?.list_id ?? ''))?.at(-1)?.id ?? '';
    await stage.world.node().host.forward(caller.run, next);
    await stage.world.idle();
    expect(await fates(caller)).toEqual(['hangup normal']);
    expect((await stage.call(caller.id)).data.status).toBe('progressing');
    expect(stage.legs.asked(caller.id).at(-1)).toBe('leave');
  });

  it('of the process, where both legs outlive it, is noticed by neither', async () => {
    const caller = await stage.dial([answer, connect([ANSWERS]), { type: 'sleep', option: { duration: 60_000 } }]);
    await stage.pass(1_500);
    await stage.restart(true);
    expect(await stage.current(caller)).toBe('connect');
    expect(await fates(caller)).toEqual(['progressing']);
    stage.legs.hangUp((await legsOf(caller))[0]?.id ?? '');
    await stage.world.idle();
    expect(await stage.current(caller)).toBe('sleep');
  });
});
