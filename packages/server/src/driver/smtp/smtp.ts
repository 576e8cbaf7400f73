// Email by SMTP (RFC 5321): `email.send`, handed in at one mail server. Sent at least once; every copy has the same Message-ID, by which a second one can be told.
import { deriveId, type Result } from '@activeflow/engine';
import { createTransport, type Transporter } from 'nodemailer';
import type { Log } from '../../log.js';
import type { Document, StoredEffect } from '../../store/store.js';
import { newDocument } from '../call-document.js';
import { Retryable, Permanent, type Driver, type Host, type Performed } from '../driver.js';
import { loadAttachments, type Fetch, type Loaded } from './attachments.js';
import { failureOf, takenOf, type Refused, type Taken } from './failure.js';
import { readEmail, type Email, type Mailbox } from './mail.js';
import { createTurns } from './turns.js';

/** How mail is handed in. `tls.ca`: an authority of one's own, PEM. */
export type SmtpSettings = {
  readonly host: string; readonly port: number; readonly secure: boolean; readonly user: string; readonly password: string;
  readonly tls: { readonly mode: 'required' | 'offered' | 'off'; readonly ca: string };
  readonly from: Mailbox;
  readonly recordings: string;
  /** Most that the attachments of an email are together. */
  readonly most_bytes: number;
  /** How long anything of the server is waited for; less in tests. */
  readonly timeout_ms?: number;
};

/** What the driver needs. */
export type SmtpParts = { readonly host: Pick<Host, 'clock' | 'document' | 'write'>; readonly fetch: Fetch; readonly log: Log; readonly settings: SmtpSettings };

/** The driver of email, and what lets go of its connections. */
export type Smtp = { readonly driver: Driver; readonly close: () => Promise<void> };

/** Connections at once, and so the emails whose attachments are held in memory. */
const CONNECTIONS = 5;
/** For all of one attempt: a driver answers within two minutes. */
const ATTEMPT_MS = 100_000;
const TIMEOUT_MS = 30_000;
/** RFC 5321 §4.5.4.1: kept for some days, asked for less and less often. About two and a half days. */
const PAUSES_MS = [10, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 57_600, 57_600].map((seconds) => seconds * 1_000);

type Room = SmtpParts & { readonly transport: Transporter; readonly turns: ReturnType<typeof createTurns> };

/** Makes the driver of `email.send`. */
export function createSmtp(parts: SmtpParts): Smtp {
  const room: Room = { ...parts, transport: transportOf(parts.settings), turns: createTurns(CONNECTIONS) };
  return {
    driver: {
      name: 'smtp',
      kinds: ['email.send'],
      lane: () => '',
      retry: (_effect, tried) => PAUSES_MS[tried - 1],
      perform: (effect, signal) => perform(room, effect, signal),
      // What has left cannot be called back; what has not is not sent any more.
      cancel: async () => undefined,
    },
    close: async () => { room.transport.close({ force: true }); },
  };
}

function transportOf({ host, port, secure, user, password, tls: { mode, ca }, timeout_ms = TIMEOUT_MS }: SmtpSettings): Transporter {
  return createTransport({
    pool: true, maxConnections: CONNECTIONS, maxMessages: 100,
    // A connection that the server has closed meanwhile: nothing of the mail was said on it.
    maxRequeues: 1,
    host, port, secure, ...(user === '' ? {} : { auth: { user, pass: password } }),
    requireTLS: mode === 'required', ignoreTLS: mode === 'off', tls: { minVersion: 'TLSv1.2', ...(ca === '' ? {} : { ca }) },
    connectionTimeout: timeout_ms, greetingTimeout: timeout_ms, socketTimeout: timeout_ms, dnsTimeout: timeout_ms,
    // Nothing in a mail makes this machine open a file or ask a URL.
    disableFileAccess: true, disableUrlAccess: true,
  });
}

