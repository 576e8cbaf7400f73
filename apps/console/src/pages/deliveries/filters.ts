// Which deliveries are shown: in the address, so that a link shows the same.
import type { WebhookDeliveryStatus } from '@activeflow/client';

/** The states that can be filtered by, and their words. */
export const STATUSES: readonly (readonly [status: WebhookDeliveryStatus | '', word: string])[] = [
  ['', 'All'], ['pending', 'Waiting'], ['performing', 'Sending'], ['done', 'Delivered'], ['failed', 'Refused'], ['dead', 'Given up'],
];

/** What the address asks for; empty is everything. */
export type Filters = { readonly status: WebhookDeliveryStatus | ''; readonly type: string; readonly activeflow_id: string };

/** Reads what follows the `?`; what nobody knows is left out. */
export function readFilters(search: string): Filters {
  const query = new URLSearchParams(search);
  return { status: STATUSES.find(([status]) => status === query.get('status'))?.[0] ?? '', type: query.get('type') ?? '', activeflow_id: query.get('activeflow_id') ?? '' };
}

/** The address of what is asked for. */
export function pathOf(filters: Filters): string {
  const text = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== '')).toString();
  return text === '' ? '/deliveries' : `/deliveries?${text}`;
}
