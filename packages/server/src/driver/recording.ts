// Recordings of calls: documents of kind `recording`, and what follows on their end.
import { deriveId, NONE_ID, type Instant, type Option, type Variables } from '@activeflow/engine';
import type { Room } from './call-document.js';
import { choose } from './run.js';
import type { Document, DocumentWrite } from '../store/store.js';

/** The data of a recording's document; instants in microseconds, null where it has not happened. */
export type RecordingData = {
  readonly reference_type: 'call';
  readonly reference_id: string;
  readonly activeflow_id: string;
  readonly status: 'recording' | 'ended';
  readonly format: string;
  readonly recording_name: string;
  readonly filenames: readonly string[];
  readonly end_of_key: string;
  readonly on_end_flow_id: string;
  /** It was played, and holds no sound. */
  readonly played?: true;
  /** Where its sound is, below the directory of recordings; it is no part of the public form. */
  readonly file?: string;
  /** Of a sound: how long, how large, why it ended. */
  readonly duration_ms?: number;
  readonly size_bytes?: number;
  readonly ended_by?: string;
  readonly tm_start: Instant;
  readonly tm_end: Instant | null;
};

/** The document of a recording. */
export type Recording = Omit<Document, 'data'> & { readonly data: RecordingData };

/** A recording by id; undefined where there is none. */
export const readRecording = async ({ host }: Room, id: string): Promise<Recording | undefined> =>
  (await host.document('recording', id)) as unknown as Recording | undefined;

/** What a flow is told of a recording (engine.md §4). */
export const recordingVariables = (id: string, { format, recording_name, filenames }: RecordingData): Variables => ({
  'voipbin.recording.id': id, 'voipbin.recording.format': format, 'voipbin.recording.recording_name': recording_name,
  'voipbin.recording.filenames': filenames.join(','),
});

/** The end of a recording, what is known of it then, and the start of its on-end flow are one commit; a flow that is gone is not started. */
export async function endRecording(room: Room, id: string, known: Option = {}): Promise<void> {
  const { host } = room;
  for (;;) {
    const recording = await readRecording(room, id);
    if (recording?.data.status !== 'recording' || recording.tm_delete !== null) return;
    const now = host.clock.now();
    const data = { ...recording.data, ...known, status: 'ended', tm_end: now };
    const ended: DocumentWrite = { ...recording, version: recording.version + 1, tm_update: now, data, told: 'recording_finished' };
    const { on_end_flow_id, reference_id, activeflow_id } = recording.data;
    const chosen = on_end_flow_id === NONE_ID ? undefined : await choose(room, recording.customer_id, { flow_id: on_end_flow_id }, '');
    if (chosen === undefined || 'refused' in chosen) {
      if (await host.write({ documents: [ended] })) return;
      continue;
    }
    const { run: { flow_id, flow_revision, list_id, on_complete_flow_id } } = chosen;
    const born = await host.start({
      id: deriveId(id, 'on_end'), customer_id: recording.customer_id, name: '', flow_id, flow_revision, list_id,
      reference: { type: 'recording', id, activeflow_id },
      configuration: { on_complete_flow_id, webhook_uri: '', webhook_method: '' },
      variables: recordingVariables(id, recording.data),
    }, { by: 'call', ref: reference_id }, { documents: [ended] });
    if (born) return;
  }
}
