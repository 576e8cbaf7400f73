// Access keys.
import { Page } from '../../ui/page.js';
import { Empty } from '../../ui/states.js';

/** The page. */
export function AccesskeysPage() {
  return <Page title="Access keys"><Empty title="Nothing here yet" /></Page>;
}
