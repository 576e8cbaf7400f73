// Rate limits: a token bucket for each address and each customer.
import type { Instant } from '@activeflow/engine';
import { ApiError } from '../problem.js';

/** Counts requests; throws `RATE_LIMIT_EXCEEDED` where there are too many. */
export type RateLimit = { take(what: 'address' | 'customer', who: string): void };

const MOST_BUCKETS = 100_000;

/** Makes the limit: `per_second` requests for each, bursts of as many; 0 is no limit. */
export function createRateLimit(per_second: number, now: () => Instant): RateLimit {
  if (per_second === 0) return { take: () => { /* no limit */ } };
  const buckets = new Map<string, { tokens: number; at: Instant }>();
  return {
    take(what, who) {
      const name = `${what}/${who}`;
      const at = now();
      const bucket = buckets.get(name) ?? { tokens: per_second, at };
      bucket.tokens = Math.min(per_second, bucket.tokens + (Math.max(0, at - bucket.at) / 1_000_000) * per_second);
      bucket.at = at;
      if (buckets.size >= MOST_BUCKETS) buckets.clear();
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
