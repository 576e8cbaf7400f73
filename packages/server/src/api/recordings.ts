// Recordings (wire.md §6): list, read, delete. Whoever records writes their documents.
import { NONE_ID } from '@activeflow/engine';
import type { Document } from '../store/store.js';
import { RecordingAnswer } from './answers.js';
import type { Parts } from './parts.js';
import { showInstant, showTimes, textOf } from './present.js';
import { documentRoutes } from './resource.js';
import type { Route } from './route.js';

/** The routes of recordings. */
export const recordingRoutes = (parts: Parts): readonly Route[] => documentRoutes(parts, {
  kind: 'recording', plural: 'recordings', noun: 'recording', missing: 'RECORDING_NOT_FOUND', answer: RecordingAnswer, show: (document) => showRecording(document),
});

/** A recording as the wire shows it. */
export function showRecording(recording: Document) {
  const { data } = recording;
  const text = (name: string): string => textOf(data, name);
  return {
    id: recording.id, customer_id: recording.customer_id, activeflow_id: text('activeflow_id') || NONE_ID, reference_type: text('reference_type'), reference_id: text('reference_id') || NONE_ID,
    status: text('status'), format: text('format'), recording_name: text('recording_name'), filenames: (data['filenames'] as string[] | undefined) ?? [],
    tm_start: showInstant(data['tm_start']), tm_end: showInstant(data['tm_end']), ...showTimes(recording),
  };
}
