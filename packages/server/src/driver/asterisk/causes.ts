// Why a channel ended, in the words of both sides: ITU-T Q.850 causes as Asterisk tells them, and its words for a hangup.
import type { HangupCause, RejectCause } from '../legs.js';

/** What a leg was when it ended. */
export type Ended = { readonly dialled: boolean; readonly answered: boolean; readonly cause: number };

const NO_ANSWER = [18, 19, 20];
const WRONG_NUMBER = [1, 2, 3, 22, 28];
/** Busy, and declined by whoever was called. */
const BUSY = [17, 21];
/** No such channel: what a channel ends with from which no RTP came any more. */
const NO_SOUND = [44];
const NORMAL = [0, 16, 31, 127];

/** The reason of a hangup by the far end. */
export function hangupCause({ dialled, answered, cause }: Ended): HangupCause {
  if (answered) return NO_SOUND.includes(cause) ? 'timeout' : 'normal';
  if (!dialled) return 'cancel';
  if (BUSY.includes(cause)) return 'busy';
  if (NO_ANSWER.includes(cause)) return 'noanswer';
  if (WRONG_NUMBER.includes(cause)) return 'dialout';
  return NORMAL.includes(cause) ? 'noanswer' : 'failed';
}

/** What Asterisk is told as the reason of a hangup of ours. */
export function hangupReason(cause: HangupCause): string {
  switch (cause) {
    case 'busy': return 'busy';
    case 'failed': case 'lost': return 'congestion';
    case 'noanswer': case 'dialout': return 'no_answer';
    case 'normal': case 'cancel': case 'timeout': case 'amd': return 'normal';
    default: return cause satisfies never;
  }
}

/** The same where a leg that came in is not taken, and how its end is told. */
export function rejection(cause: RejectCause): { readonly reason: string; readonly ended: HangupCause } {
  switch (cause) {
    case 'not_found': return { reason: 'unallocated', ended: 'failed' };
    case 'forbidden': return { reason: 'rejected', ended: 'failed' };
    case 'busy': return { reason: 'busy', ended: 'busy' };
    case 'unavailable': return { reason: 'no_answer', ended: 'failed' };
    case 'overloaded': return { reason: 'congestion', ended: 'failed' };
    default: return cause satisfies never;
  }
}
