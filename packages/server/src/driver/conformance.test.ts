// Our own drivers, by the suite that is there for all of them.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deriveId, type Option } from '@activeflow/engine';
import { driverConforms, type Ground } from './conformance.js';
import { createEgress } from './http/egress.js';
import { createHttp } from './http/http.js';
import { silent } from '../log.js';
import { createLocal } from './local/local.js';
import { createMessages } from './message/message.js';
import { createPlayed } from './message/played.js';
import { createSimulator } from './simulator/simulator.js';
import { CUSTOMER, openWorld, parse, startRun, type World } from './testing/world.js';

const KINDS = ['call', 'message', 'message_thread', 'recording'];
const documents = async ({ store }: World) => (await Promise.all(KINDS.map((kind) => store.documents({ kind, limit: 100 })))).flat().map(({ row }) => row);

/** A world in which nobody performs anything but the suite. */
async function still(): Promise<World> {
  const world = await openWorld(() => []);
  await world.stop();
  return world;
}

async function ground(world: World, run: string, more: Pick<Ground, 'make' | 'outside'> & Partial<Ground>): Promise<Ground> {
  const [effect] = await world.effects(run);
  if (effect === undefined) throw new Error('no effect');
  const about = ['call_id', 'flow_id'].find((name) => name in effect.payload && effect.kind !== 'call.create');
  return {
    effect: { ...effect, attempt: 1 },
    activeflow: () => world.state(run),
    end: async () => { await world.node().host.ended(run, 'test'); },
    close: async () => undefined,
    ...(about ? { unknown: { ...effect, id: `${run}:99:0`, attempt: 1, payload: { ...effect.payload, [about]: deriveId(run, 'none') } } } : {}),
    ...more,
  };
}

const onCall = (action: { readonly type: string; readonly option?: Option }) => async (): Promise<Ground> => {
  const world = await still();
  const { doors } = createSimulator(world.node().host);
  const made = await doors.createCall({ customer_id: CUSTOMER, actions: parse([action]), source: { target: '+1' }, destination: { target: '+2' } });
  if ('refused' in made) throw new Error(made.message);
  return ground(world, made.activeflow.id, { make: () => createSimulator(world.node().host).driver, outside: () => documents(world) });
};

const anywhere = (action: { readonly type: string; readonly option?: Option }) => async (): Promise<Ground> => {
  const world = await still();
  return ground(world, await startRun(world, [action]), { make: () => createSimulator(world.node().host).driver, outside: () => documents(world) });
};

const destinations = [{ target: '+821100000100' }, { target: '+821100000001' }];

for (const action of [
  { type: 'answer' }, { type: 'talk', option: { text: 'Hello' } }, { type: 'play', option: { stream_urls: ['a'] } }, { type: 'beep' },
  { type: 'digits_receive' }, { type: 'digits_send', option: { digits: '1' } }, { type: 'echo', option: { duration: 1_000 } }, { type: 'mute' },
  { type: 'recording_start', option: { duration: 5 } }, { type: 'recording_stop' }, { type: 'amd' }, { type: 'hangup' }, { type: 'connect', option: { destinations } },
  { type: 'conference_join', option: { conference_id: 'c' } }, { type: 'external_media_start', option: { external_host: '203.0.113.5:9' } }, { type: 'external_media_stop' },
]) driverConforms(`simulator, ${action.type}`, onCall(action));

for (const action of [
  { type: 'call', option: { destinations, actions: [{ type: 'answer' }] } },
  { type: 'email_send', option: { destinations } }, { type: 'conversation_send', option: { conversation_id: 'c', text: 't', sync: true } },
]) driverConforms(`simulator, ${action.type}`, anywhere(action));

const messages = ({ node }: World) => createMessages({ host: node().host, log: silent, providers: [createPlayed()], routes: [], most_an_hour: 0, customer: async () => CUSTOMER }).driver;
for (const action of [{ type: 'message_send', option: { destinations, text: 'x' } }, { type: 'message_receive', option: { source: { target: '+821100000100' } } }]) {
  driverConforms(`messages, ${action.type}`, async () => {
    const world = await still();
    return ground(world, await startRun(world, [action]), { make: () => messages(world), outside: () => documents(world) });
  });
}

driverConforms('local, flow.fetch', async () => {
  const world = await still();
  const run = await startRun(world, [{ type: 'fetch_flow', option: { flow_id: await world.flow([{ type: 'stop' }]) } }]);
  return ground(world, run, { make: () => createLocal(world.node().host), outside: async () => [] });
});

driverConforms('local, activeflow.start', async () => {
  const world = await still();
  const run = await startRun(world, [{ type: 'stop' }], { on_complete_flow_id: await world.flow([{ type: 'sleep', option: { duration: 1_000 } }]) });
  return ground(world, run, {
    make: () => createLocal(world.node().host),
    outside: async () => (await world.store.activeflows({ customer_id: CUSTOMER, limit: 100 })).rows.map(({ row }) => row),
  });
});

for (const action of [
  { type: 'fetch', option: { event_url: '' } }, { type: 'webhook_send', option: { uri: '', data: 'x' } }, { type: 'webhook_send', option: { uri: '', data: 'x', sync: true } },
]) driverConforms(`http, ${action.type}${'sync' in action.option ? ' sync' : ''}`, async () => {
  const keys = new Set<unknown>();
  const server = createServer((request, response) => { keys.add(request.headers['idempotency-key']); response.end('[]'); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const world = await still();
  const egress = createEgress({ allow: ['127.0.0.1'] });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const option = { ...action.option, ...('uri' in action.option ? { uri: url } : { event_url: url }) };
  return ground(world, await startRun(world, [{ ...action, option }]), {
    make: () => createHttp({ egress, clock: world.clock }),
    // A request cannot be taken back: what must not differ is its key, by which the receiver refuses the second copy.
    outside: async () => [...keys],
    close: async () => {
      await egress.close();
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  });
});
