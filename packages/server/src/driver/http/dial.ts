// One request to addresses that were checked, and its bounded answer. The only place that opens connections.

import type { LookupFunction } from 'node:net';
import { isIPv6 } from 'node:net';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { Permanent, Retryable } from '../errors.js';
import type { Answer, Hop } from './target.js';

/** Sends requests over pooled connections; addresses come from the caller, a name is never resolved here. */
export interface Dialer {
  /** Rejects with Permanent `RESPONSE_TOO_LARGE` or `INVALID_REQUEST`, with Retryable, or with the reason of the signal. */
  readonly exchange: (hop: Hop, addresses: readonly string[], max_bytes: number, signal: AbortSignal) => Promise<Answer>;
  /** Ends every connection and fails what is under way. */
  readonly destroy: () => Promise<void>;
}

const connectTimeoutMs = 5_000;
const maxHeaderBytes = 16_384;
const maxInformational = 8;
const maxPools = 256;

/** Opens a dialer that trusts the system's certificate authorities, or `ca` (PEM) in their place. */
export function createDialer(ca?: readonly string[]): Dialer {
  const pools = new Map<string, Pool>();

  function poolFor(origin: string, addresses: readonly string[]): Pool {
    // Keyed by the addresses too: a connection is shared only by requests whose own resolution gave the very same ones,
    // so a name that is bound anew never rides on an old connection, nor an old name on a new one.
    const key = [origin, ...addresses.toSorted()].join(' ');
    const pool = pools.get(key) ?? openPool(origin, addresses, ca);
    pools.delete(key);
    pools.set(key, pool);
    for (const [oldKey, old] of pools) {
      if (pools.size <= maxPools) break;
      pools.delete(oldKey);
      void old.close();
    }
    return pool;
  }

  return {
    exchange: async ({ target, method, headers, body }, addresses, max_bytes, signal) => {
      signal.throwIfAborted();
      const pool = poolFor(target.origin, addresses);
      const path = target.url.pathname + target.url.search;
      // Time is kept by the signal, from the resolution to the last byte, so undici's own two clocks are off.
      const options = { path, method, headers, body: body ?? null, headersTimeout: 0, bodyTimeout: 0 };
      return exchange(pool, options, max_bytes, signal).catch((error: unknown) => {
        throw error instanceof Permanent || error instanceof Retryable ? error : explain(error, target.origin);
      });
    },
    destroy: async () => {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.destroy()));
    },
  };
}

function openPool(origin: string, addresses: readonly string[], ca: readonly string[] | undefined): Pool {
  const pinned = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  // Asked for names only; a literal address in the URL is dialled as it stands, and is the one that was checked.
  const lookup: LookupFunction = (_host, options, callback) => {
    if (options.all === true) callback(null, pinned);
    else callback(null, pinned[0]?.address ?? '', pinned[0]?.family ?? 4);
  };
  const tls = { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca: [...ca] }) };
  return new Pool(origin, {
    connect: { lookup, autoSelectFamily: true, timeout: connectTimeoutMs, ...tls },
    allowH2: false,
    pipelining: 1,
    maxHeaderSize: maxHeaderBytes,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 10_000,
  });
}

/** undici's own `request` notices an abort only once it is connected; this one at once. */
function exchange(pool: Pool, options: Dispatcher.DispatchOptions, max_bytes: number, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const body = boundedBytes(max_bytes);
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    let informational = 0;
    let headers: Record<string, string> = {};

    const stop = (error: Error): void => {
      controller?.abort(error);
      signal.removeEventListener('abort', aborted);
      reject(error);
    };
    const aborted = (): void => stop(signal.reason as Error);
    signal.addEventListener('abort', aborted);

    pool.dispatch(options, {
      onRequestStart: (started) => {
        controller = started;
        if (signal.aborted) aborted();
      },
      onResponseStart: (_controller, code, fields) => {
        status = code;
        headers = joined(fields);
        if (code < 200 && ++informational > maxInformational) stop(tooLarge(`more than ${maxInformational} interim answers`));
      },
      onResponseData: (_controller, chunk) => {
        if (!body.add(chunk)) stop(tooLarge(`more than ${max_bytes} bytes`));
      },
      onResponseEnd: () => {
        signal.removeEventListener('abort', aborted);
        resolve({ status, headers, body: body.take() });
      },
      onResponseError: (_controller, error) => stop(error),
    });
  });
}

/** Copies chunks into one buffer that doubles: a list of a million one-byte views would cost a hundred times their bytes. */
function boundedBytes(max: number): { add: (chunk: Uint8Array) => boolean; take: () => Uint8Array } {
  let store = new Uint8Array(Math.min(max, 4_096));
  let size = 0;
  return {
    add(chunk) {
      if (!(size + chunk.length <= max)) return false;
      if (size + chunk.length > store.length) {
        const larger = new Uint8Array(Math.min(max, Math.max(store.length * 2, size + chunk.length)));
        larger.set(store.subarray(0, size));
        store = larger;
      }
      store.set(chunk, size);
      size += chunk.length;
      return true;
    },
    take: () => store.slice(0, size),
  };
}

function joined(fields: Record<string, string | string[] | undefined>): Record<string, string> {
  // An own key `__proto__` is harmless here and a trap for whoever copies it.
  const entries = Object.entries(fields).filter(([name]) => name !== '__proto__');
  return Object.fromEntries(entries.map(([name, value]) => [name, [value ?? ''].flat().join(', ')]));
}

function tooLarge(what: string): Permanent {
  return new Permanent('RESPONSE_TOO_LARGE', `the answer has ${what}`);
}

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'reset the connection',
  EPIPE: 'closed the connection before it had the whole request',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ETIMEDOUT: 'did not accept a connection in time',
  UND_ERR_CONNECT_TIMEOUT: `did not accept a connection within ${connectTimeoutMs} ms`,
  UND_ERR_SOCKET: 'closed the connection before the answer was complete',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'sent another number of bytes than it announced',
  UND_ERR_DESTROYED: 'was given up: activeflow is stopping',
};

/** Says what went wrong by the code alone: the texts of Node's errors hold addresses that the caller need not learn. */
function explain(error: unknown, origin: string): Permanent | Retryable {
  const { code = 'no code', name } = error as { code?: string; name?: string };
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return tooLarge(`a header section of more than ${maxHeaderBytes} bytes`);
  if (code === 'UND_ERR_INVALID_ARG') return new Permanent('INVALID_REQUEST', 'the request cannot be sent as HTTP');
  if (name === 'HTTPParserError') return new Retryable(`${origin} answered with something other than HTTP`);
  const cause = causes[code];
  return new Retryable(cause === undefined ? `the connection to ${origin} failed (${code})` : `${origin} ${cause}`);
}
