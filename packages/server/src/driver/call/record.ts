// Recording a call: the document first, then the sound. It ends by itself, at a digit, by `recording_stop` or with the call.
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NONE_ID, type Result } from '@activeflow/engine';
import { newDocument, nextCall } from '../call-document.js';
import { Permanent, type Performed } from '../driver.js';
import { endRecording, readRecording, recordingVariables, type Recording, type RecordingData } from '../recording.js';
import type { DocumentWrite, StoredEffect } from '../../store/store.js';
import { asDriverError, performOn } from './begin.js';
import { callEnded, readCall } from './document.js';
import { recordingId } from './end.js';
import { settleOpen, steadily, type Floor, type Line, type Open, type Tape } from './line.js';
import { BEEP } from './prompts.js';

type Payload = {
  readonly end_of_silence: number; readonly end_of_key: string; readonly duration: number; readonly beep_start: boolean; readonly on_end_flow_id: string;
};

/** Performs `call.recording_start`: the run goes on once it records. Sound is kept as WAV, whatever format was asked for. */
export const performRecord = (floor: Floor, effect: StoredEffect): Promise<Performed> =>
  performOn(floor, effect, (line) => ({ start: (open) => start(floor, line, open), undo: () => { floor.legs.stop(line.id, beepId(effect)); } }));

const beepId = ({ id }: StoredEffect): string => `${id}/beep`;

async function start(floor: Floor, line: Line, open: Open): Promise<Result | undefined> {
  const { effect } = open;
  const beep = beepId(effect);
  const begun = await readRecording(floor, recordingId(effect.activeflow_id, effect.id));
  await makeRoom(floor, dirname(pathOf(floor, effect.customer_id, recordingId(effect.activeflow_id, effect.id))));
  if ((effect.payload as Payload).beep_start !== true || begun) return begin(floor, line, effect, begun);
  line.sounds.set(beep, async () => {
    if (open.result !== undefined) return;
    const result = await begin(floor, line, effect, undefined).catch((error: unknown): Result => failure(asDriverError(error)));
    await settleOpen(floor, line, open, result);
  });
  floor.legs.play(line.id, beep, [BEEP]);
  return undefined;
}

function failure(error: unknown): Result {
  if (error instanceof Permanent) return { ok: false, reason: error.reason, message: error.message };
  throw error;
}

async function begin(floor: Floor, line: Line, effect: StoredEffect, begun: Recording | undefined): Promise<Result> {
  const { end_of_silence, end_of_key, duration } = effect.payload as Payload;
  const id = recordingId(effect.activeflow_id, effect.id);
  const recording = begun ?? (await write(floor, line, effect, id));
  if (recording.data.status === 'recording' && !line.tapes.has(id)) {
    line.tapes.set(id, newTape(effect.id, end_of_key));
    floor.legs.record(line.id, effect.id, { path: pathOf(floor, line.customer_id, id), end_of_silence_ms: end_of_silence * 1000, end_of_key, duration_ms: duration * 1000 });
  }
  return { ok: true, data: { recording_id: id }, variables: { ...recordingVariables(id, recording.data), 'voipbin.call.status': 'progressing' } };
}

function newTape(effect_id: string, end_of_key: string): Tape {
  let finish = (): void => undefined;
  const done = new Promise<void>((resolve) => { finish = resolve; });
  return { effect_id, end_of_key, done, finish };
}

/** Where a recording is, below the directory of recordings. */
const fileOf = (customer_id: string, id: string): string => `${customer_id}/${id}.wav`;
const pathOf = ({ settings }: Floor, customer_id: string, id: string): string => join(settings.recordings, fileOf(customer_id, id));

async function makeRoom({ log }: Floor, directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    log.error({ err: error }, 'recordings cannot be written');
    throw new Permanent('RECORDING_FAILED', `recordings cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}

/** The recording and the call that names it are one commit. */
async function write(floor: Floor, line: Line, effect: StoredEffect, id: string): Promise<Recording> {
  const { end_of_key, on_end_flow_id } = effect.payload as Payload;
  for (;;) {
    const call = await readCall(floor, line.id);
    if (call === undefined || line.ending !== undefined) throw callEnded(line.id);
    const now = floor.host.clock.now();
    const recording_name = `call_${call.id}_${new Date(Math.floor(now / 1000)).toISOString()}`;
    const data: RecordingData = {
      reference_type: 'call', reference_id: call.id, activeflow_id: effect.activeflow_id, status: 'recording', format: 'wav', recording_name,
      filenames: [`${recording_name}.wav`], file: fileOf(call.customer_id, id), end_of_key, on_end_flow_id: on_end_flow_id || NONE_ID, tm_start: now, tm_end: null,
    };
    const recording: DocumentWrite = { ...newDocument('recording', { id, customer_id: call.customer_id, parent: call.id }, now, data), told: 'recording_started' };
    const changed = nextCall(call, { ...call.data, recording_ids: [...call.data.recording_ids, id] }, now);
    if (await floor.host.write({ documents: [recording, changed] })) return { ...recording, data };
  }
}

/** Performs `call.recording_stop`: of every recording of the call that goes on; done once they have ended. */
export const performStopRecording = (floor: Floor, effect: StoredEffect): Promise<Performed> =>
  performOn(floor, effect, (line) => ({
    async start() {
      const tapes = [...line.tapes.values()];
      for (const { effect_id } of tapes) floor.legs.stopRecording(line.id, effect_id);
      await patiently(floor, Promise.all(tapes.map(({ done }) => done)));
      return { ok: true };
    },
  }));

const PATIENCE_MS = 5_000;

/** Waits for something that follows at once, but not for ever. */
async function patiently({ host: { clock } }: Floor, done: Promise<unknown>): Promise<void> {
  let cancel = (): void => undefined;
  const enough = new Promise<void>((resolve) => { cancel = clock.at(clock.now() + PATIENCE_MS * 1000, resolve); });
  await Promise.race([done, enough]);
  cancel();
}

/** A recording has ended: its file is whole, or as whole as it gets. */
export async function recorded(floor: Floor, line: Line, effect_id: string, known: { readonly ended_by: string; readonly duration_ms: number; readonly size_bytes: number; readonly message?: string }): Promise<void> {
  const [id, tape] = [...line.tapes].find(([, one]) => one.effect_id === effect_id) ?? [];
  if (id === undefined || tape === undefined) return;
  await steadily(floor, () => endRecording(floor, id, known));
  line.tapes.delete(id);
  tape.finish();
}
