// Deliveries.
import { Page } from '../../ui/page.js';
import { Empty } from '../../ui/states.js';

/** The page. */
export function DeliveriesPage() {
  return <Page title="Deliveries"><Empty title="Nothing here yet" /></Page>;
}
