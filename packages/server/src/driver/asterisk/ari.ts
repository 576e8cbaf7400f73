// The Asterisk REST Interface, as far as legs need it: requests with a bound on their time, and errors that say what became of them.
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Permanent, Retryable } from '../driver.js';

/** Where an Asterisk is, and who we are there. */
export type AriSettings = {
  /** The base of its REST interface, e.g. `http://127.0.0.1:8088/ari`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** The Stasis application that the dialplan hands calls to. */
  readonly app: string;
};

/** Asterisk refused, or could not be asked; `status` is 0 where no answer came. */
export class AriError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'AriError';
    this.status = status;
  }
}

/** Values of a request, sent as JSON: Asterisk takes its query parameters from there, too, and commas stay what they are. */
export type Asked = Readonly<Record<string, unknown>>;

/** The requests. All throw `AriError`. `again` marks what may be asked twice: it is, where no answer came. */
export type Ari = {
  get(path: string): Promise<unknown>;
  post(path: string, asked?: Asked, again?: 'again'): Promise<unknown>;
  delete(path: string): Promise<void>;
  /** Writes what is under a path to a file, whose directory is made; gives its bytes. */
  download(path: string, file: string): Promise<number>;
};

/** An answer that has not come by then does not come any more. */
const TIMEOUT_MS = 10_000;
const DOWNLOAD_MS = 120_000;
const TRIES = 3;
const PAUSE_MS = 200;

/** Makes the client. Neither errors nor logs of it name the password. */
export function createAri({ url, username, password }: AriSettings, fetching: typeof fetch = fetch): Ari {
  const base = url.replace(/\/+$/, '');
  const headers = { authorization: authorization(username, password), 'content-type': 'application/json' };

  const once = async (method: string, path: string, asked?: Asked, timeout_ms = TIMEOUT_MS): Promise<Response> => {
    const request = { method, headers, signal: AbortSignal.timeout(timeout_ms), redirect: 'error', ...(asked ? { body: JSON.stringify(asked) } : {}) } as const;
    const answer = await fetching(`${base}${path}`, request).catch((error: unknown) => { throw new AriError(0, `Asterisk does not answer: ${why(error)}`); });
    if (answer.ok) return answer;
    throw new AriError(answer.status, `Asterisk refused ${method} ${path} with status ${answer.status}${await said(answer)}`);
  };
  const repeatedly = async (method: string, path: string, asked?: Asked): Promise<Response> => {
    for (let tried = 1; ; tried++) {
      try {
        return await once(method, path, asked);
      } catch (error) {
        if (tried === TRIES || !(error instanceof AriError) || !isPassing(error)) throw error;
        await sleep(PAUSE_MS * tried);
      }
    }
  };
  return {
    get: async (path) => body(await repeatedly('GET', path)),
    post: async (path, asked, again) => body(await (again ? repeatedly : once)('POST', path, asked)),
    delete: async (path) => { await repeatedly('DELETE', path).then(body); },
    async download(path, file) {
      const answer = await once('GET', path, undefined, DOWNLOAD_MS);
      await mkdir(dirname(file), { recursive: true });
      const out = createWriteStream(file);
      await pipeline(Readable.from(answer.body ?? []), out);
      return out.bytesWritten;
    },
  };
}

/** The header that says who we are: so no URL holds the password. */
export const authorization = (username: string, password: string): string => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

const isPassing = ({ status }: AriError): boolean => status === 0 || status === 502 || status === 503 || status === 504;

async function body(answer: Response): Promise<unknown> {
  const text = await answer.text().catch(() => '');
  try { return text === '' ? undefined : JSON.parse(text) as unknown; } catch { return undefined; }
}

async function said(answer: Response): Promise<string> {
  const told = await body(answer);
  const message = typeof told === 'object' && told !== null && 'message' in told ? told.message : undefined;
  return typeof message === 'string' ? `: ${message.slice(0, 200)}` : '';
}

/** The reason of a network error, never what was asked: that holds the credentials. */
function why(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.name;
}

/** Whether what was asked about is not there: a leg that has ended, a playback that is over. */
export const isGone = (error: unknown): boolean => error instanceof AriError && error.status === 404;

/** Whether Asterisk has the channel but not (or no longer) in our application, or in no state for what was asked. */
export const isElsewhere = (error: unknown): boolean => error instanceof AriError && (error.status === 409 || error.status === 412 || error.status === 422);

/** An error as drivers tell them. */
export function told(error: unknown): Error {
  if (!(error instanceof AriError)) return error instanceof Error ? error : new Error(String(error));
  if (error.status === 0 || error.status >= 500) return new Retryable(error.message, undefined, 'ASTERISK_AWAY');
  return new Permanent(error.status === 401 || error.status === 403 ? 'ASTERISK_FORBIDS' : 'ASTERISK_REFUSED', error.message);
}
