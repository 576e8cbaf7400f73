// Who talks with a flow: what comes in starts a run, wakes it, or waits for it; what it says goes out.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Document } from '../../store/store.js';
import { openStage, type Stage } from '../testing/stage.js';
import { CUSTOMER, startRun, walk } from '../testing/world.js';

const NUMBER = '+15550001';
const PEER = '+15550002';
const HOUR_MS = 3_600_000;

const send = (text: string, more: object = {}) => ({ type: 'message_send', option: { source: { target: NUMBER }, destinations: [{ target: PEER }], text, ...more } });
const receive = (more: object = {}) => ({ type: 'message_receive', option: { duration: HOUR_MS, ...more } });
const keep = (key: string) => ({ type: 'variable_set', option: { key, value: '${voipbin.message.text}' } });
/** Asks, and answers what it hears. */
const TALK = [receive(), keep('first'), send('You said ${voipbin.message.text}'), receive(), keep('second')];

let stage: Stage;
beforeEach(async () => { stage = await openStage(); });
afterEach(() => stage.world.stop());

async function bind(actions: readonly unknown[], more: object = {}): Promise<void> {
  const message_flow_id = await stage.world.flow(actions);
  const document: Document = { kind: 'number', id: 'n', customer_id: CUSTOMER, parent: '', key: `${CUSTOMER}/${NUMBER}`, version: 1, tm_create: 1, tm_update: null, tm_delete: null, data: { number: NUMBER, message_flow_id, ...more } };
  await stage.world.store.commit([{ documents: [document] }]);
}

/** Somebody texts the number; gives the run that the message belongs to. */
async function text(words: string, from = PEER): Promise<string> {
  const taken = await stage.messages.receive({ customer_id: CUSTOMER, source: { target: from }, number: NUMBER, text: words });
  if ('refused' in taken) throw new Error(taken.message);
  await stage.world.idle();
  return taken.activeflow_id;
}

const sent = async (): Promise<readonly string[]> => (await stage.documents('message')).flatMap(({ data }) => (data['direction'] === 'outbound' ? [`${(data['targets'] as { status: string }[]).map(({ status }) => status).join()}: ${String(data['text'])}`] : []));
const state = (run: string) => stage.world.state(run);

describe('a conversation', () => {
  it('is one run: the first message starts it, the next ones wake it', async () => {
    await bind(TALK);
    const run = await text('hello');
    expect((await state(run)).wait?.kind).toBe('message.receive');
    expect(await text('YES')).toBe(run);
    expect(await sent()).toEqual(['delivered: You said YES']);
    expect(await text('and more')).toBe(run);
    expect(await state(run)).toMatchObject({ status: 'ended', end_reason: 'completed', variables: { first: 'YES', second: 'and more', 'voipbin.message.source.target': PEER } });
    // What comes after its end begins another.
    expect(await text('again')).not.toBe(run);
  });

  it('keeps for a busy run what it has not asked for yet, in order', async () => {
    await bind([{ type: 'sleep', option: { duration: 60_000 } }, ...TALK]);
    const run = await text('hello');
    expect([await text('one'), await text('two')]).toEqual([run, run]);
    await stage.world.pass(60_000);
    expect(await state(run)).toMatchObject({ status: 'ended', variables: { first: 'one', second: 'two' } });
  });

  it('goes on without a word once the time is over', async () => {
    await bind(TALK);
    const run = await text('hello');
    await stage.world.pass(HOUR_MS);
    expect(await state(run)).toMatchObject({ status: 'running', variables: { first: '' } });
    await stage.world.pass(HOUR_MS);
    expect(walk(await stage.world.events(run))).toEqual(['start', 'message_receive', 'variable_set', 'message_send', 'message_receive', 'variable_set', 'ended:completed']);
  });

  it('is told apart by who talks', async () => {
    await bind(TALK);
    const [one, other] = [await text('hello'), await text('hello', '+15550003')];
    expect(one).not.toBe(other);
    await text('A', '+15550003');
    expect([(await state(one)).variables['first'], (await state(other)).variables['first']]).toEqual([undefined, 'A']);
  });

  it('goes on after a restart', async () => {
    await bind(TALK);
    const run = await text('hello');
    await stage.world.restart();
    expect(await text('YES')).toBe(run);
    expect((await state(run)).variables['first']).toBe('YES');
  });

  it('may begin with a message of ours', async () => {
    await bind([{ type: 'stop' }]);
    const run = await startRun(stage.world, [send('Are you coming?'), receive(), keep('first')]);
    await stage.world.idle();
    expect(await text('YES')).toBe(run);
    expect(await state(run)).toMatchObject({ status: 'ended', variables: { first: 'YES' } });
  });

  it('is one with what comes while the run that wrote first is busy', async () => {
    await bind([{ type: 'stop' }]);
    const run = await startRun(stage.world, [send('Are you coming?'), { type: 'sleep', option: { duration: 60_000 } }, receive(), keep('first')]);
    await stage.world.idle();
    expect(await text('YES')).toBe(run);
    await stage.world.pass(60_000);
    expect((await state(run)).variables['first']).toBe('YES');
  });

  it('needs somebody to talk with', async () => {
    const run = await startRun(stage.world, [receive(), keep('first')]);
    await stage.world.idle();
    expect(walk(await stage.world.events(run))).toContain('message_receive:failed:NO_PEER');
  });
});

describe('a second message while a run is on', () => {
  it('starts a run of its own where the number says so', async () => {
    await bind(TALK, { message_policy: 'start' });
    const [first, second] = [await text('one'), await text('two')];
    expect(second).not.toBe(first);
    expect([(await state(first)).status, (await state(second)).status]).toEqual(['running', 'running']);
  });

  it('replaces the run where the number says so', async () => {
    await bind(TALK, { message_policy: 'replace' });
    const [first, second] = [await text('one'), await text('two')];
    expect(second).not.toBe(first);
    expect(await state(first)).toMatchObject({ status: 'ended', end_reason: 'canceled' });
    expect((await state(second)).status).toBe('running');
  });
});

describe('keywords', () => {
  it('STOP ends all that is sent by the number, START begins it again', async () => {
    await bind(TALK);
    const run = await text('hello');
    await text('Stop.');
    expect(await sent()).toEqual(['delivered: You will get no more messages from this number. Reply START to get them again.']);
    expect((await state(run)).variables['first']).toBeUndefined();
    await startRun(stage.world, [send('Buy!'), send('Other', { source: { target: '+15550009' } }), send('Any', { source: {} })]);
    await stage.world.idle();
    expect((await sent()).slice(1).sort()).toEqual(['blocked: Any', 'blocked: Buy!', 'delivered: Other']);
    await text('stop');
    expect(await sent()).toHaveLength(4);
    await text('START');
    await startRun(stage.world, [send('Hello')]);
    await stage.world.idle();
    expect((await sent()).slice(4)).toEqual(['delivered: You will get messages from this number again. Reply STOP to end them.', 'delivered: Hello']);
  });

  it('are left to the flow where the number says so', async () => {
    await bind(TALK, { message_keywords: false });
    const run = await text('hello');
    await text('HELP');
    expect((await state(run)).variables['first']).toBe('HELP');
  });

  it('YES starts nothing, and HELP is answered as the number says', async () => {
    await bind(TALK, { message_answers: { help: 'Call ${me}' } });
    const run = await text('hello');
    await text('help');
    expect(await sent()).toEqual(['delivered: Call ${me}']);
    expect(await text('YES')).toBe(run);
  });
});
