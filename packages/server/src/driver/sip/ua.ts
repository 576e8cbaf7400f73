// What the parts of the UA share: its surroundings, a leg as it stands, and the few things done to legs from everywhere.
import { randomBytes } from 'node:crypto';
import type { Log } from '../../log.js';
import type { Media } from '../../media/media.js';
import type { HangupCause, SignalFact } from '../legs.js';
import type { Answers } from './answers.js';
import { dialogKey, nextHop, type Dialog } from './dialog.js';
import type { Directory } from './directory.js';
import type { Resolve } from './resolve.js';
import { response, tagged } from './message.js';
import type { Agreed } from './sdp.js';
import type { Timers } from './timers.js';
import type { ClientHandlers, ClientTransaction, HeaderList, Hop, ServerTransaction, SipRequest, Transactions } from './types.js';

/** What can be set. */
export type SipSettings = {
  /** The address that session descriptions name; `''`: that of the transport. */
  readonly media_address: string;
  readonly user_agent: string;
  /** Legs at once, of all customers. */
  readonly max_legs: number;
  /** How long a caller hears that it rings before nobody has decided anything. */
  readonly ring_ms: number;
  /** RFC 4028: the interval that is asked for, and the shortest that is taken. */
  readonly session_expires_s: number;
  readonly min_se_s: number;
  /** RFC 3261 §17.1.1.1. */
  readonly t1_ms: number;
  readonly t2_ms: number;
  readonly nonce_ms: number;
  /** The digests that phones are asked for, the preferred first (RFC 8760 §2.3). Many phones give up where a challenge names one that they do not know. */
  readonly digests: readonly ('SHA-256' | 'MD5')[];
  /** How short and how long a registration may be; behind a router it is short enough to keep the router's mapping open. */
  readonly register_s: { readonly least: number; readonly most: number; readonly behind_nat: number };
  /** Addresses and CIDRs that phones may call and register from; none: from everywhere. */
  readonly phones_from: readonly string[];
  /** What may be dialled: beginnings of numbers, and `@host` for `sip:` addresses of a host. None: nothing goes out. */
  readonly outbound_allow: readonly string[];
};

/** The usual settings. */
export const SIP_SETTINGS: SipSettings = {
  media_address: '', user_agent: 'activeflow', max_legs: 2_000, ring_ms: 180_000, session_expires_s: 1_800, min_se_s: 90, t1_ms: 500, t2_ms: 4_000, nonce_ms: 300_000, digests: ['MD5'],
  register_s: { least: 60, most: 3_600, behind_nat: 120 }, phones_from: [], outbound_allow: [],
};

/** The surroundings of every part. */
export type Ua = {
  readonly transactions: Transactions;
  /** Of the media worker only where sound comes and goes is told here; what it says is not signalling's. */
  readonly media: Pick<Media, 'open' | 'agree' | 'close'>;
  readonly directory: Directory;
  readonly settings: SipSettings;
  readonly log: Log;
  readonly timers: Timers;
  readonly resolve: Resolve;
  /** Legs that have not ended. */
  readonly sessions: Map<string, Session>;
  readonly dialogs: Map<string, { readonly session: Session; readonly dialog: Dialog }>;
  readonly tell: (leg_id: string, fact: SignalFact) => void;
};

/** A 2xx of ours that waits for its ACK (§13.3.1.4). */
export type Accepting = { readonly cseq: number; readonly wants_answer: boolean; readonly stop: () => void; readonly done: () => void };

/** The INVITE that a leg came in by. */
export type Invited = {
  readonly transaction: ServerTransaction;
  /** The session description it brought; `''`: the offer is ours to make (late offer). */
  readonly offer: string;
  /** `Require: 100rel`: every provisional response but 100 is acknowledged. */
  readonly reliable: boolean;
  told: '' | 'ringing' | 'early';
  /** The answer of the session description was acknowledged by PRACK: the 2xx has none. */
  answer_sent: boolean;
};

/** Provisional responses that are to be acknowledged (RFC 3262 §3): one at a time. */
export type Provisional = { rseq: number; waiting: { readonly rseq: number; readonly stop: () => void; readonly done: () => void } | undefined; readonly queue: (() => void)[] };