async function perform(room: Room, effect: StoredEffect, outer: AbortSignal): Promise<Performed> {
  const email = readEmail(effect.payload);
  const signal = AbortSignal.any([outer, AbortSignal.timeout(ATTEMPT_MS)]);
  const turn = await room.turns.take(signal);
  try {
    const document = await room.host.document('email', documentId(effect));
    const known = knownOf(document);
    const left = email.to.filter(({ address }) => !known.accepted.includes(address) && !known.refused.some((one) => one.address === address));
    if (left.length === 0) return { done: resultOf(effect, room, known) };
    const attachments = await loadAttachments(sourcesOf(room), effect.customer_id, email.attachments, signal);
    const taken = await send(room, effect, email, attachments, left.map(({ address }) => address), signal);
    const all: Known = { accepted: [...known.accepted, ...taken.accepted], refused: [...known.refused, ...taken.refused] };
    if (taken.later.length === 0) return { done: resultOf(effect, room, all) };
    await remember(room, effect, document, all);
    throw new Retryable(`the mail server put off ${said(taken.later)}`, undefined, 'EMAIL_PUT_OFF');
  } finally {
    turn.end();
  }
}

/** Hands the email in for those who have not got it. Throws Permanent or Retryable where that was not about single recipients. */
async function send(room: Room, effect: StoredEffect, email: Email, attachments: readonly Loaded[], left: readonly string[], signal: AbortSignal): Promise<Taken> {
  const { transport, settings: { from }, log } = room;
  try {
    const { accepted = [], rejectedErrors = [] } = await transport.sendMail({
      from, to: email.to.map(({ name, address }) => ({ name, address })), envelope: { from: from.address, to: [...left] },
      subject: email.subject, ...(email.text === '' && email.html !== '' ? {} : { text: email.text }), ...(email.html === '' ? {} : { html: email.html }),
      attachments: attachments.map((one) => ({ ...one, contentDisposition: 'attachment' as const })),
      // The same over every attempt.
      messageId: messageId(room, effect), date: new Date(Math.floor(effect.tm_create / 1_000)),
      headers: { 'Auto-Submitted': 'auto-generated' }, signal,
    }) as { accepted?: string[]; rejectedErrors?: Parameters<typeof takenOf>[1] };
    return takenOf(accepted, rejectedErrors);
  } catch (error) {
    if (signal.aborted) throw new Retryable('the mail server took too long, or the attempt was given up', undefined, 'SMTP_UNREACHABLE');
    const failure = failureOf(error);
    if (failure instanceof Permanent) throw failure;
    if (!(failure instanceof Retryable)) return failure;
    if (failure.reason === 'SMTP_LOGIN_REFUSED') log.warn({ error: failure.message }, 'email waits: see ACTIVEFLOW_SMTP_URL');
    throw failure;
  }
}

type Known = Pick<Taken, 'accepted' | 'refused'>;

const documentId = ({ activeflow_id, id }: StoredEffect): string => deriveId(activeflow_id, `${id}/email`);
const knownOf = (document: Document | undefined): Known => (document?.data as Known | undefined) ?? { accepted: [], refused: [] };
const sourcesOf = ({ host, fetch, settings: { recordings, most_bytes } }: Room) => ({ host, clock: host.clock, fetch, recordings, most_bytes });
const messageId = ({ settings: { from } }: Room, { id }: StoredEffect): string => `<${id.replaceAll(':', '.')}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`;

/** Who has got it is written down before the others are tried again: nobody gets it twice because somebody else has to wait. */
async function remember({ host }: Room, effect: StoredEffect, before: Document | undefined, known: Known): Promise<void> {
  if (known.accepted.length + known.refused.length === 0) return;
  const now = host.clock.now();
  const document = before ? { ...before, version: before.version + 1, tm_update: now, data: { ...known } } : newDocument('email', { id: documentId(effect), customer_id: effect.customer_id, parent: effect.activeflow_id }, now, { ...known });
  await host.write({ documents: [document] });
}

function resultOf(effect: StoredEffect, room: Room, { accepted, refused }: Known): Result {
  if (refused.length === 0) return { ok: true, data: { message_id: messageId(room, effect), accepted } };
  const others = accepted.length === 0 ? '' : `; ${accepted.length} others got it`;
  return { ok: false, reason: 'EMAIL_REFUSED', message: `the mail server refused ${said(refused)}${others}` };
}

const said = (refused: readonly Refused[]): string => refused.map(({ address, answer }) => `${address} (${answer})`).join(', ').slice(0, 1_000);
