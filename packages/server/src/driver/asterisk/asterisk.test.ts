import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '@activeflow/engine';
import type { Originate } from '../legs.js';
import { isAllowed } from './addresses.js';
import { CUSTOMER, effectId, openStage, type Stage } from './testing/stage.js';

let stage: Stage;
beforeEach(async () => { stage = await openStage(); });
afterEach(() => stage.close());

const to = (type: string, target: string): Address => ({ type, target, target_name: '', name: '', detail: '' });
const LEG = '30000000-0000-4000-8000-000000000001';
const dial = (destination = to('extension', 'alice'), more: Partial<Originate> = {}): Originate =>
  ({ leg_id: LEG, customer_id: CUSTOMER, source: { ...to('tel', '+15550000'), target_name: 'Bob' }, destination, anonymous: false, timeout_ms: 60_000, ...more });

describe('a call that came in', () => {
  it('is offered, answered and ended, each once, in numbers', async () => {
    const { ari, legs, until, told } = stage;
    const channel = ari.dial({ exten: '100', number: '+15551234', name: 'Ada' });
    const offered = await until('offered');
    expect(offered).toMatchObject({ customer_id: CUSTOMER, source: { type: 'tel', target: '+15551234', target_name: 'Ada' }, destination: { type: 'extension', target: '100' }, via: { kind: 'channel', id: 'PJSIP/peer' } });
    await legs.ring(offered.leg_id);
    await legs.ring(offered.leg_id, true);
    expect(channel.sent).toEqual(['ring', 'progress']);
    await legs.answer(offered.leg_id);
    await legs.answer(offered.leg_id);
    await until('answered');
    ari.press(channel, '5#');
    await until('digit', 2);
    ari.destroy(channel, 16);
    expect(await until('ended')).toMatchObject({ cause: 'normal', by: 'remote', detail: 'Normal Clearing' });
    expect(told.map(({ type, number }) => `${number} ${type}`)).toEqual(['1 offered', '2 answered', '3 digit', '4 digit', '5 ended']);
    expect(await legs.alive()).toEqual([]);
  });

  it('is whose the dialplan says, by an argument or a variable; nobody\'s is not taken', async () => {
    const { ari, until, told } = stage;
    ari.dial({ exten: '1', args: ['customer=by-argument'], variables: { ACTIVEFLOW_CUSTOMER: 'by-variable' } });
    expect(await until('offered')).toMatchObject({ customer_id: 'by-argument' });
    ari.dial({ exten: '2', variables: { ACTIVEFLOW_CUSTOMER: 'by-variable' } });
    expect(await until('offered', 2)).toMatchObject({ customer_id: 'by-variable' });
    const nobodys = ari.dial({ exten: '3', args: ['customer=unknown'] });
    await expect.poll(() => ari.channels.has(nobodys.id)).toBe(false);
    expect(told).toHaveLength(2);
  });

  it('tells what happens while its customer is looked up, after the offer', async () => {
    const { ari, make, legs, types } = stage;
    await legs.close();
    let know: () => void = () => undefined;
    const asked = new Promise<void>((asks) => {
      void make({ customerOf: () => { asks(); return new Promise((resolve) => { know = () => { resolve(CUSTOMER); }; }); } }).start();
    });
    await expect.poll(() => ari.sockets.size).toBe(1);
    const channel = ari.dial({ exten: '100' });
    await asked;
    ari.press(channel, '7');
    await ari.heard();
    know();
    await expect.poll(types).toEqual(['offered', 'digit']);
    ari.destroy(channel, 16);
    await expect.poll(types).toEqual(['offered', 'digit', 'ended']);
  });

  it('that the dialplan has answered is told as answered when it is', async () => {
    const { ari, legs, until, types } = stage;
    ari.dial({ exten: '100', up: true });
    const { leg_id } = await until('offered');
    expect(types()).toEqual(['offered']);
    await legs.answer(leg_id);
    expect(types()).toEqual(['offered', 'answered']);
  });

  it('whose caller gives up before the answer ends as canceled', async () => {
    const { ari, until } = stage;
    const channel = ari.dial({ exten: '100' });
    await until('offered');
    ari.destroy(channel, 0);
    expect(await until('ended')).toMatchObject({ cause: 'cancel', by: 'remote' });
  });

  it.each([['not_found', 'unallocated', 'failed'], ['busy', 'busy', 'busy'], ['overloaded', 'congestion', 'failed'], ['forbidden', 'rejected', 'failed'], ['unavailable', 'no_answer', 'failed']] as const)('is not taken: %s', async (cause, reason, ended) => {
    const { ari, legs, until } = stage;
    ari.dial({ exten: '100' });
    const { leg_id } = await until('offered');
    await legs.reject(leg_id, cause);
    expect(await until('ended')).toMatchObject({ cause: ended, by: 'local' });
    expect(ari.asked.find(({ method }) => method === 'DELETE')?.values).toEqual({ reason });
  });

  it('is hung up although Asterisk does not know the reason, or does not answer at first', async () => {
    const { ari, until } = stage;
    const { leg_id } = await stage.answered();
    ari.refuse(/^DELETE/, 400);
    ari.refuse(/^DELETE/, 0);
    await stage.legs.hangup(leg_id, 'busy');
    expect(await until('ended')).toMatchObject({ cause: 'busy', by: 'local' });
    await stage.legs.hangup(leg_id, 'busy');
    expect(stage.asked(/^DELETE/).length).toBeGreaterThanOrEqual(3);
  });

  it('is hung up once Asterisk answers again, and ends although nobody says so', async () => {
    const { ari, legs, until } = stage;
    const { leg_id, channel } = await stage.answered();
    for (let tries = 0; tries < 3; tries++) ari.refuse(/^DELETE/, 0);
    await expect(legs.hangup(leg_id, 'normal')).rejects.toMatchObject({ name: 'Retryable' });
    await expect.poll(() => ari.channels.has(channel.id)).toBe(false);
    expect(await until('ended')).toMatchObject({ cause: 'normal', by: 'local' });
    const other = await stage.answered();
    ari.channels.delete(other.channel.id);
    await legs.hangup(other.leg_id, 'normal');
    expect(await until('ended', 2)).toMatchObject({ leg_id: other.leg_id, by: 'local' });
  });

  it('that leaves the application for the dialplan has ended here', async () => {
    const { ari, until } = stage;
    const { channel } = await stage.answered();
    ari.say({ type: 'StasisEnd', channel: { id: channel.id, name: channel.name, state: 'Up', caller: channel.caller, dialplan: channel.dialplan } });
    expect(await until('ended')).toMatchObject({ cause: 'normal', by: 'remote' });
  });

  it('that is unknown is asked nothing, and throws nothing', async () => {
    const { legs } = stage;
    const before = stage.ari.asked.length;
    await Promise.all([legs.answer(LEG), legs.ring(LEG), legs.hangup(LEG, 'normal'), legs.reject(LEG, 'busy')]);
    legs.play(LEG, effectId(1), []);
    legs.join(LEG, 'room');
    expect(stage.ari.asked).toHaveLength(before);
  });
});

