// Requests to a carrier that the operator has named. What matters most about one that fails is whether the carrier may have got it.
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { Permanent, Retryable } from '../errors.js';

/** A request to a carrier. */
export type Asked = { readonly url: string; readonly method: 'GET' | 'POST'; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };
/** What a carrier answered; names of headers in lower case. */
export type Answered = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string };
/** A request that was sent, and to which no whole answer came: nobody knows what the carrier made of it. */
export type Unanswered = { readonly unanswered: string };

const TIMEOUT_MS = 30_000;
const MOST_BYTES = 262_144;

/** Asks. Throws Retryable where no connection came about, so that nothing can have been taken. `name`: the carrier, for people. A connection is used once: one that dies in silence would take a message with it. */
export function askCarrier(name: string, { url, method, headers = {}, body = '' }: Asked, signal: AbortSignal, timeout_ms = TIMEOUT_MS): Promise<Answered | Unanswered> {
  const ask = url.startsWith('https:') ? secure : plain;
  return new Promise((resolve, reject) => {
    let connected = false;
    const fail = (why: string): void => {
      request.destroy();
      if (connected) resolve({ unanswered: `${name} was sent it and ${why}` });
      else reject(new Retryable(`${name} could not be reached: ${why}`));
    };
    const request = ask(url, { method, agent: false, headers: { 'user-agent': 'activeflow', connection: 'close', 'content-length': String(Buffer.byteLength(body)), ...headers }, signal: AbortSignal.any([signal, AbortSignal.timeout(timeout_ms)]) });
    request.on('socket', (socket) => { socket.once(url.startsWith('https:') ? 'secureConnect' : 'connect', () => { connected = true; }); });
    request.on('error', (error: NodeJS.ErrnoException) => { fail(error.name === 'AbortError' || error.name === 'TimeoutError' ? 'it did not answer in time' : `the connection failed (${error.code ?? error.name})`); });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MOST_BYTES) fail('it answered without end');
        else chunks.push(chunk);
      });
      response.on('error', () => { fail('its answer broke off'); });
      response.on('end', () => {
        const all = Object.entries(response.headers).map(([key, value]) => [key, Array.isArray(value) ? value.join(', ') : value ?? '']);
        resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(all) as Record<string, string>, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    request.end(body);
  });
}

/** What a status that is no success means: 429 and 5xx may be tried again, the others may not. `said`: the carrier's own words. */
export function refusalOf(name: string, { status }: Pick<Answered, 'status'>, said: string, retry_after_ms?: number): Retryable | Permanent {
  const message = `${name} answered with status ${status}${said === '' ? '' : `: ${said.replaceAll(/[\p{Cc}]+/gu, ' ').trim().slice(0, 160)}`}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500) return new Retryable(message, retry_after_ms);
  return new Permanent('PROVIDER_REFUSED', message);
}
