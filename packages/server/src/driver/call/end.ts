// The end of a call, whoever ends it: its run ends with it, and so does everything that is open on it, joined to it or chained to it.
import { deriveId, type Result } from '@activeflow/engine';
import { isOver, nextCall, type HangupBy, type HangupReason } from '../call-document.js';
import type { HangupCause } from '../legs.js';
import { endRecording, readRecording } from '../recording.js';
import { slipOf, type Slip } from '../slip.js';
import type { DocumentWrite } from '../../store/store.js';
import { legRemoved, readCall, type Call } from './document.js';
import { settleOpen, steadily, type Floor, type Line } from './line.js';

/** How a call ends. */
export type Ending = {
  readonly by: HangupBy;
  readonly reason: Exclude<HangupReason, ''>;
  /** For people, in the record of its run. */
  readonly detail?: string;
  readonly slip?: Slip;
};

const ENDED: Result = { ok: false, reason: 'CALL_ENDED', message: 'the call has ended' };

/**
 * Ends a call: the document and its run in one commit, then the leg, and what hangs on it. Done twice it changes nothing more. Gives the call as it
 * is then; undefined where there is none, or where the slip was handed in before.
 */
export async function endCall(floor: Floor, call_id: string, ending: Ending): Promise<Call | undefined> {
  const line = floor.lines.get(call_id);
  const marked = markEnded(floor, call_id, ending);
  if (line === undefined) return (await after(floor, undefined, await marked))?.call;
  // Whoever would begin something waits for this: a failure now would only move the run on.
  const before = line.ending;
  line.ending = marked.catch(() => undefined);
  const done = await marked.catch((error: unknown) => { if (before === undefined) delete line.ending; throw error; });
  if (done?.first === true) hangUpLeg(floor, line, ending.reason);
  return (await after(floor, line, done))?.call;
}

/** The leg has ended by itself, or as it was told to: the call with it, if it had not. */
export async function legEnded(floor: Floor, line: Line, cause: HangupCause, by: 'local' | 'remote', detail: string): Promise<void> {
  const ending: Ending = cause === 'lost' ? { by: '', reason: 'failed', detail: `lost: ${detail}` } : { by, reason: cause };
  const marked = steadily(floor, () => markEnded(floor, line.id, ending, [...line.tapes].length === 0 ? line.leg : undefined));
  line.ending ??= marked;
  const done = await marked;
  await after(floor, line, done);
  for (const id of line.tapes.keys()) await steadily(floor, () => endRecording(floor, id, { ended_by: 'ended' }));
  if (line.leg && done?.removed !== true) await removeLeg(floor, line.leg);
  floor.lines.delete(line.id);
}

/** Ends a call whose leg went with the process that carried it, and what a crash left of it. */
export async function endLost(floor: Floor, leg: DocumentWrite): Promise<void> {
  const call = await endCall(floor, leg.id, { by: '', reason: 'failed', detail: 'lost: it went with the process that carried it' });
  for (const id of call?.data.recording_ids ?? []) {
    if ((await readRecording(floor, id))?.data.status === 'recording') await endRecording(floor, id, { ended_by: 'ended' });
  }
  await removeLeg(floor, leg);
}

async function removeLeg(floor: Floor, leg: DocumentWrite): Promise<void> {
  await steadily(floor, () => floor.host.write({ documents: [legRemoved(leg, floor.host.clock.now())] }));
}

/** Hangs up the leg of a call that has ended here. A leg that has ended already is none. */
function hangUpLeg({ legs, log }: Floor, { id }: Line, reason: Exclude<HangupReason, ''>): void {
  legs.hangup(id, reason).catch((error: unknown) => { log.error({ err: error, call_id: id }, 'a leg could not be hung up'); });
}

/** A call that has ended: whether just now, and whether its leg was removed in the same commit. */
type Marked = { readonly call: Call; readonly first: boolean; readonly removed: boolean };

/** The call's end and its run's are one commit. */
async function markEnded(floor: Floor, call_id: string, { by, reason, detail, slip = slipOf(floor) }: Ending, leg?: DocumentWrite): Promise<Marked | undefined> {
  const { host } = floor;
  for (;;) {
    const call = await readCall(floor, call_id);
    if (call === undefined) return undefined;
    if (isOver(call)) return (await slip.alone(call)) ? { call, first: false, removed: false } : undefined;
    const now = host.clock.now();
    const ended = nextCall(call, { ...call.data, status: 'hangup', hangup_by: by, hangup_reason: reason, tm_hangup: now }, now);
    const why = detail ?? `hangup by ${by || 'nobody'} (${reason})`;
    const also = leg ? { documents: [ended, legRemoved(leg, now)] } : slip.with(ended);
    if (await host.ended(call.data.activeflow_id, why, also)) return { call: ended, first: true, removed: leg !== undefined };
    if (await slip.isSpent()) return undefined;
  }
}

/** What follows on the end of a call: nobody waits on it any more, and whoever was joined or chained to it is told. */
async function after(floor: Floor, line: Line | undefined, done: Marked | undefined): Promise<Marked | undefined> {
  if (done === undefined) return undefined;
  for (const open of line?.open.values() ?? []) {
    await settleOpen(floor, line as Line, open, ENDED);
    await open.undo();
  }
  for (const chained of done.call.data.carried.chained_calls) await endCall(floor, chained, { by: 'local', reason: 'normal' });
  await line?.bridge?.ends(line.id, done.call.data);
  for (const heard of floor.heard) heard(done.call);
  return done;
}

/** The id of the recording that an effect makes. */
export const recordingId = (activeflow_id: string, effect_id: string): string => deriveId(activeflow_id, `${effect_id}/recording`);
