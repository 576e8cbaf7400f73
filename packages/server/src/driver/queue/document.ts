// What queues keep: a document for each call in one (`queuecall`), its place while it waits (`queueplace`), and what is known of an agent
// (`queueagent`). All decisions are made of these, so a restart changes none.
import { address, deriveId, NONE_ID, type Address, type AddressInput, type Instant, type Option, type Result, type State, type StoredList, type Variables } from '@activeflow/engine';
import { newDocument } from '../call-document.js';
import { Retryable, type Host } from '../driver.js';
import type { Document, DocumentWrite } from '../../store/store.js';

/** Where a call in a queue stands: it waits, an agent is rung, they talk, it was served, it left without. */
export type QueuecallStatus = 'waiting' | 'connecting' | 'service' | 'done' | 'abandoned';
/** Why it left: who hung up, its run went elsewhere, a time was over, it was kicked out, or the queue is gone. `''` while it has not. */
export type EndReason = '' | 'agent' | 'caller' | 'left' | 'timeout_wait' | 'timeout_service' | 'kicked' | 'queue_deleted';

/** The data of a call in a queue; instants in microseconds, null where it has not happened. */
export type QueuecallData = {
  readonly queue_id: string;
  readonly call_id: string;
  readonly activeflow_id: string;
  readonly status: QueuecallStatus;
  readonly end_reason: EndReason;
  /** Who is rung or talks; null for nobody. */
  readonly agent: Address | null;
  /** The call of the agent; the none id for none. */
  readonly agent_call_id: string;
  /** How often an agent was rung. */
  readonly rings: number;
  readonly wait_until: Instant | null;
  readonly service_until: Instant | null;
  readonly tm_service: Instant | null;
  readonly tm_end: Instant | null;
  /** The `queue.join` effect, and the list that its run waits in; no part of the public form. */
  readonly effect_id: string;
};

/** The document of a call in a queue. */
export type Queuecall = Omit<Document, 'data'> & { readonly data: QueuecallData };

/** What a queue says. */
export type Queue = {
  readonly id: string; readonly name: string; readonly detail: string; readonly wait_flow_id: string; readonly agents: readonly Address[];
  readonly timeout_wait_ms: number; readonly timeout_service_ms: number; readonly ring_timeout_ms: number;
};

/** A queue of a customer; undefined where there is none or it is deleted. */
export async function readQueue(host: Host, customer_id: string, id: string): Promise<Queue | undefined> {
  const document = await host.document('queue', id);
  if (document?.customer_id !== customer_id || document.tm_delete !== null) return undefined;
  const { agents, ...data } = document.data as unknown as Queue & { readonly agents: readonly AddressInput[] };
  return { ...data, id, agents: agents.map((agent) => address(agent)) };
}

/** A call in a queue, by id. */
export const readQueuecall = async (host: Host, id: string): Promise<Queuecall | undefined> => (await host.document('queuecall', id)) as unknown as Queuecall | undefined;

/** True for one that has left. */
export const isOver = ({ data }: Queuecall): boolean => data.status === 'done' || data.status === 'abandoned';

/** The id of the call that entered by an effect. */
export const queuecallId = ({ id, activeflow_id }: { readonly id: string; readonly activeflow_id: string }): string => deriveId(activeflow_id, `${id}/queuecall`);

/** The list that the run of a call waits in. */
export const listId = ({ data }: Queuecall): string => `${data.effect_id}:queue`;
/** Its two actions: a round of waiting, and what comes after. */
export const waitId = ({ id }: Pick<Queuecall, 'id'>): string => deriveId(id, 'wait');
/** The action that the run goes to when it need not wait any more. */
export const serviceId = ({ id }: Pick<Queuecall, 'id'>): string => deriveId(id, 'service');

/** What a run does in a queue: rounds of waiting, one after the other, until it is sent to what comes after. */
export function listOf(queuecall: Queuecall): StoredList {
  const option: Option = { queuecall_id: queuecall.id };
  return { id: listId(queuecall), actions: [
    { id: waitId(queuecall), next_id: waitId(queuecall), type: 'queue_wait', option },
    { id: serviceId(queuecall), next_id: NONE_ID, type: 'queue_service', option },
  ] };
}

