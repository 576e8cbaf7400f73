// Settings.
import { Page } from '../../ui/page.js';
import { Empty } from '../../ui/states.js';

/** The page. */
export function SettingsPage() {
  return <Page title="Settings"><Empty title="Nothing here yet" /></Page>;
}
