// The examples that talk by text message, as their people do.
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStage, type Stage } from '../testing/stage.js';
import { CUSTOMER, startRun } from '../testing/world.js';

const example = (name: string) => (JSON.parse(readFileSync(new URL(`../../../../../examples/${name}.json`, import.meta.url), 'utf8')) as { actions: readonly unknown[] }).actions;
const OURS = '+15550100';
const ADA = '+15550101';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
  const message_flow_id = await stage.world.flow(example('callme'));
  await stage.world.store.commit([{ documents: [{ kind: 'number', id: 'n', customer_id: CUSTOMER, parent: '', key: `${CUSTOMER}/${OURS}`, version: 1, tm_create: 1, tm_update: null, tm_delete: null, data: { number: OURS, message_flow_id } }] }]);
});
afterEach(() => stage.world.stop());

const text = async (words: string) => {
  await stage.messages.receive({ customer_id: CUSTOMER, source: { target: ADA }, number: OURS, text: words });
  await stage.world.idle();
};
const said = async () => (await stage.documents('message')).flatMap(({ data }) => (data['direction'] === 'outbound' ? [String(data['text'])] : []));

describe('appointment', () => {
  const ask = async () => {
    const run = await startRun(stage.world, example('appointment'), { variables: { customer: 'Ada', phone: ADA, from: OURS, time: '10:00' } });
    await stage.world.idle();
    return run;
  };
  const answerOf = async (run: string) => { const { status, variables } = await stage.world.state(run); return `${status} ${variables['answer'] ?? ''}`; };
  const FIRST = 'Hello Ada, your appointment is at 10:00. Reply YES to keep it or NO to cancel it.';
  const SECOND = 'Are you coming at 10:00? Please reply YES or NO.';

  it('is kept by a YES at once', async () => {
    const run = await ask();
    await text('Yes');
    expect(await answerOf(run)).toBe('ended kept');
    expect(await said()).toEqual([FIRST, 'Thank you. Your appointment at 10:00 is kept.']);
  });

  it('reminds after an hour, asks again where it does not understand, and takes a NO', async () => {
    const run = await ask();
    await stage.world.pass(3_600_000);
    await text('what?');
    await text('no');
    expect(await answerOf(run)).toBe('ended canceled');
    expect(await said()).toEqual([FIRST, SECOND, 'Sorry, that was not understood. Please reply YES or NO.', 'Thank you. Your appointment at 10:00 is canceled.']);
  });

  it('gives up after a day, and not before', async () => {
    const run = await ask();
    await stage.world.pass(24 * 3_600_000 - 1_000);
    expect(await answerOf(run)).toBe('running ');
    await stage.world.pass(1_000);
    expect(await answerOf(run)).toBe('ended none');
    expect(await said()).toEqual([FIRST, SECOND]);
  });
});

describe('callme', () => {
  it('calls whoever asks', async () => {
    await text('call me');
    await stage.world.pass(60_000);
    expect(await stage.calls()).toMatchObject([{ data: { direction: 'outgoing', source: { target: OURS }, destination: { target: ADA }, status: 'hangup', hangup_reason: 'normal' } }]);
    expect(await said()).toEqual([]);
  });

  it('tells everybody else how', async () => {
    await text('hello');
    expect(await said()).toEqual(['Text "call me" and your phone rings.']);
    expect(await stage.calls()).toEqual([]);
  });
});
