// What the mail server said, as what is to be done: never, later, or for whom. RFC 5321 §4.2.1: 4yz may be tried again, 5yz may not.
import { Permanent, Retryable } from '../errors.js';

/** Somebody whom the mail server did not take, and its answer. */
export type Refused = { readonly address: string; readonly answer: string };

/** What came of one attempt: whom the server took, whom it never will, and whom perhaps later. */
export type Taken = { readonly accepted: readonly string[]; readonly refused: readonly Refused[]; readonly later: readonly Refused[] };

/** An error of nodemailer's, or one recipient's part of it. */
type MailError = { readonly code?: string; readonly responseCode?: number; readonly response?: string; readonly recipient?: string; readonly rejectedErrors?: readonly MailError[]; readonly message?: string };

/** Sorts the recipients of an email that was taken for some of them. */
export function takenOf(accepted: readonly string[], errors: readonly MailError[]): Taken {
  const refusals = errors.map((error) => ({ address: error.recipient ?? '', answer: answerOf(error), good: isForGood(error) }));
  const pick = (good: boolean): readonly Refused[] => refusals.filter((one) => one.good === good).map(({ address, answer }) => ({ address, answer }));
  return { accepted, refused: pick(true), later: pick(false) };
}

/**
 * What an error is: of single recipients, of the mail, or of the session. A mail that is refused is refused for good; where the server would not
 * even hear it (its greeting, our password, TLS, a connection that broke) the mail can do nothing for it, and is kept.
 */
export function failureOf(thrown: unknown): Taken | Permanent | Retryable {
  const error = thrown as MailError;
  if (error.rejectedErrors !== undefined && error.rejectedErrors.length > 0) return takenOf([], error.rejectedErrors);
  const { code = '', responseCode } = error;
  const aboutMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  if (aboutMail && (responseCode === undefined || isForGood(error))) return new Permanent('EMAIL_REFUSED', `the mail server refused it: ${answerOf(error)}`);
  if (aboutMail) return new Retryable(`the mail server put it off: ${answerOf(error)}`, undefined, 'EMAIL_PUT_OFF');
  if (code === 'EAUTH') return new Retryable(`the mail server does not take our name and password: ${answerOf(error)}`, undefined, 'SMTP_LOGIN_REFUSED');
  return new Retryable(`the mail server could not be spoken to (${code || 'unknown'}): ${answerOf(error)}`, undefined, 'SMTP_UNREACHABLE');
}

/** 503 says that our session was out of step, not that the mail was refused. */
const isForGood = ({ responseCode = 0 }: MailError): boolean => responseCode >= 500 && responseCode < 600 && responseCode !== 503;

/** The server's own words where it said some, as one line. */
const answerOf = ({ response, message = '' }: MailError): string => (response || message).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim().slice(0, 300);
