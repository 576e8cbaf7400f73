// Hanging up (RFC 3261 §15): what to send depends on how far the leg has come.
import type { HangupCause } from '../legs.js';
import { reasonOf, statusOfHangup } from './causes.js';
import { requestIn, type Dialog } from './dialog.js';
import { end, reply, send, type Session, type Ua } from './ua.js';

/** Sends a BYE, and again where the peer asks for credentials. */
export function sendBye(ua: Ua, session: Session, dialog: Dialog, cause: HangupCause): void {
  const go = (): void => {
    const answers = session.answers.headers('BYE', dialog.target, NOTHING);
    const bye = requestIn(dialog, 'BYE', [['User-Agent', ua.settings.user_agent], ['Reason', reasonOf(cause)], ...answers]);
    send(ua, dialog, bye, {
      onResponse(response) { if (response.status >= 300 && session.answers.learn(response)) go(); },
      onFailure: () => undefined,
    });
  };
  go();
}

const NOTHING = Buffer.alloc(0);

/** Ends a leg from here, and tells the other end as far as it can be told. */
export function hangUp(ua: Ua, session: Session, cause: HangupCause, detail = ''): void {
  if (session.state === 'over') return;
  const { state, invited, dialog, accepting } = session;
  if (state === 'early' && invited !== undefined) refuse(ua, session, statusOfHangup(cause));
  else if (state === 'early') session.abandon();
  else if (accepting !== undefined && invited !== undefined) session.bye_after_ack = cause;
  else if (dialog !== undefined) sendBye(ua, session, dialog, cause);
  end(ua, session, cause, 'local', detail);
}

/** The final response to a caller whose leg is not up. */
export function refuse(ua: Ua, { invited, local_tag }: Session, status: number): void {
  const headers = [['Server', ua.settings.user_agent] as const, ...(status === 503 ? [['Retry-After', '10'] as const] : [])];
  if (invited !== undefined) reply(invited.transaction, status, headers, undefined, local_tag);
}
