// The activeflow of a call: what it runs, and what it knows of the call at its start (engine.md §4).
import { addressVariables, NONE_ID, type Action, type State, type StoredList, type Variables } from '@activeflow/engine';
import type { CallCommon, CallOf, Room } from './call-document.js';
import type { AlsoOf } from './driver.js';

/** The list that an activeflow of the call runs, pinned before it begins. */
export type Run = { readonly flow_id: string; readonly flow_revision: number; readonly list_id: string; readonly on_complete_flow_id: string };

/** What an activeflow is to run: a stored flow, or actions as `parseActions` gives them. */
export type Runnable = { readonly flow_id: string } | { readonly actions: readonly Action[] };

/** Why a door stays shut. CALL_ENDED and STATE_INVALID: the call is there, but not as it would have to be. */
export type Refusal = {
  readonly refused: 'CALL_NOT_FOUND' | 'FLOW_NOT_FOUND' | 'CALL_ENDED' | 'STATE_INVALID' | 'INVALID_ARGUMENT';
  readonly message: string;
};

/** What is to run, and the lists to store with it. */
export type Chosen = { readonly run: Run; readonly lists: readonly StoredList[] };

/** What is to run, pinned: the newest revision of a flow, or actions stored as the list `list_id`. */
export async function choose({ host }: Room, customer_id: string, what: Runnable, list_id: string): Promise<Chosen | Refusal> {
  if ('actions' in what) {
    const list = { id: list_id, actions: what.actions };
    return { run: { flow_id: NONE_ID, flow_revision: 0, list_id: list.id, on_complete_flow_id: NONE_ID }, lists: [list] };
  }
  const flow = await host.flow(customer_id, what.flow_id);
  if (flow === undefined) return { refused: 'FLOW_NOT_FOUND', message: `no flow ${what.flow_id.slice(0, 64)}` };
  const { revision, on_complete_flow_id } = flow;
  return { run: { flow_id: what.flow_id, flow_revision: revision, list_id: flow.list_id, on_complete_flow_id }, lists: [] };
}

/** A call whose run begins, and the call whose run dialled it; `''` for none. */
export type Mastered = { readonly call: CallOf<CallCommon>; readonly master_call_id: string };

/** Starts the activeflow of a call; the call's document is among what goes with it. Undefined where it was started before, or the call has changed. */
export function startRunOf({ host }: Room, { call, master_call_id }: Mastered, run: Run, also: AlsoOf, variables: Variables = {}): Promise<State | undefined> {
  const { id, customer_id, data } = call;
  const named = {
    'voipbin.call.id': id, 'voipbin.call.direction': data.direction, 'voipbin.call.status': data.status, 'voipbin.call.digits': '',
    'voipbin.call.master_call_id': master_call_id,
    ...addressVariables('voipbin.call.source', data.source), ...addressVariables('voipbin.call.destination', data.destination),
  };
  const { flow_id, flow_revision, list_id, on_complete_flow_id } = run;
  return host.start({
    id: data.activeflow_id, customer_id, name: '', flow_id, flow_revision, list_id,
    reference: { type: 'call', id, activeflow_id: NONE_ID },
    configuration: { on_complete_flow_id, webhook_uri: '', webhook_method: '' },
    variables: { ...variables, ...named },
  }, { by: 'call', ref: id }, also);
}
