// Webhook deliveries: what was told to whom, and telling it again.
import { listOf, type List, type ListQuery } from './list.js';
import type { PostOptions, RequestOptions, Transport } from './transport.js';
import type { FullWebhookDelivery, WebhookDelivery, WebhookDeliveryStatus } from './types.js';

/** Which webhook deliveries: all that is given must hold. */
export type WebhookDeliveryQuery = ListQuery & { readonly status?: WebhookDeliveryStatus; readonly type?: string; readonly activeflow_id?: string };

/** The resource `webhook_deliveries`. Ids in paths are escaped. */
export function webhookDeliveriesOf(transport: Transport) {
  const path = (id: string, rest = '') => `/webhook_deliveries/${encodeURIComponent(id)}${rest}`;
  return {
    list: (query: WebhookDeliveryQuery = {}, options?: RequestOptions): List<WebhookDelivery> => listOf(transport, '/webhook_deliveries', query, options),
    get: (id: string, options?: RequestOptions) => transport.json<FullWebhookDelivery>('GET', path(id), { options }),
    /** Sends a finished one again, from the first try on. */
    replay: (id: string, options?: PostOptions) => transport.json<FullWebhookDelivery>('POST', path(id, '/replay'), { options }),
  };
}
