// One request: where it goes, how it proves who asks, how long it may take, and when it is tried again.
import { ActiveflowError, errorOfAnswer, errorOfFailure } from './error.js';

/** How to reach a server. One of `access_key` and `token`, or none for what needs none. */
export type ClientOptions = {
  /** `https://host`, with or without `/v1.0`. */
  readonly base_url: string;
  readonly access_key?: string;
  readonly token?: string;
  readonly fetch?: typeof globalThis.fetch;
  /** How long one try may take; 30 s unless told. */
  readonly timeout_ms?: number;
  /** How often a request is tried again that can be; 3 times unless told. */
  readonly max_retries?: number;
};

/** What any request takes. `keepalive`: it is sent even if the page that sends it goes away. */
export type RequestOptions = { readonly signal?: AbortSignal; readonly keepalive?: boolean };
/** What a request takes that changes something. `if_match`: only at this version. */
export type ChangeOptions = RequestOptions & { readonly if_match?: number };
/** What a POST takes. The same key and body within a day give the first answer, so that it can be tried again. */
export type PostOptions = ChangeOptions & { readonly idempotency_key?: string };

/** The parameters of a query; what is undefined is not sent. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** A request to send; `repeatable`: it changes the same the second time, though it is a POST. */
export type Asked = { readonly query?: Query; readonly body?: unknown; readonly sdp?: string; readonly options?: PostOptions | undefined; readonly repeatable?: boolean };

/** Sends requests. Throws `ActiveflowError`. */
export type Transport = {
  json<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, asked?: Asked): Promise<T>;
  blob(path: string, options?: RequestOptions): Promise<Blob>;
  /** An SDP offer; the answer is SDP, too. */
  sdp(path: string, offer: string, options?: RequestOptions): Promise<Response>;
  /** An answer that goes on, or none (204); the time limit is for its head alone. Not tried again: whoever reads it comes back. */
  stream(path: string, query: Query, signal: AbortSignal): Promise<Response>;
  /** An address beside the API's own, for a connection that can send no header: the credentials are in it. */
  address(path: string): string;
};

/** The longest pause that a server may ask for between two tries. */
const LONGEST_PAUSE_MS = 30_000;

/** Makes a transport. Throws a `TypeError` where the options cannot be used. */
export function createTransport(options: ClientOptions): Transport {
  const base = baseOf(options.base_url);
  const { origin } = new URL(base);
  const { timeout_ms = 30_000, max_retries = 3, access_key, token } = options;
  const authorization = authorizationOf(access_key, token);
  const send = options.fetch ?? globalThis.fetch;

  const once = async (method: string, path: string, { query, body, sdp, options: asked = {} }: Asked): Promise<Response> => {
    const headers: Record<string, string> = { accept: 'application/json', ...authorization };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (sdp !== undefined) headers['content-type'] = 'application/sdp';
    if (asked.if_match !== undefined) headers['if-match'] = `"${asked.if_match}"`;
    if (asked.idempotency_key !== undefined) headers['idempotency-key'] = asked.idempotency_key;
    const timeout = AbortSignal.timeout(timeout_ms);
    const signal = asked.signal ? AbortSignal.any([timeout, asked.signal]) : timeout;
    try {
      // The API redirects nowhere, and credentials are not for whoever says so.
      const sent = sdp ?? (body === undefined ? undefined : JSON.stringify(body));
      return await send(`${base}${path}${queryText(query)}`, { method, headers, signal, redirect: 'error', ...(sent === undefined ? {} : { body: sent }), ...(asked.keepalive ? { keepalive: true } : {}) });
    } catch (failure) {
      throw errorOfFailure(failure, origin, timeout_ms);
    }
  };

  const answered = async (method: string, path: string, asked: Asked): Promise<Response> => {
    const repeatable = method !== 'POST' || asked.repeatable === true || asked.options?.idempotency_key !== undefined;
    for (let tries = 0; ; tries++) {
      const response = await once(method, path, asked);
      if (response.ok) return response;
      const error = errorOfAnswer(response.status, await read(response).catch(() => undefined));
      const pause_ms = repeatable && tries < max_retries ? pauseOf(response, tries) : undefined;
      if (pause_ms === undefined) throw error;
      await sleep(pause_ms, asked.options?.signal, error);
    }
  };

  const read = async (response: Response): Promise<unknown> => {
    try {
      return JSON.parse(await response.text());
    } catch (failure) {
      throw failure instanceof SyntaxError ? errorOfAnswer(response.status, undefined) : errorOfFailure(failure, origin, timeout_ms);
    }
  };

  return {
    json: async <T>(method: string, path: string, asked: Asked = {}) => (await read(await answered(method, path, asked))) as T,
    blob: async (path, asked) => (await answered('GET', path, { options: asked })).blob(),
    sdp: (path, offer, asked) => answered('POST', path, { sdp: offer, options: asked }),
    async stream(path, query, signal) {
      const late = new AbortController();
      const timer = setTimeout(() => { late.abort(new DOMException('no head came', 'TimeoutError')); }, timeout_ms);
      try {
        const headers = { accept: 'text/event-stream', ...authorization };
        const response = await send(`${base}${path}${queryText(query)}`, { method: 'GET', headers, signal: AbortSignal.any([late.signal, signal]), redirect: 'error', cache: 'no-store' });
        if (!response.ok) throw errorOfAnswer(response.status, await read(response).catch(() => undefined));
        return response;
      } catch (failure) {
        throw failure instanceof ActiveflowError ? failure : errorOfFailure(failure, origin, timeout_ms);
      } finally {
        clearTimeout(timer);
      }
    },
    address: (path) => `${base}${path}${queryText({ accesskey: access_key, token })}`,
  };
}

function baseOf(base_url: string): string {
  if (!URL.canParse(base_url)) throw new TypeError(`base_url must be a URL, got "${base_url}"`);
  const { protocol, username, password, origin, pathname } = new URL(base_url);
  if (!/^https?:$/.test(protocol)) throw new TypeError('base_url must be an http or https URL');
  if (username !== '' || password !== '') throw new TypeError('base_url must hold no credentials: give access_key or token');
  return `${origin}${pathname.replace(/\/+$/, '').replace(/\/v1\.0$/, '')}/v1.0`;
}

/** Credentials travel in a header, never in a URL, which ends up in logs. */
function authorizationOf(access_key: string | undefined, token: string | undefined): { readonly authorization?: string } {
  if (access_key !== undefined && token !== undefined) throw new TypeError('give access_key or token, not both');
  const credential = access_key ?? token;
  return credential === undefined ? {} : { authorization: `Bearer ${credential}` };
}

function queryText(query: Query = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

/** How long to wait before the next try; undefined where there is to be none. */
function pauseOf({ status, headers }: Response, tries: number): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const asked = retryAfterMs(headers.get('retry-after'));
  if (asked !== undefined) return asked <= LONGEST_PAUSE_MS ? asked : undefined;
  return 250 * 2 ** tries * (0.5 + Math.random() / 2);
}

/** `Retry-After` in milliseconds: seconds or a date (RFC 9110 §10.2.3). */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function sleep(pause_ms: number, signal: AbortSignal | undefined, error: ActiveflowError): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, pause_ms);
    signal?.addEventListener('abort', () => { clearTimeout(timer); reject(error); }, { once: true });
    if (signal?.aborted) { clearTimeout(timer); reject(error); }
  });
}
