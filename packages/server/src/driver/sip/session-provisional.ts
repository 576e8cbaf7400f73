// Provisional responses that are acknowledged (RFC 3262): a caller who requires it hears of ringing and early sound by PRACK.
import { header } from './headers.js';
import { response, tagged } from './message.js';
import { hangUp, refuse } from './session-end.js';
import { takeOffer, bodyOf, SDP_TYPE } from './session-media.js';
import { reply, type Session, type Ua } from './ua.js';
import type { HeaderList, ServerTransaction } from './types.js';

/** Sends a provisional response, reliably where the caller requires it; `done` once it has arrived, at once where nobody will say. */
export function provisional(ua: Ua, session: Session, status: number, headers: HeaderList, body: Buffer | undefined, done: () => void = () => undefined): void {
  const { invited, provisional: state, local_tag } = session;
  if (invited === undefined) return;
  const { transaction } = invited;
  if (!invited.reliable) {
    transaction.respond(tagged(response(transaction.request, status, undefined, headers, body), local_tag));
    done();
    return;
  }
  const go = (): void => {
    const rseq = ++state.rseq;
    const sent = tagged(response(transaction.request, status, undefined, [...headers, ['Require', '100rel'], ['RSeq', String(rseq)]], body), local_tag);
    let again = (): void => undefined;
    const repeat = (wait_ms: number): void => { again = ua.timers.after(wait_ms, () => { transaction.respond(sent); repeat(2 * wait_ms); }); };
    const giveUp = ua.timers.after(64 * ua.settings.t1_ms, () => {
      stop();
      refuse(ua, session, 504);
      hangUp(ua, session, 'failed', 'nobody acknowledged a provisional response');
    });
    const stop = (): void => { again(); giveUp(); };
    state.waiting = { rseq, stop, done };
    repeat(ua.settings.t1_ms);
    transaction.respond(sent);
  };
  // §3: of the first, nothing follows until it is acknowledged; one at a time is the simplest way to keep all of them in order.
  if (state.waiting === undefined) go();
  else state.queue.push(go);
}

/** A PRACK has come (§3); one that acknowledges nothing is answered 481. */
export function onPrack(ua: Ua, session: Session, transaction: ServerTransaction): void {
  const { provisional: state, invited } = session;
  const [rseq, number, method] = (header(transaction.request, 'RAck') ?? '').trim().split(/[ \t]+/);
  const invite = invited === undefined ? undefined : (header(invited.transaction.request, 'CSeq') ?? '').trim().split(/[ \t]+/)[0];
  const { waiting } = state;
  if (waiting === undefined || Number(rseq) !== waiting.rseq || method !== 'INVITE' || number !== invite) {
    reply(transaction, 481);
    return;
  }
  waiting.stop();
  state.waiting = undefined;
  answerPrack(ua, session, transaction);
  waiting.done();
  if (session.state === 'early' && state.waiting === undefined) state.queue.shift()?.();
}

/** With an offer of its own (§5), a PRACK wants an answer. */
function answerPrack(ua: Ua, session: Session, transaction: ServerTransaction): void {
  const text = bodyOf(transaction.request);
  if (text === '') { reply(transaction, 200); return; }
  const body = text === undefined ? undefined : takeOffer(ua, session, text);
  if (body === undefined) reply(transaction, text === undefined ? 415 : 488);
  else reply(transaction, 200, SDP_TYPE, body);
}
