// A caller in a menu, on a leg that is carried. Real runner, dispatcher and store; the legs are played, the clock is moved by hand.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCallStage, type CallStage } from '../testing/call-stage.js';

let stage: CallStage;
beforeEach(async () => { stage = await openCallStage(); });
afterEach(() => stage.close());

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

describe('what is said', () => {
  it('by nobody who could say it is skipped, with its reason, and so is a sound that is not there', async () => {
    const caller = await stage.dial([{ type: 'talk', option: { text: 'fails' } }, { type: 'play', option: { stream_urls: ['http://x/a.wav', 'http://x/missing.wav'] } }, { type: 'play', option: { stream_urls: ['http://x/a.wav', 'http://x/b.wav'] } }, { type: 'sleep', option: { duration: 1 } }]);
    await stage.pass(6_001);
    expect(await stage.line(caller)).toEqual(['start', 'talk:failed:NO_VOICE', 'play:failed:FETCH_FAILED', 'play', 'sleep', 'ended:completed']);
  });

  it('in no words takes no time, and answers', async () => {
    const caller = await stage.dial([{ type: 'talk', option: { text: '${nothing}' } }, { type: 'sleep', option: { duration: 1_000 } }]);
    expect(await stage.current(caller)).toBe('sleep');
    expect(stage.legs.asked(caller.id)).toEqual(['ring', 'answer']);
  });

  it('asynchronously is heard beside what follows, and an interrupted prompt leaves the digit', async () => {
    const caller = await stage.dial([{ type: 'talk', option: { text: 'x'.repeat(30), async: true, digits_handle: 'next' } }, { type: 'digits_receive', option: { duration: 9_000, length: 2 } }, { type: 'sleep', option: { duration: 1_000 } }]);
    await stage.pass(500);
    stage.legs.press(caller.id, '12');
    await stage.world.idle();
    expect(await stage.current(caller)).toBe('sleep');
    expect(await stage.variables(caller)).toMatchObject({ 'voipbin.call.digits': '12' });
    expect(stage.legs.asked(caller.id)).toEqual(['ring', 'answer', 'play 2000', 'stop']);
  });

  it('is taken back where the run is moved on', async () => {
    const caller = await stage.dial([{ type: 'talk', option: { text: 'x'.repeat(300) } }, { id: 'next', type: 'sleep', option: { duration: 60_000 } }]);
    const next = (await stage.world.store.list((await stage.state(caller)).frames[0]?.list_id ?? ''))?.at(-1)?.id ?? '';
    expect(await stage.world.node().host.forward(caller.run, next)).toBe(true);
    await stage.world.idle();
    expect(stage.legs.asked(caller.id)).toEqual(['ring', 'answer', 'play 20000', 'stop']);
    expect(await stage.current(caller)).toBe('sleep');
  });

  it('ends with its leg, and does not move the run on before the end is told', async () => {
    const caller = await stage.dial([{ type: 'talk', option: { text: 'Hello?' } }, { type: 'variable_set', option: { key: 'never', value: '1' } }]);
    const [effect] = await stage.world.effects(caller.run);
    stage.legs.say(caller.id, { type: 'playback_done', id: effect?.id ?? '', how: 'stopped' });
    await stage.world.idle();
    expect(await stage.current(caller)).toBe('talk');
    stage.legs.hangUp(caller.id);
    await stage.world.idle();
    expect(await stage.line(caller)).toEqual(['start', 'ended:hangup']);
  });
});

