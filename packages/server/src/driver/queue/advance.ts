// Where a call in a queue goes next. Every decision is made of documents, so it does not matter who asks for it, how often, and after what restart.
import { deriveId, NONE_ID, type Instant } from '@activeflow/engine';
import { isOver as callIsOver, type CallCommon, type CallOf } from '../call-document.js';
import type { Desk, RingState } from '../desk.js';
import type { Host } from '../driver.js';
import { choose, hold, letGo, type LetGo } from './agents.js';
import { changed, decide, isInLine, isOver, isServed, place, placesOf, readQueue, readQueuecall, serviceId, type EndReason, type Queuecall } from './document.js';
import { leave } from './end.js';

/** How often is looked whether a run has left by itself: of its waiting nobody tells. */
const LOOK_US = { waiting: 5_000_000, connecting: 2_000_000, service: 30_000_000 } as const;

/** What a step came to: when to look again, or what it leaves for. */
type Step = { readonly again_at: Instant } | { readonly leaves: Exclude<EndReason, ''> } | { readonly on: true };

/** Takes a call in a queue as far as it can come now. Gives when to look again; undefined where it has left. */
export async function advance(host: Host, desk: Desk, id: string): Promise<Instant | undefined> {
  return decide(async () => {
    const queuecall = await readQueuecall(host, id);
    if (queuecall === undefined || isOver(queuecall)) return { done: undefined };
    const step = await next(host, desk, queuecall);
    if ('again_at' in step) return { done: step.again_at };
    if ('leaves' in step) await leave(host, desk, id, { why: step.leaves });
    return undefined;
  });
}

async function next(host: Host, desk: Desk, queuecall: Queuecall): Promise<Step> {
  const { call_id, status, wait_until } = queuecall.data;
  const call = await desk.call(call_id);
  if (call === undefined || callIsOver(call)) return { leaves: 'caller' };
  const now = host.clock.now();
  if (status === 'service') return served(host, desk, queuecall);
  if (!isInLine(queuecall, await host.activeflow(queuecall.data.activeflow_id))) return { leaves: 'left' };
  if (wait_until !== null && wait_until <= now) return { leaves: 'timeout_wait' };
  const step = status === 'waiting' ? await waiting(host, desk, queuecall, call) : await connecting(host, desk, queuecall);
  return 'again_at' in step ? { again_at: Math.min(step.again_at, wait_until ?? Infinity) } : step;
}

async function waiting(host: Host, desk: Desk, queuecall: Queuecall, call: CallOf<CallCommon>): Promise<Step> {
  const { id, customer_id, data: { queue_id } } = queuecall;
  const queue = await readQueue(host, customer_id, queue_id);
  if (queue === undefined) return { leaves: 'queue_deleted' };
  const now = host.clock.now();
  const ahead = (await placesOf(host, queue_id)).findIndex((one) => one.id === id);
  const { agent, again_at = Infinity } = await choose(host, desk, customer_id, queue, Math.max(0, ahead));
  if (agent === undefined) return { again_at: Math.min(now + LOOK_US.waiting, again_at) };
  const held = await hold(host, customer_id, agent, id);
  if (held === undefined) return { on: true };
  const rings = queuecall.data.rings + 1;
  const leg_id = deriveId(id, `ring/${rings}`);
  const connected = changed(queuecall, { status: 'connecting', agent, agent_call_id: leg_id, rings }, now);
  if (!(await host.write({ documents: [connected, ...await place(host, queuecall, false, now), held] }))) return { on: true };
  await desk.ring({ leg_id, call, agent, timeout_ms: queue.ring_timeout_ms });
  return { on: true };
}

async function connecting(host: Host, desk: Desk, queuecall: Queuecall): Promise<Step> {
  const { agent_call_id } = queuecall.data;
  const ring = await desk.ringState(agent_call_id);
  switch (ring.stands) {
    // A crash came before it was dialled.
    case 'none': await passOver(host, queuecall, 'not_needed'); return { on: true };
    case 'over': await passOver(host, queuecall, isUnreachable(ring) ? 'reached_not' : 'answers_not'); return { on: true };
    case 'rings': return { again_at: Math.min(host.clock.now() + LOOK_US.connecting, ring.again_at ?? Infinity) };
    case 'up': return begin(host, queuecall);
    default: return ring.stands satisfies never;
  }
}

const isUnreachable = ({ reason }: RingState): boolean => reason === 'dialout' || reason === 'failed';

/** The agent did not answer: the caller has its turn again, and the agent a while to itself. */
async function passOver(host: Host, queuecall: Queuecall, why: LetGo): Promise<void> {
  const { customer_id, data: { agent } } = queuecall;
  const now = host.clock.now();
  const free = agent === null ? [] : [await letGo(host, customer_id, agent, why)];
  const waits = changed(queuecall, { status: 'waiting', agent: null, agent_call_id: NONE_ID }, now);
  await host.write({ documents: [waits, ...await place(host, queuecall, true, now), ...free] });
}

/** The agent has answered: the run goes there, and what it waited with stops. */
async function begin(host: Host, queuecall: Queuecall): Promise<Step> {
  const { id, customer_id, data: { queue_id, activeflow_id } } = queuecall;
  const now = host.clock.now();
  const service_ms = (await readQueue(host, customer_id, queue_id))?.timeout_service_ms ?? 0;
  const service = changed(queuecall, { status: 'service', tm_service: now, service_until: service_ms === 0 ? null : now + service_ms * 1000 }, now);
  const went = await host.forward(activeflow_id, serviceId(queuecall), (state) => ({ documents: isServed(queuecall, state) ? [service] : [] }));
  return went || (await readQueuecall(host, id))?.version !== queuecall.version ? { on: true } : { leaves: 'left' };
}

async function served(host: Host, desk: Desk, queuecall: Queuecall): Promise<Step> {
  const { activeflow_id, agent_call_id, service_until } = queuecall.data;
  const now = host.clock.now();
  const ring = await desk.ringState(agent_call_id);
  if (ring.stands !== 'up') return { leaves: 'agent' };
  if (!isServed(queuecall, await host.activeflow(activeflow_id))) return { leaves: 'left' };
  if (service_until !== null && service_until <= now) return { leaves: 'timeout_service' };
  return { again_at: Math.min(now + LOOK_US.service, service_until ?? Infinity, ring.again_at ?? Infinity) };
}
