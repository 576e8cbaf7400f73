// Calls by the suite that is there for all drivers. The legs are played, and outlive the process: what must not happen twice is what was asked of them.
import { deriveId, type Option } from '@activeflow/engine';
import { silent } from '../../log.js';
import { driverConforms, type Ground } from '../conformance.js';
import type { Driver } from '../driver.js';
import { playedSpeech, playLegs } from '../testing/played-legs.js';
import { CUSTOMER, openWorld } from '../testing/world.js';
import { createCalls } from './call.js';

const onCall = (action: { readonly type: string; readonly option?: Option }) => async (): Promise<Ground> => {
  const world = await openWorld(() => []);
  await world.stop();
  const legs = playLegs(world.clock);
  const settings = { recordings: '', max_calls: 0, ring_timeout_ms: 60_000, outside: (name: string) => Promise.resolve(name) };
  const make = (): Driver => {
    const calls = createCalls({ host: world.node().host, legs: legs.legs, speech: playedSpeech, log: silent, settings });
    void calls.start();
    return calls.driver;
  };
  make();
  const call_id = legs.offer(CUSTOMER, { flow_id: await world.flow([action]) });
  const call = async () => world.store.document('call', call_id);
  while ((await call()) === undefined) await new Promise((resolve) => { setImmediate(resolve); });
  const run = String((await call())?.data['activeflow_id']);
  const [effect] = await world.effects(run);
  if (effect === undefined) throw new Error('no effect');
  const pending = { ...effect, attempt: 1 };
  return {
    make, effect: pending,
    // Whatever has an id is asked of a leg once. The rest is a switch (echo on, muted, in that room), and stands where it stood when it is set again.
    outside: async () => [legs.up().length, ...new Set(legs.asked(call_id).filter((what) => what !== 'stop' && !what.startsWith('hangup'))), (await world.store.documents({ kind: 'call', limit: 100 })).length],
    activeflow: () => world.state(run),
    end: async () => { await world.node().host.ended(run, 'test'); },
    unknown: { ...pending, id: `${run}:99:0`, payload: { ...effect.payload, ...(effect.kind === 'call.create' ? { flow_id: deriveId(run, 'none') } : { call_id: deriveId(run, 'none') }) } },
    close: async () => undefined,
  };
};

const destinations = [{ target: '+821100000100' }, { target: '+821100000002' }];

for (const action of [
  { type: 'answer' }, { type: 'talk', option: { text: 'Hello' } }, { type: 'play', option: { stream_urls: ['a'] } }, { type: 'beep' },
  { type: 'digits_receive' }, { type: 'digits_send', option: { digits: '1' } }, { type: 'echo', option: { duration: 1_000 } }, { type: 'mute' },
  { type: 'recording_stop' }, { type: 'amd' }, { type: 'hangup' }, { type: 'connect', option: { destinations } },
  { type: 'conference_join', option: { conference_id: 'c' } }, { type: 'external_media_start', option: { external_host: 'a:1' } }, { type: 'external_media_stop' },
  { type: 'call', option: { destinations, actions: [{ type: 'answer' }] } },
]) driverConforms(`calls, ${action.type}`, onCall(action));
