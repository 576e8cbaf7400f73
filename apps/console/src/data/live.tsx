// Live updates: one connection for the tab, however many parts of a page listen.
import { createContext, useContext, useEffect, useMemo, useRef, useSyncExternalStore, type ReactNode } from 'react';
import { ENDED, isRefused, useClient, useSession } from '../app/session.js';
import { createHub, type Hub, type HubState, type LiveEvent } from './hub.js';

const Context = createContext<Hub | undefined>(undefined);

/** Keeps the connection for everything inside. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const client = useClient();
  const { signOut } = useSession();
  const hub = useMemo(() => createHub(client, (error) => {
    if (isRefused(error)) signOut(ENDED);
    return isRefused(error);
  }), [client, signOut]);
  useEffect(() => hub.run(), [hub]);
  return <Context value={hub}>{children}</Context>;
}

function useHub(): Hub {
  const hub = useContext(Context);
  if (!hub) throw new Error('live updates outside of LiveProvider');
  return hub;
}

/**
 * Calls `changed` with the events of the topics, oldest first, at most once a frame; topics are those of the WebSocket without `customer_id:<id>:`
 * (`activeflow`, `activeflow:<id>`). No events at all means: some may be missing, look for yourself. The function may be another each time.
 */
export function useLive(topics: readonly string[], changed: (events: readonly LiveEvent[]) => void): void {
  const hub = useHub();
  const latest = useRef(changed);
  useEffect(() => { latest.current = changed; });
  const names = topics.join(' ');
  useEffect(() => hub.listen(names === '' ? [] : names.split(' '), (events) => { latest.current(events); }), [hub, names]);
}

/** Whether updates are coming in. */
export function useLiveState(): HubState {
  const hub = useHub();
  return useSyncExternalStore(hub.watch, hub.state);
}
