// The pages and their paths. Each is loaded when somebody goes there; the server answers these paths with the console (api/console.ts).
import { lazy, Suspense, useState, type ComponentType } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { ErrorBoundary } from '../ui/error-boundary.js';
import { Empty, Loading } from '../ui/states.js';

/** The parameters of a path, as its page gets them. */
export type PageProps = { readonly params: Readonly<Record<string, string | undefined>> };

/** A page: its path, and what loads its module. */
export type PageRow = { readonly path: string; readonly Page: ComponentType<PageProps>; readonly load: () => Promise<unknown> };

/** A page whose module comes later. One that has come is drawn at once: React holds back for 300 ms whatever a placeholder stood for. */
function later(path: string, load: () => Promise<ComponentType<PageProps>>): PageRow {
  let loaded: ComponentType<PageProps> | undefined;
  const get = async (): Promise<ComponentType<PageProps>> => (loaded = await load());
  const Later = lazy(async () => ({ default: await get() }));
  function Page(props: PageProps) {
    // Kept as it was at first: another component in its place would forget all that the page knows.
    const [Shown] = useState(() => loaded ?? Later);
    return <Shown {...props} />;
  }
  return { path, Page, load: get };
}

/** Every page of the console but signing in. */
export const PAGES: readonly PageRow[] = [
  later('/activeflows', async () => (await import('../pages/activeflows/page.js')).ActiveflowsPage),
  later('/activeflows/:id/*?', async () => (await import('../pages/activeflow/page.js')).ActiveflowPage),
  later('/flows', async () => (await import('../pages/flows/page.js')).FlowsPage),
  later('/flows/:id/*?', async () => (await import('../pages/flows/flow.js')).FlowPage),
  later('/call', async () => (await import('../pages/call/page.js')).CallPage),
  later('/deliveries', async () => (await import('../pages/deliveries/page.js')).DeliveriesPage),
  later('/accesskeys', async () => (await import('../pages/accesskeys/page.js')).AccesskeysPage),
  later('/settings', async () => (await import('../pages/settings/page.js')).SettingsPage),
];

/** Loads the page of a path before it is shown. One that cannot be loaded says so only then. */
export async function loadPage(path: string): Promise<void> {
  // The last that fits: the path of one thing stands after that of its list.
  const row = PAGES.findLast((one) => path.startsWith(one.path.split(':')[0] ?? '')) ?? PAGES[0];
  await row?.load().catch(() => undefined);
}

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
