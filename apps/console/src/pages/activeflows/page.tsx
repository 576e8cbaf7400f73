// Activeflows.
import { Page } from '../../ui/page.js';
import { Empty } from '../../ui/states.js';

/** The page. */
export function ActiveflowsPage() {
  return <Page title="Activeflows"><Empty title="Nothing here yet" /></Page>;
}
