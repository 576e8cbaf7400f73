// What calls must do, whoever carries them: one suite for the simulator, for legs of this process (SIP, browsers) and for those of an Asterisk.
import type { AddressInput, Event, State } from '@activeflow/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Document } from '../../store/store.js';
import type { CallCommon } from '../call-document.js';

/** Somebody who has dialled in: the call, and the activeflow that runs on it. */
export type Caller = { readonly call_id: string; readonly run: string };

/** What calls are tried on. Everything is new for each test; actions and flows are as a client writes them. */
export type CallGround = {
  /** Dials in; the call runs these actions, and after their end those of `on_complete`. */
  readonly dial: (actions: readonly unknown[], on_complete?: readonly unknown[]) => Promise<Caller>;
  /** Stores a flow; gives its id. */
  readonly flow: (actions: readonly unknown[]) => Promise<string>;
  readonly press: (caller: Caller, digits: string) => Promise<void>;
  /** The far end of a call hangs up: who dialled in, or who was dialled. */
  readonly hangUp: (call_id: string) => Promise<void>;
  /** Whom a call can dial: who answers soon, who is busy, who lets it ring. */
  readonly others: { readonly answers: AddressInput; readonly busy: AddressInput; readonly silent: AddressInput };
  /** Ends an activeflow, and a call, as the API does. */
  readonly stop: (run: string) => Promise<void>;
  readonly hangUpHere: (call_id: string) => Promise<void>;
  /** Lets time pass. */
  readonly pass: (milliseconds: number) => Promise<void>;
  /** Lets time pass until something is so; rejects with what was waited for where it is not so for long. */
  readonly until: (what: string, check: () => Promise<boolean>) => Promise<void>;
  readonly state: (run: string) => Promise<State | undefined>;
  readonly events: (run: string) => Promise<readonly Event[]>;
  readonly document: (kind: string, id: string) => Promise<Document | undefined>;
  /** All documents of a kind, the oldest first. */
  readonly documents: (kind: string) => Promise<readonly Document[]>;
  /** The process dies and another one starts. Undefined where that is not tried. */
  readonly restart?: () => Promise<void>;
  /** Whether calls outlive that. */
  readonly survives: boolean;
  /** Why a caller is not given back what it says, where whoever carries the call cannot do that. */
  readonly no_echo?: string;
  readonly close: () => Promise<void>;
};

const talk = (text: string, more: object = {}) => ({ type: 'talk', option: { text, ...more } });
const set = (key: string, value: string) => ({ type: 'variable_set', option: { key, value } });
const nap = { type: 'sleep', option: { duration: 60_000 } };
const collect = (option: object) => ({ type: 'digits_receive', option: { duration: 30_000, ...option } });

/** Says that calls behave. */
export function callsConform(title: string, open: () => Promise<CallGround>): void {
  describe(`calls: ${title}`, () => {
    let ground: CallGround;
    beforeEach(async () => { ground = await open(); });
    afterEach(() => ground.close());
    const it_ = (name: string, test: (ground: CallGround) => Promise<void>) => { it(name, () => test(ground)); };

    describe('a call that comes in', () => { incoming(it_); });
    describe('digits', () => { digits(it_); });
    describe('an end', () => { ends(it_); });
    describe('another call', () => { others(it_); });
    describe('a recording', () => { recordings(it_); });
    describe('a room', () => { rooms(it_); });
    describe('a restart', () => { restarts(it_); });
  });
}

type It = (name: string, test: (ground: CallGround) => Promise<void>) => void;

const callOf = async (ground: CallGround, id: string): Promise<CallCommon | undefined> => (await ground.document('call', id))?.data as CallCommon | undefined;
const current = async (ground: CallGround, { run }: Caller): Promise<string> => (await ground.state(run))?.current.action.type ?? '';
const stands = (ground: CallGround, caller: Caller, on: string) => ground.until(`the run stands on ${on}`, async () => (await current(ground, caller)) === on);
const ended = (ground: CallGround, run: string) => ground.until('the run has ended', async () => (await ground.state(run))?.status === 'ended');
const over = (ground: CallGround, call_id: string) => ground.until('the call is over', async () => (await callOf(ground, call_id))?.status === 'hangup');
const variables = async (ground: CallGround, { run }: Caller) => (await ground.state(run))?.variables ?? {};
const ofStatus = async (ground: CallGround, direction: string, status: string) =>
  (await ground.documents('call')).filter(({ data }) => data['direction'] === direction && data['status'] === status);

