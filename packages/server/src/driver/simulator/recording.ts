// Recordings of played calls. There is no sound, so there is no file behind the names.
import { endRecording, readRecording } from '../recording.js';
import { readCall, type Room } from './call.js';

export { endRecording, readRecording, recordingVariables, type Recording, type RecordingData } from '../recording.js';

/** Ends the recordings of a call that go on: all of them, or those that a digit ends. */
export async function endRecordings(room: Room, call_id: string, digits?: string): Promise<void> {
  const ids = (await readCall(room, call_id))?.data.recording_ids ?? [];
  for (const id of ids) {
    const recording = await readRecording(room, id);
    if (recording?.data.status !== 'recording') continue;
    if (digits === undefined || [...recording.data.end_of_key].some((key) => digits.includes(key))) await endRecording(room, id);
  }
}
