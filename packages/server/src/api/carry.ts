// Something to be done outside that a request asks for: an activeflow of one action does it, so that it is as durable as any other effect.
import { randomUUID } from 'node:crypto';
import { effectId, NO_CONFIGURATION, NONE_ID, type Option, type Variables } from '@activeflow/engine';
import { ApiError } from '../problem.js';
import type { Parts } from './parts.js';
import type { Call } from './route.js';

/** What is carried: one action, the variables its option refers to, and what would perform it; undefined where nothing does. */
export type Carried = { readonly type: string; readonly option: Option; readonly variables?: Variables; readonly by: object | undefined };

/** How long an answer waits for the effect: what is asked for is durable, and goes on, all the same. */
const PATIENCE_MS = 2_000;

/** Prepares the activeflow; `send` starts it, remembers the answer in the same commit, and waits until the action is done. */
export function carry(parts: Parts, { identity, request_id, receipt }: Pick<Call, 'identity' | 'request_id' | 'receipt'>, name: string, { type, option, variables = {}, by }: Carried): {
  readonly activeflow_id: string; readonly effect_id: string; readonly send: (answer: object) => Promise<void>;
} {
  if (!by) throw new ApiError('STATE_INVALID', 'nothing here carries this out: the simulator is off, and no other driver is there');
  const id = randomUUID();
  const list = { id: `${id}:0`, actions: [{ id: randomUUID(), next_id: NONE_ID, type, option }] };
  const send = async (answer: object): Promise<void> => {
    const birth = {
      id, customer_id: identity.customer_id, name, flow_id: NONE_ID, flow_revision: 0, list_id: list.id, reference: { type: 'api', id: '', activeflow_id: '' } as const,
      configuration: NO_CONFIGURATION, variables, cause: { by: 'api', ref: request_id } as const,
    };
    const born = await parts.runner.start(birth, { lists: [list], documents: receipt({ body: answer }) });
    if (!born) throw new ApiError('STATE_INVALID', 'the same request is being carried out');
    await finished(parts, effectId(id, 1, 0));
  };
  return { activeflow_id: id, effect_id: effectId(id, 1, 0), send };
}

/** Waits until the effect has been performed, so that whoever asked finds what it made. */
async function finished({ store }: Parts, effect_id: string): Promise<void> {
  for (const began_ms = performance.now(); performance.now() - began_ms < PATIENCE_MS;) {
    const effect = await store.effect(effect_id);
    if (effect?.status !== 'pending' && effect?.status !== 'performing') return;
    await new Promise((resolve) => { setTimeout(resolve, 2); });
  }
}
