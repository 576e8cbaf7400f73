// The sound of a leg, as it is agreed with the other end (RFC 3264): our offers and answers, and what the media worker is told.
import { randomInt } from 'node:crypto';
import { header } from './headers.js';
import { answerOffer, parseSdp, printOffer, readAnswer, type Agreed, type Direction, type Local } from './sdp.js';
import type { SipMessage } from './types.js';
import type { Session, Ua } from './ua.js';

/** The session description of a message: its text, `''` where there is none, undefined where it has a body of another kind (415). */
export function bodyOf(message: SipMessage): string | undefined {
  if (message.body.length === 0) return '';
  const type = (header(message, 'Content-Type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  const encoding = (header(message, 'Content-Encoding') ?? 'identity').trim().toLowerCase();
  if (type === 'application/sdp' && encoding === 'identity') return message.body.toString('utf8');
  const optional = /handling *= *optional/i.test(header(message, 'Content-Disposition') ?? '');
  return optional ? '' : undefined;
}

/** The header that goes with a session description. */
export const SDP_TYPE = [['Content-Type', 'application/sdp']] as const;

/** Our side of a session description before anything was sent; the port is the media worker's. */
export function newLocal(address: string, port: number): Session['local'] {
  return { address, port, session_id: String(randomInt(2 ** 47)), version: 1, text: '' };
}

/** Gives what is to be sent: the same as before, or with the next version (RFC 3264 §8). */
function next(local: Session['local'], make: (local: Local) => string): string {
  const same = make(local);
  if (local.text === '' || same === local.text) return (local.text = same);
  local.version++;
  return (local.text = make(local));
}

/** An offer of ours. */
export function offer(session: Session, direction: Direction = 'sendrecv'): Buffer {
  return Buffer.from(next(session.local, (local) => printOffer(local, direction)));
}

/** Answers an offer and has it so from now on; undefined where it cannot be taken: garbage, or no codec in common (488). */
export function takeOffer(ua: Ua, session: Session, text: string): Buffer | undefined {
  const offered = parseSdp(text);
  const answered = offered === undefined ? undefined : answerOffer(offered, session.local);
  if (offered === undefined || answered === undefined) return undefined;
  const body = next(session.local, (local) => answerOffer(offered, local)?.text ?? '');
  agree(ua, session, answered);
  return Buffer.from(body);
}

/** Has it so as the answer to an offer of ours says; false where it says nothing that can be done. */
export function takeAnswer(ua: Ua, session: Session, text: string): boolean {
  const answer = parseSdp(text);
  const agreed = answer === undefined ? undefined : readAnswer(answer);
  if (agreed !== undefined) agree(ua, session, agreed);
  return agreed !== undefined;
}

function agree(ua: Ua, session: Session, agreed: Agreed): void {
  session.agreed = agreed;
  if (session.state !== 'over') ua.media.agree(session.leg_id, { ...agreed.agreement, via: session.via });
}
