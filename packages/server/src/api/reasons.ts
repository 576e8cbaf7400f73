// What can go wrong with an operation: what its row says, and what can happen to any.
import { HTTP_STATUS, REASONS, type Reason } from '../problem.js';
import type { Route } from './route.js';

const OF_ANY: readonly Reason[] = ['INVALID_JSON_BODY', 'INVALID_REQUEST_PARAMETER', 'RATE_LIMIT_EXCEEDED', 'SERVICE_UNAVAILABLE'];
const WITH_CREDENTIALS: readonly Reason[] = ['AUTHENTICATION_REQUIRED', 'INVALID_CREDENTIALS'];

/** Every reason that an operation may answer with, a defect of the server aside. */
export function reasonsOf({ method, open, stream, reasons }: Pick<Route, 'method' | 'open' | 'stream' | 'reasons'>): readonly Reason[] {
  const keyed: readonly Reason[] = method === 'POST' && !open && stream !== 'sdp' ? ['IDEMPOTENCY_KEY_REUSED', 'STATE_INVALID'] : [];
  return [...new Set([...reasons, ...OF_ANY, ...(open ? [] : WITH_CREDENTIALS), ...keyed])];
}

/** The same, by HTTP status. */
export function byStatus(reasons: readonly Reason[]): ReadonlyMap<number, readonly Reason[]> {
  const grouped = new Map<number, Reason[]>();
  for (const reason of reasons) {
    const status = HTTP_STATUS[REASONS[reason][0]];
    grouped.set(status, [...(grouped.get(status) ?? []), reason]);
  }
  return new Map([...grouped].sort(([a], [b]) => a - b));
}