describe('a leg that is dialled', () => {
  it('rings, is answered and ends; asking twice dials once', async () => {
    const { ari, legs, until, types } = stage;
    await Promise.all([legs.originate(dial()), legs.originate(dial())]);
    await legs.originate(dial());
    expect(stage.asked(/^POST \/channels\//)).toEqual([`POST /channels/${LEG}`]);
    const channel = ari.channels.get(LEG)!;
    expect(channel.asked).toMatchObject({ endpoint: 'PJSIP/alice', app: 'activeflow', appArgs: 'activeflow-leg', callerId: '"Bob" <+15550000>', timeout: 62 });
    expect(await legs.alive()).toEqual([LEG]);
    ari.ringing(channel);
    ari.ringing(channel);
    expect(await until('ringing')).toMatchObject({ leg_id: LEG, early_media: false, number: 1 });
    ari.pickUp(channel);
    await until('answered');
    ari.destroy(channel, 16);
    await until('ended');
    expect(types()).toEqual(['ringing', 'answered', 'ended']);
  });

  it.each([[17, 'busy'], [21, 'busy'], [19, 'noanswer'], [1, 'dialout'], [38, 'failed']] as const)('that ends by cause %i unanswered: %s', async (q850, cause) => {
    const { ari, legs, until } = stage;
    await legs.originate(dial());
    ari.destroy(ari.channels.get(LEG)!, q850);
    expect(await until('ended')).toMatchObject({ cause, by: 'remote' });
  });

  it('rings no longer than it may', async () => {
    const { ari, legs, until } = stage;
    await legs.originate(dial(undefined, { timeout_ms: 20 }));
    expect(await until('ended')).toMatchObject({ cause: 'noanswer' });
    expect(ari.channels.size).toBe(0);
  });

  it('is there once, although the answer to the first try was lost', async () => {
    const { ari, legs, until } = stage;
    ari.add({ id: LEG, state: 'Down', asked: { appArgs: 'activeflow-leg' } });
    await legs.originate(dial());
    ari.pickUp(ari.channels.get(LEG)!);
    await until('answered');
    expect(ari.channels.size).toBe(1);
  });

  it('that nobody waits for any more is hung up when it answers', async () => {
    const { ari, types } = stage;
    const channel = ari.add({ id: LEG, state: 'Down', asked: { appArgs: 'activeflow-leg' } });
    ari.pickUp(channel);
    await expect.poll(() => ari.channels.size).toBe(0);
    expect(types()).toEqual([]);
  });

  it('cannot be dialled: said at once, and for good', async () => {
    const { legs } = stage;
    await expect(legs.originate(dial(to('extension', 'nobody')))).rejects.toMatchObject({ name: 'Permanent', reason: 'NO_ROUTE' });
    await expect(legs.originate(dial(to('agent', 'alice')))).rejects.toMatchObject({ name: 'Permanent', reason: 'NO_ROUTE' });
    expect(await legs.alive()).toEqual([]);
  });

  it('is tried again where Asterisk does not answer', async () => {
    const { ari, legs } = stage;
    ari.refuse(/^POST \/channels\//, 0);
    await expect(legs.originate(dial())).rejects.toMatchObject({ name: 'Retryable', reason: 'ASTERISK_AWAY' });
    await legs.originate(dial());
    expect(ari.channels.size).toBe(1);
  });

  it('is dialled as its type is; what could be another endpoint is not dialled', async () => {
    const { ari, legs } = stage;
    await legs.originate(dial(to('tel', '+4912345'), { anonymous: true }));
    expect(ari.channels.get(LEG)!.asked).toMatchObject({ endpoint: 'PJSIP/+4912345@trunk', callerId: '"Anonymous" <anonymous>', variables: { 'CALLERID(pres)': 'prohib' } });
    for (const [type, target] of [['tel', '123@evil'], ['extension', 'a&PJSIP/b'], ['extension', 'a/b'], ['sip', 'sip:a@b/c'], ['sip', 'nothing'], ['tel', '']] as const) expect(await legs.reaches(CUSTOMER, to(type, target))).toBe(false);
    for (const [type, target] of [['tel', '+123'], ['extension', 'a.b-1'], ['sip', 'sip:a@b.example:5060'], ['sip', 'a@b.example']] as const) expect(await legs.reaches(CUSTOMER, to(type, target))).toBe(true);
  });

  it.each([
    [[], 'tel', '+49123', false], [[], 'sip', 'sip:a@b', false], [[], 'extension', '100', true], [['+'], 'tel', '+49123', true], [['+49'], 'tel', '+49123', true],
    [['+49'], 'tel', '+43123', false], [['@b'], 'sip', 'sip:a@b:5060', true], [['@b', '+'], 'sip', 'sip:a@evil', false], [['@+49'], 'tel', '+49123', false],
  ] as const)('goes out where that is allowed: by %j, %s %s: %s', (allow, type, target, allowed) => {
    expect(isAllowed(allow, to(type, target))).toBe(allowed);
  });

  it('has a caller\'s name that stays a name', async () => {
    const { ari, legs } = stage;
    await legs.originate(dial(undefined, { source: { ...to('tel', '+1"<9>'), target_name: 'Bob" <666>' } }));
    expect(ari.channels.get(LEG)!.asked['callerId']).toBe('"Bob 666" <+19>');
  });

  it('that is hung up while it is being dialled does not ring on', async () => {
    const { ari, legs } = stage;
    const dialling = legs.originate(dial());
    await Promise.all([dialling, legs.hangup(LEG, 'cancel')]);
    expect(await stage.until('ended')).toMatchObject({ cause: 'cancel', by: 'local' });
    expect(ari.channels.size).toBe(0);
  });
});
