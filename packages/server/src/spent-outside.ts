// How long a customer has talked to the outside, as its calls say.
import type { Instant } from '@activeflow/engine';
import { allOf } from './api/accounts.js';
import type { Document, Store } from './store/store.js';

/** A call is no longer than an activeflow lives, but one that began longer ago than this before the day is not looked for. */
const LONGEST_US = 86_400_000_000;

/** Gives the microseconds that the calls of a customer which were dialled outside have talked since an instant: those that have ended. */
export function spentOutside(store: Store): (customer_id: string, since: Instant) => Promise<number> {
  return async (customer_id, since) => {
    let sum = 0;
    for await (const call of allOf(store, { kind: 'call', customer_id })) {
      if (call.tm_create < since - LONGEST_US) break;
      sum += talked(call, since);
    }
    return sum;
  };
}

function talked({ data }: Document, since: Instant): number {
  const { direction, carrier, destination, tm_progressing: from, tm_hangup: to } = data as { direction?: string; carrier?: string; destination?: { type?: string }; tm_progressing?: unknown; tm_hangup?: unknown };
  const outside = direction === 'outgoing' && carrier !== undefined && (destination?.type === 'tel' || destination?.type === 'sip');
  return outside && typeof from === 'number' && typeof to === 'number' ? Math.max(0, to - Math.max(from, since)) : 0;
}
