// `message.receive`: a run waits for a text of whom it talks with. What it waits in is the thread; what came before is read at once.
import { ms, type Address, type Instant, type Result } from '@activeflow/engine';
import type { Room } from '../call-document.js';
import { Permanent, type Performed } from '../driver.js';
import type { StoredEffect } from '../../store/store.js';
import { messageOf, messageVariables } from './document.js';
import { nextThread, readThread, takenBy, without, type Heard, type Pair, type Thread, type ThreadData } from './thread.js';

type Payload = { readonly duration: number; readonly source: Address; readonly destination: Address };

/** The result of a wait to which a text came. */
export const heardResult = (heard: Heard): Result =>
  ({ ok: true, data: { text: heard.text, message_id: heard.message_id }, variables: messageVariables(heard.message_id, heard) });

const NOTHING: Result = { ok: true, data: { text: '' } };

/** Performs `message.receive`. Throws `Permanent` NO_PEER where nobody is named and nothing was sent. */
export async function performReceive(room: Room, effect: StoredEffect): Promise<Performed> {
  const pair = await pairOf(room, effect);
  for (;;) {
    const thread = await readThread(room, pair);
    const now = room.host.clock.now();
    const known = thread.data.waits.some(({ effect_id }) => effect_id === effect.id);
    if (!known && effect.attempt > 1 && !(await isUnfinished(room, effect))) return OVERTAKEN;
    const over = overBy(effect, thread, now);
    if (over) {
      if (await room.host.settle(effect.id, over.result, { documents: [nextThread(thread, over.changes, now)] })) return { done: over.result };
      // Nobody waits for it any more, or the thread has changed.
      if (!(await isUnfinished(room, effect))) return { done: over.result };
    } else if (known || (await room.host.write({ documents: [nextThread(thread, begun(effect, thread), now)] }))) {
      return { open: true, again_at: untilOf(effect) };
    }
  }
}

/** Nobody waits for it any more. */
export async function cancelReceive(room: Room, effect: StoredEffect): Promise<void> {
  const pair = await pairOf(room, effect).catch(() => undefined);
  for (;;) {
    const thread = pair && await readThread(room, pair);
    if (!thread?.data.waits.some(({ effect_id }) => effect_id === effect.id)) return;
    if (await room.host.write({ documents: [nextThread(thread, { waits: without(thread, effect.id) }, room.host.clock.now())] })) return;
  }
}

type Over = { readonly result: Result; readonly changes: Partial<ThreadData> };

/** How the wait ends, where it does now: with what came before, or because its time is over. */
function overBy(effect: StoredEffect, thread: Thread, now: Instant): Over | undefined {
  const [first, ...unread] = thread.data.activeflow_id === effect.activeflow_id ? thread.data.unread : [];
  if (first) return { result: heardResult(first), changes: { unread, waits: without(thread, effect.id) } };
  return now >= untilOf(effect) ? { result: NOTHING, changes: { waits: without(thread, effect.id) } } : undefined;
}

const begun = ({ id, activeflow_id }: StoredEffect, thread: Thread): Partial<ThreadData> =>
  ({ ...takenBy(thread, activeflow_id), waits: [...thread.data.waits, { effect_id: id, activeflow_id }] });

const untilOf = ({ tm_create, payload }: StoredEffect): Instant => tm_create + ms((payload as Payload).duration);

/** The dispatcher's own write of this will be refused: the effect was settled while it was being looked at. */
const OVERTAKEN: Performed = { done: NOTHING };

async function isUnfinished({ host }: Room, { id, activeflow_id }: StoredEffect): Promise<boolean> {
  return (await host.unfinished(activeflow_id)).some((effect) => effect.id === id);
}

/** Whom it waits for: as the payload says, else whom the run has sent to last. */
async function pairOf(room: Room, effect: StoredEffect): Promise<Pair> {
  const { customer_id } = effect;
  const { source, destination } = effect.payload as Payload;
  if (source.target !== '') return { customer_id, number: destination.target, peer: source.target };
  const sent = await lastSent(room, effect);
  const [to] = sent?.destinations ?? [];
  if (!sent || !to) throw new Permanent('NO_PEER', 'nobody to wait for: the run came of no message, has sent none, and the option names nobody');
  return { customer_id, number: destination.target || sent.source.target, peer: to.target };
}

type Sent = { readonly source: Address; readonly destinations: readonly Address[] };

/** What the run has sent last, be it on its way or out. */
async function lastSent({ host }: Room, { activeflow_id, step }: StoredEffect): Promise<Sent | undefined> {
  const asked = (await host.unfinished(activeflow_id)).filter((one) => one.kind === 'message.send' && one.step < step).sort((a, b) => b.step - a.step)[0];
  const out = (await host.documentsOf('message', activeflow_id)).map((document) => messageOf(document)).find((message) => message?.data.direction === 'outbound');
  if (asked && (out === undefined || out.tm_create <= asked.tm_create)) return asked.payload as unknown as Sent;
  return out && { source: out.data.source, destinations: out.data.targets.map(({ destination }) => destination) };
}
