// A caller who hangs up at every single point of the menu that we ship: whatever was going on, the run has ended, once, and nothing hangs.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { deriveId } from '@activeflow/engine';
import { openCallStage, type CallStage } from '../testing/call-stage.js';
import { CUSTOMER } from '../testing/world.js';

const IVR = (JSON.parse(readFileSync(new URL('../../../../../examples/ivr.json', import.meta.url), 'utf8')) as { actions: readonly unknown[] }).actions;

let stage: CallStage;
afterEach(() => stage.close());

/** What the caller does on the way, in milliseconds from the first; `.` is nothing but time. */
const WAYS = ['1', '4', '.', '9..9', '...', '*1'];

/** Plays a way through the menu up to a step of its course, where the caller hangs up. Gives the course so far. */
async function walkTo(way: string, steps: number): Promise<{ readonly id: string; readonly run: string; readonly taken: number }> {
  stage = await openCallStage();
  const after = await stage.world.flow([{ type: 'variable_set', option: { key: 'followed', value: '1' } }]);
  const flow_id = await stage.world.flow(IVR, { on_complete_flow_id: after });
  const id = stage.legs.offer(CUSTOMER, { flow_id });
  const acts = [
    () => Promise.resolve(), () => stage.world.idle(),
    ...[...way].flatMap((key) => [
      async () => { await stage.pass(1_000); },
      async () => { if (key !== '.') stage.legs.press(id, key); await Promise.resolve(); },
      () => stage.world.idle(),
      ...Array.from({ length: 4 }, () => () => stage.pass(7_000)),
    ]),
  ];
  for (const act of acts.slice(0, steps)) await act();
  stage.legs.hangUp(id);
  await stage.world.idle();
  return { id, run: (await stage.call(id)).data.activeflow_id, taken: acts.length };
}

async function expectOver({ id, run }: { readonly id: string; readonly run: string }): Promise<void> {
  const state = await stage.world.state(run);
  expect(state.status).toBe('ended');
  expect((await stage.call(id)).data.status).toBe('hangup');
  expect((await stage.world.events(run)).filter(({ type }) => type === 'ended')).toHaveLength(1);
  // What follows began once, and is over, too.
  expect(await stage.world.state(deriveId(run, 'on_complete'))).toMatchObject({ status: 'ended', variables: { followed: '1' } });
  expect((await stage.world.effects(run)).filter(({ status }) => !['done', 'failed', 'canceled'].includes(status))).toEqual([]);
  expect(await stage.documents('leg')).toEqual([]);
  expect(stage.calls.up()).toBe(0);
  expect(stage.legs.up()).toEqual([]);
  const before = await stage.world.events(run);
  await stage.pass(600_000);
  expect(await stage.world.events(run)).toEqual(before);
}

describe('a caller who hangs up', () => {
  it.each(WAYS)('on the way %j, at each point of it, leaves nothing behind', async (way) => {
    for (let steps = 0, all = 1; steps <= all; steps++) {
      const gone = await walkTo(way, steps);
      all = gone.taken;
      await expectOver(gone);
      await stage.close();
    }
  });

  it('at each fact of a leg, before and after it, is the end all the same', async () => {
    const facts = 12;
    for (let at = 0; at < facts; at++) {
      stage = await openCallStage();
      const after = await stage.world.flow([{ type: 'variable_set', option: { key: 'followed', value: '1' } }]);
      const flow_id = await stage.world.flow(IVR, { on_complete_flow_id: after });
      const id = stage.legs.offer(CUSTOMER, { flow_id });
      // So many turns of the event loop later, in the middle of whatever is being written.
      for (let turn = 0; turn < at; turn++) await new Promise((resolve) => { setImmediate(resolve); });
      stage.legs.press(id, '1');
      stage.legs.hangUp(id);
      await stage.world.idle();
      await expectOver({ id, run: (await stage.call(id)).data.activeflow_id });
      await stage.close();
    }
  });
});

describe('an end from both sides at once', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('%i turns apart, is one', async (turns) => {
    stage = await openCallStage();
    const caller = await stage.dial([{ type: 'talk', option: { text: 'x'.repeat(900) } }]);
    const here = stage.calls.doors.hangup({ customer_id: CUSTOMER, call_id: caller.id }, 'local', 'busy');
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    stage.legs.hangUp(caller.id);
    expect(await here).toMatchObject({ id: caller.id });
    await stage.world.idle();
    expect((await stage.world.events(caller.run)).filter(({ type }) => type === 'ended')).toHaveLength(1);
    expect(stage.calls.up()).toBe(0);
    expect(await stage.documents('leg')).toEqual([]);
  });

  it('of another customer is none', async () => {
    stage = await openCallStage();
    const caller = await stage.dial([{ type: 'talk', option: { text: 'x'.repeat(900) } }]);
    expect(await stage.calls.doors.hangup({ customer_id: 'another', call_id: caller.id }, 'local', 'normal')).toMatchObject({ refused: 'CALL_NOT_FOUND' });
    expect(await stage.calls.doors.hangup({ customer_id: CUSTOMER, call_id: 'none' }, 'local', 'normal')).toMatchObject({ refused: 'CALL_NOT_FOUND' });
    expect((await stage.call(caller.id)).data.status).toBe('progressing');
  });
});
