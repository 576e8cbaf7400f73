// The rest of what is played: tones, recordings, machines, messages; and what several at once do to one call.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStage, refusal, type Stage } from '../testing/stage.js';
import { CUSTOMER, parse, startRun } from '../testing/world.js';
import { spokenMs } from './speech.js';

let stage: Stage;
beforeEach(async () => { stage = await openStage(); });
afterEach(() => stage.world.stop());

const talk = { type: 'talk', option: { text: 'x'.repeat(150) } }; // 10 s
const sleep = { type: 'sleep', option: { duration: 60_000 } };

describe('how long a text is spoken', () => {
  it.each([
    ['', 300], ['Hi', 300], ['x'.repeat(15), 1_000], ['x'.repeat(16), 1_067], ['<speak>x</speak>', 300],
    [`<speak>${'x'.repeat(30)}<break time="500ms"/><break time='1.5s'/></speak>`, 4_000], ['<break time="5m"/>', 300], ['<break time="99s"/>', 10_000],
    ['<break time="."/>', 300], ['a < b', 333], ['  a \n\n  b  ', 300], ['안녕하세요 반갑습니다 좋아요'.slice(0, 15), 1_000], ['<'.repeat(100_000), 6_666_667],
  ])('%j: %i ms', (text, ms) => { expect(spokenMs(text)).toBe(ms); });
});

describe('what lasts', () => {
  it.each([
    [{ type: 'play', option: { stream_urls: ['a', 'b'] } }, 6_000], [{ type: 'beep' }, 300], [{ type: 'echo', option: { duration: 700 } }, 700],
    [{ type: 'stream_echo', option: { duration: 1_700 } }, 1_700], [{ type: 'digits_send', option: { digits: '123' } }, 510], [talk, 10_000],
  ])('%j answers the call and lasts %i ms', async (action, lasts_ms) => {
    const caller = await stage.play([action, sleep]);
    expect((await stage.callNow(caller)).data).toMatchObject({ status: 'progressing', tm_progressing: stage.world.clock.now() });
    await stage.world.pass(lasts_ms - 1);
    expect(await stage.current(caller)).toBe(action.type);
    expect(await stage.variables(caller)).toMatchObject({ 'voipbin.call.status': 'ringing' });
    await stage.world.pass(1);
    expect(await stage.current(caller)).toBe('sleep');
    expect(await stage.variables(caller)).toMatchObject({ 'voipbin.call.status': 'progressing' });
  });

  it('an asynchronous prompt is heard beside what follows, and ends with the call', async () => {
    const caller = await stage.play([{ type: 'talk', option: { ...talk.option, async: true, digits_handle: 'next' } }, { type: 'digits_receive', option: { length: 2, duration: 60_000 } }, sleep]);
    expect((await stage.callNow(caller)).data.played.waits.map(({ kind }) => kind).sort()).toEqual(['call.digits_receive', 'call.talk']);
    await stage.doors.digits(caller.which, '12');
    await stage.world.idle();
    expect((await stage.callNow(caller)).data.played).toMatchObject({ digits: '', waits: [] });
    expect((await stage.world.effects(caller.run)).map(({ status }) => status)).toEqual(['done', 'done']);
    const other = await stage.play([{ type: 'talk', option: { ...talk.option, async: true } }, sleep], { auto_play: false });
    await stage.doors.hangup(other.which, 'remote', 'normal');
    await stage.world.idle();
    expect(await stage.world.effects(other.run)).toMatchObject([{ status: 'failed', result: { reason: 'CALL_ENDED' } }]);
  });

  it('a run that is moved on leaves no wait behind', async () => {
    const caller = await stage.play([talk, { id: 'there', ...sleep }]);
    const to = (await stage.world.node().runner.list((await stage.state(caller)).frames[0]!.list_id)).actions[1]!.id;
    await stage.world.node().runner.handle(caller.run, { type: 'forward', action_id: to, now: true }, { cause: { by: 'api' } });
    await stage.world.idle();
    expect((await stage.callNow(caller)).data.played.waits).toEqual([]);
    expect(await stage.world.effects(caller.run)).toMatchObject([{ status: 'canceled' }]);
  });

  it('a run that is stopped hangs its call up', async () => {
    const caller = await stage.play([talk]);
    await stage.world.node().runner.handle(caller.run, { type: 'stop', reason: 'canceled' }, { cause: { by: 'api' } });
    await stage.world.idle();
    expect((await stage.callNow(caller)).data).toMatchObject({ status: 'hangup', hangup_by: 'local', hangup_reason: 'normal', played: { waits: [] } });
  });
});

