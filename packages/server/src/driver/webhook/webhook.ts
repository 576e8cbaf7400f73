// Webhook deliveries: made of the log when they are sent, signed, and tried for days (wire.md §7).
import { deriveId, NONE_ID } from '@activeflow/engine';
import type { Clock } from '../../clock.js';
import type { StoredEffect } from '../../store/store.js';
import { Permanent, Retryable, type Driver, type Performed } from '../driver.js';
import { retryAfterMs } from '../retry-after.js';
import { signatures } from './sign.js';

/** What the driver is told by whoever knows webhooks and the log. */
export type Outlet = {
  /** Where it goes now, and the secrets that sign it, the newest first; undefined where nobody wants it any more. */
  target(delivery: StoredEffect): Promise<{ readonly uri: string; readonly method: string; readonly secrets: readonly string[] } | undefined>;
  /** What it says, the same each time; undefined where that is gone. */
  body(delivery: StoredEffect): Promise<string | undefined>;
  /** The receiver at `uri` wants nothing any more. */
  switchOff(delivery: StoredEffect, uri: string): Promise<void>;
};

/** The guarded client, as far as it is needed here. It throws `Permanent` or `Retryable`. */
export type Ask = (request: {
  readonly url: string; readonly method: string; readonly headers: Record<string, string>; readonly body: string; readonly signal: AbortSignal; readonly max_bytes: number;
}) => Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly url: string }>;

const S = 1_000;
const H = 3_600 * S;
/** The waits between the tries (wire.md §7). */
export const RETRY_MS = [5 * S, 300 * S, 1_800 * S, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H] as const;
/** By how much of itself a wait may grow, so that what failed together is not tried together. */
const JITTER = 0.1;
/** Read of an answer, which says nothing but its status. */
const MOST_BYTES = 64 * 1024;

/** Makes the driver of `webhook.deliver`. */
export function createWebhook({ ask, clock, outlet }: { readonly ask: Ask; readonly clock: Clock; readonly outlet: Outlet }): Driver {
  return {
    name: 'webhook',
    kinds: ['webhook.deliver'],
    async perform(delivery, signal) {
      const target = await outlet.target(delivery);
      if (!target) throw new Permanent('WEBHOOK_OFF', 'the webhook was removed, or its receiver has switched it off');
      const body = await outlet.body(delivery);
      if (body === undefined) throw new Permanent('EVENT_GONE', 'what it tells of is no longer there');
      const headers = { 'content-type': 'application/json', ...signatures(delivery.id, Math.floor(clock.now() / 1_000_000), body, target.secrets) };
      const answer = await ask({ url: target.uri, method: target.method, headers, body, signal, max_bytes: MOST_BYTES }).catch((error: unknown) => { throw unanswered(error); });
      if (answer.status === 410) await outlet.switchOff(delivery, target.uri);
      return judge(answer, target.uri, clock);
    },
    // No step can take back that something happened.
    cancel: async () => undefined,
    retry({ id }, tried) {
      const wait = RETRY_MS[tried - 1];
      if (wait === undefined) return undefined;
      // Spread by its own name instead of by chance, so that a simulation repeats.
      const spread = Number.parseInt(deriveId(NONE_ID, `${id}/${tried}`).slice(0, 4), 16) / 0xffff;
      return Math.round(wait * (1 + JITTER * spread));
    },
  };
}

function judge({ status, headers }: Awaited<ReturnType<Ask>>, uri: string, clock: Clock): Performed {
  if (status >= 200 && status <= 299) return { done: { ok: true, data: { status } } };
  const message = `${new URL(uri).origin} answered with status ${status}`;
  if (status === 410) throw new Permanent('HTTP_410', `${message}: it wants no more, and the webhook is off`);
  throw new Retryable(message, retryAfterMs(headers['retry-after'], clock), `HTTP_${status}`);
}

/** An answer that is too long, or none at all, may be another the next time; what may not be dialled stays so. */
function unanswered(error: unknown): unknown {
  if (error instanceof Permanent && error.reason === 'RESPONSE_TOO_LARGE') return new Retryable(error.message, undefined, error.reason);
  return error instanceof Retryable && error.reason === '' ? new Retryable(error.message, error.retry_after_ms, 'NO_ANSWER') : error;
}
