// What leaves: never twice, never lost without a name; retried, bounded, routed; and what carriers say of it afterwards.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silent } from '../../log.js';
import { Permanent, Retryable } from '../errors.js';
import { CUSTOMER, openWorld, startRun, type World } from '../testing/world.js';
import { referenceOf, type Message } from './document.js';
import { createMessages, type MessageParts, type Messages } from './message.js';
import { parseRoutes } from './routes.js';
import { createScripted, type Scripted } from './testing/scripted.js';

const HOUR_MS = 3_600_000;
const never = () => new Promise<never>(() => undefined);

let world: World;
let scripted: Scripted;
let others: Scripted[];
let settings: Partial<MessageParts>;
let messages: Messages;
beforeEach(async () => {
  scripted = createScripted();
  others = [];
  settings = {};
});
afterEach(() => world.stop());

async function open(more: Partial<MessageParts> = {}): Promise<void> {
  settings = more;
  world = await openWorld((host) => {
    messages = createMessages({ host, log: silent, providers: [scripted, ...others].map(({ provider }) => provider), routes: [], most_an_hour: 0, customer: async () => CUSTOMER, ...settings });
    void messages.start();
    return [messages.driver];
  });
}

const sending = (text: string, ...to: string[]) => ({ type: 'message_send', option: { source: { target: '+100' }, destinations: (to.length > 0 ? to : ['+1']).map((target) => ({ target })), text } });
async function send(text: string, ...to: string[]): Promise<string> {
  const run = await startRun(world, [sending(text, ...to)]);
  await world.idle();
  return run;
}
const all = async (): Promise<readonly Message[]> => (await world.store.documents({ kind: 'message', limit: 100 })).map(({ row }) => row as unknown as Message).reverse();
const targets = async () => (await all()).flatMap(({ data }) => data.targets);
const statuses = async () => (await targets()).map(({ status }) => status);
const told = async () => (await world.store.feed(0, 1_000)).flatMap(({ told: one }) => (one ? [`${one.type} ${(one.document.data as unknown as Message['data']).targets.map(({ status }) => status).join()}`] : []));

describe('a message', () => {
  it('is told of at every step, with its targets', async () => {
    await open();
    await send('Hi');
    expect(await targets()).toMatchObject([{ status: 'sent', parts: 1, provider: 'scripted', provider_ids: ['p1'], tries: 1 }]);
    await scripted.ears?.onReceipt({ reference: '', provider_id: 'p1', status: 'delivered', detail: '' });
    expect(await told()).toEqual(['message_created sending', 'message_updated sent', 'message_updated delivered']);
  });

  it('goes to each of its destinations by itself', async () => {
    await open();
    scripted.script.push(() => { throw new Permanent('NO_SUCH_NUMBER', 'nobody has it'); });
    await send('Hi', '+1', '+2', '+3');
    expect(await targets()).toMatchObject([{ status: 'failed', detail: 'NO_SUCH_NUMBER: nobody has it' }, { status: 'sent' }, { status: 'sent' }]);
    expect(scripted.asked.map(({ destination }) => destination)).toEqual(['+1', '+2', '+3']);
  });

  it('is tried again by the rules of all effects, one target at a time', async () => {
    await open();
    scripted.script.push(() => { throw new Retryable('throttled', 5_000); });
    const run = await send('Hi', '+1', '+2');
    expect(await statuses()).toEqual(['queued', 'sent']);
    await world.pass(4_000);
    expect(scripted.asked).toHaveLength(2);
    await world.pass(10_000);
    expect(await statuses()).toEqual(['sent', 'sent']);
    expect(scripted.asked.map(({ destination, reference }) => `${destination} ${reference.slice(-2)}`)).toEqual(['+1 .0', '+2 .1', '+1 .0']);
    expect((await world.effects(run))[0]).toMatchObject({ status: 'done', result: { ok: true } });
  });

  it('waits for each of its targets as long as its provider said', async () => {
    await open();
    scripted.script.push(() => { throw new Retryable('throttled', 60_000); }, () => { throw new Retryable('throttled', 5_000); });
    await send('Hi', '+1', '+2');
    await world.pass(30_000);
    expect(await statuses()).toEqual(['queued', 'sent']);
    await world.pass(60_000);
    expect(scripted.asked.map(({ destination }) => destination)).toEqual(['+1', '+2', '+2', '+1']);
  });

  it('is given up after as many tries as anything, and says why', async () => {
    await open();
    scripted.script.push(...Array.from({ length: 20 }, () => () => { throw new Retryable('busy'); }));
    const run = await send('Hi');
    await world.pass(HOUR_MS);
    expect(scripted.asked).toHaveLength(10);
    expect(await targets()).toMatchObject([{ status: 'failed', tries: 10, detail: 'RETRIES_EXHAUSTED: busy' }]);
    expect((await world.effects(run))[0]).toMatchObject({ status: 'failed', result: { ok: false, reason: 'RETRIES_EXHAUSTED', message: '+1: busy' } });
  });

  it('waits for a provider that is away, without counting that as tries', async () => {
    await open();
    scripted.health = { up: false, detail: 'no connection', in_flight: 0 };
    await send('Hi');
    await world.pass(2 * HOUR_MS);
    expect(await targets()).toMatchObject([{ status: 'queued', tries: 0, detail: 'PROVIDER_DOWN: no connection' }]);
    scripted.health = { up: true, detail: '', in_flight: 0 };
    await world.pass(300_000);
    expect(await targets()).toMatchObject([{ status: 'sent', tries: 1, detail: '' }]);
  });

  it('goes on behind the parts that were taken', async () => {
    await open();
    scripted.script.push(() => ({ outcome: 'partial', provider_ids: ['a'], parts: 2, error: new Retryable('full') }), ({ taken }) => ({ outcome: 'sent', provider_ids: [...taken, 'b'], parts: 2 }));
    await send('Hi');
    await scripted.ears?.onReceipt({ reference: '', provider_id: 'a', status: 'delivered', detail: '' });
    await world.pass(10_000);
    expect(scripted.asked.map(({ taken }) => taken)).toEqual([[], ['a']]);
    expect(await statuses()).toEqual(['sent']);
    await scripted.ears?.onReceipt({ reference: '', provider_id: 'b', status: 'delivered', detail: '' });
    expect(await statuses()).toEqual(['delivered']);
  });
});

