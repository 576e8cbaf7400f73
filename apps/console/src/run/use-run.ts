// The run that a page shows, and which of its events is looked at.
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useClient } from '../app/session.js';
import { useLive } from '../data/live.js';
import { createRun, type Known, type Run } from './run.js';

/** Reads a run, and reads on whenever something is told of it. */
export function useRun(id: string): { readonly run: Run; readonly known: Known } {
  const client = useClient();
  const [run, setRun] = useState(() => createRun(client, id));
  // A page that is shown twice, as in development, gets a store that is open.
  useEffect(() => {
    const made = createRun(client, id);
    setRun(made);
    void made.look();
    return () => { made.close(); };
  }, [client, id]);
  useLive(useMemo(() => [`activeflow:${id}`], [id]), () => { void run.look(); });
  return { run, known: useSyncExternalStore(run.subscribe, run.known) };
}

/** Which event is looked at: the newest, or one that is held. */
export type Shown = {
  readonly n: number; readonly held: boolean;
  /** How many events have come since it is held. */
  readonly behind: number;
  readonly hold: (n: number) => void; readonly live: () => void;
};

const SETTLED_MS = 250;

/** The event that is looked at. A held one is in the address, so that a link shows the same. */
export function useShown(events: number): Shown {
  const [held, setHeld] = useState<number | undefined>(fromAddress);
  const newest = events - 1;
  const n = held === undefined ? newest : Math.max(0, Math.min(held, newest));
  useEffect(() => {
    const timer = setTimeout(() => { toAddress(held); }, SETTLED_MS);
    return () => { clearTimeout(timer); };
  }, [held]);
  const hold = useCallback((at: number) => { setHeld(at); }, []);
  const live = useCallback(() => { setHeld(undefined); }, []);
  return { n, held: held !== undefined, behind: held === undefined ? 0 : Math.max(0, newest - n), hold, live };
}

function fromAddress(): number | undefined {
  const given = new URLSearchParams(window.location.search).get('event');
  return given !== null && /^\d{1,9}$/.test(given) ? Number(given) : undefined;
}

function toAddress(held: number | undefined): void {
  const url = new URL(window.location.href);
  if (held === undefined) url.searchParams.delete('event'); else url.searchParams.set('event', String(held));
  if (url.href !== window.location.href) window.history.replaceState(window.history.state, '', url);
}
