// One run as the page knows it: its log, read on from where it ended last, and the lists that its frames run.
import type { Action } from '@activeflow/engine';
import { ActiveflowError, type Client } from '@activeflow/client';
import { extend, NO_TRACK, type Track } from './track.js';

/** What is known at a moment. `away`: the server did not answer last time; `gone`: it has been deleted. */
export type Known = { readonly track: Track; readonly lists: ReadonlyMap<string, readonly Action[]>; readonly loaded: boolean; readonly error: unknown; readonly away: boolean; readonly gone: boolean };

/** Keeps a run. */
export type Run = {
  readonly known: () => Known;
  readonly subscribe: (listener: () => void) => () => void;
  /** Reads what has come since. Many calls at once are one request, and one more where something came meanwhile. */
  readonly look: () => Promise<void>;
  /** Reads lists that are not known yet. */
  readonly want: (list_ids: readonly string[]) => void;
  readonly close: () => void;
};

/** Between two looks, so that a run that moves all the time leaves time for everything else; the first look is at once. */
const PACE_MS = 40;
/** After a failure. */
const RETRY_MS = 700;

/** Makes the store of a run. Reads nothing before it is looked at. */
export function createRun(client: Client, id: string): Run {
  let known: Known = { track: NO_TRACK, lists: new Map(), loaded: false, error: undefined, away: false, gone: false };
  const listeners = new Set<() => void>();
  const asked = new Set<string>();
  const abort = new AbortController();
  const { signal } = abort;
  let looking: Promise<void> | undefined;
  let again = false;

  const set = (more: Partial<Known>): void => {
    known = { ...known, ...more };
    for (const listener of listeners) listener();
  };
  const want = (list_ids: readonly string[]): void => {
    for (const list_id of list_ids) {
      if (asked.has(list_id)) continue;
      asked.add(list_id);
      client.activeflows.actions(id, list_id, { signal }).then(({ actions }) => { set({ lists: new Map(known.lists).set(list_id, actions) }); }, () => {
        asked.delete(list_id);
        if (!signal.aborted) setTimeout(() => { want([list_id]); }, RETRY_MS);
      });
    }
  };
  const readOn = async (): Promise<void> => {
    for (let more = true; more;) {
      again = false;
      const { track } = known;
      const { result, events } = await client.activeflows.log(id, { after: track.events - 1 }, { signal });
      const next = extend(track, result);
      more = again || (result.length > 0 && next.events < events);
      if (next !== track || !known.loaded || known.away) {
        want(next.states.at(-1)?.frames.map(({ list_id }) => list_id) ?? []);
        set({ track: next, loaded: known.loaded || !more || next.events >= events, away: false, error: undefined });
      }
      if (more && again) await pause(PACE_MS);
    }
  };
  const fail = (error: unknown): void => {
    if (signal.aborted) return;
    const of_api = error instanceof ActiveflowError;
    const away = of_api && (error.http_status === 0 || error.http_status >= 500 || error.http_status === 429);
    if (of_api && error.reason === 'ACTIVEFLOW_NOT_FOUND' && known.loaded) set({ gone: true, away: false });
    else set(away && known.loaded ? { away } : { error, away });
    if (away) setTimeout(() => { if (!signal.aborted) void look(); }, RETRY_MS);
  };
  const look = (): Promise<void> => {
    if (known.gone) return Promise.resolve();
    again = true;
    looking ??= readOn().catch(fail).finally(() => { looking = undefined; });
    return looking;
  };
  return {
    known: () => known, look, want,
    subscribe(listener) { listeners.add(listener); return () => { listeners.delete(listener); }; },
    close: () => { abort.abort(); },
  };
}

const pause = (span_ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, span_ms); });
