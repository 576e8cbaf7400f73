// Session timers at work (RFC 4028 §7.4, §10): refreshes of ours, by UPDATE (RFC 3311) or by INVITE where the other end knows no UPDATE.
import { randomInt } from 'node:crypto';
import { refreshTarget, requestIn, type Dialog } from './dialog.js';
import { cseq } from './headers.js';
import { askInterval, takeInterval, takeMinSe } from './interval.js';
import { hangUp } from './session-end.js';
import { bodyOf, offer, SDP_TYPE, takeAnswer } from './session-media.js';
import type { SipRequest, SipResponse } from './types.js';
import { about, acknowledge, arm, disarm, send, type Session, type Ua } from './ua.js';

/** How long after a refresh that failed for no lasting reason it is tried again. */
const AGAIN_MS = 10_000;

/** Begins to count anew: at the answer, and at each refresh of either end. */
export function startInterval(ua: Ua, session: Session): void {
  const { interval_s, by_us } = session.refresh;
  disarm(session, 'refresh');
  disarm(session, 'expiry');
  if (interval_s <= 0 || session.state !== 'up') return;
  // §10: a little before the end, so that the BYE still finds the way open.
  arm(ua, session, 'expiry', (interval_s - Math.min(32, interval_s / 3)) * 1_000, () => { hangUp(ua, session, 'timeout', 'the session was not refreshed'); });
  if (by_us) arm(ua, session, 'refresh', interval_s * 500, () => { refresh(ua, session); });
}

/** Refreshes a call; where something else is under way, a little later. */
export function refresh(ua: Ua, session: Session): void {
  const { dialog } = session;
  if (session.state !== 'up' || dialog === undefined) return;
  if (session.asking || session.accepting !== undefined) { later(ua, session, 1_000); return; }
  session.asking = true;
  const method = session.allows.has('update') ? 'UPDATE' : 'INVITE';
  const body = method === 'INVITE' ? offer(session) : Buffer.alloc(0);
  const request = requestIn(dialog, method, [
    ...about(ua, session).slice(1), ...askInterval(session), ...(method === 'INVITE' ? SDP_TYPE : []), ...session.answers.headers(method, dialog.target, body),
  ], body);
  send(ua, dialog, request, {
    onResponse: (response) => { onResponse(ua, session, dialog, request, response); },
    onFailure(status) {
      session.asking = false;
      if (status === 408) hangUp(ua, session, 'timeout', 'the other end does not answer any more');
      else later(ua, session, AGAIN_MS);
    },
  });
}

function later(ua: Ua, session: Session, milliseconds: number): void {
  arm(ua, session, 'refresh', milliseconds, () => { refresh(ua, session); });
}

function onResponse(ua: Ua, session: Session, dialog: Dialog, request: SipRequest, response: SipResponse): void {
  const { status } = response;
  if (status < 200) return;
  session.asking = false;
  if (status < 300) {
    // Each 2xx of an INVITE wants an ACK, a retransmitted one too.
    if (request.method === 'INVITE') acknowledge(ua, dialog, requestIn(dialog, 'ACK', [], undefined, cseq(request)?.number));
    if (session.state === 'up') refreshed(ua, session, dialog, request, response);
    return;
  }
  if (session.state !== 'up') return;
  switch (status) {
    case 401: case 407:
      if (session.answers.learn(response)) refresh(ua, session);
      else later(ua, session, AGAIN_MS);
      return;
    case 422:
      if (takeMinSe(session, response)) refresh(ua, session);
      return;
    case 405: case 501:
      if (session.allows.delete('update')) refresh(ua, session);
      return;
    case 408: case 481:
      hangUp(ua, session, 'timeout', `the other end answered a refresh with ${status}`);
      return;
    case 491:
      // §14.1: whoever made the Call-ID waits longer, so that the two do not meet again.
      later(ua, session, session.invited === undefined ? randomInt(2_100, 4_000) : randomInt(0, 2_000));
      return;
    default:
      later(ua, session, AGAIN_MS);
  }
}

function refreshed(ua: Ua, session: Session, dialog: Dialog, request: SipRequest, response: SipResponse): void {
  refreshTarget(dialog, response);
  const text = bodyOf(response) ?? '';
  if (request.method === 'INVITE' && text !== '') takeAnswer(ua, session, text);
  takeInterval(session, response);
  startInterval(ua, session);
}
