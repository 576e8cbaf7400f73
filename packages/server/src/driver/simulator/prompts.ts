// What lasts a while on a call: prompts, tones, collections of digits. Each is written into the call as it begins, and over by the clock.
import type { Result } from '@activeflow/engine';
import type { Performed } from '../driver.js';
import type { DocumentWrite, StoredEffect } from '../../store/store.js';
import { callEnded, callIdOf, callOf, isOver, nextCall, readCall, withChanges, type Call, type Room } from './call.js';
import { endCall } from './hangup.js';
import { ahead, answered, upAt } from './line.js';
import { beginWait, endOf } from './waits.js';

/** Performs a kind that lasts: answers first if need be, begins once, and is done when it is over. */
export async function performTimed(room: Room, effect: StoredEffect): Promise<Performed> {
  const { host } = room;
  for (;;) {
    const call = await liveCall(room, effect);
    const now = host.clock.now();
    if (upAt(call) > now) return { open: true, again_at: upAt(call) };
    const known = call.data.played.waits.find(({ effect_id }) => effect_id === effect.id);
    if (!known && effect.attempt > 1 && !(await isUnfinished(room, effect))) return OVERTAKEN;
    const data = answered(call.data, now);
    const wait = known ?? beginWait(effect, data, now, data !== call.data);
    const begun = known ? data : withChanges(data, {}, { waits: [...data.played.waits, wait] });
    const end = endOf(begun, wait, now);
    if (end) {
      if (await settleWith(room, call, effect.id, end.result, nextCall(call, end.data, now))) return { done: end.result };
    } else if (known || (await host.write({ documents: [nextCall(call, begun, now)] }))) {
      return { open: true, ...(wait.until === null ? {} : { again_at: wait.until }) };
    }
  }
}

/** The call of an effect as it is now, if something can still happen on it. Throws `Permanent` CALL_NOT_FOUND or CALL_ENDED. */
export async function liveCall(room: Room, effect: StoredEffect): Promise<Call> {
  const call = await callOf(room, effect, callIdOf(effect));
  if (isOver(call)) throw callEnded(call);
  const { chained, master_call_id } = call.data.played;
  const master = chained ? await readCall(room, master_call_id) : undefined;
  // A crash may have come between the master's end and this one's.
  const failing = master && isOver(master) ? 'normal' : failingNow(room, call);
  if (failing === undefined) return call;
  throw callEnded((await endCall(room, call.id, failing === 'normal' ? 'local' : 'remote', failing)) ?? call);
}

/** Why a dialled call has failed by now, where its run is looked at before its dialling is. */
function failingNow({ host }: Room, { data }: Call): 'busy' | 'noanswer' | undefined {
  const next = ahead(data);
  return next && (next.to === 'busy' || next.to === 'noanswer') && next.at <= host.clock.now() ? next.to : undefined;
}

/**
 * Writes a result and the call that goes with it. True once there is nothing more to do: it is written, or the effect is not waited for any
 * more. False where the call has changed meanwhile: decide again.
 */
export async function settleWith(room: Room, call: Call, effect_id: string, result: Result, document: DocumentWrite): Promise<boolean> {
  if (await room.host.settle(effect_id, result, { documents: [document] })) return true;
  return (await readCall(room, call.id))?.version === call.version;
}

/** The dispatcher's own write of this will be refused: the effect was settled while it was being looked at. */
const OVERTAKEN: Performed = { done: { ok: true } };

async function isUnfinished({ host }: Room, { id, activeflow_id }: StoredEffect): Promise<boolean> {
  return (await host.unfinished(activeflow_id)).some((effect) => effect.id === id);
}
