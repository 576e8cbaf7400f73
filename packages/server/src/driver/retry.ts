// When a failed effect is tried again.
import { deriveId } from '@activeflow/engine';

/** The attempt after which an effect is given up. */
export const lastAttempt = 10;

const FIRST_MS = 500;
const LONGEST_MS = 5 * 60_000;

/**
 * Milliseconds before the attempt after `attempt`: doubling, between half and the whole of it; or what the provider asked for, if that is longer.
 * `age_ms` is how long it has been tried: attempts that ended with their node, one after the other, make no one wait.
 */
export function retryDelay(attempt: number, age_ms: number, retry_after_ms: number | undefined, effect_id: string): number {
  const full = Math.min(FIRST_MS * 2 ** attempt, LONGEST_MS, 2 * Math.max(FIRST_MS, age_ms));
  // Spread by the effect's own name instead of by chance, so that a simulation repeats.
  const spread = Number.parseInt(deriveId('00000000-0000-0000-0000-000000000000', `${effect_id}/${attempt}`).slice(0, 4), 16) / 0xffff;
  return Math.max(retry_after_ms ?? 0, Math.round(full / 2 + (full / 2) * spread));
}
