// What meets in the middle of a write: the store of these tests is held back, and what comes meanwhile is looked at.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { silent } from '../../log.js';
import type { StoredEffect } from '../../store/store.js';
import type { Driver, Host } from '../driver.js';
import { playedSpeech, playLegs, type PlayedLegs } from '../testing/played-legs.js';
import { CUSTOMER, openWorld, walk, type World } from '../testing/world.js';
import { createCalls, type Calls } from './call.js';

type Held = { readonly world: World; readonly legs: PlayedLegs; readonly calls: Calls; readonly driver: Driver; readonly hold: (what: 'start' | 'ended') => () => void };

const recordings = mkdtempSync(join(tmpdir(), 'activeflow-races-'));
afterAll(() => { rmSync(recordings, { recursive: true, force: true }); });

let open_world: World | undefined;
afterEach(() => open_world?.stop());

const turns = async (): Promise<void> => { for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => { setImmediate(resolve); }); };

/** A world whose host can be held back: `start` after it has written, `ended` before. */
async function open(): Promise<Held> {
  const gates = new Map<string, Promise<void>>();
  const made: { legs?: PlayedLegs; calls?: Calls } = {};
  const world = await openWorld((host) => {
    const held: Host = {
      ...host,
      async start(...given) { const born = await host.start(...given); await gates.get('start'); return born; },
      async ended(...given) { await gates.get('ended'); return host.ended(...given); },
    };
    const legs = playLegs(host.clock as World['clock']);
    const calls = createCalls({ host: held, legs: legs.legs, speech: playedSpeech, log: silent, settings: { recordings, max_calls: 0, ring_timeout_ms: 60_000, outside: (name) => Promise.resolve(name) } });
    Object.assign(made, { legs, calls });
    return [calls.driver];
  });
  open_world = world;
  const { legs, calls } = made;
  if (!legs || !calls) throw new Error('no node');
  await calls.start();
  const hold = (what: 'start' | 'ended'): (() => void) => {
    let release = (): void => undefined;
    gates.set(what, new Promise((resolve) => { release = () => { gates.delete(what); resolve(); }; }));
    return () => { release(); };
  };
  return { world, legs, calls, driver: calls.driver, hold };
}

const nap = { type: 'sleep', option: { duration: 60_000 } };
const hello = { type: 'talk', option: { text: 'Hello there.' } };

async function dial({ world, legs }: Held, actions: readonly unknown[]): Promise<{ readonly id: string; readonly run: string; readonly effect: StoredEffect }> {
  const id = legs.offer(CUSTOMER, { flow_id: await world.flow(actions) });
  await turns();
  const run = String((await world.store.document('call', id))?.data['activeflow_id']);
  const [effect] = await world.effects(run);
  if (effect === undefined) throw new Error('no effect');
  return { id, run, effect };
}

describe('an effect that comes while the end of its call is being written', () => {
  it.each(['here', 'there'])('waits for that, and does not move the run on, wherever it was hung up: %s', async (where) => {
    const held = await open();
    const { id, run, effect } = await dial(held, [hello, { type: 'variable_set', option: { key: 'never', value: '1' } }, nap]);
    const release = held.hold('ended');
    const hung_up = where === 'here' ? held.calls.doors.hangup({ customer_id: CUSTOMER, call_id: id }, 'local', 'normal') : Promise.resolve(held.legs.hangUp(id));
    await turns();
    let answered: unknown;
    const asked = held.driver.perform({ ...effect, id: `${run}:9:0` }, new AbortController().signal).then((done) => { answered = done; }, (error: unknown) => { answered = error; });
    await turns();
    expect(answered).toBeUndefined();
    release();
    await asked;
    await hung_up;
    await turns();
    expect(answered).toMatchObject({ name: 'Permanent', reason: 'CALL_ENDED' });
    expect(walk(await held.world.events(run))).toEqual(['start', 'ended:hangup']);
    expect(held.legs.asked(id).filter((what) => what.startsWith('play'))).toHaveLength(1);
  });
});

describe('a call whose run is faster than its ringing', () => {
  it('is not rung any more once it is answered', async () => {
    const held = await open();
    const release = held.hold('start');
    const { id } = await dial(held, [hello, nap]);
    expect(held.legs.asked(id)).toEqual(['answer', 'play 800']);
    release();
    await turns();
    expect(held.legs.asked(id)).toEqual(['answer', 'play 800']);
  });
});

describe('a caller who goes while nothing is performed', () => {
  it('takes along whoever is rung or talks', async () => {
    for (const after_ms of [500, 1_500]) {
      const held = await open();
      const { id } = await dial(held, [{ type: 'connect', option: { destinations: [{ target: '+15550100' }] } }, nap]);
      await held.world.pass(after_ms);
      await turns();
      expect(held.legs.up()).toHaveLength(2);
      await held.world.stop();
      held.legs.hangUp(id);
      await turns();
      expect(held.legs.up()).toEqual([]);
    }
  });
});

describe('a run that is moved on during the beep', () => {
  it('is not recorded afterwards', async () => {
    const held = await open();
    const { id, run } = await dial(held, [{ type: 'recording_start', option: { beep_start: true } }, { id: 'next', ...nap }]);
    // A directory is made first, which takes as long as it takes.
    await expect.poll(() => held.legs.asked(id)).toContain('play 300');
    const next = (await held.world.store.list((await held.world.state(run)).frames[0]?.list_id ?? ''))?.at(-1)?.id ?? '';
    expect(await held.world.node().host.forward(run, next)).toBe(true);
    await turns();
    expect(held.legs.asked(id).slice(-2)).toEqual(['play 300', 'stop']);
    const [effect] = await held.world.effects(run);
    held.legs.say(id, { type: 'playback_done', id: `${effect?.id ?? ''}/beep`, how: 'end' });
    await held.world.pass(5_000);
    await turns();
    expect(await held.world.store.documents({ kind: 'recording', limit: 1 })).toEqual([]);
  });
});
