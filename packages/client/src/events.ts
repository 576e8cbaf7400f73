// The feed as something to loop over. It comes back by itself, and goes on where it was: nothing is told twice, and what cannot be told is said.
import type { ActiveflowError } from './error.js';
import type { FeedEvent, FeedOptions } from './feed-types.js';
import { asError, mayPass, pauseBefore, wait } from './retry.js';
import { readBlocks } from './sse.js';
import type { Query, Transport } from './transport.js';

/** A server gives a sign of life every ten seconds. */
const SILENCE_MS = 35_000;

/** What of a feed there is to tell in the end. */
const isOver = (event: FeedEvent): boolean => event.type === 'activeflow_deleted' || (event.type === 'activeflow_updated' && event.data.status === 'ended');

/** How a stream is read: from which path, and whether it is of one activeflow, which ends. */
export type Streamed = { readonly path: string; readonly query?: Query; readonly ends: boolean };

/** Loops over a stream of events until the signal ends it, or, of one activeflow, until that has ended. Throws what no other try would mend. */
export async function* follow(transport: Transport, { path, query = {}, ends }: Streamed, { after, signal, on_state }: FeedOptions = {}): AsyncGenerator<FeedEvent, void, undefined> {
  const place = { after, tries: 0 };
  const mine = new AbortController();
  const stop = signal ? AbortSignal.any([signal, mine.signal]) : mine.signal;
  try {
    for (let came = false; !stop.aborted;) {
      let error: ActiveflowError | undefined;
      try {
        const response = await transport.stream(path, { ...query, after: place.after }, stop);
        // It has ended, and nothing is left to tell.
        if (response.status === 204 || response.body === null) return;
        came = true;
        on_state?.({ connected: true });
        for await (const { id, event, data } of readBlocks(response.body, SILENCE_MS)) {
          place.tries = 0;
          if (id !== '') place.after = Number(id);
          if (data === '') continue;
          const told = eventOf(id, event, data);
          yield told;
          if (ends && isOver(told)) return;
        }
      } catch (failure) {
        error = asError(failure);
        // Deleted while nobody looked: there will be nothing more.
        if (came && ends && error.http_status === 404) return;
        if (!stop.aborted && !mayPass(error)) throw error;
      }
      if (stop.aborted) return;
      const retry_ms = pauseBefore(place.tries++);
      on_state?.({ connected: false, retry_ms, ...(error ? { error } : {}) });
      await wait(retry_ms, stop);
    }
  } finally {
    mine.abort();
  }
}

const eventOf = (id: string, type: string, data: string): FeedEvent =>
  (type === 'resync' ? { seq: Number(id), type } : { seq: Number(id), type, data: JSON.parse(data) as unknown } as FeedEvent);
