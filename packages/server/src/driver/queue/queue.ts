// Queues: a driver for what `queue_join` asks for, whoever carries the calls. A call in a queue stands in documents; its `queue.join` effect stays open
// until it has left, and asks again where it goes next. What desks tell only makes that sooner.
import { NONE_ID, type EffectKind, type Instant, type Result } from '@activeflow/engine';
import { isOver as callIsOver, type CallCommon, type CallOf } from '../call-document.js';
import type { Desk } from '../desk.js';
import type { QueueDoors, Receipt, Refusal } from '../doors.js';
import { Permanent, type Driver, type Host, type Performed } from '../driver.js';
import type { Log } from '../../log.js';
import type { Document, StoredEffect } from '../../store/store.js';
import { advance } from './advance.js';
import { isOver, listId, listOf, newQueuecall, outcome, place, placesOf, queuecallId, readQueue, readQueuecall, serviceId, variablesOf, type Queuecall } from './document.js';
import { leave, roomOf } from './end.js';

/** Queues: what performs their effects, and what is asked of them from outside. */
export type Queues = { readonly driver: Driver; readonly doors: QueueDoors };

/** What queues are made of: the calls of a server, by whoever carries them. */
export type QueueParts = { readonly host: Host; readonly desks: readonly Desk[]; readonly log: Log };

type Floor = QueueParts & {
  /** What is decided of a call in a queue is decided one after the other. */
  readonly turns: Map<string, Promise<unknown>>;
  /** Calls in queues and those of their agents, by the id of the call: so that what desks tell finds them. */
  readonly known: Map<string, string>;
  /** Whose queue it is, of those in which somebody waits. */
  readonly waiting: Map<string, string>;
  /** Queues that are being looked through; true where somebody asked for it once more. */
  readonly waking: Map<string, boolean>;
  /** When the last round of waiting began. */
  readonly rounds: Map<string, Instant>;
};

/** A round that lasts no longer than this is not run again at once. */
const ROUND_US = 1_000_000;
/** How often is looked whether a call that was dialled has been answered. */
const LOOK_US = 500_000;

const PERFORMS: Partial<Record<EffectKind, (floor: Floor, effect: StoredEffect) => Promise<Performed>>> =
  { 'queue.join': performJoin, 'queue.wait': performWait, 'queue.service': performService };

/** Makes queues. */
export function createQueues(parts: QueueParts): Queues {
  const floor: Floor = { ...parts, turns: new Map(), known: new Map(), waiting: new Map(), waking: new Map(), rounds: new Map() };
  for (const desk of parts.desks) desk.listen((call) => { heard(floor, call); });
  return {
    driver: {
      name: 'queues',
      kinds: Object.keys(PERFORMS) as EffectKind[],
      async perform(effect) {
        const perform = PERFORMS[effect.kind];
        if (perform === undefined) throw new Permanent('NO_DRIVER', `queues do not perform ${effect.kind}`);
        return perform(floor, effect);
      },
      // Either it was sent on, or its run has gone.
      async cancel(effect) { await step(floor, idOf(effect)); },
    },
    doors: { kick: (id, receipt) => kick(floor, id, receipt) },
  };
}

const idOf = (effect: StoredEffect): string => (effect.kind === 'queue.join' ? queuecallId(effect) : String(effect.payload['queuecall_id']));

/** Performs `queue.join`: the call enters, its run waits there, and this stays open until it has left. */
async function performJoin(floor: Floor, effect: StoredEffect): Promise<Performed> {
  const { host } = floor;
  const id = queuecallId(effect);
  const queuecall = (await readQueuecall(host, id)) ?? (await enter(floor, effect));
  if (queuecall === undefined) return { open: true, again_at: host.clock.now() + LOOK_US };
  if ((await host.activeflow(effect.activeflow_id))?.wait?.effect_id === effect.id) await host.release(effect.id, await entered(host, queuecall));
  const again_at = await step(floor, id);
  return again_at === undefined ? { done: { ok: true } } : { open: true, again_at };
}

