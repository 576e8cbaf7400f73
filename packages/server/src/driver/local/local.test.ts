// The on-complete chain and fetched flows, over the real runner, dispatcher and store.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deriveId, NONE_ID } from '@activeflow/engine';
import { openWorld, startRun, walk, type World } from '../testing/world.js';
import { createLocal } from './local.js';

let world: World;
beforeEach(async () => { world = await openWorld((host) => [createLocal(host)]); });
afterEach(() => world.stop());

const set = (key: string, value: string) => ({ type: 'variable_set', option: { key, value } });
const remove = async (flow_id: string): Promise<void> => {
  const flow = await world.store.document('flow', flow_id);
  await world.store.commit([{ documents: [{ ...flow!, version: flow!.version + 1, tm_delete: world.clock.now() }] }]);
};

describe('fetch_flow', () => {
  it('runs the newest revision of another flow first', async () => {
    const other = await world.flow([set('a', '1'), set('b', '${a}2')]);
    const id = await startRun(world, [{ type: 'fetch_flow', option: { flow_id: other } }, set('c', '${b}3')]);
    await world.idle();
    expect((await world.state(id)).variables).toMatchObject({ a: '1', b: '12', c: '123' });
    expect(walk(await world.events(id))).toEqual(['start', 'fetch_flow', 'variable_set', 'variable_set', 'variable_set', 'ended:completed']);
  });

  it.each(['unknown', 'deleted', 'foreign'])('ends the run where the flow is %s', async (what) => {
    const other = await world.flow([set('a', '1')]);
    if (what === 'deleted') await remove(other);
    if (what === 'foreign') {
      const flow = await world.store.document('flow', other);
      await world.store.commit([{ documents: [{ ...flow!, version: 2, customer_id: 'another' }] }]);
    }
    const id = await startRun(world, [{ type: 'fetch_flow', option: { flow_id: what === 'unknown' ? NONE_ID.replace(/0$/, '9') : other } }, set('c', '1')]);
    await world.idle();
    expect(await world.state(id)).toMatchObject({ end_reason: 'failed', end_detail: expect.stringContaining('FLOW_NOT_FOUND') as string });
    expect((await world.state(id)).variables).not.toHaveProperty('a');
  });
});

describe('on complete', () => {
  it('starts the child exactly once, with the parent\'s variables and its own on-complete flow', async () => {
    const last = await world.flow([set('last', '1')]);
    const next = await world.flow([set('next', '${given}!')], { on_complete_flow_id: last });
    const id = await startRun(world, [{ type: 'stop' }], { on_complete_flow_id: next, variables: { given: 'x' } });
    await world.idle();
    const child = await world.state(deriveId(id, 'on_complete'));
    expect(child).toMatchObject({
      flow_id: next, flow_revision: 1, chain: 2, status: 'ended', end_reason: 'completed', reference: { type: 'api', activeflow_id: id },
      configuration: { on_complete_flow_id: last, webhook_uri: '', webhook_method: '' },
      variables: { given: 'x', next: 'x!', 'voipbin.activeflow.end_reason': 'stopped', 'voipbin.activeflow.reference_activeflow_id': id },
    });
    expect(await world.state(deriveId(child.id, 'on_complete'))).toMatchObject({ chain: 3, variables: { last: '1' } });
    expect((await world.store.activeflows({ customer_id: child.customer_id, limit: 100 })).rows).toHaveLength(3);
  });

  it('asked again, the effect finds the child started, also where the flow is gone by then', async () => {
    const next = await world.flow([{ type: 'sleep', option: { duration: 1_000 } }]);
    const id = await startRun(world, [{ type: 'stop' }], { on_complete_flow_id: next });
    await world.idle();
    await remove(next);
    const [effect] = await world.effects(id);
    const child = await world.state(deriveId(id, 'on_complete'));
    const again = await createLocal(world.node().host).perform(effect!, new AbortController().signal);
    expect(again).toEqual({ done: { ok: true, data: { activeflow_id: child.id } } });
    expect(await world.state(child.id)).toEqual(child);
  });

  it('does not start a flow that is deleted, and the parent\'s effects say so', async () => {
    const next = await world.flow([set('a', '1')]);
    await remove(next);
    const id = await startRun(world, [{ type: 'stop' }], { on_complete_flow_id: next });
    await world.idle();
    expect(await world.effects(id)).toMatchObject([{ kind: 'activeflow.start', status: 'failed', result: { ok: false, reason: 'FLOW_NOT_FOUND' } }]);
    expect(await world.store.load(deriveId(id, 'on_complete'))).toBeUndefined();
  });

  it('a chain of flows that follow themselves ends at the limit', async () => {
    const next = await world.flow([set('a', '1')]);
    const flow = await world.store.document('flow', next);
    await world.store.commit([{ documents: [{ ...flow!, version: 2, data: { ...flow!.data, on_complete_flow_id: next } }] }]);
    const id = await startRun(world, [{ type: 'stop' }], { on_complete_flow_id: next });
    await world.idle();
    expect((await world.store.activeflows({ customer_id: (await world.state(id)).customer_id, limit: 100 })).rows).toHaveLength(5);
  });
});
