// Requests that come within a call (RFC 3261 §12.2.2, §14.2, §15.1.2; UPDATE: RFC 3311; PRACK: RFC 3262; digits by INFO).
import { randomInt } from 'node:crypto';
import { refreshTarget, takeCseq, type Dialog } from './dialog.js';
import { header, headers, words } from './headers.js';
import { agreeInterval, sessionExpires } from './interval.js';
import { response, tagged } from './message.js';
import { accept } from './session-accept.js';
import { refuse } from './session-end.js';
import { bodyOf, offer, SDP_TYPE, takeOffer } from './session-media.js';
import { onPrack } from './session-provisional.js';
import { startInterval } from './session-refresh.js';
import type { HeaderList, ServerTransaction, SipRequest } from './types.js';
import { about, ALLOW, end, leave, reply, SUPPORTED, type Session, type Ua } from './ua.js';

/** The option tags that a request requires and nobody here understands (§8.2.2.3); none: it can be done. */
export function unsupported(request: SipRequest): readonly string[] {
  const known: readonly string[] = SUPPORTED;
  return words(request, 'Require').filter((word) => !known.includes(word));
}

/** A request of a dialog. */
export function onRequestWithin(ua: Ua, session: Session, dialog: Dialog, transaction: ServerTransaction): void {
  const { request } = transaction;
  if (!takeCseq(dialog, request)) { reply(transaction, 500); return; }
  const strange = unsupported(request);
  if (strange.length > 0) { reply(transaction, 420, [['Unsupported', strange.join(', ')]]); return; }
  if (session.state === 'over') {
    reply(transaction, request.method === 'BYE' ? 200 : 481);
    // Their BYE and ours, which still waits for an ACK, have crossed: theirs will do.
    if (request.method === 'BYE') forget(ua, session, dialog);
    return;
  }
  switch (request.method) {
    case 'BYE': onBye(ua, session, transaction); return;
    case 'INVITE': onInvite(ua, session, dialog, transaction); return;
    case 'UPDATE': onUpdate(ua, session, dialog, transaction); return;
    case 'INFO': onInfo(ua, session, transaction); return;
    case 'PRACK': onPrack(ua, session, transaction); return;
    case 'OPTIONS': reply(transaction, 200, capabilities()); return;
    default: reply(transaction, 405, [['Allow', ALLOW]]);
  }
}

/** What OPTIONS asks for (§11.2). */
export function capabilities(): HeaderList {
  return [['Allow', ALLOW], ['Accept', 'application/sdp, application/dtmf-relay, application/dtmf'], ['Accept-Encoding', 'identity'], ['Accept-Language', 'en'], ['Supported', SUPPORTED.join(', ')]];
}

function forget(ua: Ua, session: Session, dialog: Dialog): void {
  session.accepting?.stop();
  session.accepting = undefined;
  leave(ua, dialog);
}

function onBye(ua: Ua, session: Session, transaction: ServerTransaction): void {
  // §15: whoever was called says BYE after an answer only.
  if (session.state === 'early' && session.invited === undefined) { reply(transaction, 481); return; }
  reply(transaction, 200);
  // §15.1.2: a caller may say BYE before there was an answer; the INVITE still wants one.
  if (session.state === 'early') refuse(ua, session, 487);
  const reason = header(transaction.request, 'Reason') ?? '';
  if (session.accepting !== undefined) {
    // Whoever says BYE has seen the 2xx.
    session.accepting.stop();
    session.accepting = undefined;
  }
  end(ua, session, session.state === 'early' ? 'cancel' : 'normal', 'remote', reason.slice(0, 128));
}

const later = (transaction: ServerTransaction): void => { reply(transaction, 500, [['Retry-After', String(randomInt(0, 11))]]); };

/** Whether an interval is too short to be taken (RFC 4028 §9), and says so. */
export function tooShort(ua: Ua, transaction: ServerTransaction): boolean {
  const asked = sessionExpires(transaction.request);
  if (asked === undefined || asked.interval_s >= ua.settings.min_se_s) return false;
  reply(transaction, 422, [['Min-SE', String(ua.settings.min_se_s)]]);
  return true;
}

/** A change of the call: hold, resume, another address or codec, or only a refresh. What cannot be done leaves everything as it was. */
function onInvite(ua: Ua, session: Session, dialog: Dialog, transaction: ServerTransaction): void {
  const { request } = transaction;
  if (session.asking || session.accepting?.wants_answer === true) { reply(transaction, 491); return; }
  if (session.state !== 'up') { later(transaction); return; }
  const text = bodyOf(request);
  if (text === undefined) { reply(transaction, 415, [['Accept', 'application/sdp']]); return; }
  if (tooShort(ua, transaction)) return;
  const body = text === '' ? offer(session) : takeOffer(ua, session, text);
  if (body === undefined) { reply(transaction, 488); return; }
  refreshTarget(dialog, request);
  const interval = agreeInterval(ua, session, request);
  // §12.1.1 of the first 2xx; a later one names the same way, which is of no consequence any more.
  const way = headers(request, 'Record-Route').map((value) => ['Record-Route', value] as const);
  const sent = tagged(response(request, 200, undefined, [...way, ...about(ua, session), ...interval, ...SDP_TYPE], body), session.local_tag);
  startInterval(ua, session);
  accept(ua, session, transaction, sent, text === '', () => undefined);
}

function onUpdate(ua: Ua, session: Session, dialog: Dialog, transaction: ServerTransaction): void {
  const { request } = transaction;
  const text = bodyOf(request);
  if (text === undefined) { reply(transaction, 415, [['Accept', 'application/sdp']]); return; }
  if (text !== '') {
    // §5.2: an offer of ours is not answered yet, or one of theirs is not.
    if (session.asking || session.accepting?.wants_answer === true || (session.state === 'early' && session.invited === undefined && session.agreed === undefined)) { reply(transaction, 491); return; }
    if (session.state === 'early' && session.invited?.answer_sent === false) { later(transaction); return; }
  }
  if (tooShort(ua, transaction)) return;
  const body = text === '' ? undefined : takeOffer(ua, session, text);
  if (text !== '' && body === undefined) { reply(transaction, 488); return; }
  refreshTarget(dialog, request);
  const interval = session.state === 'up' ? agreeInterval(ua, session, request) : [];
  reply(transaction, 200, [...about(ua, session), ...interval, ...(body === undefined ? [] : SDP_TYPE)], body);
  startInterval(ua, session);
}

/** A key pressed, told by signalling: `Signal=5` of application/dtmf-relay, or the key alone of application/dtmf. */
function onInfo(ua: Ua, session: Session, transaction: ServerTransaction): void {
  const { request } = transaction;
  const type = (header(request, 'Content-Type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (request.body.length === 0) { reply(transaction, 200); return; }
  if (type !== 'application/dtmf-relay' && type !== 'application/dtmf') { reply(transaction, 415, [['Accept', 'application/dtmf-relay, application/dtmf']]); return; }
  reply(transaction, 200);
  const text = request.body.toString('latin1');
  const signal = type === 'application/dtmf' ? text.trim() : (/^\s*signal\s*=\s*(\S+)/im.exec(text)?.[1] ?? '');
  const digit = signal === '10' ? '*' : signal === '11' ? '#' : signal.toUpperCase();
  if (/^[0-9A-D*#]$/.test(digit)) ua.tell(session.leg_id, { type: 'digit', digit });
}
