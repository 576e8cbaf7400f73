// Who performs what: an effect goes to whoever carries its call, and a new call to whoever can reach it.
import { afterEach, describe, expect, it } from 'vitest';
import { silent } from '../log.js';
import type { Document } from '../store/store.js';
import { createCalls, type Calls } from './call/call.js';
import { createLocal } from './local/local.js';
import { createRouter, type Carrier } from './router.js';
import { createSimulator, type Doors } from './simulator/simulator.js';
import { playedSpeech, playLegs, type PlayedLegs } from './testing/played-legs.js';
import { CUSTOMER, openWorld, startRun, type World } from './testing/world.js';

type Both = { readonly world: World; readonly legs: PlayedLegs; readonly played: Doors; readonly router: Carrier };

let world: World | undefined;
afterEach(() => world?.stop());

async function open(simulated = true): Promise<Both> {
  const made: { legs?: PlayedLegs; calls?: Calls; played?: Doors; router?: Carrier } = {};
  const opened = await openWorld((host) => {
    const legs = playLegs(host.clock as World['clock']);
    const settings = { recordings: '', max_calls: 0, ring_timeout_ms: 60_000, outside: (name: string) => Promise.resolve(name) };
    const [carried, simulator] = [createCalls({ host, legs: legs.legs, speech: playedSpeech, log: silent, settings }), createSimulator(host)];
    const router = createRouter({ host, calls: carried, simulator: simulated ? simulator : undefined });
    Object.assign(made, { legs, calls: carried, played: simulator.doors, router });
    return [router.driver, createLocal(host)];
  });
  world = opened;
  const { legs, calls, played, router } = made;
  if (!legs || !calls || !played || !router) throw new Error('no node');
  await calls.start();
  return { world: opened, legs, played, router };
}

const nap = { type: 'sleep', option: { duration: 3_600_000 } };
const carrierOf = (call: Document | undefined): string => (call === undefined ? 'none' : 'carrier' in call.data ? 'legs' : 'simulator');
const outgoing = async ({ store }: World) => (await store.documents({ kind: 'call', limit: 100 })).map(({ row }) => row).filter(({ data }) => data['direction'] === 'outgoing');

async function both(actions: readonly unknown[]): Promise<Both & { readonly real: string; readonly fake: string }> {
  const opened = await open();
  const flow_id = await opened.world.flow(actions);
  const real = opened.legs.offer(CUSTOMER, { flow_id });
  const made = await opened.played.createCall({ customer_id: CUSTOMER, flow_id });
  if ('refused' in made) throw new Error(made.message);
  await opened.world.idle();
  return { ...opened, real, fake: made.call.id };
}

describe('two callers of one flow', () => {
  it('one played, one on a leg, are each spoken to by whoever carries them', async () => {
    const { world: { store }, legs, real, fake } = await both([{ type: 'talk', option: { text: 'Hello' } }, nap]);
    expect(carrierOf(await store.document('call', real))).toBe('legs');
    expect(carrierOf(await store.document('call', fake))).toBe('simulator');
    expect(legs.asked(real)).toEqual(['ring', 'answer', 'play 333']);
    for (const id of [real, fake]) expect((await store.document('call', id))?.data['status']).toBe('progressing');
  });

  it('are hung up at one door, and by one another', async () => {
    const { world: { idle }, router, legs, real, fake } = await both([{ type: 'answer' }, nap]);
    for (const call_id of [real, fake]) expect(await router.doors.hangup({ customer_id: CUSTOMER, call_id }, 'local', 'busy')).toMatchObject({ id: call_id, data: { status: 'hangup' } });
    await idle();
    expect(legs.up()).toEqual([]);
    for (const id of [real, fake, 'unknown']) expect(await router.doors.hangup({ customer_id: 'another', call_id: id }, 'local', 'normal')).toMatchObject({ refused: 'CALL_NOT_FOUND' });
  });

  it('whose effects are canceled have them canceled where they are', async () => {
    const { world: { node, idle }, legs, real, fake } = await both([{ type: 'echo', option: { duration: 60_000 } }, nap]);
    const { store } = world!;
    for (const id of [real, fake]) await node().runner.handle(String((await store.document('call', id))?.data['activeflow_id']), { type: 'stop', reason: 'canceled' }, { cause: { by: 'api' } });
    await idle();
    expect(legs.asked(real)).toContain('echo false');
    for (const id of [real, fake]) expect((await store.document('call', id))?.data['status']).toBe('hangup');
  });
});

describe('a new call', () => {
  const place = (target: string, more: object = {}) => ({ type: 'call', option: { destinations: [{ target }], actions: [nap], ...more } });

  it.each([['+15550100', true, 'legs'], ['nowhere', true, 'simulator'], ['nowhere', false, 'legs']])('to %s, where the simulator is on (%s), is dialled by the %s', async (target, simulated, by) => {
    const opened = await open(simulated);
    await startRun(opened.world, [place(target), nap]);
    await opened.world.idle();
    const [call] = await outgoing(opened.world);
    expect(carrierOf(call)).toBe(by);
    if (by === 'legs' && target === 'nowhere') expect(call?.data).toMatchObject({ status: 'hangup', hangup_reason: 'dialout' });
  });

  it('of which one of many can be reached is dialled for real, and the others are not played', async () => {
    const opened = await open();
    await startRun(opened.world, [{ type: 'call', option: { destinations: [{ target: 'nowhere' }, { target: '+15550100' }], actions: [nap] } }, nap]);
    await opened.world.idle();
    expect((await outgoing(opened.world)).map((call) => `${carrierOf(call)} ${String(call.data['status'])}`).sort()).toEqual(['legs dialing', 'legs hangup']);
  });

  it('that ends with another is of whoever carries that one', async () => {
    const { world: { store }, real, fake } = await both([{ type: 'answer' }, place('+15550100', { chained: true }), nap]);
    const calls = await outgoing(world!);
    expect(calls.map((call) => `${carrierOf(call)} of ${call.parent === real ? 'legs' : call.parent === fake ? 'simulator' : 'none'}`).sort()).toEqual(['legs of legs', 'simulator of simulator']);
    expect(await store.document('call', real)).toBeDefined();
  });
});

describe('what calls do not do', () => {
  it('is done by the simulator where it is on', async () => {
    const opened = await open();
    const run = await startRun(opened.world, [{ type: 'conversation_send', option: { conversation_id: 'c', text: 't', sync: true } }, nap]);
    await opened.world.idle();
    expect(await opened.world.effects(run)).toMatchObject([{ kind: 'conversation.send', status: 'done' }]);
  });
});