describe('a crash while a message is handed over', () => {
  it('leaves it uncertain, and it is not sent again', async () => {
    await open();
    scripted.script.push(never);
    const run = await startRun(world, [sending('Hi', '+1', '+2')]);
    await expect.poll(() => scripted.asked.length).toBe(1);
    await world.restart();
    await world.idle();
    expect(await targets()).toMatchObject([{ status: 'uncertain', detail: expect.stringContaining('the process ended') as string }, { status: 'sent' }]);
    expect(scripted.asked.map(({ destination }) => destination)).toEqual(['+1', '+2']);
    expect((await world.effects(run))[0]).toMatchObject({ status: 'failed', result: { reason: 'UNCERTAIN' } });
    // A receipt by our own name of it settles the doubt.
    const [message] = await all();
    await scripted.ears?.onReceipt({ reference: referenceOf(message?.id ?? '', 0), provider_id: '', status: 'delivered', detail: '' });
    expect(await statuses()).toEqual(['delivered', 'sent']);
  });

  it('is asked about where the carrier can be', async () => {
    scripted = createScripted('scripted', { ask: async ({ reference }) => (reference.endsWith('.0') ? { provider_id: 'q', status: 'sent' } : undefined) });
    await open();
    scripted.script.push(never);
    await startRun(world, [sending('Hi')]);
    await expect.poll(() => scripted.asked.length).toBe(1);
    await world.restart();
    await world.idle();
    expect(await targets()).toMatchObject([{ status: 'sent', provider_ids: ['q'] }]);
    await scripted.ears?.onReceipt({ reference: '', provider_id: 'q', status: 'undelivered', detail: 'off' });
    expect(await targets()).toMatchObject([{ status: 'undelivered', detail: 'off' }]);
  });

  it('does no harm where it can be repeated', async () => {
    scripted = createScripted('scripted', { repeatable: true });
    await open();
    scripted.script.push(never);
    await startRun(world, [sending('Hi')]);
    await expect.poll(() => scripted.asked.length).toBe(1);
    await world.restart();
    await world.idle();
    expect(await statuses()).toEqual(['sent']);
    expect(new Set(scripted.asked.map(({ reference }) => reference)).size).toBe(1);
  });
});

