// The same Idempotency-Key and body within a day give the first answer; another body is refused (wire.md §1).
import { createHash } from 'node:crypto';
import { ApiError } from '../problem.js';
import type { Parts } from './parts.js';
import { showActiveflow } from './present.js';
import type { Receipt, Remembered } from './route.js';

/** How long an answer is remembered. */
export const REMEMBERED_US = 24 * 3_600_000_000;

/** How often old answers are looked for, and how many are taken away at once. */
const SWEEP = { every_ms: 60_000, at_once: 500 } as const;

/** What is forgotten, and after how long. Carriers speak of a message for days; then the id that they gave it is of no use. */
const FORGOTTEN = [['idempotency', REMEMBERED_US], ['message_receipt', 7 * REMEMBERED_US], ['message_part', 7 * REMEMBERED_US]] as const;

/** Takes away what need not be remembered any more, every minute, until the function it gives is called. */
export function sweepOld({ store, clock, log }: Pick<Parts, 'store' | 'clock' | 'log'>): () => void {
  const sweep = async (): Promise<void> => {
    for (const [kind, after_us] of FORGOTTEN) {
      while ((await store.expire(kind, clock.now() - after_us, SWEEP.at_once)) === SWEEP.at_once) await new Promise((resolve) => { setImmediate(resolve); });
    }
  };
  const timer = setInterval(() => { sweep().catch((error: unknown) => { log.warn({ err: error }, 'old answers could not be taken away'); }); }, SWEEP.every_ms);
  timer.unref();
  return () => { clearInterval(timer); };
}

/** A request with a key: what it was answered before, and the receipt for answering it now. */
export type Attempt = { readonly known: () => Promise<object | undefined>; readonly receipt: Receipt };

/** A request without a key. */
export const NO_KEY: Attempt = { known: async () => undefined, receipt: () => [] };

/** Reads the header and looks the key up, of one customer and one operation. */
export function attempt(parts: Parts, header: string | undefined, customer_id: string, operation: string, body: Buffer): Attempt {
  if (header === undefined) return NO_KEY;
  if (!/^[\x21-\x7e]{1,255}$/.test(header)) throw new ApiError('INVALID_REQUEST_PARAMETER', 'Idempotency-Key must be 1 to 255 printable characters without spaces');
  const id = createHash('sha256').update(`${customer_id}\0${header}`).digest('hex');
  const hash = createHash('sha256').update(operation).update('\0').update(body).digest('hex');
  let version = 0;
  return {
    async known() {
      const found = await parts.store.document('idempotency', id);
      version = found?.version ?? 0;
      if (!found || found.tm_create < parts.clock.now() - REMEMBERED_US) return undefined;
      if (found.data['hash'] !== hash) throw new ApiError('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used for another request');
      const answer = found.data['answer'] as Remembered;
      return 'body' in answer ? answer.body : showActiveflow(answer.state, parts, true);
    },
    receipt: (answer) => [{
      kind: 'idempotency', id, customer_id, parent: '', key: null, version: version + 1, tm_create: parts.clock.now(), tm_update: null, tm_delete: null, data: { hash, answer },
    }],
  };
}