describe('facts', () => {
  it('that come late, twice or about nobody are none', async () => {
    const caller = await stage.dial([{ type: 'answer' }, { type: 'digits_receive', option: { duration: 9_000, length: 3 } }, { type: 'sleep', option: { duration: 1_000 } }]);
    stage.legs.say(caller.id, { type: 'digit', digit: '1' }, 7);
    stage.legs.say(caller.id, { type: 'digit', digit: '1' }, 7);
    stage.legs.say(caller.id, { type: 'digit', digit: '2' }, 3);
    stage.legs.say(caller.id, { type: 'playback_done', id: 'unknown', how: 'end' }, 8);
    stage.legs.say(caller.id, { type: 'recording_done', id: 'unknown', how: 'ended', duration_ms: 0, size_bytes: 0 }, 9);
    stage.legs.say(caller.id, { type: 'digits_sent', id: 'unknown' }, 10);
    stage.legs.say(caller.id, { type: 'detected', id: 'unknown', machine: true, detail: '' }, 11);
    stage.legs.say(caller.id, { type: 'left', room_id: 'unknown' }, 12);
    stage.legs.say(caller.id, { type: 'digit', digit: '3' }, 13);
    await stage.world.idle();
    expect(await stage.current(caller)).toBe('digits_receive');
    stage.legs.say(caller.id, { type: 'digit', digit: '4' }, 14);
    await stage.world.idle();
    expect(await stage.variables(caller)).toMatchObject({ 'voipbin.call.digits': '134' });
  });
});

describe('what is done to a line', () => {
  const nap = { type: 'sleep', option: { duration: 60_000 } };

  it.each([
    ['digits_send', { digits: '1a x9#' }, ['send 1A9#']],
    ['mute', {}, ['mute true']],
    ['stream_echo', { duration: 1_000 }, ['echo true', 'echo false']],
    ['beep', {}, ['play 300']],
    ['external_media_start', { external_host: 'media.example.com:4000', format: 'alaw', direction: 'in' }, ['fork media.example.com:4000 alaw in']],
    ['external_media_start', { external_host: '[2001:db8::1]:4000' }, ['fork 2001:db8::1:4000 ulaw both']],
  ])('%s %j', async (type, option, asked) => {
    const caller = await stage.dial([{ type, option }, nap]);
    await stage.pass(2_000);
    expect(await stage.line(caller)).toEqual(['start', type]);
    expect(stage.legs.asked(caller.id)).toEqual(['ring', 'answer', ...asked]);
  });

  it.each([['10.0.0.1:4000', 'ADDRESS_FORBIDDEN'], ['nonsense', 'INVALID_ACTION_OPTION'], ['host:0', 'INVALID_ACTION_OPTION'], ['host:65536', 'INVALID_ACTION_OPTION'], ['a b:1', 'INVALID_ACTION_OPTION']])('sound is not sent to %s', async (external_host, reason) => {
    const caller = await stage.dial([{ type: 'external_media_start', option: { external_host } }, nap]);
    expect(await stage.line(caller)).toEqual(['start', `external_media_start:failed:${reason}`]);
  });

  it('sound that is sent out can be stopped, and sent again', async () => {
    const start = { type: 'external_media_start', option: { external_host: 'a:1' } };
    const caller = await stage.dial([start, { type: 'external_media_stop' }, start, nap]);
    expect(stage.legs.asked(caller.id)).toEqual(['ring', 'answer', 'fork a:1 ulaw both', 'unfork', 'fork a:1 ulaw both']);
  });

  it('an echo ends where nobody waits for it any more', async () => {
    const caller = await stage.dial([{ type: 'echo', option: { duration: 60_000 } }, nap]);
    await stage.world.node().runner.handle(caller.run, { type: 'stop', reason: 'canceled' }, { cause: { by: 'api' } });
    await stage.world.idle();
    expect(stage.legs.asked(caller.id)).toEqual(expect.arrayContaining(['echo true', 'echo false', 'hangup normal']));
  });

  it('digits in a room are for the others', async () => {
    const caller = await stage.dial([{ type: 'confbridge_join', option: { confbridge_id: 'a' } }, { type: 'digits_receive', option: { length: 1, duration: 1_000 } }, nap]);
    stage.legs.press(caller.id, '5');
    await stage.world.idle();
    stage.legs.legs.leave(caller.id);
    await stage.pass(1_000);
    expect(await stage.line(caller)).toEqual(['start', 'confbridge_join', 'digits_receive']);
    expect(await stage.variables(caller)).toMatchObject({ 'voipbin.call.digits': '' });
  });
});
