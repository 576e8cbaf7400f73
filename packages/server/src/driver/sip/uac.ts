// Calls that go out (RFC 3261 §13.2): every phone of an extension at once, the first to answer wins; a trunk at one place after the other.
import type { HangupCause, Originate } from '../legs.js';
import { Permanent } from '../errors.js';
import { NO_ANSWERS } from './answers.js';
import { ackOf, forkOf, hear, inviteOf, newBranch, type Branch, type Forked } from './branch.js';
import { causeOfStatus, worseOf } from './causes.js';
import { dialogOfResponse } from './dialog.js';
import { tagOf, words } from './headers.js';
import { takeInterval, takeMinSe } from './interval.js';
import type { Registrar } from './registrar.js';
import { routeOf, type RouteParts } from './route.js';
import { newSession } from './session.js';
import { hangUp, sendBye } from './session-end.js';
import { bodyOf, offer, takeAnswer } from './session-media.js';
import { startInterval } from './session-refresh.js';
import type { Hop, SipRequest, SipResponse } from './types.js';
import { acknowledge, arm, disarm, end, enter, leave, token, type Session, type Ua } from './ua.js';

/** What dials. */
export type Uac = {
  originate(asked: Originate): Promise<void>;
  /** Gives up a leg that is not a session yet; false where there is none. */
  giveUp(leg_id: string, cause: HangupCause): boolean;
};

/** INVITEs of one branch: credentials, intervals and places to try end somewhere. */
const MOST_TRIES = 12;
/** Legs that are remembered as dialled, so that a repetition dials nobody twice. */
const REMEMBERED = 10_000;

/** A call that goes out: its branches, and what the worst of them said. */
type Outgoing = { readonly session: Session; readonly branches: Branch[]; readonly extension: string; worst: { cause: HangupCause; detail: string } | undefined; rang: '' | 'ringing' | 'early' };

/** Makes what dials. */
export function createUac(ua: Ua, parts: RouteParts): Uac {
  const dialled = new Set<string>();
  const dialing = new Map<string, HangupCause | undefined>();

  return {
    async originate(asked) {
      const { leg_id } = asked;
      if (dialled.has(leg_id)) return;
      dialled.add(leg_id);
      for (const oldest of dialled) { if (dialled.size <= REMEMBERED) break; dialled.delete(oldest); }
      dialing.set(leg_id, undefined);
      try {
        await dial(ua, parts, asked, () => dialing.get(leg_id));
      } catch (error) {
        dialled.delete(leg_id);
        throw error;
      } finally {
        dialing.delete(leg_id);
      }
    },
    giveUp(leg_id, cause) {
      if (!dialing.has(leg_id)) return false;
      dialing.set(leg_id, dialing.get(leg_id) ?? cause);
      return true;
    },
  };
}

async function dial(ua: Ua, parts: RouteParts, asked: Originate, givenUp: () => HangupCause | undefined): Promise<void> {
  const { leg_id, customer_id } = asked;
  const route = await routeOf(parts, customer_id, asked.destination);
  if (route === undefined) throw new Permanent('NO_ROUTE', `nothing leads to ${asked.destination.type} ${asked.destination.target.slice(0, 64)}`);
  if (ua.sessions.size >= ua.settings.max_legs) throw new Permanent('TOO_MANY_CALLS', `there are ${ua.settings.max_legs} calls already`);
  const places = await Promise.all(route.targets.map(async (target) => ({ target, hops: await target.hops() })));
  const reached = places.filter(({ hops }) => hops.length > 0);
  const first = reached[0]?.hops[0];
  const given_up = givenUp();
  if (given_up !== undefined || first === undefined) {
    const nobody = route.extension === '' ? { cause: 'failed', detail: 'its name leads nowhere' } as const : { cause: 'noanswer', detail: 'no phone is registered' } as const;
    ua.tell(leg_id, given_up === undefined ? { type: 'ended', by: 'remote', ...nobody } : { type: 'ended', by: 'local', cause: given_up, detail: '' });
    return;
  }
  const { port } = await ua.media.open(leg_id, { kind: 'udp' });
  const session = newSession(ua, { leg_id, customer_id, hop: first, port, local_tag: token(), answers: reached[0]?.target.answers ?? NO_ANSWERS });
  const call: Outgoing = { session, branches: reached.map(({ target, hops }) => newBranch(ua, target, hops, asked)), extension: route.extension, worst: undefined, rang: '' };
  session.abandon = () => { leaveOthers(ua, call, undefined); };
  ua.sessions.set(leg_id, session);
  const late = givenUp();
  if (late !== undefined) { end(ua, session, late, 'local', ''); return; }
  arm(ua, session, 'ring', asked.timeout_ms, () => {
    session.abandon();
    end(ua, session, 'noanswer', 'remote', 'nobody answered in time');
  });
  for (const branch of call.branches) invite(ua, parts.registrar, call, branch);
}

