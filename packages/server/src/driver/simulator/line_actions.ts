// What happens to a call at once: answer, mute, hang up, and who or what has answered.
import type { Performed } from '../driver.js';
import type { StoredEffect } from '../../store/store.js';
import { callIdOf, callOf, nextCall, withChanges, type CallData, type HangupReason, type Room } from './call.js';
import { hangUp } from './connect.js';
import { endCall } from './hangup.js';
import { answered, upAt } from './line.js';
import { liveCall } from './prompts.js';

/** Performs `call.answer`. A call that was dialled is answered by the other side: then this waits for it. */
export const performAnswer = (room: Room, effect: StoredEffect): Promise<Performed> => onLine(room, effect, (data) => data);

/** Performs `call.mute`. */
export const performMute = (room: Room, effect: StoredEffect): Promise<Performed> =>
  onLine(room, effect, (data) => (data.played.muted ? data : withChanges(data, {}, { muted: true })));

/** Performs `call.external_media_start` and `call.external_media_stop`: there is no sound that could be sent. */
export async function performMedia(room: Room, effect: StoredEffect): Promise<Performed> {
  const performed = await onLine(room, effect, (data) => data);
  return 'done' in performed && performed.done.ok ? { done: { ...performed.done, data: { played: true } } } : performed;
}

/** Performs `call.amd`: people are played, so it finds a machine only where the call says so (`machine`). */
export async function performAmd(room: Room, effect: StoredEffect): Promise<Performed> {
  const performed = await onLine(room, effect, (data) => data);
  if ('open' in performed || !performed.done.ok) return performed;
  const { machine } = (await liveCall(room, effect)).data.played;
  const { machine_handle, async } = effect.payload;
  // Where the run waits, the action itself ends it; where it does not, nobody else would.
  if (machine && async === true && machine_handle === 'hangup') await endCall(room, callIdOf(effect), 'local', 'amd');
  return { done: { ...performed.done, data: { machine } } };
}

/** Performs `call.hangup`: of the run's own call, and then the run ends with it, or of another one of the same customer. */
export async function performHangup(room: Room, effect: StoredEffect): Promise<Performed> {
  const { call_id, reason } = effect.payload as { call_id: string; reason: HangupReason };
  const { id } = await callOf(room, effect, call_id);
  await hangUp(room, id, 'local', reason);
  return { done: { ok: true } };
}

/** Does something to a call that is up, answering it first. */
async function onLine(room: Room, effect: StoredEffect, change: (data: CallData) => CallData): Promise<Performed> {
  const { host } = room;
  for (;;) {
    const call = await liveCall(room, effect);
    const now = host.clock.now();
    if (upAt(call) > now) return { open: true, again_at: upAt(call) };
    const data = change(answered(call.data, now));
    if (data === call.data || (await host.write({ documents: [nextCall(call, data, now)] }))) {
      return { done: { ok: true, variables: { 'voipbin.call.status': 'progressing' } } };
    }
  }
}