/** How each action came out: `type`, or `type:reason` where it was not done. */
async function line(ground: CallGround, run: string): Promise<readonly string[]> {
  let type = 'start';
  return (await ground.events(run)).flatMap((event) => {
    const came = event.type === 'moved' || event.type === 'ended' ? event.left : undefined;
    const told = came === undefined ? [] : [came.result === 'done' ? type : `${type}:${came.reason ?? came.result}`];
    if (event.type === 'moved') type = event.entered.action.type || 'finish';
    return event.type === 'ended' ? [...told, `ended:${event.reason}`] : told;
  });
}

function incoming(that: It): void {
  that('is answered by what speaks first, and hung up at the end of its run', async (ground) => {
    const caller = await ground.dial([talk('Hi.'), { type: 'beep' }, talk('Bye.')]);
    await ended(ground, caller.run);
    await over(ground, caller.call_id);
    expect(await line(ground, caller.run)).toEqual(['start', 'talk', 'beep', 'talk', 'ended:completed']);
    expect(await callOf(ground, caller.call_id)).toMatchObject({ direction: 'incoming', hangup_by: 'local', hangup_reason: 'normal', activeflow_id: caller.run });
    expect(await variables(ground, caller)).toMatchObject({ 'voipbin.call.id': caller.call_id, 'voipbin.call.direction': 'incoming', 'voipbin.call.status': 'progressing' });
  });

  that('rings until it is answered', async (ground) => {
    const caller = await ground.dial([{ type: 'sleep', option: { duration: 2_000 } }, { type: 'answer' }, nap]);
    expect(await callOf(ground, caller.call_id)).toMatchObject({ status: 'ringing', tm_progressing: null });
    await ground.until('the call is up', async () => (await callOf(ground, caller.call_id))?.status === 'progressing');
    await stands(ground, caller, 'sleep');
    expect(await variables(ground, caller)).toMatchObject({ 'voipbin.call.status': 'progressing' });
  });

  that('is echoed for a while, sent digits, muted and listened to', async (ground) => {
    const echo = { type: 'echo', option: { duration: 200 } };
    const caller = await ground.dial([echo, { type: 'digits_send', option: { digits: '12', duration: 60, interval: 40 } }, { type: 'mute' }, { type: 'amd' }, set('then', '1'), nap]);
    await stands(ground, caller, 'sleep');
    expect(await line(ground, caller.run)).toEqual(['start', ground.no_echo === undefined ? 'echo' : `echo:${ground.no_echo}`, 'digits_send', 'mute', 'amd', 'variable_set']);
  });
}

function digits(that: It): void {
  that('end a prompt that asks for it, and are kept for the next collection', async (ground) => {
    const caller = await ground.dial([talk('Press one for sales, or two for support, or stay on the line and listen to all of this.', { digits_handle: 'next' }), collect({ length: 1 }), nap]);
    await stands(ground, caller, 'talk');
    await ground.press(caller, '1');
    await stands(ground, caller, 'sleep');
    expect(await variables(ground, caller)).toMatchObject({ 'voipbin.call.digits': '1' });
  });

  that('do not end a prompt that does not ask for it, and count all the same', async (ground) => {
    const caller = await ground.dial([talk('One moment, please, we look for somebody.'), collect({ length: 2 }), nap]);
    await ground.press(caller, '47');
    expect(await current(ground, caller)).toBe('talk');
    await stands(ground, caller, 'sleep');
    expect(await line(ground, caller.run)).toEqual(['start', 'talk', 'digits_receive']);
    expect(await variables(ground, caller)).toMatchObject({ 'voipbin.call.digits': '47' });
  });

  that('are collected up to the key, which is kept, or to the length, whatever comes first; the rest is for the next', async (ground) => {
    const keep = (key: string) => set(key, '${voipbin.call.digits}');
    const caller = await ground.dial([{ type: 'answer' }, collect({ key: '#*' }), keep('a'), collect({ key: '#', length: 3 }), keep('b'), collect({ length: 1 }), nap]);
    await stands(ground, caller, 'digits_receive');
    await ground.press(caller, '12#4567');
    await stands(ground, caller, 'sleep');
    expect(await variables(ground, caller)).toMatchObject({ a: '12#', b: '456', 'voipbin.call.digits': '7' });
  });

  that('that nobody presses end a collection by its time', async (ground) => {
    const caller = await ground.dial([{ type: 'answer' }, collect({ duration: 400, length: 1 }), nap]);
    await stands(ground, caller, 'sleep');
    expect(await variables(ground, caller)).toMatchObject({ 'voipbin.call.digits': '' });
  });
}

