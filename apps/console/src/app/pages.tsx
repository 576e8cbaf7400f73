// The pages and their paths. Each is loaded when somebody goes there; the server answers these paths with the console (api/console.ts).
import { lazy, Suspense, type ComponentType } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { ErrorBoundary } from '../ui/error-boundary.js';
import { Empty, Loading } from '../ui/states.js';

/** The parameters of a path, as its page gets them. */
export type PageProps = { readonly params: Readonly<Record<string, string | undefined>> };

/** A page: its path, and the module it is loaded from. */
export type PageRow = { readonly path: string; readonly Page: ComponentType<PageProps> };

/** Every page of the console but signing in. */
export const PAGES: readonly PageRow[] = [
  { path: '/activeflows', Page: lazy(async () => ({ default: (await import('../pages/activeflows/page.js')).ActiveflowsPage })) },
  { path: '/activeflows/:id/*?', Page: lazy(async () => ({ default: (await import('../pages/activeflow/page.js')).ActiveflowPage })) },
  { path: '/flows', Page: lazy(async () => ({ default: (await import('../pages/flows/page.js')).FlowsPage })) },
  { path: '/flows/:id/*?', Page: lazy(async () => ({ default: (await import('../pages/flows/flow.js')).FlowPage })) },
  { path: '/deliveries', Page: lazy(async () => ({ default: (await import('../pages/deliveries/page.js')).DeliveriesPage })) },
  { path: '/accesskeys', Page: lazy(async () => ({ default: (await import('../pages/accesskeys/page.js')).AccesskeysPage })) },
  { path: '/settings', Page: lazy(async () => ({ default: (await import('../pages/settings/page.js')).SettingsPage })) },
];

/** The page that the address asks for. */
export function Pages() {
  const [location] = useLocation();
  return (
    <ErrorBoundary resetOn={location}>
      <Suspense fallback={<Loading />}>
        <Switch>
          <Route path="/"><Redirect to="/activeflows" replace /></Route>
          {PAGES.map(({ path, Page }) => <Route key={path} path={path}>{(params) => <Page params={params} />}</Route>)}
          <Route><Empty title="There is no such page">The address leads nowhere. The menu has everything there is.</Empty></Route>
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}
