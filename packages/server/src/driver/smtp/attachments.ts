// What goes with an email: the answer of a URL, asked for by the guarded client, or the sound of a recording. Bounded, for it is held in memory.
import { open } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { Clock } from '../../clock.js';
import type { Host } from '../driver.js';
import { Permanent, Retryable } from '../errors.js';
import type { RecordingData } from '../recording.js';
import { retryAfterMs } from '../retry-after.js';
import type { Attachment } from './mail.js';

/** A part of the guarded client (http/egress.ts). */
export type Fetch = (request: { readonly url: string; readonly method: string; readonly redirects?: number; readonly max_bytes?: number; readonly signal?: AbortSignal }) =>
Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array; readonly url: string }>;

/** Where attachments come from. */
export type Sources = { readonly host: Pick<Host, 'document'>; readonly clock: Pick<Clock, 'now'>; readonly fetch: Fetch; readonly recordings: string; /** Of all of one email, together. */ readonly most_bytes: number };

/** An attachment as it is sent. */
export type Loaded = { readonly filename: string; readonly contentType: string; readonly content: Buffer };

/** Loads the attachments of an email, one after the other. Throws Retryable, or Permanent: EMAIL_TOO_LARGE, ATTACHMENT_REFUSED, RECORDING_NOT_FOUND, RECORDINGFILE_NOT_FOUND, and what the client throws. */
export async function loadAttachments(sources: Sources, customer_id: string, attachments: readonly Attachment[], signal: AbortSignal): Promise<readonly Loaded[]> {
  const loaded: Loaded[] = [];
  let left = sources.most_bytes;
  for (const attachment of attachments) {
    const one = 'url' in attachment ? await fetched(sources, attachment, left, signal) : await recorded(sources, customer_id, attachment, left);
    left -= one.content.length;
    loaded.push(one);
  }
  return loaded;
}

async function fetched({ fetch, clock, most_bytes }: Sources, { url, name }: { readonly url: string; readonly name: string }, left: number, signal: AbortSignal): Promise<Loaded> {
  const answer = await fetch({ url, method: 'GET', redirects: 3, max_bytes: left, signal }).catch((error: unknown) => {
    throw error instanceof Permanent && error.reason === 'RESPONSE_TOO_LARGE' ? tooLarge(most_bytes) : error;
  });
  const { status, headers } = answer;
  const { origin, pathname } = new URL(answer.url);
  if (status === 429 || status >= 500) throw new Retryable(`${origin} answered with status ${status} when asked for an attachment`, retryAfterMs(headers['retry-after'], clock));
  if (status !== 200) throw new Permanent('ATTACHMENT_REFUSED', `${origin} answered with status ${status} when asked for an attachment`);
  return { filename: name || fileName(lastOf(pathname)) || 'attachment', contentType: typeOf(headers['content-type']), content: Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength) };
}

async function recorded({ host, recordings, most_bytes }: Sources, customer_id: string, { recording_id, name }: { readonly recording_id: string; readonly name: string }, left: number): Promise<Loaded> {
  const document = await host.document('recording', recording_id.toLowerCase());
  if (document === undefined || document.customer_id !== customer_id || document.tm_delete !== null) throw new Permanent('RECORDING_NOT_FOUND', `no recording ${recording_id.slice(0, 64)}`);
  const { status, file = '', recording_name } = document.data as unknown as RecordingData;
  const path = pathBelow(recordings, file);
  if (path === undefined) throw new Permanent('RECORDINGFILE_NOT_FOUND', `the recording ${document.id} has no sound`);
  if (status !== 'ended') throw new Retryable(`the recording ${document.id} is not over yet`);
  const sound = await open(path, 'r').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Permanent('RECORDINGFILE_NOT_FOUND', `the sound of the recording ${document.id} is no longer there`);
    throw new Retryable(`the sound of the recording ${document.id} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  });
  try {
    if ((await sound.stat()).size > left) throw tooLarge(most_bytes);
    return { filename: name || `${fileName(recording_name) || document.id}.wav`, contentType: 'audio/wav', content: await sound.readFile() };
  } finally {
    await sound.close();
  }
}

const tooLarge = (most_bytes: number): Permanent => new Permanent('EMAIL_TOO_LARGE', `the attachments are larger than ${most_bytes} bytes together`);

/** The path of a file below a folder; undefined where it is none, or would be elsewhere. */
function pathBelow(folder: string, file: string): string | undefined {
  const root = resolve(folder);
  const path = resolve(root, file);
  return file !== '' && !file.includes('\0') && path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`) ? path : undefined;
}

function lastOf(pathname: string): string {
  const last = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** What may be the name of a file everywhere. */
const fileName = (text: string): string => text.replaceAll(/[^\p{L}\p{N}._ -]/gu, '_').replace(/^\.+/, '').slice(0, 150);

/** A media type and its parameters, where that is what it is. */
const typeOf = (header: string | undefined): string => (header !== undefined && /^[\w.+-]{1,100}\/[\w.+-]{1,100}(?:; ?charset="?[\w-]{1,40}"?)?$/.test(header.trim()) ? header.trim() : 'application/octet-stream');