describe('receipts', () => {
  const receipt = (provider_id: string, status: 'sent' | 'delivered' | 'rejected', reference = '') => scripted.ears?.onReceipt({ reference, provider_id, status, detail: '' });

  it('may come before we have written that the message was taken', async () => {
    await open();
    scripted.script.push(async () => { await receipt('early', 'delivered'); return { outcome: 'sent', provider_ids: ['early'], parts: 1 }; });
    await send('Hi');
    expect(await statuses()).toEqual(['delivered']);
  });

  it('by our own id count while it is being handed over', async () => {
    await open();
    scripted.script.push(async ({ reference }) => { await receipt('', 'delivered', reference); return { outcome: 'sent', provider_ids: ['x'], parts: 1 }; });
    await send('Hi');
    expect(await targets()).toMatchObject([{ status: 'delivered', provider_ids: ['x'] }]);
  });

  it('come once for each part, twice, late and for nobody', async () => {
    await open();
    scripted.script.push(() => ({ outcome: 'sent', provider_ids: ['a', 'b'], parts: 2 }));
    await send('Hi');
    await receipt('a', 'delivered');
    await receipt('a', 'delivered');
    expect(await statuses()).toEqual(['sent']);
    await receipt('b', 'delivered');
    expect(await statuses()).toEqual(['delivered']);
    const before = await all();
    await receipt('b', 'rejected');
    await receipt('a', 'sent');
    await receipt('nobody', 'delivered');
    await receipt('', 'delivered', referenceOf(before[0]?.id ?? '', 7));
    await receipt('', 'delivered', 'f0000000-0000-4000-8000-000000000000.0');
    expect(await all()).toEqual(before);
  });

  it('of another provider are not believed', async () => {
    others = [createScripted('other')];
    await open();
    await send('Hi');
    const [message] = await all();
    await others[0]?.ears?.onReceipt({ reference: referenceOf(message?.id ?? '', 0), provider_id: '', status: 'delivered', detail: '' });
    await others[0]?.ears?.onReceipt({ reference: '', provider_id: 'p1', status: 'delivered', detail: '' });
    expect(await statuses()).toEqual(['sent']);
  });
});

describe('routes and bounds', () => {
  it('lead to a provider by prefix and sender, else nowhere', async () => {
    others = [createScripted('other')];
    await open({ routes: parseRoutes('+49=other,+49170=scripted,+491709=other,@+100=scripted,+43@+100=other') });
    await send('a', '+43', '+44', '+4917099');
    await startRun(world, [{ ...sending('b'), option: { destinations: [{ target: '+4917012' }, { target: '4930' }, { target: '+1' }], text: 'b' } }]);
    await world.idle();
    expect((await targets()).map(({ provider, destination, detail }) => `${destination.target} ${provider || detail}`)).toEqual([
      '+43 other', '+44 scripted', '+4917099 scripted', '+4917012 scripted', '4930 other', '+1 NO_ROUTE: no provider carries messages there',
    ]);
  });

  it.each(['x', '=smpp', '+49', '+49=', '*=Twilio', '+4a=smpp'])('%s is no route', (text) => { expect(() => parseRoutes(text)).toThrow('must be a list'); });

  it('a sender sends no more in an hour than it may; the rest goes in the next', async () => {
    await open({ most_an_hour: 3 });
    for (const to of ['+1', '+2', '+3', '+4', '+5']) await send('Hi', to);
    expect((await statuses()).sort()).toEqual(['queued', 'queued', 'sent', 'sent', 'sent']);
    await world.restart();
    expect(scripted.asked).toHaveLength(3);
    await world.pass(HOUR_MS);
    expect(await statuses()).toEqual(Array(5).fill('sent'));
  });

  it('no more than its window are under way at a provider, and others are not kept waiting', async () => {
    scripted = createScripted('scripted', { window: 2 });
    others = [createScripted('other')];
    await open({ routes: parseRoutes('+1=scripted,*=other') });
    const leave: (() => void)[] = [];
    scripted.script.push(...Array.from({ length: 4 }, () => () => new Promise<never>((_, reject) => { leave.push(() => { reject(new Permanent('X', 'x')); }); })));
    for (const to of ['+1', '+1', '+1', '+1', '+2']) await startRun(world, [sending('Hi', to)]);
    await expect.poll(() => others[0]?.asked.length).toBe(1);
    expect(scripted.asked).toHaveLength(2);
    for (let i = 0; i < 4; i++) { await expect.poll(() => leave.length).toBeGreaterThan(i); leave[i]?.(); }
    await world.idle();
    expect(scripted.asked).toHaveLength(4);
  });
});
