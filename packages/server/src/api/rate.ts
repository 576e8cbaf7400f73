// Rate limits: a token bucket for each address and each customer.
import { ApiError } from '../problem.js';
import { network } from './network.js';

/** Counts requests; throws `RATE_LIMIT_EXCEEDED` where there are too many. */
export type RateLimit = { take(what: 'address' | 'customer', who: string): void };

const MOST_BUCKETS = 100_000;

/** Makes the limit: `per_second` requests for each, bursts of as many; 0 is no limit. Real time, whatever the clock says. */
export function createRateLimit(per_second: number, now_ms: () => number = () => performance.now()): RateLimit {
  if (per_second === 0) return { take: () => { /* no limit */ } };
  const buckets = new Map<string, { tokens: number; at_ms: number }>();
  return {
    take(what, who) {
      const name = `${what}/${what === 'address' ? network(who) : who}`;
      const at_ms = now_ms();
      const bucket = buckets.get(name) ?? { tokens: per_second, at_ms };
      bucket.tokens = Math.min(per_second, bucket.tokens + ((at_ms - bucket.at_ms) / 1000) * per_second);
      bucket.at_ms = at_ms;
      // The one that was made first goes: at worst somebody's count begins anew.
      if (buckets.size >= MOST_BUCKETS && !buckets.has(name)) buckets.delete(buckets.keys().next().value as string);
      buckets.set(name, bucket);
      if (bucket.tokens < 1) {
        throw new ApiError('RATE_LIMIT_EXCEEDED', `at most ${per_second} requests a second for each ${what}`, {
          details: [{ limited_by: what }], retry_after_s: Math.max(1, Math.ceil((1 - bucket.tokens) / per_second)),
        });
      }
      bucket.tokens -= 1;
    },
  };
}
