// Calls that come in (RFC 3261 §8.2, §13.3): from the INVITE to the answer, or whatever becomes of it.
import { randomUUID } from 'node:crypto';
import type { Address } from '@activeflow/engine';
import type { Offer, RejectCause } from '../legs.js';
import { domainOf, type Authenticate, type Identity } from './auth.js';
import { statusOfReject } from './causes.js';
import { contactOf, dialogOfRequest } from './dialog.js';
import { header, headers, words } from './headers.js';
import { agreeInterval } from './interval.js';
import { response, tagged } from './message.js';
import { answerOffer, parseSdp } from './sdp.js';
import { accept } from './session-accept.js';
import { hangUp, refuse } from './session-end.js';
import { bodyOf, offer, SDP_TYPE, takeOffer } from './session-media.js';
import { provisional } from './session-provisional.js';
import { startInterval } from './session-refresh.js';
import { tooShort, unsupported } from './session-requests.js';
import { newSession } from './session.js';
import type { TrunkClient } from './trunk-client.js';
import type { HeaderList, ServerTransaction, SipRequest } from './types.js';
import { about, arm, end, enter, reply, token, type Session, type Ua } from './ua.js';
import { parseNameAddress, parseUri } from './uri.js';

/** What answers callers. */
export type Uas = {
  onInvite(transaction: ServerTransaction): Promise<void>;
  onCancel(transaction: ServerTransaction): void;
  ring(session: Session, early_media: boolean): void;
  answer(session: Session): void;
  reject(session: Session, cause: RejectCause): void;
};

/** How often a caller who waits hears that it still rings (§13.3.1.1). */
const STILL_MS = 60_000;

/** An INVITE between its arrival and the leg it becomes. */
type Coming = { canceled: boolean; session: Session | undefined };
type Caller = Exclude<Identity, { readonly kind: 'refused' }>;

/** Makes what answers callers. */
export function createUas(ua: Ua, authenticate: Authenticate, trunks: TrunkClient): Uas {
  const coming = new WeakMap<ServerTransaction, Coming>();

  const take = async (transaction: ServerTransaction, state: Coming): Promise<void> => {
    const caller = await identify(ua, authenticate, trunks, transaction);
    if (state.canceled) { reply(transaction, 487); return; }
    if (caller.kind === 'refused') { reply(transaction, caller.status, caller.headers); return; }
    const text = acceptable(ua, transaction);
    if (text === undefined) return;
    const leg_id = randomUUID();
    const opened = await ua.media.open(leg_id, { kind: 'udp' }).catch((error: unknown) => {
      ua.log.warn({ error: String(error) }, 'no port for the sound of a call');
      return undefined;
    });
    if (state.canceled || opened === undefined) {
      if (opened !== undefined) ua.media.close(leg_id);
      reply(transaction, state.canceled ? 487 : 503, state.canceled ? [] : [['Retry-After', '10']]);
      return;
    }
    state.session = offered(ua, transaction, caller, leg_id, opened.port, text);
  };

  return {
    async onInvite(transaction) {
      const state: Coming = { canceled: false, session: undefined };
      coming.set(transaction, state);
      try {
        await take(transaction, state);
      } catch (error) {
        // The directory could not be asked: the caller may try again.
        ua.log.error({ error: String(error) }, 'a call could not be taken');
        if (state.session === undefined) reply(transaction, 503, [['Retry-After', '10']]);
      }
    },
    onCancel(transaction) {
      const state = coming.get(transaction);
      if (state?.session !== undefined) canceled(ua, state.session);
      else if (state !== undefined) state.canceled = true;
    },
    ring: (session, early_media) => { ring(ua, session, early_media); },
    answer: (session) => { answer(ua, session); },
    reject(session, cause) {
      if (session.state !== 'early' || session.invited === undefined) return;
      refuse(ua, session, statusOfReject(cause));
      end(ua, session, cause === 'busy' ? 'busy' : cause === 'not_found' ? 'dialout' : cause === 'unavailable' ? 'noanswer' : 'failed', 'local', cause);
    },
  };
}