describe('a machine', () => {
  it.each([[false, false, 'progressing'], [true, false, 'hangup'], [true, true, 'hangup'], [false, true, 'progressing']])('machine %s, async %s: %s', async (machine, async, status) => {
    const caller = await stage.play([{ type: 'amd', option: { machine_handle: 'hangup', async } }, sleep], { machine });
    await stage.world.idle();
    expect((await stage.callNow(caller)).data.status).toBe(status);
    expect((await stage.callNow(caller)).data.hangup_reason).toBe(machine ? (async ? 'amd' : 'normal') : '');
  });
});

describe('a recording', () => {
  const record = (option: object = {}) => ({ type: 'recording_start', option: { format: 'mp3', ...option } });
  const recording = async () => (await stage.documents('recording'))[0]!;

  it('begins at once, and ends where it is told to', async () => {
    const caller = await stage.play([record(), { type: 'recording_stop' }, sleep]);
    const { id, data, customer_id } = await recording();
    expect({ customer_id, ...data }).toMatchObject({ customer_id: CUSTOMER, reference_id: caller.which.call_id, status: 'ended', format: 'mp3', played: true });
    expect((await stage.callNow(caller)).data.recording_ids).toEqual([id]);
    expect(await stage.variables(caller)).toMatchObject({ 'voipbin.recording.id': id, 'voipbin.recording.format': 'mp3', 'voipbin.recording.recording_name': data['recording_name'] });
    expect((await stage.variables(caller))['voipbin.recording.filenames']).toMatch(/^call_.*_in\.mp3,call_.*_out\.mp3$/);
  });

  it.each([
    ['its duration', async () => { await stage.world.pass(4_999); expect((await recording()).data['status']).toBe('recording'); await stage.world.restart(); await stage.world.pass(1); }],
    ['a key', async (which: never) => { await stage.doors.digits(which, '12'); expect((await recording()).data['status']).toBe('recording'); await stage.doors.digits(which, '#'); }],
    ['the call', async (which: never) => { await stage.doors.hangup(which, 'remote', 'normal'); expect((await recording()).data['status']).toBe('ended'); }],
  ])('ends with %s, and starts its flow once', async (_what, end) => {
    const flow_id = await stage.world.flow([{ type: 'variable_set', option: { key: 'got', value: '${voipbin.recording.id}' } }]);
    const caller = await stage.play([record({ duration: 5, end_of_key: '#', on_end_flow_id: flow_id }), sleep]);
    expect(await stage.current(caller)).toBe('sleep');
    await end(caller.which as never);
    await stage.world.pass(10_000);
    const { id, data } = await recording();
    expect(data['status']).toBe('ended');
    const runs = (await stage.world.store.activeflows({ customer_id: CUSTOMER, limit: 100 })).rows.map(({ row }) => row).filter(({ reference }) => reference.type === 'recording');
    expect(runs).toMatchObject([{ flow_id, reference: { id, activeflow_id: caller.run }, variables: { got: id } }]);
  });
});

