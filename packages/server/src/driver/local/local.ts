// What needs nothing outside: another flow's list, and the activeflow that follows on an end.
import { NONE_ID, type State } from '@activeflow/engine';
import { Permanent, type Driver, type Host, type Performed } from '../driver.js';
import type { StoredEffect } from '../../store/store.js';

/** Makes the driver of `activeflow.start` and `flow.fetch`. */
export function createLocal(host: Host): Driver {
  return {
    name: 'local',
    kinds: ['activeflow.start', 'flow.fetch'],
    perform: async (effect) => (effect.kind === 'flow.fetch' ? fetchFlow(host, effect) : startChild(host, effect)),
    // Both are over as soon as they are begun.
    cancel: async () => undefined,
  };
}

async function flowOf(host: Host, { customer_id, payload }: StoredEffect) {
  const { flow_id } = payload as { flow_id: string };
  const flow = await host.flow(customer_id, flow_id);
  if (flow === undefined) throw new Permanent('FLOW_NOT_FOUND', `no flow ${flow_id.slice(0, 64)}`);
  return { flow_id, ...flow };
}

async function fetchFlow(host: Host, effect: StoredEffect): Promise<Performed> {
  const { list_id } = await flowOf(host, effect);
  return { done: { ok: true, data: { list_id } } };
}

/** Starts the on-complete flow of an activeflow that has ended (engine.md §3). Where its id is taken, it was started before. */
async function startChild(host: Host, effect: StoredEffect): Promise<Performed> {
  const { activeflow_id: id } = effect.payload as { activeflow_id: string };
  const done = { ok: true, data: { activeflow_id: id } } as const;
  // Asked before the flow is, which may have been deleted since.
  if ((await host.activeflow(id)) !== undefined) return { done };
  const { flow_id, revision, list_id, on_complete_flow_id } = await flowOf(host, effect);
  const parent = await parentOf(host, effect);
  await host.start({
    id, customer_id: parent.customer_id, name: '', flow_id, flow_revision: revision, list_id, parent, variables: {},
    reference: { type: parent.reference.type, id: parent.reference.id, activeflow_id: parent.id },
    configuration: { on_complete_flow_id: on_complete_flow_id || NONE_ID, webhook_uri: '', webhook_method: '' },
  }, { by: 'activeflow', ref: parent.id });
  return { done };
}

async function parentOf(host: Host, { activeflow_id }: StoredEffect): Promise<State> {
  const parent = await host.activeflow(activeflow_id);
  if (parent === undefined) throw new Permanent('ACTIVEFLOW_NOT_FOUND', `no activeflow ${activeflow_id}`);
  return parent;
}
