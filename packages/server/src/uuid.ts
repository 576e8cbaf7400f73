// Ids for rows: ordered by time, so that what is made together lies together in an index.
import { randomUUID } from 'node:crypto';

/** A UUID of version 7 (RFC 9562 §5.7): the milliseconds since the epoch, then 74 random bits. */
export function uuidv7(now_ms: number = Date.now()): string {
  const time = now_ms.toString(16).padStart(12, '0');
  const random = randomUUID();
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${random.slice(15)}`;
}
