// An email as a flow asks for it, checked: whatever could be read as another header or another recipient is refused. Pure.
import { domainToASCII } from 'node:url';
import type { Address, Option } from '@activeflow/engine';
import { Permanent } from '../errors.js';

/** A person of an email. */
export type Mailbox = { readonly name: string; readonly address: string };

/** What goes with an email. `name`: what its file is called, `''` where nobody said. */
export type Attachment = ({ readonly url: string } | { readonly recording_id: string }) & { readonly name: string };

/** An email that may be sent. */
export type Email = {
  /** At least one, each address once. */
  readonly to: readonly Mailbox[];
  readonly subject: string;
  /** The text; `''` where there is HTML only. */
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly Attachment[];
};

/** The bounds of an email. A subject of more is cut by no server, but read by nobody. */
export const MAIL_LIMITS = { recipients: 100, subject: 900, attachments: 20, name: 200, address: 254 } as const;

/** Reads the payload of an `email.send`; throws Permanent `INVALID_EMAIL`, which names the place by JSON pointer. */
export function readEmail(payload: Option): Email {
  const { destinations, subject, content, html = '', attachments } = payload as {
    readonly destinations: readonly Address[]; readonly subject: string; readonly content: string; readonly html?: string; readonly attachments: readonly Option[];
  };
  const to = destinations.map(({ target, target_name }, at): Mailbox => ({ address: addressOf(target, `/destinations/${at}/target`), name: lineOf(target_name, `/destinations/${at}/target_name`, MAIL_LIMITS.name) }));
  const once = to.filter(({ address }, at) => to.findIndex((other) => other.address === address) === at);
  if (once.length === 0 || once.length > MAIL_LIMITS.recipients) throw invalid('/destinations', `1 to ${MAIL_LIMITS.recipients} are possible`);
  if (attachments.length > MAIL_LIMITS.attachments) throw invalid('/attachments', `at most ${MAIL_LIMITS.attachments} are possible`);
  return {
    to: once, subject: lineOf(subject, '/subject', MAIL_LIMITS.subject), text: content, html,
    attachments: attachments.map((attachment, at) => attachmentOf(attachment, `/attachments/${at}`)),
  };
}

/** One address of email, and nothing else: no list, no name, no comment, no route. */
function addressOf(target: string, pointer: string): string {
  const [, local, domain] = /^([^\s"(),:;<>@[\\\]\p{Cc}]{1,64})@([^\s"(),:;<>@[\\\]\p{Cc}]+)$/u.exec(target.trim()) ?? [];
  // As the mail server is told it: what it answers names the recipient in the same letters.
  const host = domain === undefined ? '' : domainToASCII(domain);
  const address = `${local ?? ''}@${host}`;
  if (host === '' || address.length > MAIL_LIMITS.address) throw invalid(pointer, 'is no address of email');
  return address;
}

/** Text for a header: it has no line break, nor any other control character, so that it cannot become two. */
function lineOf(text: string, pointer: string, most: number): string {
  if (/[\p{Cc}\u2028\u2029]/u.test(text)) throw invalid(pointer, 'has a line break or another control character');
  if (text.length > most) throw invalid(pointer, `is longer than ${most} characters`);
  return text;
}

/** The way of the 2023 document, `{reference_type: "recording", reference_id}`, says the same as `recording_id`. */
function attachmentOf(given: Option, pointer: string): Attachment {
  const text = (name: string): string => { const value = given[name]; return typeof value === 'string' ? value : ''; };
  const recording_id = text('recording_id') || (text('reference_type') === 'recording' ? text('reference_id') : '');
  const url = text('url');
  if ((url === '') === (recording_id === '')) throw invalid(pointer, 'names either a `url` or a `recording_id`');
  const name = lineOf(text('name'), `${pointer}/name`, MAIL_LIMITS.name);
  return url === '' ? { recording_id, name } : { url, name };
}

const invalid = (pointer: string, why: string): Permanent => new Permanent('INVALID_EMAIL', `${pointer}: ${why}`);