/** The call is answered, and stands in line. Undefined where the other side has to answer first. */
async function enter(floor: Floor, effect: StoredEffect): Promise<Queuecall | undefined> {
  const { host } = floor;
  const { queue_id, call_id } = effect.payload as { readonly queue_id: string; readonly call_id: string };
  const queue = await readQueue(host, effect.customer_id, queue_id);
  if (queue === undefined) throw new Permanent('QUEUE_NOT_FOUND', `no queue ${queue_id.slice(0, 64)}`);
  const found = await deskOf(floor, call_id);
  if (found?.call.customer_id !== effect.customer_id) throw new Permanent('CALL_NOT_FOUND', `no call ${call_id.slice(0, 64)}`);
  if (!(await found.desk.answer(call_id))) return undefined;
  const now = host.clock.now();
  const queuecall = newQueuecall(effect, queue, call_id, now);
  await host.write({ documents: [queuecall, ...await place(host, queuecall, true, now)], lists: [listOf(queuecall)] });
  return readQueuecall(host, queuecall.id);
}

async function entered(host: Host, queuecall: Queuecall): Promise<Result> {
  const { customer_id, data: { queue_id } } = queuecall;
  const queue = await readQueue(host, customer_id, queue_id);
  const { name = '', detail = '', timeout_wait_ms = 0, timeout_service_ms = 0 } = queue ?? {};
  return { ok: true, data: { list_id: listId(queuecall), queuecall_id: queuecall.id }, variables: {
    'voipbin.call.status': 'progressing', 'voipbin.queue.id': queue_id, 'voipbin.queue.name': name, 'voipbin.queue.detail': detail,
    ...variablesOf(queuecall), 'voipbin.queuecall.timeout_wait': String(timeout_wait_ms), 'voipbin.queuecall.timeout_service': String(timeout_service_ms),
  } };
}

/** The call in a queue that an effect is about. Throws `Permanent` QUEUECALL_NOT_FOUND, also for another run's. */
async function own({ host }: Floor, effect: StoredEffect): Promise<Queuecall> {
  const queuecall = await readQueuecall(host, idOf(effect));
  if (queuecall?.data.activeflow_id !== effect.activeflow_id) throw new Permanent('QUEUECALL_NOT_FOUND', `no call ${idOf(effect).slice(0, 64)} in a queue`);
  return queuecall;
}

/** Performs `queue.wait`: gives the wait flow as it is now. Where there is none, the caller waits in silence. */
async function performWait(floor: Floor, effect: StoredEffect): Promise<Performed> {
  const { host, rounds } = floor;
  const queuecall = await own(floor, effect);
  const { id, customer_id, tm_create, data: { queue_id } } = queuecall;
  if (isOver(queuecall)) return { done: { ok: true, data: { target_id: serviceId(queuecall) } } };
  const now = host.clock.now();
  const soonest = (rounds.get(id) ?? -Infinity) + ROUND_US;
  if (soonest > now) return { open: true, again_at: soonest };
  const flow_id = (await readQueue(host, customer_id, queue_id))?.wait_flow_id ?? NONE_ID;
  const flow = flow_id === NONE_ID || flow_id === '' ? undefined : await host.flow(customer_id, flow_id);
  if (flow === undefined) return { open: true };
  rounds.set(id, now);
  const position = (await placesOf(host, queue_id)).findIndex((one) => one.id === id) + 1;
  const variables = { 'voipbin.queuecall.position': String(position), 'voipbin.queuecall.wait_seconds': String(Math.round((now - tm_create) / 1_000_000)) };
  return { done: { ok: true, data: { list_id: flow.list_id }, variables } };
}

/** Performs `queue.service`: the caller and the agent hear each other until they part. Where there is no agent, the run goes on. */
async function performService(floor: Floor, effect: StoredEffect): Promise<Performed> {
  const { host } = floor;
  const queuecall = await own(floor, effect);
  if (isOver(queuecall)) return { done: outcome(queuecall) };
  const { call_id, agent_call_id, status } = queuecall.data;
  const found = await deskOf(floor, call_id);
  if (status === 'service' && found) {
    found.desk.join(call_id, agent_call_id, roomOf(queuecall));
    return { open: true };
  }
  // Somebody else has sent the run here.
  const left = found && await inTurn(floor, queuecall.id, () => leave(host, found.desk, queuecall.id, { why: 'left' }));
  return { done: outcome(left?.queuecall ?? queuecall) };
}

