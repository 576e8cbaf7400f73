// A 2xx of ours to an INVITE, sent again until its ACK has come (RFC 3261 §13.3.1.4), and what the ACK brings.
import type { ServerTransaction, SipRequest, SipResponse } from './types.js';
import { bodyOf, takeAnswer } from './session-media.js';
import { cseq } from './headers.js';
import { hangUp, sendBye } from './session-end.js';
import { leave, type Session, type Ua } from './ua.js';

/** Accepts an INVITE, the first of a leg or a later one. `onAcknowledged` hears of the ACK, once; without one the leg is hung up. */
export function accept(ua: Ua, session: Session, transaction: ServerTransaction, response: SipResponse, wants_answer: boolean, onAcknowledged: () => void): void {
  const { t1_ms, t2_ms } = ua.settings;
  let again = (): void => undefined;
  const repeat = (wait_ms: number): void => {
    again = ua.timers.after(wait_ms, () => {
      transaction.repeat(response);
      repeat(Math.min(2 * wait_ms, t2_ms));
    });
  };
  const giveUp = ua.timers.after(64 * t1_ms, () => {
    stop();
    session.accepting = undefined;
    if (session.state === 'over') farewell(ua, session);
    else hangUp(ua, session, 'failed', 'nobody acknowledged our answer');
  });
  const stop = (): void => { again(); giveUp(); };
  session.accepting?.stop();
  session.accepting = { cseq: cseq(transaction.request)?.number ?? 0, wants_answer, stop, done: onAcknowledged };
  // Over TCP too: a proxy on the way may speak UDP.
  repeat(t1_ms);
  transaction.respond(response);
}

/** An ACK has come. */
export function onAck(ua: Ua, session: Session, ack: SipRequest): void {
  const { accepting } = session;
  if (accepting === undefined || cseq(ack)?.number !== accepting.cseq) return;
  accepting.stop();
  session.accepting = undefined;
  if (session.state === 'over') { farewell(ua, session); return; }
  if (accepting.wants_answer && !takeAnswer(ua, session, bodyOf(ack) ?? '')) {
    hangUp(ua, session, 'failed', 'the answer to our offer cannot be taken');
    return;
  }
  accepting.done();
}

/** The leg was over before its 2xx was acknowledged: only now may it be told so (§15). */
function farewell(ua: Ua, session: Session): void {
  const { dialog, bye_after_ack } = session;
  if (dialog === undefined) return;
  leave(ua, dialog);
  if (bye_after_ack !== undefined) sendBye(ua, session, dialog, bye_after_ack);
}