function ends(that: It): void {
  const long = talk('This goes on for a good while, so that there is time to hang up before all of it has been said.');
  for (const [where, actions] of Object.entries({ talk: [long], digits_receive: [{ type: 'answer' }, collect({ length: 1 })], sleep: [{ type: 'answer' }, nap] })) {
    that(`by the caller, during ${where}, is the end of the run there; what follows on it begins once`, async (ground) => {
      const caller = await ground.dial([...actions, set('never', '1')], [set('followed', '1')]);
      await stands(ground, caller, where);
      await ground.hangUp(caller.call_id);
      await ended(ground, caller.run);
      expect(await ground.state(caller.run)).toMatchObject({ end_reason: 'hangup', current: { action: { type: where } } });
      expect(await callOf(ground, caller.call_id)).toMatchObject({ status: 'hangup', hangup_by: 'remote', hangup_reason: 'normal' });
      await ground.pass(300);
      const tail = await line(ground, caller.run);
      expect(tail.filter((one) => one.startsWith('ended'))).toEqual(['ended:hangup']);
      expect(tail).not.toContain('variable_set');
    });
  }

  that('by the flow, with its reason', async (ground) => {
    const caller = await ground.dial([{ type: 'answer' }, { type: 'hangup', option: { reason: 'busy' } }, nap]);
    await ended(ground, caller.run);
    expect(await line(ground, caller.run)).toEqual(['start', 'answer', 'ended:hangup']);
    expect(await callOf(ground, caller.call_id)).toMatchObject({ status: 'hangup', hangup_by: 'local', hangup_reason: 'busy' });
  });

  that('of the run, by the API, hangs up', async (ground) => {
    const caller = await ground.dial([{ type: 'answer' }, nap]);
    await stands(ground, caller, 'sleep');
    await ground.stop(caller.run);
    await over(ground, caller.call_id);
    expect(await callOf(ground, caller.call_id)).toMatchObject({ hangup_by: 'local', hangup_reason: 'normal' });
  });

  that('of the call, by the API, ends the run; twice is once', async (ground) => {
    const caller = await ground.dial([long, nap]);
    await ground.hangUpHere(caller.call_id);
    const once = await ground.document('call', caller.call_id);
    expect(await ground.state(caller.run)).toMatchObject({ status: 'ended', end_reason: 'hangup' });
    await ground.hangUpHere(caller.call_id);
    await ground.pass(100);
    expect(await ground.document('call', caller.call_id)).toEqual(once);
  });
}

function others(that: It): void {
  const connect = (destinations: readonly AddressInput[], more: object = {}) => ({ type: 'connect', option: { destinations, ...more } });
  const joined = async (ground: CallGround) => {
    await ground.until('somebody has answered', async () => (await ofStatus(ground, 'outgoing', 'progressing')).length === 1);
    return (await ofStatus(ground, 'outgoing', 'progressing'))[0]?.id ?? '';
  };

  that('is joined until it hangs up: then the run goes on', async (ground) => {
    const caller = await ground.dial([connect([ground.others.silent, ground.others.answers]), set('then', '1'), nap]);
    const other = await joined(ground);
    await ground.until('the one who does not answer rings no longer', async () => (await ofStatus(ground, 'outgoing', 'hangup')).length === 1);
    expect((await ofStatus(ground, 'outgoing', 'hangup'))[0]?.data).toMatchObject({ hangup_reason: 'cancel' });
    await ground.hangUp(other);
    await stands(ground, caller, 'sleep');
    expect(await line(ground, caller.run)).toEqual(['start', 'connect', 'variable_set']);
    expect(await callOf(ground, caller.call_id)).toMatchObject({ status: 'progressing' });
  });

  that('is hung up with the caller, joined or ringing', async (ground) => {
    const first = await ground.dial([connect([ground.others.answers])]);
    const other = await joined(ground);
    await ground.hangUp(first.call_id);
    await over(ground, other);
    const second = await ground.dial([connect([ground.others.silent])]);
    await ground.until('somebody is dialled', async () => (await ground.documents('call')).some(({ data, parent }) => parent === second.call_id && data['status'] === 'ringing'));
    await ground.hangUp(second.call_id);
    await ended(ground, second.run);
    await ground.until('nobody rings', async () => (await ofStatus(ground, 'outgoing', 'hangup')).length === 2);
  });

  that('that is busy, or lets it ring, does not end the run', async (ground) => {
    const caller = await ground.dial([connect([ground.others.busy]), connect([ground.others.silent], { timeout: 700 }), nap]);
    await stands(ground, caller, 'sleep');
    expect(await line(ground, caller.run)).toEqual(['start', 'connect:BUSY', 'connect:NO_ANSWER']);
  });

  that('hands its reason on where that is asked', async (ground) => {
    const caller = await ground.dial([connect([ground.others.busy], { relay_reason: true }), nap]);
    await over(ground, caller.call_id);
    expect(await callOf(ground, caller.call_id)).toMatchObject({ hangup_reason: 'busy' });
    expect(await line(ground, caller.run)).toEqual(['start', 'ended:hangup']);
  });

  that('that a flow places runs what it is given once it is answered', async (ground) => {
    const actions = [talk('Hello there.')];
    const caller = await ground.dial([{ type: 'call', option: { destinations: [ground.others.answers, ground.others.busy], actions } }, nap]);
    await stands(ground, caller, 'sleep');
    await ground.until('both are over', async () => (await ofStatus(ground, 'outgoing', 'hangup')).length === 2);
    const [answered, busy] = (await ofStatus(ground, 'outgoing', 'hangup')).sort((a) => (a.data['hangup_reason'] === 'busy' ? 1 : -1));
    expect(busy?.data).toMatchObject({ hangup_reason: 'busy', tm_progressing: null, activeflow_id: '00000000-0000-0000-0000-000000000000' });
    expect(answered?.data).toMatchObject({ hangup_by: 'local', hangup_reason: 'normal' });
    expect(await line(ground, answered?.data['activeflow_id'] as string)).toEqual(['start', 'talk', 'ended:completed']);
  });
}

