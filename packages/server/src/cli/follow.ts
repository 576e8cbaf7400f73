// Following an activeflow: its history as it happens. The feed says when there is more of it.
import { setTimeout as sleep } from 'node:timers/promises';
import { ActiveflowError, type Client, type HistoryEntry, type Page } from '@activeflow/client';
import { note } from './terminal.js';

/** An entry as it begins (`closed: false`, a step that goes on) and, or, as it is over. */
export type Followed = { readonly entry: HistoryEntry; readonly closed: boolean };

/** How long a server may be away before following gives up. */
const PATIENCE_MS = 60_000;
const PAGE_SIZE = 100;

/** Gives every entry of a history from its beginning until the activeflow has ended; outlives a restart of the server. */
export async function* follow(client: Client, id: string): AsyncGenerator<Followed> {
  const ears = listen(client, id);
  try {
    yield* read(client, id, ears.news);
  } finally {
    ears.close();
  }
}

async function* read(client: Client, id: string, news: () => Promise<void>): AsyncGenerator<Followed> {
  const look = (token: string | undefined) => patiently(() => client.activeflows.history(id, { page_size: PAGE_SIZE }).page(token));
  // The step that goes on, and the page it is on: how it came out is told there, once something has followed it.
  let open: { readonly number: number; readonly token: string | undefined } | undefined;
  for (let token: string | undefined; ;) {
    const page = await look(token);
    for (const entry of page.result) {
      if (open && (entry.kind === 'step' || entry.kind === 'ended')) {
        const { number, token: before } = open;
        open = undefined;
        for (const over of (await look(before)).result) if (over.number === number) yield { entry: over, closed: true };
      }
      const closed = entry.kind !== 'step' || entry.result !== '';
      if (!closed) open = { number: entry.number, token };
      yield { entry, closed };
      if (entry.kind === 'ended') return;
    }
    if (page.next_page_token === '') await news();
    else token = page.next_page_token;
  }
}

/** How often to look where the feed has no more to say. */
const LOOK_MS = 200;

/** Listens to the feed. `news` resolves once something may have happened since it did before: an event, or a connection that was made, or lost. */
function listen(client: Client, id: string): { news(this: void): Promise<void>; close(): void } {
  const ends = new AbortController();
  const heard = { fresh: false, over: false, failure: undefined as unknown };
  let wake = (): void => { /* nobody waits */ };
  const tell = (): void => { heard.fresh = true; wake(); };
  const hear = async (): Promise<void> => {
    for await (const _event of client.activeflows.events(id, { signal: ends.signal, on_state: tell })) tell();
  };
  void hear().catch((error: unknown) => { heard.failure = error; }).finally(() => { heard.over = true; tell(); });
  return {
    async news() {
      if (heard.failure !== undefined) throw heard.failure as Error;
      if (heard.over) await sleep(LOOK_MS);
      else if (!heard.fresh) await new Promise<void>((resolve) => { wake = resolve; });
      heard.fresh = false;
    },
    close: () => { ends.abort(); },
  };
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
