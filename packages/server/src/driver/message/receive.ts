// A message that came in: it answers a keyword, wakes the run that waits for it, is kept for the run that is on, or starts one.
import { address, deriveId, NONE_ID, type Address, type State } from '@activeflow/engine';
import { POLICIES, type Policy } from '../../message-rules.js';
import type { Room } from '../call-document.js';
import { choose, type Refusal, type Runnable } from '../run.js';
import { slipOf, SPENT, type Receipt, type Slip } from '../slip.js';
import type { Document } from '../../store/store.js';
import { messageVariables, newMessage, newTarget, partsOf, plain, type Message } from './document.js';
import { keywordOf, handleKeyword } from './keywords.js';
import { nextThread, readThread, runOn, takenBy, withHeard, without, type Heard, type Thread } from './thread.js';
import { heardResult } from './wait.js';

/** A message as it arrives, of one customer. */
export type Received = {
  readonly customer_id: string;
  readonly source: Address;
  readonly destination: Address;
  readonly text: string;
  /** Who brought it, and the carrier's id of it: the same where it is delivered again. `''`: it cannot be told. */
  readonly provider: string;
  readonly provider_id: string;
  /** What it is to start, whatever its number says: a played message. */
  readonly runnable?: Runnable;
};

/** What became of it: `repeated` where it was there already. */
export type Taken = { readonly message: Document; readonly activeflow_id: string; readonly repeated: boolean };

/** A message under way: under its id, with its number and its receipt. */
type Coming = { readonly room: Room; readonly received: Received; readonly id: string; readonly number: Document | undefined; readonly slip: Slip };

/** Takes a message in; the commit that stores it does all that follows from it. Undefined where the number is not the customer's. */
export async function receive(room: Room, received: Received, receipt?: Receipt): Promise<Taken | Refusal | undefined> {
  const { provider, provider_id, customer_id } = received;
  const id = provider_id === '' ? room.newId() : deriveId(customer_id, `in/${provider}/${provider_id}`);
  const slip = slipOf(room, receipt);
  for (;;) {
    const known = provider_id === '' ? undefined : await room.host.document('message', id);
    if (known) return { message: known, activeflow_id: String(known.data['activeflow_id']), repeated: true };
    const number = received.runnable ? undefined : await numberOf(room, customer_id, received.destination.target);
    if (!received.runnable && !number) return undefined;
    const taken = await take({ room, received, id, number, slip });
    if (taken && 'refused' in taken) return taken;
    if (taken) return { message: taken, activeflow_id: String(taken.data['activeflow_id']), repeated: false };
    if (await slip.isSpent()) return SPENT;
  }
}

/** Undefined where something has changed meanwhile: decide again. */
async function take(coming: Coming): Promise<Message | Refusal | undefined> {
  const { room, received, number } = coming;
  const keyword = number && keywordOf(number, received.text);
  if (number && keyword) return handleKeyword(room, { keyword, number, received, slip: coming.slip, message: (activeflow_id) => written(coming, activeflow_id) });
  const thread = await threadOf(coming);
  const policy = policyOf(number);
  if (policy === 'wake' && !received.runnable) {
    const wait = thread.data.waits.at(-1);
    if (wait) return wake(coming, thread, wait);
    const on = await runOn(room, thread);
    if (on !== undefined) return keep(coming, thread, on);
  }
  const runnable = received.runnable ?? flowOf(number);
  if (!runnable) return store(coming);
  if (policy === 'replace') await stopRuns(coming, thread);
  return begin(coming, thread, runnable);
}

/** The wait is settled by the commit that stores the message. */
async function wake(coming: Coming, thread: Thread, { effect_id, activeflow_id }: Thread['data']['waits'][number]): Promise<Message | undefined> {
  const { room: { host }, slip } = coming;
  const message = written(coming, activeflow_id);
  const waits = without(thread, effect_id);
  const next = (state: State | undefined) => nextThread(thread, { ...takenBy(thread, activeflow_id), waits: [...waits, ...waitsAgain(thread, state)] }, host.clock.now());
  const settled = await host.settle(effect_id, heardResult(heardOf(coming)), (state) => plus(slip.with(message)(state), next(state)));
  if (settled) return message;
  // Nobody waits for it any more, unless it is the thread that has changed: then this is refused as well.
  if (!(await host.unfinished(activeflow_id)).some(({ id }) => id === effect_id)) await host.write({ documents: [nextThread(thread, { waits: without(thread, effect_id) }, host.clock.now())] });
  return undefined;
}

/** A run that listens to the same two again is known to do so with this commit, and need not say so in one of its own. */
function waitsAgain({ data: { unread, number } }: Thread, state: State | undefined): Thread['data']['waits'] {
  const { wait = null, current } = state ?? {};
  const same = current?.action.type === 'message_receive' && current.action.option['source'] === undefined && current.action.option['destination'] === undefined;
  return state && wait?.kind === 'message.receive' && same && number !== '' && unread.length === 0 ? [{ effect_id: wait.effect_id, activeflow_id: state.id }] : [];
}

