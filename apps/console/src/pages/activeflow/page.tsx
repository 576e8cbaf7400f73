// One activeflow.
import type { PageProps } from '../../app/pages.js';
import { Page } from '../../ui/page.js';
import { Empty } from '../../ui/states.js';

/** The page. */
export function ActiveflowPage({ params }: PageProps) {
  return <Page title="Activeflow"><Empty title={`Nothing here yet of ${params['id'] ?? ''}`} /></Page>;
}
