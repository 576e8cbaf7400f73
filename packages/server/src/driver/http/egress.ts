// The one guarded client for all outgoing HTTP: webhooks, fetch, webhook_send, media. Nothing else in the server dials a URL.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Permanent, Retryable } from '../errors.js';
import { refusal } from './address.js';
import { parseAllow } from './allow.js';
import type { AllowList } from './allow.js';
import { createDialer } from './dial.js';
import { firstHop, nextHop, parseTarget } from './target.js';
import type { Hop, Target } from './target.js';

/** A request to a URL that a customer may have written. */
export interface EgressRequest {
  readonly url: string;
  readonly method: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  /** For all of it, from the resolution to the last byte, redirects included; 15,000 unless told. */
  readonly timeout_ms?: number;
  /** How many to follow: 0 (a redirect is then the answer) unless told, at most 3. */
  readonly redirects?: number;
  /** Of each answer's body; 1 MiB unless told. */
  readonly max_bytes?: number;
  readonly signal?: AbortSignal;
}

/** An answer of any status; header names in lower case; the body as sent, never decompressed; `url` is where the answer came from. */
export interface EgressResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
  readonly url: string;
}

/** The guarded client. */
export interface Egress {
  /** Resolves with any answer, whatever its status; rejects with `Permanent` (EGRESS_REFUSED, INVALID_URL, INVALID_REQUEST,
   *  REDIRECT_REFUSED, RESPONSE_TOO_LARGE, TOO_MANY_REDIRECTS) or with `Retryable`. No message shows more of a URL than its origin. */
  readonly request: (request: EgressRequest) => Promise<EgressResponse>;
  /** An address of a host, checked as one that is asked is, for what is no HTTP; rejects as `request` does. */
  readonly address: (host: string) => Promise<string>;
  /** Ends every connection; what is under way fails as Retryable. */
  readonly close: () => Promise<void>;
}

/** How a client is set up. */
export interface EgressOptions {
  /** Entries of ACTIVEFLOW_EGRESS_ALLOW. */
  readonly allow: readonly string[];
  /** All addresses of a name; the system's resolver unless told. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** Certificate authorities (PEM) in place of the system's. */
  readonly ca?: readonly string[];
}

const maxRedirects = 3;

/** Creates a client that dials public addresses and those permitted by `allow`; throws an Error of one sentence at a bad entry. */
export function createEgress({ allow, resolve = systemResolve, ca }: EgressOptions): Egress {
  const allowed = parseAllow(allow);
  const dialer = createDialer(ca);
  let closed = false;

  async function follow(first: Hop, redirects: number, max_bytes: number, signal: AbortSignal): Promise<EgressResponse> {
    let hop = first;
    for (let left = redirects; ; left -= 1) {
      signal.throwIfAborted();
      const addresses = await unlessAborted(checkedAddresses(hop.target, allowed, resolve), signal);
      const answer = await dialer.exchange(hop, addresses, max_bytes, signal);
      const next = redirects > 0 ? nextHop(hop, answer) : undefined;
      if (next === undefined) return { ...answer, url: hop.target.url.href };
      if (left <= 0) throw new Permanent('TOO_MANY_REDIRECTS', `${first.target.origin} redirects more than ${redirects} times`);
      hop = next;
    }
  }

  return {
    async request({ url, method, headers = {}, body, timeout_ms = 15_000, redirects = 0, max_bytes = 1_048_576, signal }) {
      const first = firstHop(parseTarget(url), method, headers, body);
      if (closed) throw new Retryable(`${first.target.origin} was not asked: activeflow is stopping`);
      const deadline = startDeadline(first.target.origin, timeout_ms, signal);
      try {
        return await follow(first, Math.min(redirects, maxRedirects), max_bytes, deadline.signal);
      } finally {
        deadline.end();
      }
    },
    async address(host) {
      const [address = ''] = await checkedAddresses(parseTarget(`http://${isIP(host) === 6 ? `[${host}]` : host}/`), allowed, resolve);
      return address;
    },
    async close() {
      closed = true;
      await dialer.destroy();
    },
  };
}

async function systemResolve(host: string): Promise<readonly string[]> {
  const answers = await lookup(host, { all: true });
  return answers.map(({ address }) => address);
}

/** Resolves the host once and checks every address, for a single bad one would be enough to be dialled. */
async function checkedAddresses(target: Target, allowed: AllowList, resolve: NonNullable<EgressOptions['resolve']>): Promise<readonly string[]> {
  const literal = isIP(target.host) !== 0;
  const addresses = literal ? [target.host] : await resolved(target, resolve);
  for (const address of addresses) {
    const refused = refusal(address);
    const permitted = isIP(address) !== 0 && allowed.permits(target.host, target.port, address);
    if (refused === undefined || permitted) continue;
    // The address behind a name stays unsaid: it would map the operator's network for the customer.
    const where = literal ? 'its address' : 'an address that it resolves to';
    const why = `${where} is not public (${refused.kind}, ${refused.source})`;
    throw new Permanent('EGRESS_REFUSED', `${target.origin} was not asked: ${why}; an operator can permit it with ACTIVEFLOW_EGRESS_ALLOW`);
  }
  return addresses;
}

async function resolved({ host, origin }: Target, resolve: NonNullable<EgressOptions['resolve']>): Promise<readonly string[]> {
  const addresses = await resolve(host).catch((error: unknown) => {
    const { code = 'no code' } = error as { code?: string };
    throw new Retryable(`the host of ${origin} could not be resolved (${code})`);
  });
  if (addresses.length === 0) throw new Retryable(`the host of ${origin} could not be resolved (no address)`);
  return addresses;
}

/** One signal for the total time and for the caller's own, with a reason that may be thrown as it is. */
function startDeadline(origin: string, timeout_ms: number, outer: AbortSignal | undefined): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const give = (why: string): void => controller.abort(new Retryable(`${origin} ${why}`));
  const timer = setTimeout(() => give(`did not answer in full within ${timeout_ms} ms`), timeout_ms);
  const cancelled = (): void => give('was given up: the request was cancelled');
  if (outer?.aborted === true) cancelled();
  outer?.addEventListener('abort', cancelled);
  const end = (): void => {
    clearTimeout(timer);
    outer?.removeEventListener('abort', cancelled);
  };
  return { signal: controller.signal, end };
}

/** The promise, or the signal's reason as soon as it is aborted (and it is not yet): a resolver cannot be interrupted. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let aborted = (): void => undefined;
  const abort = new Promise<never>((_resolve, reject) => {
    aborted = () => reject(signal.reason as Error);
    signal.addEventListener('abort', aborted);
  });
  try {
    return await Promise.race([promise, abort]);
  } finally {
    signal.removeEventListener('abort', aborted);
  }
}
