// The end of a call: its run ends with it, and so does everything that is open on it or chained to it.
import type { Result } from '@activeflow/engine';
import { isOver, nextCall, readCall, withChanges, type Call, type HangupBy, type HangupReason, type Room, type Wait } from './call.js';
import { slipOf, type Slip } from '../slip.js';
import { endRecordings } from './recording.js';

/**
 * Ends a call. Done twice it changes nothing more, but finishes what a crash may have left undone. Gives the call as it is then;
 * undefined where there is none, or where the slip was handed in before.
 */
export async function endCall(room: Room, call_id: string, by: HangupBy, reason: HangupReason, slip = slipOf(room)): Promise<Call | undefined> {
  const gone = await markEnded(room, call_id, by, reason, slip);
  if (gone === undefined) return undefined;
  for (const { effect_id } of gone.waits) await room.host.settle(effect_id, ENDED);
  await endRecordings(room, call_id);
  for (const chained of gone.call.data.played.chained_calls) await endCall(room, chained, 'local', 'normal');
  for (const heard of room.heard ?? []) heard(gone.call);
  return gone.call;
}

const ENDED: Result = { ok: false, reason: 'CALL_ENDED', message: 'the call has ended' };

/** A call that has ended, and what was open on it until now. */
type Gone = { readonly call: Call; readonly waits: readonly Wait[] };

/** The call's end and its run's are one commit. */
async function markEnded(room: Room, call_id: string, by: HangupBy, reason: HangupReason, slip: Slip): Promise<Gone | undefined> {
  for (;;) {
    const call = await readCall(room, call_id);
    if (call === undefined) return undefined;
    if (isOver(call)) return (await slip.alone(call)) ? { call, waits: [] } : undefined;
    const now = room.host.clock.now();
    const data = withChanges(call.data, { status: 'hangup', hangup_by: by, hangup_reason: reason, tm_hangup: now }, { waits: [] });
    const ended = nextCall(call, data, now);
    if (await room.host.ended(call.data.activeflow_id, `hangup by ${by || 'nobody'} (${reason || 'normal'})`, slip.with(ended))) {
      return { call: ended, waits: call.data.played.waits };
    }
    if (await slip.isSpent()) return undefined;
  }
}