function invite(ua: Ua, registrar: Registrar, call: Outgoing, branch: Branch): void {
  const { session } = call;
  const hop = branch.hops[branch.place];
  if (hop === undefined || ++branch.tries > MOST_TRIES) { lost(ua, call, branch, 503, 'no place is left to try'); return; }
  const request = inviteOf(ua, session, branch, hop, offer(session));
  const next = (status: number, detail: string): void => {
    const { binding } = branch.target;
    // A connection that is gone does not come back: the phone will register over another.
    if (binding?.hop.flow !== undefined) registrar.forget(session.customer_id, call.extension, binding);
    branch.place++;
    if (branch.state === 'calling' && branch.hops[branch.place] !== undefined) invite(ua, registrar, call, branch);
    else lost(ua, call, branch, status, detail);
  };
  branch.transaction = ua.transactions.request(request, hop, {
    onResponse(response) {
      const { status } = response;
      if (status < 200) onProvisional(ua, call, branch, request, response, hop);
      else if (status < 300) onAccepted(ua, call, branch, request, response, hop);
      else if (branch.state !== 'calling') branch.state = 'over';
      else if ((status === 401 || status === 407) && branch.target.answers.learn(response)) invite(ua, registrar, call, branch);
      else if (status === 422 && takeMinSe(session, response)) invite(ua, registrar, call, branch);
      else if (status === 503) next(status, 'the peer is overloaded');
      else lost(ua, call, branch, status, response.phrase);
    },
    onFailure: (status, detail) => { if (branch.state === 'calling') next(status, detail); },
  });
}

/** The dialog that a response makes, or has made; undefined for one without a To tag or Contact. */
function fork(ua: Ua, { session }: Outgoing, branch: Branch, request: SipRequest, response: SipResponse, hop: Hop): Forked | undefined {
  const known = forkOf(branch, response);
  if (known !== undefined) return known;
  const dialog = dialogOfResponse(request, response, hop, branch.target.direct);
  if (dialog === undefined) return undefined;
  const made: Forked = { dialog, rseq: -1, ack: undefined };
  branch.forks.set(dialog.remote_tag, made);
  if (branch.state === 'calling') enter(ua, session, dialog);
  return made;
}

function onProvisional(ua: Ua, call: Outgoing, branch: Branch, request: SipRequest, response: SipResponse, hop: Hop): void {
  const { session } = call;
  if (response.status === 100 || branch.state !== 'calling' || session.state !== 'early') return;
  const made = tagOf(response, 'To') === '' ? undefined : fork(ua, call, branch, request, response, hop);
  if (!hear(ua, session, made, request, response)) return;
  const text = bodyOf(response) ?? '';
  // Sound before the answer is heard of one phone only: the first that has some.
  if (text !== '' && call.rang !== 'early') session.via = hop.address;
  const early = text !== '' && call.rang !== 'early' && takeAnswer(ua, session, text);
  if (early && made !== undefined) session.dialog = made.dialog;
  if (!early && (call.rang !== '' || response.status === 181 || response.status === 182)) return;
  call.rang = early ? 'early' : 'ringing';
  ua.tell(session.leg_id, { type: 'ringing', early_media: early });
}

