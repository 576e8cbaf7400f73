// Messages out by SMPP: asked for over HTTP, each an activeflow of its own, through one bind to an SMSC in another process, until every receipt is in.
import { startChild } from '../engine.js';
import { machineOf, type Entry } from '../entry.js';
import { request } from '../flows.js';
import { openPool } from '../load.js';
import type { Machine } from '../machine.js';
import { onFreshEngine } from '../measure.js';
import type { SmscCounts } from '../smsc.js';

/** Answered requests at once: somewhat more than the window, so that it is always full. */
const CONNECTIONS = 64;
const WINDOW = 50;
/** After this, what is missing is lost. */
const PATIENCE_MS = 120_000;

/** What the messages came to. `per_s` is of submissions, from the first request to the last submission; `missing` and `doubled` are those the SMSC never got, or got again. */
export type SmppMeasured = { readonly messages: number; readonly per_s: number; readonly cpu_us: number; readonly groups_per: number; readonly rss_mb: number; readonly missing: number; readonly doubled: number; readonly receipts: number };

/** Sends so many messages. */
export async function measureSmpp(messages: number): Promise<SmppMeasured> {
  const { child, port } = await startChild('smsc.js');
  const counts = (): Promise<SmscCounts> => new Promise((resolve) => {
    child.once('message', (said: { readonly counts: SmscCounts }) => { resolve(said.counts); });
    child.send('counts');
  });
  try {
    return await onFreshEngine('smpp', async (engine) => {
      const pool = await openPool(engine.port, CONNECTIONS);
      let sent = 0;
      const next = (most: number) => (): Buffer | undefined => (sent < most ? request('POST', '/messages', { source: { target: '+100' }, destinations: [{ target: `+49${String(10_000_000 + sent++)}` }], text: 'Your table is ready.' }) : undefined);
      const warm = Math.ceil(messages / 10);
      await pool.run(next(warm), PATIENCE_MS);
      await settled(counts, warm);
      const [before, first] = [await engine.usage(), await counts()];
      const began_ms = Date.now();
      await pool.run(next(warm + messages), PATIENCE_MS);
      const last = await settled(counts, warm + messages);
      const after = await engine.usage();
      pool.close();
      const submits = last.submits - first.submits;
      return {
        messages, per_s: (submits * 1000) / Math.max(1, last.last_at_ms - began_ms), cpu_us: (after.cpu_us - before.cpu_us) / messages, groups_per: (after.groups - before.groups) / messages,
        rss_mb: after.rss_bytes / 1048576, missing: warm + messages - last.submits + last.doubled, doubled: last.doubled, receipts: last.receipts - first.receipts,
      };
    }, { ACTIVEFLOW_SMPP_URL: `smpp://bench:bench@127.0.0.1:${port}`, ACTIVEFLOW_SMPP_WINDOW: String(WINDOW) });
  } finally {
    child.disconnect();
  }
}

/** Waits until so many receipts were acknowledged, or it is certain that they never will be. */
async function settled(counts: () => Promise<SmscCounts>, messages: number): Promise<SmscCounts> {
  for (const until = performance.now() + PATIENCE_MS; ;) {
    const now = await counts();
    if (now.receipts >= messages || performance.now() > until) return now;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

/** The line of the result. */
export const smppEntries = ({ per_s, cpu_us, groups_per, rss_mb }: SmppMeasured, machine: Machine): readonly Entry[] => [{
  work: 'message out by SMPP, with its receipt', store: 'sqlite', conc: WINDOW, unit: 'message', per_s, p50_ms: null, p99_ms: null, max_ms: null, engine_cpu_us_per: cpu_us, disk_flushes_per: groups_per, rss_mb, ...machineOf(machine), load_cpu: null,
}];
