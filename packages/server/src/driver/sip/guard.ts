// Back-off of sources that show wrong passwords: the more often, the longer nothing that they show is looked at.
import type { Timers } from './timers.js';

/** Who may try a password now. */
export type Guard = {
  /** Whether credentials from this address are looked at. */
  mayTry(address: string): boolean;
  /** They were wrong. To be called only where the nonce was ours: an address that nobody answers at can then be blamed by nobody. */
  failed(address: string): void;
  /** They were right. */
  succeeded(address: string): void;
};

/** How many wrong ones are free, for how long one is remembered, and how long the longest wait is. */
export type GuardSettings = { readonly free: number; readonly longest_ms: number; readonly memory_ms: number; readonly addresses: number };

/** Five tries are free; then a second, two, four, … up to five minutes; an hour without a failure forgives. */
export const GUARD_SETTINGS: GuardSettings = { free: 5, longest_ms: 300_000, memory_ms: 3_600_000, addresses: 100_000 };

/** Makes a guard. */
export function createGuard(timers: Timers, settings: GuardSettings = GUARD_SETTINGS): Guard {
  // In the order of the last failure, so that the oldest are forgotten first.
  const blamed = new Map<string, { readonly failures: number; readonly at: number; readonly until: number }>();
  const known = (address: string): { readonly failures: number; readonly until: number } => {
    const found = blamed.get(address);
    return found === undefined || timers.now() - found.at > settings.memory_ms ? { failures: 0, until: 0 } : found;
  };
  return {
    mayTry: (address) => timers.now() >= known(address).until,
    failed(address) {
      const failures = known(address).failures + 1;
      const over = failures - settings.free;
      const wait_ms = over <= 0 ? 0 : Math.min(1_000 * 2 ** (over - 1), settings.longest_ms);
      blamed.delete(address);
      blamed.set(address, { failures, at: timers.now(), until: timers.now() + wait_ms });
      for (const [oldest] of blamed) {
        if (blamed.size <= settings.addresses) break;
        blamed.delete(oldest);
      }
    },
    succeeded(address) { blamed.delete(address); },
  };
}