/** True where a run is still in the queue: about to enter it, or within what it does there. */
export function isInLine(queuecall: Queuecall, state: State | undefined): state is State {
  if (state?.status !== 'running') return false;
  const entering = state.wait?.effect_id === queuecall.data.effect_id;
  return entering || isAt(state, waitId(queuecall)) || isAt(state, serviceId(queuecall)) || state.frames.some(({ list_id }) => list_id === listId(queuecall));
}

const isAt = ({ current, forward }: State, action_id: string): boolean => current.action.id === action_id || forward?.action_id === action_id;

/** True where a run talks to the agent, or is on its way there. */
export const isServed = (queuecall: Queuecall, state: State | undefined): state is State => state?.status === 'running' && isAt(state, serviceId(queuecall));

/** A call that enters. */
export function newQueuecall(effect: { readonly id: string; readonly activeflow_id: string; readonly customer_id: string }, queue: Queue, call_id: string, now: Instant): Queuecall {
  const { activeflow_id, customer_id } = effect;
  const data: QueuecallData = {
    queue_id: queue.id, call_id, activeflow_id, status: 'waiting', end_reason: '', agent: null, agent_call_id: NONE_ID, rings: 0,
    wait_until: queue.timeout_wait_ms === 0 ? null : now + queue.timeout_wait_ms * 1000, service_until: null, tm_service: null, tm_end: null, effect_id: effect.id,
  };
  return { ...newDocument('queuecall', { id: queuecallId(effect), customer_id, parent: queue.id }, now, data), data };
}

/** The next version of a document. */
export const changed = (queuecall: Queuecall, data: Partial<QueuecallData>, now: Instant): Queuecall =>
  ({ ...queuecall, version: queuecall.version + 1, tm_update: now, data: { ...queuecall.data, ...data } });

/** The places of a queue, the first in line first. A caller has one while it waits. */
export async function placesOf(host: Host, queue_id: string): Promise<readonly Document[]> {
  const places = new Map<string, Document>();
  for (let before: Instant | undefined; ;) {
    const page = (await host.documentsOf('queueplace', queue_id, before)).filter(({ id }) => !places.has(id));
    for (const place of page) places.set(place.id, place);
    const last = page.at(-1);
    // Those of one instant may lie on two pages.
    if (last === undefined) return [...places.values()].reverse();
    before = last.tm_create + 1;
  }
}

/** The place of a call in its queue, given or taken away. It keeps its turn however often it comes back. */
export async function place(host: Host, queuecall: Queuecall, waits: boolean, now: Instant): Promise<readonly DocumentWrite[]> {
  const { id, customer_id, tm_create, data: { queue_id } } = queuecall;
  const known = await host.document('queueplace', id);
  if (known === undefined) return waits ? [{ ...newDocument('queueplace', { id, customer_id, parent: queue_id }, now, {}), tm_create }] : [];
  if ((known.tm_delete === null) === waits) return [];
  return [{ ...known, version: known.version + 1, tm_update: now, tm_delete: waits ? null : now }];
}

/** What a flow is told of its call in a queue. */
export function variablesOf({ id, data }: Queuecall): Variables {
  const { status, end_reason, agent } = data;
  return { 'voipbin.queuecall.id': id, 'voipbin.queuecall.status': status, 'voipbin.queuecall.end_reason': end_reason, 'voipbin.queuecall.agent': agent?.target ?? '' };
}

/** How the run goes on once it has left. */
export function outcome(queuecall: Queuecall): Result {
  const { status, end_reason, agent_call_id, tm_service, tm_end } = queuecall.data;
  const talked_ms = tm_service === null || tm_end === null ? 0 : (tm_end - tm_service) / 1000;
  return { ok: true, data: { queuecall_id: queuecall.id, status, end_reason, agent_call_id, talked_ms }, variables: variablesOf(queuecall) };
}

const MOST_TRIES = 100;

/** Decides until what was decided is written; somebody else may have been faster. */
export async function decide<T>(attempt: () => Promise<{ readonly done: T } | undefined>): Promise<T> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const decided = await attempt();
    if (decided !== undefined) return decided.done;
  }
  throw new Retryable('a queue is changed by others all the time');
}
