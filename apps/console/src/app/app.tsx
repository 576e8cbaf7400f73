// The frame around all pages: who is signed in, what is known of the server, and where we are.
import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { LiveProvider } from '../data/live.js';
import { makeQueryClient } from '../data/query.js';
import { SignIn } from '../pages/sign-in/sign-in.js';
import { ErrorBoundary } from '../ui/error-boundary.js';
import { Loading } from '../ui/states.js';
import { Toasts } from '../ui/toast.js';
import { loadPage, Pages } from './pages.js';
import { ENDED, isRefused, SessionProvider, useSession } from './session.js';
import { Shell } from './shell.js';

/** The console. */
export function App() {
  return (
    <ErrorBoundary>
      <SessionProvider><Inside /></SessionProvider>
      <Toasts />
    </ErrorBoundary>
  );
}

function Inside() {
  const { session } = useSession();
  const [ready, setReady] = useState(false);
  // Its page is loaded while it is found out who is signed in, or while somebody signs in.
  useEffect(() => { void loadPage(window.location.pathname).then(() => { setReady(true); }); }, []);
  if (session === undefined) return <SignIn />;
  return ready ? <SignedIn key={session.credentials} /> : <main className="sign-in"><Loading /></main>;
}

/** One cache for each session: nothing of one customer is shown to the next. */
function SignedIn() {
  const { signOut } = useSession();
  const [client] = useState(() => makeQueryClient((error) => { if (isRefused(error)) signOut(ENDED); }));
  return (
    <QueryClientProvider client={client}>
      <LiveProvider><Shell><Pages /></Shell></LiveProvider>
    </QueryClientProvider>
  );
}
