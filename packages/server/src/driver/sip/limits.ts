// How much one source may send: a token bucket for each address, asked before anything is read.
import { isIPv6 } from 'node:net';
import type { Timers } from './timers.js';

/** What one source may send. */
export type RateLimits = {
  /** Messages a second in the long run; 0: no limit. */
  readonly per_second: number;
  /** Messages at once. */
  readonly burst: number;
};

/** The most addresses that are kept in mind; the oldest is forgotten first. */
const MAX_SOURCES = 20_000;

/** Says of each message whether its source may send it. IPv6 sources count by /64: an address of one's own costs nobody anything there. */
export function rateOf({ per_second, burst }: RateLimits, timers: Timers): (address: string) => boolean {
  if (per_second === 0) return () => true;
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (address) => {
    const key = isIPv6(address) ? prefixOf(address) : address;
    const now = timers.now();
    const bucket = buckets.get(key);
    if (bucket === undefined) {
      if (buckets.size >= MAX_SOURCES) for (const oldest of buckets.keys()) { buckets.delete(oldest); break; }
      buckets.set(key, { tokens: burst - 1, at: now });
      return true;
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * per_second) / 1000);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
}

function prefixOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] ?? address;
  const [head = '', tail] = address.split('::', 2) as [string, string?];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
