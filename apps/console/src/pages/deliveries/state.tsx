// How a delivery stands, as an icon and a word.
import type { WebhookDeliveryStatus } from '@activeflow/client';
import { Badge } from '../../ui/status.js';

/** The state of a delivery. */
export function DeliveryStatus({ status, attempts }: { readonly status: WebhookDeliveryStatus; readonly attempts: number }) {
  switch (status) {
    case 'pending': return attempts > 0 ? <Badge tone="wait" icon="refresh">Will try again</Badge> : <Badge tone="run" icon="waiting">Waiting</Badge>;
    case 'performing': return <Badge tone="run" icon="running">Sending</Badge>;
    case 'done': return <Badge tone="ok" icon="done">Delivered</Badge>;
    case 'failed': return <Badge tone="bad" icon="failed">Refused</Badge>;
    case 'dead': return <Badge tone="bad" icon="canceled">Given up</Badge>;
    default: return status satisfies never;
  }
}

/** Whether it is over, so that it can be sent again. */
export const isFinished = (status: WebhookDeliveryStatus): boolean => status === 'done' || status === 'failed' || status === 'dead';