describe('messages', () => {
  it('are delivered, once for each effect', async () => {
    const id = await startRun(stage.world, [
      { type: 'message_send', option: { source: { target: '+1' }, destinations: [{ target: '+2' }, { target: '+3' }], text: 'é'.repeat(71) } },
      { type: 'email_send', option: { destinations: [{ target: 'a@b' }] } }, { type: 'conversation_send', option: { conversation_id: 'c', text: 't', sync: true } },
    ]);
    await stage.world.idle();
    const target = (to: string) => ({ destination: { type: 'tel', target: to }, status: 'delivered', parts: 2, tm_update: stage.world.clock.now() });
    expect(await stage.documents('message')).toMatchObject([{ customer_id: CUSTOMER, data: { direction: 'outbound', source: { target: '+1' }, activeflow_id: id, targets: [target('+2'), target('+3')] } }]);
    expect((await stage.world.effects(id)).map(({ result }) => result)).toMatchObject(Array(3).fill({ ok: true, data: { played: true } }));
  });

  it('come in and start a run', async () => {
    const actions = parse([{ type: 'variable_set', option: { key: 'said', value: '${voipbin.message.source.target}: ${voipbin.message.text}' } }, talk]);
    const made = await stage.messages.receive({ customer_id: CUSTOMER, actions, source: { target: '+4' }, number: '+5', text: 'hello' });
    if ('refused' in made) throw new Error(made.message);
    expect(made.message.data).toMatchObject({ direction: 'inbound', text: 'hello', activeflow_id: made.activeflow_id, targets: [{ destination: { target: '+5' }, status: 'received', parts: 1 }] });
    await stage.world.idle();
    expect(await stage.world.state(made.activeflow_id)).toMatchObject({
      end_reason: 'completed', reference: { type: 'sms', id: made.message.id }, variables: { said: '+4: hello', 'voipbin.message.id': made.message.id, 'voipbin.message.destination.target': '+5' },
    });
    expect(refusal(await stage.messages.receive({ customer_id: CUSTOMER, flow_id: 'none', text: '' }))).toBe('FLOW_NOT_FOUND');
  });
});

describe('many at once', () => {
  it('lose no digit and settle no wait twice', async () => {
    const collect = { type: 'digits_receive', option: { length: 3, duration: 60_000 } };
    const keep = (key: string) => ({ type: 'variable_set', option: { key, value: '${voipbin.call.digits}' } });
    const caller = await stage.play([collect, keep('a'), collect, keep('b'), sleep]);
    await Promise.all([...'1234567'].map((digit) => stage.doors.digits(caller.which, digit)));
    await stage.world.idle();
    const { a = '', b = '' } = await stage.variables(caller);
    const { digits } = (await stage.callNow(caller)).data.played;
    expect([a.length, b.length, digits.length]).toEqual([3, 3, 1]);
    expect([...a + b + digits].sort().join('')).toBe('1234567');
  });

  it('a hangup among digits is the end for all of them', async () => {
    const caller = await stage.play([{ type: 'digits_receive', option: { length: 2, duration: 60_000 } }, sleep]);
    const { which } = caller;
    const answers = await Promise.all([stage.doors.digits(which, '1'), stage.doors.hangup(which, 'remote', 'normal'), stage.doors.hangup(which, 'local', 'busy'), stage.doors.digits(which, '2')]);
    await stage.world.idle();
    for (const answer of answers) expect([undefined, 'CALL_ENDED']).toContain(refusal(answer));
    expect((await stage.callNow(caller)).data).toMatchObject({ status: 'hangup', played: { waits: [] } });
    expect((await stage.state(caller)).status).toBe('ended');
    expect((await stage.world.events(caller.run)).filter(({ type }) => type === 'ended')).toHaveLength(1);
  });

  it('what is no digit is not taken', async () => {
    const { which } = await stage.play([sleep]);
    for (const typed of ['', '1x', 'a', '1'.repeat(257), ' ']) expect(refusal(await stage.doors.digits(which, typed))).toBe('INVALID_ARGUMENT');
    expect(refusal(await stage.doors.digits(which, '0123456789ABCD*#'))).toBeUndefined();
    expect(refusal(await stage.doors.mediaDone(which))).toBe('STATE_INVALID');
  });
});
