// Requests that flows ask for: `fetch`, whose answer is actions, and `webhook_send`. All of them go through the guarded client.
import type { Option } from '@activeflow/engine';
import type { Clock } from '../../clock.js';
import type { StoredEffect } from '../../store/store.js';
import { Permanent, Retryable, type Driver, type Performed } from '../driver.js';
import { retryAfterMs } from '../retry-after.js';
import type { Egress, EgressRequest, EgressResponse } from './egress.js';

/** What is kept of the answer to a `webhook_send`, in bytes. */
export const KEPT_BODY_BYTES = 64 * 1024;
const SYNC_MS = 30_000;
const REDIRECTS = 3;

/** Makes the driver of `http.fetch` and `http.webhook_send`. */
export function createHttp({ egress, clock }: { readonly egress: Egress; readonly clock: Clock }): Driver {
  const underWay = new Map<string, AbortController>();
  return {
    name: 'http',
    kinds: ['http.fetch', 'http.webhook_send'],
    // A peer that hangs holds up requests to itself only.
    lane: ({ payload }) => (URL.canParse(String(payload['uri'])) ? new URL(String(payload['uri'])).host : ''),
    async perform(effect, signal) {
      const abort = new AbortController();
      underWay.set(effect.id, abort);
      try {
        const ask = async (request: EgressRequest) =>
          egress.request({ ...request, headers: { ...request.headers, ...named(effect) }, signal: AbortSignal.any([signal, abort.signal]) });
        return effect.kind === 'http.fetch' ? await fetchActions(effect.payload, ask, clock) : await sendWebhook(effect.payload, ask, clock);
      } finally {
        if (underWay.get(effect.id) === abort) underWay.delete(effect.id);
      }
    },
    cancel: async ({ id }) => { underWay.get(id)?.abort(); },
  };
}

type Ask = (request: EgressRequest) => Promise<EgressResponse>;

/** The same over every retry, so that the receiver can refuse the second copy. */
const named = ({ id }: StoredEffect): Record<string, string> => ({ 'idempotency-key': id, 'webhook-id': id, 'user-agent': 'activeflow' });

async function fetchActions(payload: Option, ask: Ask, clock: Clock): Promise<Performed> {
  const { uri, method, body } = payload as { uri: string; method: string; body: unknown };
  // A GET has no body; what it would say is not said.
  const sent = method.toUpperCase() === 'GET' ? {} : { body: JSON.stringify(body) };
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const answer = await ask({ url: uri, method, headers, redirects: REDIRECTS, ...sent });
  if (answer.status !== 200) throw refused(answer, clock);
  const actions = jsonOf(answer.body);
  if (!Array.isArray(actions)) throw new Permanent('INVALID_ANSWER', `${originOf(answer)} did not answer with a JSON array of actions`);
  return { done: { ok: true, data: { actions } } };
}

async function sendWebhook(payload: Option, ask: Ask, clock: Clock): Promise<Performed> {
  const { uri, method, data_type, data, sync } = payload as { uri: string; method: string; data_type: string; data: string; sync: boolean };
  // A body on a GET would be refused by many, and the default of `data` is none.
  const sent = data === '' ? {} : { body: data, headers: { 'content-type': data_type || 'application/json' } };
  const answer = await ask({ url: uri, method, ...sent, ...(sync ? { timeout_ms: SYNC_MS } : {}) });
  if (!sync && (answer.status < 200 || answer.status > 299)) throw refused(answer, clock);
  return { done: { ok: true, data: { status: answer.status, body: textOf(answer.body.subarray(0, KEPT_BODY_BYTES)) } } };
}

/** An answer that is no success: later perhaps, or never. */
function refused(answer: EgressResponse, clock: Clock): Retryable | Permanent {
  const { status, headers } = answer;
  const message = `${originOf(answer)} answered with status ${status}`;
  if (status !== 429 && status < 500) return new Permanent('HTTP_STATUS', message);
  return new Retryable(message, retryAfterMs(headers['retry-after'], clock));
}

/** All that a message may show of a URL: it may hold a secret. */
const originOf = ({ url }: EgressResponse): string => new URL(url).origin;

/** UTF-8 as text. A character that is cut off at the end is left out, what is no UTF-8 becomes U+FFFD. */
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes, { stream: true });

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    return undefined;
  }
}