async function kick(floor: Floor, id: string, receipt?: Receipt): Promise<Document | Refusal> {
  const { host } = floor;
  const queuecall = await readQueuecall(host, id);
  const found = queuecall && await deskOf(floor, queuecall.data.call_id);
  const left = found && await inTurn(floor, id, () => leave(host, found.desk, id, { why: 'kicked', receipt }));
  if (queuecall === undefined || left === undefined) return { refused: 'STATE_INVALID', message: 'nothing here carries this call' };
  if (left.first) { remember(floor, queuecall, left.queuecall); wake(floor, left.queuecall); }
  return left.queuecall;
}

/** Who carries a call; undefined where nobody does. */
async function deskOf({ desks }: Floor, call_id: string): Promise<{ readonly desk: Desk; readonly call: CallOf<CallCommon> } | undefined> {
  for (const desk of desks) {
    const call = await desk.call(call_id);
    if (call) return { desk, call };
  }
  return undefined;
}

/** Does something about a call in a queue once all that was begun about it is through. */
function inTurn<T>({ turns }: Floor, id: string, act: () => Promise<T>): Promise<T> {
  const done = (turns.get(id) ?? Promise.resolve()).then(act);
  const settled: Promise<unknown> = done.then(() => undefined, () => undefined).then(() => { if (turns.get(id) === settled) turns.delete(id); });
  turns.set(id, settled);
  return done;
}

/** Takes a call as far as it can come. Gives when to look again; undefined where it has left, or is none. */
function step(floor: Floor, id: string): Promise<Instant | undefined> {
  return inTurn(floor, id, async () => {
    const before = await readQueuecall(floor.host, id);
    const found = before && await deskOf(floor, before.data.call_id);
    if (before === undefined || found === undefined) return undefined;
    const again_at = await advance(floor.host, found.desk, id);
    const now = (await readQueuecall(floor.host, id)) ?? before;
    remember(floor, before, now);
    // A turn has come free, or an agent has.
    if (before.version !== now.version) wake(floor, now);
    return again_at;
  });
}

function remember({ known, rounds, waiting }: Floor, before: Queuecall, now: Queuecall): void {
  for (const call_id of [before.data.call_id, before.data.agent_call_id]) known.delete(call_id);
  if (isOver(now)) { rounds.delete(now.id); return; }
  if (now.data.status === 'waiting') waiting.set(now.data.queue_id, now.customer_id);
  for (const call_id of [now.data.call_id, now.data.agent_call_id]) known.set(call_id, now.id);
}

/** A desk tells that a call has ended, or that an agent has answered. Whoever was on the call may be free now. */
function heard(floor: Floor, call: CallOf<CallCommon>): void {
  const id = floor.known.get(call.id);
  if (id !== undefined) step(floor, id).catch((error: unknown) => { broken(floor, error, id); });
  if (!callIsOver(call)) return;
  for (const [queue_id, customer_id] of floor.waiting) if (customer_id === call.customer_id) wake(floor, { data: { queue_id } });
}

/** Looks through a queue from its head on, until somebody has to go on waiting. */
function wake(floor: Floor, { data: { queue_id } }: { readonly data: Pick<Queuecall['data'], 'queue_id'> }): void {
  const { waking } = floor;
  const busy = waking.has(queue_id);
  waking.set(queue_id, busy);
  if (busy) return;
  const look = async (): Promise<void> => {
    do {
      waking.set(queue_id, false);
      await lookThrough(floor, queue_id);
    } while (waking.get(queue_id) === true);
  };
  look().catch((error: unknown) => { broken(floor, error, queue_id); }).finally(() => { waking.delete(queue_id); });
}

async function lookThrough(floor: Floor, queue_id: string): Promise<void> {
  const places = await placesOf(floor.host, queue_id);
  if (places.length === 0) floor.waiting.delete(queue_id);
  for (const { id } of places) {
    await step(floor, id);
    if ((await readQueuecall(floor.host, id))?.data.status === 'waiting') return;
  }
}

const broken = ({ log }: Floor, error: unknown, id: string): void => { log.warn({ err: error, id }, 'a queue could not be looked through; it is looked at again soon'); };