function onAccepted(ua: Ua, call: Outgoing, branch: Branch, request: SipRequest, response: SipResponse, hop: Hop): void {
  const { session } = call;
  // The 2xx decides where its dialog goes (§13.2.2.4): an early one of the same tag may have named another way.
  const known = forkOf(branch, response);
  if (known?.ack !== undefined) { acknowledge(ua, known.dialog, known.ack); return; }
  if (known !== undefined) { leave(ua, known.dialog); branch.forks.delete(known.dialog.remote_tag); }
  const made = fork(ua, call, branch, request, response, hop);
  if (made === undefined) { lost(ua, call, branch, 500, 'the answer names no dialog'); return; }
  const { dialog } = made;
  if (known !== undefined) {
    dialog.local_cseq = known.dialog.local_cseq;
    dialog.remote_cseq = known.dialog.remote_cseq;
  }
  made.ack = ackOf(dialog, request);
  acknowledge(ua, dialog, made.ack);
  if (branch.state !== 'calling' || session.state !== 'early') {
    // Somebody else was faster, or nobody wants it any more.
    leave(ua, dialog);
    sendBye(ua, { ...session, answers: branch.target.answers }, dialog, 'cancel');
    return;
  }
  branch.state = 'over';
  const text = bodyOf(response) ?? '';
  const early = session.dialog?.remote_tag === dialog.remote_tag && session.dialog.call_id === dialog.call_id && session.agreed !== undefined;
  session.state = 'up';
  session.dialog = dialog;
  session.contact = dialog.contact;
  session.via = dialog.origin.address;
  session.answers = branch.target.answers;
  session.allows = new Set(words(response, 'Allow'));
  disarm(session, 'ring');
  leaveOthers(ua, call, dialog.remote_tag);
  if (text === '' ? !early : !takeAnswer(ua, session, text)) { hangUp(ua, session, 'failed', 'its answer to our offer cannot be taken'); return; }
  takeInterval(session, response);
  ua.tell(session.leg_id, { type: 'answered' });
  startInterval(ua, session);
}

/** Cancels what is still being dialled, and forgets the dialogs that did not win. */
function leaveOthers(ua: Ua, { branches, session }: Outgoing, winner: string | undefined): void {
  for (const branch of branches) {
    for (const [tag, { dialog }] of branch.forks) if (tag !== winner || session.dialog !== dialog) leave(ua, dialog);
    if (branch.state !== 'calling') continue;
    branch.state = 'left';
    // So that a phone counts no call as missed that another has taken.
    branch.transaction?.cancel(winner === undefined ? undefined : 'SIP;cause=200;text="Call completed elsewhere"');
  }
}

/** A branch is refused; the last one ends the leg, with the refusal that says most. */
function lost(ua: Ua, call: Outgoing, branch: Branch, status: number, phrase: string): void {
  const { session } = call;
  branch.state = 'over';
  if (session.state !== 'early') return;
  const cause = causeOfStatus(status);
  const detail = `${status} ${phrase}`.slice(0, 128);
  if (call.worst === undefined || worseOf(cause, call.worst.cause) !== call.worst.cause) call.worst = { cause, detail };
  // A 6xx speaks for everybody (§16.7, 5).
  if (status >= 600) { call.worst = { cause, detail }; session.abandon(); }
  else if (call.branches.some(({ state }) => state === 'calling')) return;
  for (const { forks } of call.branches) for (const { dialog } of forks.values()) leave(ua, dialog);
  end(ua, session, call.worst.cause, 'remote', call.worst.detail);
}
