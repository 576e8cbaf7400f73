// Why calls end, in the words of SIP (RFC 3261 §21) and in ours, both ways.
import type { HangupCause, RejectCause } from '../legs.js';

/** How the final response of somebody who was called is told. */
export function causeOfStatus(status: number): HangupCause {
  switch (status) {
    case 486: case 600: case 603: return 'busy';
    case 408: case 480: return 'noanswer';
    case 487: return 'cancel';
    case 404: case 410: case 484: case 485: case 604: return 'dialout';
    default: return 'failed';
  }
}

/** Which of the refusals of several phones is told: the one that says most. */
export function worseOf(a: HangupCause, b: HangupCause): HangupCause {
  const order: readonly HangupCause[] = ['busy', 'noanswer', 'dialout', 'failed'];
  const rank = (cause: HangupCause): number => (order.includes(cause) ? order.indexOf(cause) : order.length);
  return rank(a) <= rank(b) ? a : b;
}

/** The response to a caller who is not taken. */
export function statusOfReject(cause: RejectCause): number {
  switch (cause) {
    case 'not_found': return 404;
    case 'forbidden': return 403;
    case 'busy': return 486;
    case 'unavailable': return 480;
    case 'overloaded': return 503;
    default: return cause satisfies never;
  }
}

/** The response to a caller who is hung up before an answer. */
export function statusOfHangup(cause: HangupCause): number {
  switch (cause) {
    case 'busy': return 486;
    case 'noanswer': case 'timeout': return 480;
    case 'dialout': return 404;
    case 'cancel': return 487;
    case 'normal': case 'amd': return 603;
    case 'failed': return 500;
    case 'lost': return 503;
    default: return cause satisfies never;
  }
}

/** The `Reason` that a BYE or CANCEL of ours gives (RFC 3326, ITU-T Q.850). */
export function reasonOf(cause: HangupCause): string {
  switch (cause) {
    case 'normal': case 'cancel': case 'amd': return 'Q.850;cause=16;text="Normal call clearing"';
    case 'busy': return 'Q.850;cause=17;text="User busy"';
    case 'noanswer': return 'Q.850;cause=19;text="No answer"';
    case 'dialout': return 'Q.850;cause=1;text="Unallocated number"';
    case 'timeout': return 'Q.850;cause=102;text="Recovery on timer expiry"';
    case 'failed': case 'lost': return 'Q.850;cause=41;text="Temporary failure"';
    default: return cause satisfies never;
  }
}
