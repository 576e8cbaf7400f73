// What happens to a leg, and what it means to its call.
import type { LegEvent } from '../legs.js';
import { lookAtDigits } from './begin.js';
import { legEnded } from './end.js';
import { takeOffer } from './incoming.js';
import { typed, type Floor, type Line } from './line.js';
import { detected, digitsSent, left } from './line_actions.js';
import { farAnswers, farRings } from './outgoing.js';
import { soundEnded } from './prompts.js';
import { recorded } from './record.js';

/** Takes one fact of a line's leg. */
export async function onFact(floor: Floor, line: Line, fact: LegEvent): Promise<void> {
  switch (fact.type) {
    case 'offered': return takeOffer(floor, line, fact);
    case 'ringing': return farRings(floor, line, fact.early_media);
    case 'answered': return farAnswers(floor, line);
    case 'digit': return digit(floor, line, fact.digit);
    case 'playback_done': return soundEnded(floor, line, fact.id, fact.how, fact.message);
    case 'recording_done': return recordingDone(floor, line, fact);
    case 'digits_sent': return digitsSent(floor, line, fact.id);
    case 'detected': return detected(floor, line, fact.id, fact.machine, fact.detail);
    case 'joined': return;
    case 'left': return left(floor, line, fact.room_id);
    case 'ended': return legEnded(floor, line, fact.cause, fact.by, fact.detail);
    default: fact satisfies never;
  }
}

/** A digit in a room is for whoever else is there. */
async function digit(floor: Floor, line: Line, pressed: string): Promise<void> {
  for (const tape of line.tapes.values()) if (tape.end_of_key.includes(pressed)) floor.legs.stopRecording(line.id, tape.effect_id);
  if (line.room !== '') return;
  typed(line, pressed);
  await lookAtDigits(floor, line);
}

const recordingDone = (floor: Floor, line: Line, { id, how, duration_ms, size_bytes, message }: Extract<LegEvent, { type: 'recording_done' }>): Promise<void> =>
  recorded(floor, line, id, { ended_by: how, duration_ms, size_bytes, ...(message === undefined ? {} : { message }) });
