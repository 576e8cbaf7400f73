// A call leaves its queue: its document, its place, its agent and its run in one commit, and then the agent's leg.
import { NONE_ID, type State } from '@activeflow/engine';
import type { Desk } from '../desk.js';
import type { Also, AlsoOf, Host } from '../driver.js';
import type { Receipt } from '../slip.js';
import type { DocumentWrite } from '../../store/store.js';
import { letGo, type LetGo } from './agents.js';
import { changed, decide, isInLine, isOver, isServed, outcome, place, readQueuecall, serviceId, type EndReason, type Queuecall } from './document.js';

/** How it leaves. */
export type Leaving = { readonly why: Exclude<EndReason, ''>; readonly receipt?: Receipt | undefined };

/** After these the run goes on behind `queue_join`. */
const GOES_ON: ReadonlySet<EndReason> = new Set(['agent', 'timeout_wait', 'timeout_service', 'kicked', 'queue_deleted']);

/** Takes a call out of its queue. Once more changes nothing, and says so (`first`). Undefined where there is none. */
export async function leave(host: Host, desk: Desk, id: string, leaving: Leaving): Promise<{ readonly queuecall: Queuecall; readonly first: boolean } | undefined> {
  const left = await decide(async () => {
    const before = await readQueuecall(host, id);
    if (before === undefined) return { done: undefined };
    if (isOver(before)) return (await again(host, before, leaving)) ? { done: { before, queuecall: before, first: false } } : undefined;
    const queuecall = await write(host, before, leaving);
    return queuecall && { done: { before, queuecall, first: true } };
  });
  if (left === undefined) return undefined;
  const { before, ...told } = left;
  await part(desk, before, leaving.why);
  return told;
}

/** Somebody asked once more: that is remembered. */
async function again(host: Host, queuecall: Queuecall, { receipt }: Leaving): Promise<boolean> {
  const documents = receipt?.(queuecall, await host.activeflow(queuecall.data.activeflow_id)) ?? [];
  return documents.length === 0 || host.write({ documents });
}

async function write(host: Host, before: Queuecall, { why, receipt }: Leaving): Promise<Queuecall | undefined> {
  const now = host.clock.now();
  const { activeflow_id, status } = before.data;
  const queuecall = changed(before, { status: status === 'service' ? 'done' : 'abandoned', end_reason: why, tm_end: now }, now);
  const rest = [...await place(host, before, false, now), ...await agentOf(host, before, why)];
  const also = (state: State | undefined): Also => ({ documents: [queuecall, ...rest, ...(receipt?.(queuecall, state) ?? [])] });
  const state = await host.activeflow(activeflow_id);
  return (await commit(host, queuecall, GOES_ON.has(why) ? state : undefined, also)) ? queuecall : undefined;
}

/** The run goes on in the same commit, where it does. False where something was stale: decide again. */
async function commit(host: Host, queuecall: Queuecall, state: State | undefined, also: (state: State | undefined) => Also): Promise<boolean> {
  const told: AlsoOf = also;
  if (isServed(queuecall, state) && state.wait !== null && state.wait.effect_id !== '') return host.settle(state.wait.effect_id, outcome(queuecall), told);
  if (!isInLine(queuecall, state)) return host.write(also(state));
  if (await host.forward(queuecall.data.activeflow_id, serviceId(queuecall), told)) return true;
  // Where the run has gone elsewhere the documents were written all the same.
  const now = await readQueuecall(host, queuecall.id);
  return now !== undefined && now.version >= queuecall.version;
}

async function agentOf(host: Host, { customer_id, data: { agent, status } }: Queuecall, why: EndReason): Promise<readonly DocumentWrite[]> {
  const how: LetGo = status === 'service' || why === 'agent' ? 'talked' : 'not_needed';
  return agent === null ? [] : [await letGo(host, customer_id, agent, how)];
}

/** The room of a caller and an agent. */
export const roomOf = ({ id }: Pick<Queuecall, 'id'>): string => id;

async function part(desk: Desk, { id, data: { agent_call_id, call_id, status } }: Queuecall, why: EndReason): Promise<void> {
  if (agent_call_id === NONE_ID) return;
  await desk.hangUp(agent_call_id, status === 'service' ? 'normal' : 'cancel');
  if (why !== 'caller') desk.part(call_id, roomOf({ id }));
}
