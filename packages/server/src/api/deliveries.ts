// Webhook deliveries (wire.md §7): list, read, send again. They are queued effects; nothing else is kept of them.
import { Type } from 'typebox';
import { NONE_ID, isUuid } from '@activeflow/engine';
import { ApiError } from '../problem.js';
import type { Delivery } from '../runner/tell.js';
import type { EffectStatus, QueuedQuery, StoredEffect } from '../store/store.js';
import { DELIVERY_STATUS, DeliveryAnswer, FullDeliveryAnswer } from './answers.js';
import { pageParameters, readPage, showPage } from './page.js';
import type { Parts } from './parts.js';
import { route, type Call, type Route } from './route.js';
import { page } from './schemas.js';
import { showTime } from './time.js';

const DAY_US = 24 * 3_600_000_000;
/** How long finished deliveries are kept: what has arrived, and what somebody may still want to send again. */
const KEPT_US: readonly (readonly [EffectStatus, number])[] = [['done', 7 * DAY_US], ['failed', 30 * DAY_US], ['dead', 30 * DAY_US]];
/** How often old ones are looked for, and how many are taken away at once. */
const SWEEP = { every_ms: 60_000, at_once: 500 } as const;

/** Takes old deliveries away, every minute, until the function it gives is called. */
export function sweepDeliveries(parts: Pick<Parts, 'store' | 'clock' | 'log'>): () => void {
  const timer = setInterval(() => { sweepOnce(parts).catch((error: unknown) => { parts.log.warn({ err: error }, 'old deliveries could not be taken away'); }); }, SWEEP.every_ms);
  timer.unref();
  return () => { clearInterval(timer); };
}

/** Takes away what is old now, a few at a time. */
export async function sweepOnce({ store, clock }: Pick<Parts, 'store' | 'clock'>): Promise<void> {
  for (const [status, kept_us] of KEPT_US) {
    while ((await store.expireQueued(status, clock.now() - kept_us, SWEEP.at_once)) === SWEEP.at_once) await new Promise((resolve) => { setImmediate(resolve); });
  }
}

/** The routes of webhook deliveries. */
export function deliveryRoutes(parts: Parts): readonly Route[] {
  return [
    route({
      method: 'GET', path: '/webhook_deliveries', operation: 'listWebhookDeliveries', tag: 'webhooks', summary: 'List webhook deliveries, newest first.',
      query: Type.Object({
        ...pageParameters, status: Type.Optional(Type.String({ description: `one of ${DELIVERY_STATUS.join(', ')}` })), type: Type.Optional(Type.String({ description: 'what they tell, as `activeflow_updated`' })),
        activeflow_id: Type.Optional(Type.String({ description: 'the activeflow they tell of' })),
      }),
      answer: page(DeliveryAnswer), reasons: ['INVALID_REQUEST_PARAMETER'],
      async handle({ identity, query }) {
        const { size, query: asked } = readPage(query);
        const rows = await parts.store.queued({ customer_id: identity.customer_id, ...readFilters(query), ...asked });
        return showPage(rows, size, rows.slice(0, size).map(({ row }) => show(row)));
      },
    }),
    route({
      method: 'GET', path: '/webhook_deliveries/{id}', operation: 'getWebhookDelivery', tag: 'webhooks', summary: 'Read a webhook delivery, and what it says.',
      answer: FullDeliveryAnswer, reasons: ['INVALID_ID', 'WEBHOOK_DELIVERY_NOT_FOUND'],
      handle: async (call) => showFull(parts, await find(parts, call)),
    }),
    route({
      method: 'POST', path: '/webhook_deliveries/{id}/replay', operation: 'replayWebhookDelivery', tag: 'webhooks',
      summary: 'Send a finished webhook delivery again, from the first try on and under the same `webhook-id`. It is not kept in order with others.',
      answer: FullDeliveryAnswer, reasons: ['INVALID_ID', 'WEBHOOK_DELIVERY_NOT_FOUND', 'STATE_INVALID'],
      handle: (call) => replay(parts, call),
    }),
  ];
}

async function replay(parts: Parts, call: Pick<Call, 'params' | 'identity' | 'receipt'>) {
  const found = await find(parts, call);
  const at = parts.clock.now();
  const queued = found.queued && { ...found.queued, tries: 0 };
  const answer = await showFull(parts, { ...found, status: 'pending', attempt: 0, due_at: at, tm_update: at, ...(queued ? { queued } : {}) });
  const committed = await parts.committer.submit({ again: [{ id: found.id, at }], documents: call.receipt({ body: answer }) });
  if (committed !== 'ok') throw new ApiError('STATE_INVALID', 'it is not finished yet');
  return answer;
}

async function find({ store }: Parts, { params, identity }: Pick<Call, 'params' | 'identity'>): Promise<StoredEffect> {
  const found = await store.effect(params['id'] ?? '');
  if (found?.queued === undefined || found.customer_id !== identity.customer_id) throw new ApiError('WEBHOOK_DELIVERY_NOT_FOUND', 'no such webhook delivery');
  return found;
}

type Filters = { readonly status?: string; readonly type?: string; readonly activeflow_id?: string };

function readFilters({ status = '', type = '', activeflow_id = '' }: Filters): Pick<QueuedQuery, 'status' | 'label' | 'activeflow_id'> {
  const known = DELIVERY_STATUS.find((one) => one === status);
  if (status !== '' && known === undefined) throw new ApiError('INVALID_REQUEST_PARAMETER', `status must be one of ${DELIVERY_STATUS.join(', ')}`);
  if (activeflow_id !== '' && !isUuid(activeflow_id)) throw new ApiError('INVALID_REQUEST_PARAMETER', 'activeflow_id must be a UUID');
  return { ...(known ? { status: known } : {}), ...(type === '' ? {} : { label: type }), ...(activeflow_id === '' ? {} : { activeflow_id: activeflow_id.toLowerCase() }) };
}

function show({ id, customer_id, activeflow_id, status, due_at, payload, result, error, queued, tm_create, tm_update }: StoredEffect) {
  const delivery = payload as Delivery;
  return {
    id, customer_id, type: delivery.type, status, activeflow_id: activeflow_id || NONE_ID, resource_id: 'document' in delivery ? delivery.document.id : activeflow_id, receiver: delivery.to,
    webhook_uri: delivery.webhook_uri, webhook_method: delivery.webhook_method, attempts: queued?.tries ?? 0, last_status: statusOf(result), last_error: error,
    tm_next: showTime(status === 'pending' ? due_at : null), tm_create: showTime(tm_create), tm_update: showTime(tm_update), tm_delete: showTime(null),
  };
}

const showFull = async (parts: Parts, delivery: StoredEffect) => {
  const body = await parts.bodies(delivery, 'list');
  return { ...show(delivery), body: body === undefined ? null : (JSON.parse(body) as unknown) };
};

/** The HTTP status that an answer had; 0 where there was none. */
function statusOf(result: StoredEffect['result']): number {
  if (result === null) return 0;
  return result.ok ? Number(result.data?.['status'] ?? 0) : Number(/^HTTP_(\d{3})$/.exec(result.reason)?.[1] ?? 0);
}
