// How mail is handed in, from the settings of the server. Throws, in one sentence, where they cannot be used.
import { readFile } from 'node:fs/promises';
import type { Mailbox } from './mail.js';
import type { SmtpSettings } from './smtp.js';

/** The settings that email has (settings-messages.ts). */
export type MailConfig = {
  readonly smtp_url: Pick<SmtpSettings, 'host' | 'port' | 'secure' | 'user' | 'password'> | undefined;
  readonly smtp_from: Mailbox | undefined;
  readonly smtp_tls: '' | SmtpSettings['tls']['mode'];
  readonly smtp_tls_ca: string;
  readonly smtp_bytes: number;
  readonly recordings: string;
};

/** What `createSmtp` takes; undefined where no email leaves. */
export async function smtpSettings({ smtp_url, smtp_from, smtp_tls, smtp_tls_ca, smtp_bytes, recordings }: MailConfig): Promise<SmtpSettings | undefined> {
  if (smtp_url === undefined) return undefined;
  if (smtp_from === undefined) throw new Error('ACTIVEFLOW_SMTP_URL needs ACTIVEFLOW_SMTP_FROM.');
  const ca = smtp_tls_ca === '' ? '' : await readFile(smtp_tls_ca, 'utf8').catch((error: unknown) => {
    throw new Error(`ACTIVEFLOW_SMTP_TLS_CA names ${smtp_tls_ca}, which cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}.`);
  });
  // A password that goes to another machine goes by TLS, unless somebody says otherwise.
  const mode = smtp_tls || (smtp_url.password !== '' && !isHere(smtp_url.host) ? 'required' : 'offered');
  return { ...smtp_url, tls: { mode, ca }, from: smtp_from, recordings, most_bytes: smtp_bytes };
}

const isHere = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');
