// Guessing passwords is slowed down: an address may fail a few times at once, and then seldom.
import { ApiError } from '../problem.js';
import { network } from './network.js';

/** How many failures an address has at once, how long one of them takes to be forgiven, and how many addresses are remembered. */
const FAILURES = { at_once: 10, forgiven_after_ms: 5_000, addresses: 50_000 } as const;

/**
 * Makes the brake: called with an address before each try, it throws `RATE_LIMIT_EXCEEDED` where too many have failed, and gives a function
 * that says the try was right. Real time, whatever the clock says: who guesses does not wait for a virtual one.
 */
export function loginBrake(now_ms: () => number = () => performance.now()): (address: string) => () => void {
  const failed = new Map<string, { count: number; at_ms: number }>();
  return (address) => {
    const who = network(address);
    const at_ms = now_ms();
    const known = failed.get(who) ?? { count: 0, at_ms };
    const count = Math.max(0, known.count - (at_ms - known.at_ms) / FAILURES.forgiven_after_ms);
    if (count > FAILURES.at_once - 1) {
      const wait_ms = (count - FAILURES.at_once + 1) * FAILURES.forgiven_after_ms;
      throw new ApiError('RATE_LIMIT_EXCEEDED', 'too many failed logins from this address', { details: [{ limited_by: 'address' }], retry_after_s: Math.max(1, Math.ceil(wait_ms / 1000)) });
    }
    failed.delete(who);
    failed.set(who, { count: count + 1, at_ms });
    if (failed.size > FAILURES.addresses) failed.delete(failed.keys().next().value as string);
    return () => { const own = failed.get(who); if (own) own.count = Math.max(0, own.count - 1); };
  };
}
