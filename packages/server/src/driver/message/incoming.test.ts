// What carriers deliver: once, twice, at once, for nobody; and many at a time from the same sender.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silent } from '../../log.js';
import type { Document } from '../../store/store.js';
import { CUSTOMER, openWorld, startRun, type World } from '../testing/world.js';
import { createMessages } from './message.js';
import { createScripted, type Scripted } from './testing/scripted.js';

const NUMBER = '+15550001';
const PEER = '+15550002';

let world: World;
let scripted: Scripted;
beforeEach(async () => {
  scripted = createScripted();
  world = await openWorld((host) => {
    const messages = createMessages({ host, log: silent, providers: [scripted.provider], routes: [], most_an_hour: 0, customer: async () => CUSTOMER });
    void messages.start();
    return [messages.driver];
  });
});
afterEach(() => world.stop());

async function bind(actions: readonly unknown[], more: object = {}): Promise<void> {
  const message_flow_id = await world.flow(actions);
  const document: Document = { kind: 'number', id: 'n', customer_id: CUSTOMER, parent: '', key: `${CUSTOMER}/${NUMBER}`, version: 1, tm_create: 1, tm_update: null, tm_delete: null, data: { number: NUMBER, message_flow_id, ...more } };
  await world.store.commit([{ documents: [document] }]);
}
const deliver = async (text: string, provider_id = '', more: { source?: string; destination?: string } = {}) =>
  scripted.ears?.onMessage({ provider_id, source: PEER, destination: NUMBER, text, ...more });
const documents = async (kind: string) => (await world.store.documents({ kind, limit: 100 })).map(({ row }) => row).reverse();
const runs = async () => (await world.store.activeflows({ customer_id: CUSTOMER, limit: 100 })).rows.map(({ row }) => row);
/** Gathers what it hears, as many times as `count`. */
const gather = (count: number) => [
  { id: 'hear', type: 'message_receive', option: { duration: 60_000 } },
  { type: 'variable_set', option: { key: 'heard', value: '${heard}|${voipbin.message.text}' } },
  { type: 'goto', option: { target_id: 'hear', loop_count: count - 1 } },
];

it('a repetition of the carrier changes nothing, also where both come at once', async () => {
  await bind(gather(5));
  expect(await deliver('hello', 'a')).toBe('taken');
  expect(await deliver('hello', 'a')).toBe('repeated');
  expect((await Promise.all([deliver('one', 'b'), deliver('one', 'b')])).sort()).toEqual(['repeated', 'taken']);
  await world.idle();
  expect((await documents('message')).map(({ data }) => data['text'])).toEqual(['hello', 'one']);
  expect((await runs()).map(({ variables }) => variables['heard'])).toEqual(['|one']);
});

it('a number is the same with and without its plus', async () => {
  await bind(gather(5));
  await deliver('hello');
  expect(await deliver('one', '', { source: '15550002', destination: '15550001' })).toBe('taken');
  await world.idle();
  expect(await runs()).toMatchObject([{ variables: { heard: '|one', 'voipbin.message.source.target': '+15550002' } }]);
});

it('nor does it matter how the number was bound', async () => {
  await bind(gather(5));
  await world.store.commit([{ documents: [{ ...(await documents('number'))[0] as Document, version: 2, key: `${CUSTOMER}/15550001` }] }]);
  expect([await deliver('hello'), await deliver('one', '', { destination: '15550001' })]).toEqual(['taken', 'taken']);
  await world.idle();
  expect(await runs()).toMatchObject([{ variables: { heard: '|one' } }]);
});

it('what is for no number of ours is not kept', async () => {
  expect(await deliver('hello', 'a', { destination: '+19999' })).toBe('unknown');
  expect(await documents('message')).toEqual([]);
});

it('a number without a flow keeps its messages, and lets them wake a run that asked', async () => {
  await bind([]);
  await world.store.commit([{ documents: [{ ...(await documents('number'))[0] as Document, version: 2, data: { number: NUMBER } }] }]);
  expect(await deliver('hello')).toBe('taken');
  const run = await startRun(world, [{ type: 'message_send', option: { source: { target: NUMBER }, destinations: [{ target: PEER }], text: 'Coming?' } }, ...gather(1)]);
  await world.idle();
  await deliver('YES');
  await world.idle();
  expect((await world.state(run)).variables['heard']).toBe('|YES');
  expect((await documents('message')).map(({ data }) => data['direction'])).toEqual(['inbound', 'outbound', 'inbound']);
});

it('many at once from one sender are all read, once each, by one run', async () => {
  await bind(gather(40));
  await deliver('hello');
  const texts = Array.from({ length: 40 }, (_, i) => `m${i}`);
  expect(await Promise.all(texts.map((text) => deliver(text, text)))).toEqual(texts.map(() => 'taken'));
  await world.idle();
  const [run, ...others] = await runs();
  expect(others).toEqual([]);
  expect(run?.variables['heard']?.split('|').slice(1).sort()).toEqual([...texts].sort());
  expect(run?.status).toBe('ended');
});

it('many at once from many senders start one run each', async () => {
  await bind(gather(2));
  const senders = Array.from({ length: 20 }, (_, i) => `+1666${i}`);
  await Promise.all(senders.flatMap((source) => ['a', 'b', 'c'].map((text) => deliver(text, `${source}${text}`, { source }))));
  await world.idle();
  const all = await runs();
  expect(all).toHaveLength(20);
  expect(all.every(({ status, variables }) => status === 'ended' && variables['heard']?.length === 4)).toBe(true);
});

it('what a busy run is told stays in order before what wakes it', async () => {
  await bind([{ type: 'sleep', option: { duration: 1_000 } }, ...gather(3)]);
  await deliver('hello');
  for (const text of ['one', 'two']) await deliver(text);
  await world.pass(1_000);
  await deliver('three');
  await world.idle();
  expect((await runs())[0]?.variables['heard']).toBe('|one|two|three');
});

it('a deleted flow leaves the message in the list', async () => {
  await bind(gather(1));
  const [flow] = await documents('flow');
  await world.store.commit([{ documents: [{ ...flow as Document, version: 2, tm_delete: 1 }] }]);
  expect(await deliver('hello')).toBe('taken');
  expect(await runs()).toEqual([]);
  expect(await documents('message')).toHaveLength(1);
});

it('a run that was stopped while it waited is not woken: the next message starts another', async () => {
  await bind(gather(2));
  await deliver('hello');
  await world.idle();
  const [run] = await runs();
  await world.node().host.stop(run?.id ?? '', 'test');
  await deliver('one');
  await world.idle();
  expect((await runs()).map(({ status, variables }) => `${status} ${variables['heard'] ?? ''}`).sort()).toEqual(['ended ', 'running ']);
});
