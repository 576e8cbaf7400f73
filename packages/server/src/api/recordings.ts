// Recordings (wire.md §6): list, read, delete, and their sound. Whoever records writes their documents.
import { unlink } from 'node:fs/promises';
import { NONE_ID } from '@activeflow/engine';
import { Type } from 'typebox';
import { ApiError } from '../problem.js';
import type { Document } from '../store/store.js';
import { RecordingAnswer } from './answers.js';
import type { Parts } from './parts.js';
import { showInstant, showTimes, textOf } from './present.js';
import { documentRoutes, findDocument, type Resource } from './resource.js';
import { route, type Route } from './route.js';
import { pathBelow, sendFile } from './send-file.js';

const RESOURCE: Resource = { kind: 'recording', plural: 'recordings', noun: 'recording', missing: 'RECORDING_NOT_FOUND', answer: RecordingAnswer, show: (document) => showRecording(document) };

/** The routes of recordings. */
export function recordingRoutes(parts: Parts): readonly Route[] {
  const [list, get, remove] = documentRoutes(parts, RESOURCE) as readonly [Route, Route, Route];
  return [
    list, get,
    {
      ...remove,
      summary: 'Delete a recording, and its sound.',
      async handle(call) {
        const path = pathOf(parts, await findDocument(parts, RESOURCE, call));
        const answer = await remove.handle(call);
        // The document goes first: a file that nothing names is the lesser evil.
        if (path !== undefined) await unlink(path).catch((error: unknown) => { if ((error as NodeJS.ErrnoException).code !== 'ENOENT') parts.log.warn({ err: error, recording_id: call.params['id'] }, 'the sound of a recording could not be removed'); });
        return answer;
      },
    },
    fileRoute(parts),
  ];
}

function fileRoute(parts: Parts): Route {
  return route({
    method: 'GET', path: '/recordingfiles/{id}', operation: 'getRecordingFile', tag: 'recordings', stream: 'file',
    summary: 'The sound of a recording, by the id of the recording. Of two channels, the left is what the far end said, the right what it heard. A `Range` is obeyed.',
    answer: Type.String({ description: 'a WAV file' }), reasons: ['INVALID_ID', 'RECORDING_NOT_FOUND', 'RECORDINGFILE_NOT_FOUND'],
    async handle(call) {
      const recording = await findDocument(parts, RESOURCE, call);
      const path = pathOf(parts, recording);
      if (path === undefined) throw new ApiError('RECORDINGFILE_NOT_FOUND', recording.data['played'] === true ? 'the call was played, so that there is no sound' : 'the recording has no sound');
      if (recording.data['status'] !== 'ended') throw new ApiError('RECORDINGFILE_NOT_FOUND', 'the recording is not over yet');
      const name = textOf(recording.data, 'recording_name').replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 100) || recording.id;
      const found = await sendFile(path, call.exchange, { 'content-type': 'audio/wav', 'content-disposition': `attachment; filename="${name}.wav"` });
      if (!found) throw new ApiError('RECORDINGFILE_NOT_FOUND', 'the sound of the recording is no longer there');
    },
  });
}

/** Where the sound of a recording is; undefined where it has none. */
const pathOf = ({ recordings_folder }: Pick<Parts, 'recordings_folder'>, { data }: Document): string | undefined => pathBelow(recordings_folder, textOf(data, 'file'));

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
