// What a leg that comes in runs, and whom it may reach.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCallStage, type CallStage } from '../testing/call-stage.js';
import type { Offered } from '../testing/played-legs.js';
import { CUSTOMER } from '../testing/world.js';

let stage: CallStage;
beforeEach(async () => { stage = await openCallStage({ max_calls: 3 }); });
afterEach(() => stage.close());

const nap = [{ type: 'answer' }, { type: 'sleep', option: { duration: 60_000 } }];
const trunk = { via: { kind: 'trunk', id: 't' } } as const;

async function offer(target: string, more: Offered = {}): Promise<{ readonly id: string; readonly asked: readonly string[]; readonly status: string }> {
  const id = stage.legs.offer(CUSTOMER, { destination: { target }, ...more });
  await stage.world.idle();
  const call = await stage.world.store.document('call', id);
  return { id, asked: stage.legs.asked(id), status: (call?.data['status'] ?? 'none') as string };
}

describe('a number', () => {
  it.each([
    ['+15550100', '+15550100'], ['+15550100', '15550100'], ['15550100', '+15550100'], ['ivr', 'ivr'], ['ivr', 'sip:ivr@example.com'], ['ivr', 'ivr@example.com;transport=tcp'], ['+15550100', 'tel:+15550100;phone-context=x'],
  ])('%s is reached by %s, from a trunk too', async (number, target) => {
    await stage.number(number, nap);
    for (const more of [{}, trunk]) expect(await offer(target, more)).toMatchObject({ status: 'progressing', asked: ['ring', 'answer'] });
  });

  it('that is deleted, has no flow, or one that is gone, is reached by nobody', async () => {
    await stage.document('number', 'b1000000-0000-4000-8000-000000000001', { number: 'a', call_flow_id: '00000000-0000-0000-0000-000000000000' }, `${CUSTOMER}/a`);
    await stage.document('number', 'b1000000-0000-4000-8000-000000000002', { number: 'b', call_flow_id: 'f1000000-0000-4000-8000-000000000009' }, `${CUSTOMER}/b`);
    await stage.number('c', nap);
    const bound = (await stage.documents('number')).find(({ key }) => key === `${CUSTOMER}/c`);
    if (bound) await stage.world.store.commit([{ documents: [{ ...bound, version: 2, tm_delete: stage.world.clock.now() }] }]);
    for (const target of ['a', 'b', 'c', '', '@', 'sip:', 'nobody']) expect(await offer(target)).toEqual({ id: expect.any(String) as string, status: 'none', asked: ['reject not_found'] });
    expect(stage.calls.up()).toBe(0);
    expect(await stage.documents('leg')).toEqual([]);
  });

  it('of another customer is none', async () => {
    await stage.number('ivr', nap);
    const id = stage.legs.offer('c0000000-0000-4000-8000-000000000002', { destination: { target: 'ivr' } });
    await stage.world.idle();
    expect(stage.legs.asked(id)).toEqual(['reject not_found']);
  });
});

describe('a flow', () => {
  it('asked for by id runs; one that is not there, or another customer has, does not', async () => {
    const flow_id = await stage.world.flow(nap);
    expect(await offer('whatever', { flow_id })).toMatchObject({ status: 'progressing' });
    expect(await offer('whatever', { flow_id: 'f1000000-0000-4000-8000-000000000009' })).toMatchObject({ asked: ['reject not_found'] });
    const id = stage.legs.offer('c0000000-0000-4000-8000-000000000002', { flow_id });
    await stage.world.idle();
    expect(stage.legs.asked(id)).toEqual(['reject not_found']);
  });
});

describe('an extension', () => {
  beforeEach(() => stage.document('extension', 'd0000000-0000-4000-8000-000000000001', { extension: '1001' }, `${CUSTOMER}/1001`));

  it('is rung, and the caller answered when it answers; what it says at the end is handed on', async () => {
    const { id, status } = await offer('1001');
    expect(status).toBe('ringing');
    await stage.pass(999);
    expect(stage.legs.asked(id)).toEqual(['ring']);
    await stage.pass(1);
    expect((await stage.call(id)).data.status).toBe('progressing');
    const other = stage.legs.up().find((leg) => leg !== id) ?? '';
    expect((await stage.call(other)).data).toMatchObject({ destination: { type: 'extension', target: '1001' }, status: 'progressing' });
    stage.legs.hangUp(other);
    await stage.world.idle();
    expect((await stage.call(id)).data).toMatchObject({ status: 'hangup', hangup_by: 'remote', hangup_reason: 'normal' });
  });

  it('is not reached from the public network', async () => {
    expect(await offer('1001', trunk)).toMatchObject({ asked: ['reject not_found'] });
  });

  it('comes after a number of the same name', async () => {
    await stage.number('1001', nap);
    expect(await offer('1001')).toMatchObject({ status: 'progressing' });
  });
});

describe('a number outside', () => {
  it('is dialled for a phone of the house, and for nobody else', async () => {
    const { id } = await offer('+15550199');
    await stage.pass(1_000);
    expect((await stage.call(id)).data.status).toBe('progressing');
    for (const kind of ['trunk', 'browser', 'channel'] as const) expect(await offer('+15550199', { via: { kind, id: '' } })).toMatchObject({ asked: ['reject not_found'] });
    expect(await offer('+nowhere')).toMatchObject({ asked: ['reject not_found'] });
  });
});

describe('as many calls as a customer may have', () => {
  it('are taken, and one more when one has ended', async () => {
    await stage.number('ivr', nap);
    const all = [];
    for (let i = 0; i < 4; i++) all.push(await offer('ivr'));
    expect(all.map(({ status }) => status)).toEqual(['progressing', 'progressing', 'progressing', 'none']);
    expect(all[3]?.asked).toEqual(['reject overloaded']);
    stage.legs.hangUp(all[0]?.id ?? '');
    await stage.world.idle();
    expect(await offer('ivr')).toMatchObject({ status: 'progressing' });
  });
});

describe('a caller who is gone before anything was looked up', () => {
  it('leaves a call that has ended, and a run that ended with it', async () => {
    await stage.number('ivr', nap);
    const id = stage.legs.offer(CUSTOMER, { destination: { target: 'ivr' } });
    stage.legs.hangUp(id, 'cancel');
    await stage.world.idle();
    const { data } = await stage.call(id);
    expect(data).toMatchObject({ status: 'hangup', hangup_by: 'remote', hangup_reason: 'cancel' });
    expect(await stage.world.state(data.activeflow_id)).toMatchObject({ status: 'ended', end_reason: 'hangup' });
    expect(stage.calls.up()).toBe(0);
  });
});
