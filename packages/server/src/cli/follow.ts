// Following an activeflow: its history as it happens. Polled; the feed will take its place here.
import { setTimeout as sleep } from 'node:timers/promises';
import { ActiveflowError, type Client, type HistoryEntry, type Page } from '@activeflow/client';
import { note } from './terminal.js';

/** An entry as it begins (`closed: false`, a step that goes on) and, or, as it is over. */
export type Followed = { readonly entry: HistoryEntry; readonly closed: boolean };

/** How long a server may be away before following gives up. */
const PATIENCE_MS = 60_000;
const PAGE_SIZE = 100;

/** Gives every entry of a history from its beginning until the activeflow has ended; outlives a restart of the server. */
export async function* follow(client: Client, id: string, every_ms: number): AsyncGenerator<Followed> {
  const read = (token: string | undefined) => patiently(() => client.activeflows.history(id, { page_size: PAGE_SIZE }).page(token));
  // The step that goes on, and the page it is on: how it came out is told there, once something has followed it.
  let open: { readonly number: number; readonly token: string | undefined } | undefined;
  for (let token: string | undefined; ;) {
    const page = await read(token);
    for (const entry of page.result) {
      if (open && (entry.kind === 'step' || entry.kind === 'ended')) {
        const { number, token: before } = open;
        open = undefined;
        for (const over of (await read(before)).result) if (over.number === number) yield { entry: over, closed: true };
      }
      const closed = entry.kind !== 'step' || entry.result !== '';
      if (!closed) open = { number: entry.number, token };
      yield { entry, closed };
      if (entry.kind === 'ended') return;
    }
    if (page.next_page_token === '') await sleep(every_ms);
    else token = page.next_page_token;
  }
}

/** Waits for a server that is away: it may be starting again. */
async function patiently(ask: () => Promise<Page<HistoryEntry>>): Promise<Page<HistoryEntry>> {
  for (let away: number | undefined; ;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ActiveflowError) || error.reason !== 'UNREACHABLE') throw error;
      if (away === undefined) note(`${error.message}; waiting for it.`);
      away ??= performance.now();
      if (performance.now() - away > PATIENCE_MS) throw error;
      await sleep(500);
    }
  }
}
