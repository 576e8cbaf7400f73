// The nonces of our challenges (RFC 7616 §3.3, §5.4): signed, so that nothing is kept of one until it is used, and counted, so that nothing is used twice.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Timers } from './timers.js';

/** How good a nonce that was shown is. `stale`: it was ours and is used up or too old, or was made by another process; a new one will do. */
export type Standing = 'good' | 'stale';

/** Makes and judges nonces. */
export type Nonces = {
  make(): string;
  /** Whether a nonce may be used with this count; to be asked before the digest is checked, and changes nothing. */
  standing(nonce: string, count: number): Standing;
  /** Notes that a nonce was used with this count. */
  use(nonce: string, count: number): void;
  /** A secret of this process, for whatever must look like something that it is not. */
  pepper(text: string): string;
};

const STAMP_BYTES = 6;
const RANDOM_BYTES = 8;
const SIGNATURE_BYTES = 16;

/** Makes nonces that live `life_ms`; of those in use at most `kept` are remembered, and what is older than the forgotten ones is stale. */
export function createNonces(timers: Timers, life_ms: number, kept = 100_000): Nonces {
  const secret = randomBytes(32);
  const used = new Map<string, number>();
  let floor_ms = -1;
  const sign = (head: Buffer): Buffer => createHmac('sha256', secret).update(head).digest().subarray(0, SIGNATURE_BYTES);
  const madeAt = (nonce: string): number | undefined => {
    const bytes = Buffer.from(nonce, 'base64url');
    if (bytes.length !== STAMP_BYTES + RANDOM_BYTES + SIGNATURE_BYTES || bytes.toString('base64url') !== nonce) return undefined;
    const head = bytes.subarray(0, STAMP_BYTES + RANDOM_BYTES);
    return timingSafeEqual(sign(head), bytes.subarray(STAMP_BYTES + RANDOM_BYTES)) ? head.readUIntBE(0, STAMP_BYTES) : undefined;
  };
  return {
    make() {
      const head = Buffer.alloc(STAMP_BYTES + RANDOM_BYTES);
      head.writeUIntBE(Math.floor(timers.now()), 0, STAMP_BYTES);
      randomBytes(RANDOM_BYTES).copy(head, STAMP_BYTES);
      return Buffer.concat([head, sign(head)]).toString('base64url');
    },
    standing(nonce, count) {
      const at = madeAt(nonce);
      if (at === undefined || at <= floor_ms || timers.now() - at > life_ms) return 'stale';
      return count > (used.get(nonce) ?? 0) ? 'good' : 'stale';
    },
    use(nonce, count) {
      used.set(nonce, Math.max(count, used.get(nonce) ?? 0));
      for (const [oldest] of used) {
        const at = madeAt(oldest) ?? 0;
        const over = used.size > kept;
        if (!over && timers.now() - at <= life_ms) break;
        // A nonce that is forgotten could be shown again: from here on it counts as too old, and so does whatever was made before it.
        if (over) floor_ms = Math.max(floor_ms, at);
        used.delete(oldest);
      }
    },
    pepper: (text) => createHmac('sha256', secret).update(text).digest('hex'),
  };
}
