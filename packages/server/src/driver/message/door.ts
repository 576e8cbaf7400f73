// What doors of carriers have in common: forms, and secrets that are compared without telling how much of them was right.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { DoorAnswer } from './provider.js';

/** True for the same text, in a time that does not depend on where they differ. */
export function isSame(given: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/** The answer to whoever shows no proof: it says nothing else. */
export const FORBIDDEN: DoorAnswer = { status: 403, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'forbidden' };

/** The answer to what cannot be read. */
export const malformed = (what: string): DoorAnswer => ({ status: 400, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: what });

/** Counts what is under way, and says whether any more is to begin. */
export function createCount(): { readonly during: <T>(work: () => Promise<T>) => Promise<T>; readonly in_flight: () => number; readonly closed: () => boolean; readonly close: () => Promise<void> } {
  const under_way = new Set<Promise<unknown>>();
  let closed = false;
  return {
    async during(work) {
      const one = work();
      under_way.add(one);
      return one.finally(() => { under_way.delete(one); });
    },
    in_flight: () => under_way.size,
    closed: () => closed,
    async close() {
      closed = true;
      const moment = new Promise((resolve) => { setTimeout(resolve, 3_000).unref(); });
      await Promise.race([Promise.allSettled(under_way), moment]);
    },
  };
}
