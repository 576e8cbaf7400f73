// The settings of what carries messages and email.
import { parseRoutes } from './driver/message/routes.js';
import { any, entry, number, serverUrl, word } from './setting.js';
import { smppEntries } from './settings-smpp.js';

/** Where mail is handed in. */
export type MailServer = { readonly host: string; readonly port: number; /** TLS from the first byte. */ readonly secure: boolean; readonly user: string; readonly password: string };

/** What messages and email need. */
export function messageEntries() {
  return {
    message_routes: entry('MESSAGE_ROUTES', '', 'which provider carries a message, comma-separated: `+49=smpp` by the beginning of its destination, `@ACME=kannel` by its sender, `+49@ACME=smpp` by both, `*=twilio` for the rest. Empty: the first that is set up carries all', parseRoutes),
    messages_per_hour: entry('MESSAGES_PER_HOUR', '0', 'messages that a sender may send in an hour; more wait for the next. 0 is any number', number(0, 1_000_000_000)),
    ...smppEntries(),
    public_url: entry('PUBLIC_URL', '', 'where carriers reach this server, as `https://flows.example.com`; empty: they do not, and no receipts are asked for', base),
    twilio_sid: entry('TWILIO_SID', '', 'account of a Twilio-style HTTP API for messages; empty is none', any),
    twilio_token: entry('TWILIO_TOKEN', '', 'its token: it is the password, and signs what comes in', any, true),
    twilio_url: entry('TWILIO_URL', 'https://api.twilio.com', 'base of that API, where it is of somebody else', base),
    twilio_from: entry('TWILIO_FROM', '', 'who sends by it where a message does not say: a number, or a messaging service (`MG…`)', any),
    kannel_url: entry('KANNEL_URL', '', 'where Kannel\'s smsbox listens, as `http://127.0.0.1:13013`; empty is none', base),
    kannel_user: entry('KANNEL_USER', '', 'its sendsms-user', any),
    kannel_password: entry('KANNEL_PASSWORD', '', 'the password of that', any, true),
    kannel_secret: entry('KANNEL_SECRET', '', 'what the URLs that Kannel calls here have to hold as `secret`; at least 16 characters', any, true),
    smtp_url: entry('SMTP_URL', '', 'where email is handed in: `smtp://user:password@host:587`, or `smtps://` for TLS from the first byte; empty: no email leaves', mailServer, true),
    smtp_from: entry('SMTP_FROM', '', 'who email is from, as `Name <name@example.com>`; needed with SMTP_URL', mailbox),
    smtp_tls: entry('SMTP_TLS', '', '`required`: nothing is said without TLS; `offered`: TLS where the server offers it; `off`. Empty: `required` where SMTP_URL has a password and its host is another machine, else `offered`', word('', 'required', 'offered', 'off')),
    smtp_tls_ca: entry('SMTP_TLS_CA', '', 'file with the authority of the mail server\'s certificate, PEM, where it is one of your own', any),
    smtp_bytes: entry('SMTP_BYTES', '20971520', 'most that the attachments of one email may be together, in bytes', number(0, 104_857_600)),
  };
}

/** The base of URLs, without the slash at its end; `''` for none. */
const base = (text: string): string => (text === '' ? '' : serverUrl(text).replace(/\/+$/, ''));

function mailServer(text: string): MailServer | undefined {
  if (text === '') return undefined;
  const shape = 'must be `smtp://user:password@host:port` or `smtps://…`, with special characters as %XX';
  if (!/^smtps?:\/\//.test(text) || !URL.canParse(text)) throw new Error(shape);
  const url = new URL(text);
  const secure = url.protocol === 'smtps:';
  if (url.hostname === '' || (url.pathname !== '' && url.pathname !== '/') || url.search !== '' || url.hash !== '') throw new Error(shape);
  try {
    return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || (secure ? 465 : 587), secure, user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  } catch {
    throw new Error(shape);
  }
}

/** A name and an address of email; `''` for none. */
function mailbox(text: string): { readonly name: string; readonly address: string } | undefined {
  if (text === '') return undefined;
  const [, name = '', bracketed] = /^\s*"?([^"<>\p{Cc}]*?)"?\s*<([^<>\s]+)>\s*$/u.exec(text) ?? [];
  const address = bracketed ?? text.trim();
  if (!/^[^\s"(),:;<>@[\\\]\p{Cc}]{1,64}@[^\s"(),:;<>@[\\\]\p{Cc}]{1,189}$/u.test(address)) throw new Error('must be `name@example.com` or `Name <name@example.com>`');
  return { name, address };
}
