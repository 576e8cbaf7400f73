// One flow.
import type { PageProps } from '../../app/pages.js';
import { Page } from '../../ui/page.js';
import { Empty } from '../../ui/states.js';

/** The page. */
export function FlowPage({ params }: PageProps) {
  return <Page title="Flow"><Empty title={`Nothing here yet of ${params['id'] ?? ''}`} /></Page>;
}