/** The run is busy: it finds the message at its next `message_receive`. */
async function keep(coming: Coming, thread: Thread, activeflow_id: string): Promise<Message | undefined> {
  const { room: { host }, slip } = coming;
  const message = written(coming, activeflow_id);
  const next = nextThread(thread, { unread: withHeard(thread, heardOf(coming)) }, host.clock.now());
  const state = await host.activeflow(activeflow_id);
  return (await host.write(plus(slip.with(message)(state), next))) ? message : undefined;
}

/** A run of its own. */
async function begin(coming: Coming, thread: Thread, runnable: Runnable): Promise<Message | Refusal | undefined> {
  const { room, received: { customer_id, text, source, destination }, id, slip } = coming;
  const activeflow_id = deriveId(id, 'activeflow');
  const chosen = await choose(room, customer_id, runnable, `${activeflow_id}:0`);
  // What a number is bound to may have been deleted: the message is there all the same.
  if ('refused' in chosen) return coming.received.runnable ? chosen : store(coming);
  const { run: { flow_id, flow_revision, list_id, on_complete_flow_id }, lists } = chosen;
  const message = written(coming, activeflow_id);
  const next = nextThread(thread, takenBy(thread, activeflow_id), room.host.clock.now());
  const activeflow = await room.host.start({
    id: activeflow_id, customer_id, name: '', flow_id, flow_revision, list_id,
    reference: { type: 'sms', id, activeflow_id: NONE_ID },
    configuration: { on_complete_flow_id, webhook_uri: '', webhook_method: '' },
    variables: messageVariables(id, { text, source, destination }),
  }, { by: 'message', ref: id }, (state: State | undefined) => plus(slip.with(message, { lists })(state), next));
  return activeflow && message;
}

/** Nothing runs for it: it is in the list. */
async function store(coming: Coming): Promise<Message | undefined> {
  const message = written(coming, NONE_ID);
  return (await coming.room.host.write(coming.slip.with(message)(undefined))) ? message : undefined;
}

/** A crash after this leaves them stopped and the message not acknowledged: it comes again. */
async function stopRuns({ room: { host }, id }: Coming, { data: { activeflow_id, waits } }: Thread): Promise<void> {
  const runs = new Set([activeflow_id, ...waits.map((wait) => wait.activeflow_id)].filter((run) => run !== ''));
  for (const run of runs) await host.stop(run, `replaced by message ${id}`);
}

const plus = (also: ReturnType<ReturnType<Slip['with']>>, document: Document) => ({ ...also, documents: [...(also.documents ?? []), document] });

const heardOf = ({ id, received: { text, source, destination } }: Coming): Heard => ({ message_id: id, text, source, destination });

function written({ room: { host }, received: { customer_id, source, destination, text, provider, provider_id }, id }: Coming, activeflow_id: string): Message {
  const now = host.clock.now();
  const target = { ...newTarget(destination, now), status: 'received', parts: partsOf(text), provider, provider_ids: provider_id === '' ? [] : [provider_id] } as const;
  return newMessage(id, customer_id, now, { source, direction: 'inbound', text, activeflow_id, targets: [target] });
}

/** The thread of the two; or that of a run which would hear the peer on any number, where one is on. */
async function threadOf({ room, received: { customer_id, source, destination } }: Coming): Promise<Thread> {
  const thread = await readThread(room, { customer_id, number: destination.target, peer: source.target });
  if (thread.data.waits.length > 0 || (await runOn(room, thread)) !== undefined) return thread;
  const any = await readThread(room, { customer_id, number: '', peer: source.target });
  return any.data.waits.length > 0 || (await runOn(room, any)) !== undefined ? any : thread;
}

/** The number that a message was sent to, with or without `+`. */
async function numberOf({ host }: Room, customer_id: string, target: string): Promise<Document | undefined> {
  const digits = plain(target);
  const spellings = [...new Set(digits === target || target === `+${digits}` ? [target, `+${digits}`, digits] : [target])];
  for (const spelling of spellings) {
    const found = await host.find('number', `${customer_id}/${spelling}`);
    if (found) return found;
  }
  return undefined;
}

const policyOf = (number: Document | undefined): Policy => POLICIES.find((policy) => policy === number?.data['message_policy']) ?? 'wake';

function flowOf(number: Document | undefined): Runnable | undefined {
  const flow_id = number?.data['message_flow_id'];
  return typeof flow_id === 'string' && flow_id !== NONE_ID && flow_id !== '' ? { flow_id } : undefined;
}

/** An address of a carrier's bare text. */
export const addressOf = (target: string): Address => address({ target: /^\d{7,15}$/.test(target) ? `+${target}` : target });