function recordings(that: It): void {
  const record = (option: object) => ({ type: 'recording_start', option });
  const recorded = (ground: CallGround, status: string) => ground.until(`the recording is ${status}`, async () => (await ground.documents('recording')).some(({ data }) => data['status'] === status));

  that('begins, ends where it is told to, and is followed by its flow once', async (ground) => {
    const on_end_flow_id = await ground.flow([set('of', '${voipbin.recording.id}')]);
    const caller = await ground.dial([record({ on_end_flow_id }), talk('Say something.'), { type: 'recording_stop' }, nap]);
    await ground.until('it records', async () => (await ground.documents('recording')).length > 0);
    await stands(ground, caller, 'sleep');
    await recorded(ground, 'ended');
    const [recording, ...more] = await ground.documents('recording');
    expect(more).toEqual([]);
    expect(recording?.data).toMatchObject({ reference_type: 'call', reference_id: caller.call_id });
    expect(await callOf(ground, caller.call_id)).toMatchObject({ recording_ids: [recording?.id] });
    expect(await variables(ground, caller)).toMatchObject({ 'voipbin.recording.id': recording?.id, 'voipbin.recording.format': 'wav' });
  });

  for (const [how, end] of Object.entries({
    'its key': (ground: CallGround, caller: Caller) => ground.press(caller, '#'),
    'the call': (ground: CallGround, caller: Caller) => ground.hangUp(caller.call_id),
    'its time': (ground: CallGround) => ground.pass(1_000),
  })) {
    that(`ends with ${how}`, async (ground) => {
      const caller = await ground.dial([{ type: 'answer' }, record({ end_of_key: '#', duration: how === 'its time' ? 1 : 0 }), nap]);
      await stands(ground, caller, 'sleep');
      await end(ground, caller);
      await recorded(ground, 'ended');
    });
  }
}

function rooms(that: It): void {
  that('holds whoever joins it until the caller goes', async (ground) => {
    const join = { type: 'conference_join', option: { conference_id: 'standup' } };
    const [one, two] = [await ground.dial([join, nap]), await ground.dial([join, nap])];
    await stands(ground, one, 'conference_join');
    await stands(ground, two, 'conference_join');
    await ground.until('both are up', async () => (await ofStatus(ground, 'incoming', 'progressing')).length === 2);
    await ground.hangUp(one.call_id);
    await ended(ground, one.run);
    await ground.pass(300);
    expect(await current(ground, two)).toBe('conference_join');
    await ground.hangUp(two.call_id);
    await ended(ground, two.run);
    expect(await line(ground, two.run)).toEqual(['start', 'ended:hangup']);
  });
}

function restarts(that: It): void {
  that('leaves nobody in silence: a call goes on, or it is lost and its run ends', async (ground) => {
    if (ground.restart === undefined) return;
    const caller = await ground.dial([{ type: 'answer' }, collect({ length: 1, duration: 3_600_000 }), nap], [set('followed', '1')]);
    await stands(ground, caller, 'digits_receive');
    await ground.restart();
    if (ground.survives) {
      await ground.press(caller, '5');
      await stands(ground, caller, 'sleep');
      expect(await variables(ground, caller)).toMatchObject({ 'voipbin.call.digits': '5' });
      return;
    }
    await ended(ground, caller.run);
    const state = await ground.state(caller.run);
    expect(state).toMatchObject({ end_reason: 'hangup', current: { action: { type: 'digits_receive' } } });
    expect(state?.end_detail).toContain('lost');
    expect(await callOf(ground, caller.call_id)).toMatchObject({ status: 'hangup', hangup_by: '', hangup_reason: 'failed' });
    expect(await ground.documents('leg')).toEqual([]);
  });
}