/** A leg. */
export type Session = {
  readonly leg_id: string;
  readonly customer_id: string;
  /** `over`: its end was told. */
  state: 'early' | 'up' | 'over';
  readonly local_tag: string;
  contact: string;
  /** The address its signalling goes by: behind NAT, its sound may come from there. */
  via: string;
  /** Our side of the session description, and the text that was sent last. */
  readonly local: { readonly address: string; readonly port: number; readonly session_id: string; version: number; text: string };
  agreed: Agreed | undefined;
  dialog: Dialog | undefined;
  readonly invited: Invited | undefined;
  readonly provisional: Provisional;
  accepting: Accepting | undefined;
  /** What to say in the BYE that waits for the ACK of our 2xx (§15). */
  bye_after_ack: HangupCause | undefined;
  /** An INVITE or UPDATE of ours within the dialog is under way (§14.2). */
  asking: boolean;
  /** The methods that the other end understands, in lower case. */
  allows: Set<string>;
  /** RFC 4028; 0: no timer. */
  refresh: { interval_s: number; min_se_s: number; by_us: boolean };
  answers: Answers;
  /** What stops the timers of a leg, by what they are for. */
  readonly timers: Map<string, () => void>;
  /** Gives up what is being dialled. */
  abandon: () => void;
};

/** What the UA understands. */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REGISTER';
/** Option tags that are understood (§19.2). */
export const SUPPORTED = ['100rel', 'timer'] as const;

/** A tag, a Call-ID, a cnonce: nobody guesses it (§19.3). */
export function token(): string {
  return randomBytes(12).toString('hex');
}

/** Answers a request; the To tag is the leg's, or a new one. */
export function reply(transaction: ServerTransaction, status: number, headers: HeaderList = [], body?: Buffer, tag = token()): void {
  transaction.respond(tagged(response(transaction.request, status, undefined, headers, body), tag));
}

/** Runs something later unless the leg ends before or the same is armed anew. */
export function arm(ua: Ua, session: Session, name: string, milliseconds: number, run: () => void): void {
  disarm(session, name);
  session.timers.set(name, ua.timers.after(milliseconds, () => {
    session.timers.delete(name);
    run();
  }));
}

/** Takes back what was armed. */
export function disarm(session: Session, name: string): void {
  session.timers.get(name)?.();
  session.timers.delete(name);
}

/** Adds a dialog of a leg, so that requests of it are found. */
export function enter(ua: Ua, session: Session, dialog: Dialog): void {
  ua.dialogs.set(dialogKey(dialog.call_id, dialog.local_tag, dialog.remote_tag), { session, dialog });
}

/** What a message that makes a dialog, or refreshes its target, says of us. */
export function about(ua: Ua, session: Session): HeaderList {
  return [['Contact', session.contact], ['Allow', ALLOW], ['Supported', SUPPORTED.join(', ')], ['User-Agent', ua.settings.user_agent]];
}

/** Forgets a dialog. */
export function leave(ua: Ua, dialog: Dialog): void {
  ua.dialogs.delete(dialogKey(dialog.call_id, dialog.local_tag, dialog.remote_tag));
}

/** Tells the end of a leg, once, and lets go of its sound. The dialog stays where a BYE still waits for an ACK. */
export function end(ua: Ua, session: Session, cause: HangupCause, by: 'local' | 'remote', detail: string): void {
  if (session.state === 'over') return;
  session.state = 'over';
  for (const stop of session.timers.values()) stop();
  session.timers.clear();
  session.provisional.waiting?.stop();
  session.provisional.waiting = undefined;
  session.provisional.queue.length = 0;
  ua.sessions.delete(session.leg_id);
  if (session.dialog !== undefined && session.accepting === undefined) leave(ua, session.dialog);
  ua.log.debug({ leg_id: session.leg_id, cause, by, detail }, 'leg ended');
  ua.tell(session.leg_id, { type: 'ended', cause, by, detail });
  ua.media.close(session.leg_id);
}

/** Where a request of a dialog goes. */
async function hopOf(ua: Ua, dialog: Dialog): Promise<Hop> {
  const { origin } = dialog;
  const [hop] = await ua.resolve(nextHop(dialog)).catch(() => []);
  // Over the connection that is there, where it leads to the same place; and where it leads nowhere, or may not be gone: there the other end is, or was.
  return hop === undefined || (hop.address === origin.address && (hop.port === origin.port || origin.flow !== undefined)) ? origin : hop;
}

/** Sends a request of a dialog. */
export function send(ua: Ua, dialog: Dialog, request: SipRequest, handlers: ClientHandlers): void {
  const go = (hop: Hop): ClientTransaction => ua.transactions.request(request, hop, handlers);
  if (dialog.direct) go(dialog.origin);
  else void hopOf(ua, dialog).then(go);
}

/** Sends an ACK of a dialog. */
export function acknowledge(ua: Ua, dialog: Dialog, ack: SipRequest): void {
  if (dialog.direct) ua.transactions.ack(ack, dialog.origin);
  else void hopOf(ua, dialog).then((hop) => { ua.transactions.ack(ack, hop); });
}
