// Recording a call: where it begins, and what the run is told.
import { deriveId, ms, NONE_ID, type Instant } from '@activeflow/engine';
import type { Performed } from '../driver.js';
import type { StoredEffect } from '../../store/store.js';
import { newDocument, nextCall, withChanges, type Room } from './call.js';
import { answered, upAt } from './line.js';
import { liveCall } from './prompts.js';
import { endRecording, endRecordings, readRecording, recordingVariables, type Recording, type RecordingData } from './recording.js';

type Payload = { readonly call_id: string; readonly format: string; readonly duration: number; readonly end_of_key: string; readonly on_end_flow_id: string };

/**
 * Performs `call.recording_start`: the run goes on at once, and the effect stays open for the recording's `duration`, where it has one. Nobody
 * speaks in a played call, and yet `end_of_silence` ends nothing: there is no sound to judge it by.
 */
export async function performRecord(room: Room, effect: StoredEffect): Promise<Performed> {
  const { duration } = effect.payload as Payload;
  const id = deriveId(effect.activeflow_id, `${effect.id}/recording`);
  const begun = (await readRecording(room, id)) ?? (await begin(room, effect, id));
  if (typeof begun === 'number') return { open: true, again_at: begun };
  const { status, tm_start } = begun.data;
  const variables = { ...recordingVariables(id, begun.data), 'voipbin.call.status': 'progressing' };
  const done = { ok: true, data: { recording_id: id, played: true }, variables } as const;
  const ends = tm_start + ms(duration * 1000);
  if (duration === 0 || status === 'ended') return { done };
  if (room.host.clock.now() >= ends) { await endRecording(room, id); return { done }; }
  await room.host.release(effect.id, done);
  return { open: true, again_at: ends };
}

/** Performs `call.recording_stop`: of every recording of the call that goes on. */
export async function performStopRecording(room: Room, effect: StoredEffect): Promise<Performed> {
  const call = await liveCall(room, effect);
  await endRecordings(room, call.id);
  return { done: { ok: true } };
}

/** The recording and the call that names it are one commit. Gives the instant at which the call is up, where it is not yet. */
async function begin(room: Room, effect: StoredEffect, id: string): Promise<Recording | Instant> {
  const { format, end_of_key, on_end_flow_id } = effect.payload as Payload;
  for (;;) {
    const call = await liveCall(room, effect);
    const now = room.host.clock.now();
    if (upAt(call) > now) return upAt(call);
    const recording_name = `call_${call.id}_${new Date(Math.floor(now / 1000)).toISOString()}`;
    const data: RecordingData = {
      reference_type: 'call', reference_id: call.id, activeflow_id: effect.activeflow_id, status: 'recording', format, recording_name,
      filenames: [`${recording_name}_in.${format}`, `${recording_name}_out.${format}`],
      end_of_key, on_end_flow_id: on_end_flow_id || NONE_ID, played: true, tm_start: now, tm_end: null,
    };
    const recording = { ...newDocument('recording', { id, customer_id: call.customer_id, parent: call.id }, now, data), data, told: 'recording_started' };
    const up = answered(call.data, now);
    const changed = nextCall(call, withChanges(up, { recording_ids: [...up.recording_ids, id] }), now);
    if (await room.host.write({ documents: [recording, changed] })) return recording;
    const other = await readRecording(room, id);
    if (other) return other;
  }
}