function canceled(ua: Ua, session: Session): void {
  // §9.2: too late for one that is answered.
  if (session.state !== 'early') return;
  refuse(ua, session, 487);
  end(ua, session, 'cancel', 'remote', 'the caller gave up');
}

async function identify(ua: Ua, authenticate: Authenticate, trunks: TrunkClient, transaction: ServerTransaction): Promise<Identity> {
  const { request, source } = transaction;
  const called = trunks.called(request, source);
  if (called !== undefined) return { kind: 'trunk', customer_id: called.customer_id, trunk: called };
  const customer_id = await ua.directory.customerOf(parseUri(request.uri)?.host ?? '');
  const trunk = customer_id === undefined ? undefined : await ua.directory.trunkByAddress(customer_id, source.address);
  if (trunk !== undefined) return { kind: 'trunk', customer_id: trunk.customer_id, trunk };
  const domain = domainOf(request);
  // A domain of nobody asks for credentials like any other.
  return authenticate(transaction, (await ua.directory.customerOf(domain)) ?? domain);
}

/** Whether an INVITE can become a call; if not, says why. Gives its session description, `''` where it has none. */
function acceptable(ua: Ua, transaction: ServerTransaction): string | undefined {
  const { request } = transaction;
  const strange = unsupported(request);
  const text = bodyOf(request);
  const no = (status: number, more: HeaderList = []): undefined => { reply(transaction, status, more); return undefined; };
  if (strange.length > 0) return no(420, [['Unsupported', strange.join(', ')]]);
  if (text === undefined) return no(415, [['Accept', 'application/sdp'], ['Accept-Encoding', 'identity']]);
  if (contactOf(request) === undefined) return no(400);
  if (tooShort(ua, transaction)) return undefined;
  if (ua.sessions.size >= ua.settings.max_legs) return no(503, [['Retry-After', '10']]);
  const sdp = text === '' ? undefined : parseSdp(text);
  if (text !== '' && sdp === undefined) return no(400);
  if (sdp !== undefined && answerOffer(sdp, { address: '127.0.0.1', port: 9, session_id: '0', version: 0 }) === undefined) return no(488);
  return text;
}

/** A leg for an INVITE, and the word that it is there. */
function offered(ua: Ua, transaction: ServerTransaction, caller: Caller, leg_id: string, port: number, text: string): Session {
  const { request, source } = transaction;
  const reliable = words(request, 'Require').includes('100rel');
  const session = newSession(ua, { leg_id, customer_id: caller.customer_id, hop: source, port, local_tag: token(), invited: { transaction, offer: text, reliable, told: '', answer_sent: false } });
  session.allows = new Set(words(request, 'Allow'));
  session.dialog = dialogOfRequest(request, session.local_tag, session.contact, source, caller.kind === 'extension');
  ua.sessions.set(leg_id, session);
  enter(ua, session, session.dialog);
  arm(ua, session, 'ring', ua.settings.ring_ms, () => { hangUp(ua, session, 'noanswer', 'nobody decided about the call'); });
  ua.tell(leg_id, { type: 'offered', ...offerOf(request, caller) });
  return session;
}

function offerOf(request: SipRequest, caller: Caller): Offer {
  const { customer_id } = caller;
  const from = parseNameAddress(header(request, 'From') ?? '');
  const name = from?.display ?? '';
  const to = parseUri(request.uri);
  // A trunk that we registered with calls the name we registered; whom it is for stands in To.
  const meant = caller.kind === 'trunk' && to?.user === caller.trunk.username ? parseNameAddress(header(request, 'To') ?? '')?.uri : to;
  const called = userOf(meant?.user ?? '');
  if (caller.kind === 'extension') {
    const { id, extension } = caller.extension;
    return {
      customer_id, via: { kind: 'extension', id },
      source: addressOf('extension', extension, name),
      destination: addressOf(/^\+\d+$/.test(called) ? 'tel' : 'extension', called, ''),
    };
  }
  return {
    customer_id, via: { kind: 'trunk', id: caller.trunk.id },
    source: telephone(userOf(from?.uri.user ?? ''), from?.uri.host ?? '', name),
    destination: telephone(called, meant?.host ?? '', ''),
  };
}

