// Flows.
import { Page } from '../../ui/page.js';
import { Empty } from '../../ui/states.js';

/** The page. */
export function FlowsPage() {
  return <Page title="Flows"><Empty title="Nothing here yet" /></Page>;
}
