// Birth: the state of an activeflow before its first action, and the event that says so.
import type { Cause, Event } from './event.js';
import { MAIN_FRAME_ID, NONE_ID, START_ID } from './ids.js';
import { START_ACTION } from './list.js';
import type { Configuration, Instant, Reference, State } from './state.js';
import { variablesBytes, type Variables } from './variables.js';

/** What an activeflow is born with. */
export type Birth = {
  readonly id: string;
  readonly customer_id: string;
  readonly name: string;
  /** The flow and revision it runs; the none id and 0 for actions given with the start. */
  readonly flow_id: string;
  readonly flow_revision: number;
  readonly list_id: string;
  readonly reference: Reference;
  readonly configuration: Configuration;
  /** Given by whoever starts it; system names among them are the system's own. */
  readonly variables: Variables;
  /** The activeflow whose on-complete flow this is: its variables are copied, its place in the chain counts. */
  readonly parent?: State;
  readonly at: Instant;
  readonly cause: Cause;
};

/** A new activeflow: `running`, at the start marker, version 0 until its first commit. */
export function create(birth: Birth): { readonly state: State; readonly event: Event } {
  const chain = (birth.parent?.chain ?? 0) + 1;
  const variables = { ...birth.parent?.variables, ...birth.variables, ...systemVariables(birth, chain) };
  const at_start = { frame_id: MAIN_FRAME_ID, action_id: START_ID };
  const state: State = {
    id: birth.id, customer_id: birth.customer_id, name: birth.name, flow_id: birth.flow_id, flow_revision: birth.flow_revision,
    reference: birth.reference, configuration: birth.configuration, chain,
    status: 'running', paused: false, version: 0, events: 1,
    frames: [{ id: MAIN_FRAME_ID, list_id: birth.list_id, return_to: null, gotos: {} }],
    position: at_start, current: { frame_id: MAIN_FRAME_ID, action: START_ACTION, step: 0, began_at: birth.at },
    forward: null, wait: null, variables, variables_bytes: variablesBytes(variables),
    end_reason: '', end_detail: '', tm_create: birth.at, tm_update: null, tm_delete: null,
  };
  return { state, event: { n: 0, version: 0, at: birth.at, cause: birth.cause, type: 'created', state } };
}

function systemVariables(birth: Birth, chain: number): Variables {
  const name = (field: string) => `voipbin.activeflow.${field}`;
  return {
    [name('id')]: birth.id,
    [name('reference_type')]: birth.reference.type,
    [name('reference_id')]: birth.reference.id,
    [name('reference_activeflow_id')]: birth.reference.activeflow_id,
    [name('flow_id')]: birth.flow_id,
    [name('complete_count')]: String(chain - 1),
    ...(birth.parent ? { [name('end_reason')]: birth.parent.end_reason } : {}),
  };
}

/** The configuration where nothing was asked for. */
export const NO_CONFIGURATION: Configuration = { on_complete_flow_id: NONE_ID, webhook_uri: '', webhook_method: '' };
