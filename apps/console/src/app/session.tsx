// Who is signed in: a token or an access key, kept in the tabs that are open, never in an address and never as a cookie.
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { ActiveflowError, createClient, type Client, type Me } from '@activeflow/client';
import { answerOtherTabs, askOtherTabs, tellOtherTabs } from './tabs.js';

/** Somebody who is signed in. */
export type Session = { readonly credentials: string; readonly me: Me; readonly client: Client };

type State = {
  readonly session: Session | undefined;
  /** Whether it is still being found out who is signed in. */
  readonly opening: boolean;
  readonly problem: string;
  readonly signInByKey: (access_key: string) => Promise<void>;
  readonly signInByLogin: (username: string, password: string) => Promise<void>;
  /** Leaves; with a reason where it was not the person's wish. */
  readonly signOut: (problem?: string) => void;
};

const KEPT = 'activeflow.credentials';
/** How long another tab is waited for before the form is shown. */
const FORM_MS = 200;
const Context = createContext<State | undefined>(undefined);

/** Why somebody is no longer signed in. */
export const ENDED = 'The session has ended. Sign in again.';

/** Without cookies: whoever is logged in elsewhere in this browser is not who signed in here. */
const fetchWithoutCookies: typeof fetch = (input, init) => fetch(input, { ...init, credentials: 'omit', cache: 'no-store' });

/** A client of the server that this page came from. */
function clientOf(credentials: string): Client {
  const how = credentials === '' ? {} : credentials.startsWith('af_') ? { access_key: credentials } : { token: credentials };
  return createClient({ base_url: window.location.origin, fetch: fetchWithoutCookies, ...how });
}

/** Keeps the session for everything inside; goes on with that of the tab, or with the one-use ticket of the address. */
export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [session, setSession] = useState<Session>();
  const [opening, setOpening] = useState(true);
  const [problem, setProblem] = useState('');

  const enter = useCallback(async (credentials: string): Promise<void> => {
    const client = clientOf(credentials);
    const me = await client.me();
    sessionStorage.setItem(KEPT, credentials);
    setProblem('');
    setSession({ credentials, me, client });
  }, []);
  const signOut = useCallback((reason = ''): void => {
    const credentials = sessionStorage.getItem(KEPT);
    sessionStorage.removeItem(KEPT);
    if (credentials !== null && reason === '') tellOtherTabs(credentials);
    setSession(undefined);
    setProblem(reason);
  }, []);

  useEffect(() => {
    // Another tab may answer late: until then the person can begin to sign in, and whoever is first is in.
    const form = setTimeout(() => { if (sessionStorage.getItem(KEPT) === null && !redeeming) setOpening(false); }, FORM_MS);
    void opened(enter).then((reason) => { if (reason !== '') setProblem(reason); }).finally(() => { setOpening(false); });
    return () => { clearTimeout(form); };
  }, [enter]);

  const credentials = session?.credentials;
  useEffect(() => (credentials === undefined ? undefined : answerOtherTabs(credentials, signOut)), [credentials, signOut]);

  const state = useMemo<State>(() => ({
    session, opening, problem, signOut,
    signInByKey: enter,
    signInByLogin: async (username, password) => { await enter((await clientOf('').login(username, password)).token); },
  }), [session, opening, problem, signOut, enter]);
  return <Context value={state}>{children}</Context>;
}

// Once for the page, however often React runs an effect: a ticket is good for one use.
let openedOnce: Promise<string> | undefined;
let redeeming = false;

/** Goes on with what the tab has. Gives what went wrong, or nothing. */
function opened(enter: (credentials: string) => Promise<void>): Promise<string> {
  return (openedOnce ??= (async () => {
    const ticket = takeTicket();
    try {
      redeeming = ticket !== '';
      if (redeeming) {
        await enter((await clientOf('').redeemTicket(ticket)).token);
        return '';
      }
      const kept = sessionStorage.getItem(KEPT) ?? await askOtherTabs();
      const signed_in = sessionStorage.getItem(KEPT);
      if (kept !== undefined && (signed_in === null || signed_in === kept)) await enter(kept);
      return '';
    } catch (error) {
      if (ticket !== '') return 'This link has been used, or is too old. Sign in below, or start the server again for a new one.';
      if (isRefused(error)) sessionStorage.removeItem(KEPT);
      return isRefused(error) ? ENDED : (error as Error).message;
    }
  })());
}

/** The ticket of the address, which is gone from it at once, so that it is in no history. */
function takeTicket(): string {
  const { hash, pathname, search } = window.location;
  if (!hash.startsWith('#ticket=')) return '';
  window.history.replaceState(null, '', pathname + search);
  return hash.slice('#ticket='.length);
}

/** Whether the server says that the credentials are not good. */
export function isRefused(error: unknown): boolean {
  return error instanceof ActiveflowError && error.status === 'UNAUTHENTICATED';
}

/** The session and how to change it. */
export function useSession(): State {
  const state = useContext(Context);
  if (!state) throw new Error('useSession outside of SessionProvider');
  return state;
}

/** The client of whoever is signed in. */
export function useClient(): Client {
  const { session } = useSession();
  if (!session) throw new Error('useClient while nobody is signed in');
  return session.client;
}