/** A user as it is dialled: without the parameters a telephone number may have (RFC 3966), and without its visual separators. */
function userOf(user: string): string {
  const [number = ''] = user.split(';', 1);
  const plain = number.replaceAll(/[-.()]/g, '');
  return /^\+?\d+$/.test(plain) ? plain : number;
}

function telephone(user: string, host: string, name: string): Address {
  if (user === '' || user === 'anonymous' || host === 'anonymous.invalid') return addressOf('tel', 'anonymous', '');
  return /^\+?\d+$/.test(user) ? addressOf('tel', user, name) : addressOf('sip', `${user}@${host}`, name);
}

const addressOf = (type: string, target: string, target_name: string): Address => ({ type, target, target_name: target_name.slice(0, 128), name: '', detail: '' });

/** Tells the caller that it rings, or, with a session description, that there is sound already. */
function ring(ua: Ua, session: Session, early_media: boolean): void {
  const { invited } = session;
  if (session.state !== 'early' || invited === undefined || invited.told === 'early') return;
  const body = early_media && invited.offer !== '' ? takeOffer(ua, session, invited.offer) : undefined;
  if (body === undefined && invited.told !== '') return;
  invited.told = body === undefined ? 'ringing' : 'early';
  const told = [...way(invited.transaction.request), ...about(ua, session)];
  if (body === undefined) provisional(ua, session, 180, told, undefined);
  else provisional(ua, session, 183, [...told, ...SDP_TYPE], body, () => { invited.answer_sent = invited.reliable; });
  still(ua, session, told);
}

function still(ua: Ua, session: Session, told: HeaderList): void {
  arm(ua, session, 'still', STILL_MS, () => {
    provisional(ua, session, 180, told, undefined);
    still(ua, session, told);
  });
}

/** The way back that the INVITE recorded (§12.1.1). */
const way = (request: SipRequest): HeaderList => headers(request, 'Record-Route').map((value) => ['Record-Route', value]);

function answer(ua: Ua, session: Session): void {
  const { invited, provisional: { waiting, queue } } = session;
  if (session.state !== 'early' || invited === undefined) return;
  // RFC 3262 §5: not before the answer that is under way has arrived.
  if (waiting !== undefined && invited.told === 'early' && !invited.answer_sent) { queue.push(() => { answer(ua, session); }); return; }
  const late = invited.offer === '';
  const body = invited.answer_sent ? undefined : late ? offer(session) : takeOffer(ua, session, invited.offer);
  if (body === undefined && !invited.answer_sent) { refuse(ua, session, 488); end(ua, session, 'failed', 'local', 'no codec in common'); return; }
  const { request } = invited.transaction;
  const interval = agreeInterval(ua, session, request);
  const sent = tagged(response(request, 200, undefined, [...way(request), ...about(ua, session), ...interval, ...(body === undefined ? [] : SDP_TYPE)], body), session.local_tag);
  for (const name of ['ring', 'still']) { session.timers.get(name)?.(); session.timers.delete(name); }
  waiting?.stop();
  session.provisional.waiting = undefined;
  session.state = 'up';
  const up = (): void => { ua.tell(session.leg_id, { type: 'answered' }); };
  accept(ua, session, invited.transaction, sent, late, late ? up : () => undefined);
  startInterval(ua, session);
  // With its offer still unanswered there is nowhere to send sound to.
  if (!late) up();
}
