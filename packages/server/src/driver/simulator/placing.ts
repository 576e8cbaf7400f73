// Outgoing calls that a user places, with no run that asks for them: each has its activeflow from the first, and that waits for the answer.
import { address, deriveId, NONE_ID, type Action, type AddressInput, type State, type StoredList, type Variables } from '@activeflow/engine';
import type { Call, Room, Run } from './call.js';
import { dialled } from './outgoing.js';
import { choose, startRun, type Chosen, type Refusal, type Runnable } from './run.js';

/** Outgoing calls to be played, one for each destination. How each goes is told by its target: see `outgoing.ts`. */
export type CallsAsked = Runnable & {
  readonly customer_id: string; readonly source?: AddressInput; readonly destinations: readonly AddressInput[]; readonly variables?: Variables;
};

/**
 * Dials. A call and its activeflow are one commit. The activeflow begins with an `answer`, put in front of its actions where they do not begin
 * with one: so it waits, durably, until the other side has answered, and ends as `hangup` where that does not happen.
 */
export async function placeCalls(room: Room, asked: CallsAsked): Promise<{ readonly calls: readonly Call[]; readonly activeflows: readonly State[] } | Refusal> {
  const { host, newId } = room;
  const chosen = await choose(room, asked.customer_id, asked, newId());
  if ('refused' in chosen) return chosen;
  const { run, list } = await answerFirst(room, chosen);
  const made: { readonly call: Call; readonly activeflow: State }[] = [];
  for (const destination of asked.destinations) {
    const document = dialled(newId(), asked.customer_id, host.clock.now(), { source: address(asked.source), destination: address(destination), run, master_call_id: '' });
    const bare = document as unknown as Call;
    const call: Call = { ...bare, data: { ...bare.data, activeflow_id: newId() } };
    const activeflow = await startRun(room, call, run, { documents: [call], lists: list ? [list] : [] }, asked.variables);
    if (activeflow === undefined) throw new Error(`the new id ${call.id} is taken`);
    made.push({ call, activeflow });
  }
  return { calls: made.map(({ call }) => call), activeflows: made.map(({ activeflow }) => activeflow) };
}

/** The same to run, but for the wait for the answer. The list is stored with each call: writing it again changes nothing. */
async function answerFirst({ host, newId }: Room, { run, lists }: Chosen): Promise<{ readonly run: Run; readonly list: StoredList | undefined }> {
  const actions = lists[0]?.actions ?? (await host.actions(run.list_id));
  if (actions[0]?.type === 'answer') return { run, list: lists[0] };
  const id = newId();
  const answer: Action = { id: deriveId(id, 'answer'), next_id: NONE_ID, type: 'answer', option: {} };
  return { run: { ...run, list_id: id }, list: { id, actions: [answer, ...actions] } };
}
