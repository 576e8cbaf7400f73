// Whether the store can be written: by writing to it, since nothing else tells.
import type { Parts } from './parts.js';

/** How long an answer stands: whoever asks, and however often, the store is written to once in a while. */
const STANDS_MS = 1_000;

/** Makes the probe: true where a write has just been made durable. */
export function createProbe({ store, committer, clock }: Pick<Parts, 'store' | 'committer' | 'clock'>): () => Promise<boolean> {
  let last: { readonly at_ms: number; readonly ready: Promise<boolean> } | undefined;
  const write = async (): Promise<boolean> => {
    const found = await store.document('readiness', 'readiness');
    const at = clock.now();
    const fresh = { kind: 'readiness', id: 'readiness', customer_id: '', parent: '', key: null, version: 1, tm_create: at, tm_update: null, tm_delete: null, data: {} };
    const next = found ? { ...found, version: found.version + 1, tm_update: at } : fresh;
    // A conflict is another node's write, which is as good as ours.
    return (await committer.submit({ documents: [next] })) !== undefined;
  };
  return () => {
    if (last && performance.now() - last.at_ms < STANDS_MS) return last.ready;
    last = { at_ms: performance.now(), ready: write().catch(() => false) };
    return last.ready;
  };
}
