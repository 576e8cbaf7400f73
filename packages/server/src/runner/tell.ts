// Who is told of a commit: webhook deliveries are added to the very commit they tell of (docs/adr/0006-webhooks-in-the-commit.md).
import { deriveId, NONE_ID, type Configuration, type Instant } from '@activeflow/engine';
import type { Clock } from '../clock.js';
import type { ActiveflowWrite, Change, Document, DocumentWrite, QueuedEffect, Store } from '../store/store.js';
import { createLru } from './lru.js';
import { toldAs } from './told.js';

/** Adds what is to be told. Without a webhook a change comes back as it is; at once, where the customer is known. */
export type Teller = {
  tell(this: void, change: Change): Change | Promise<Change>;
  /** A change is durable: a customer in it is read again. */
  committed(this: void, change: Change): void;
};

/** Where a customer, or an activeflow, wants to be told. */
export type Webhook = Pick<Configuration, 'webhook_uri' | 'webhook_method'>;

/** What a delivery holds: which event, and who is told. The body is made when it is sent. */
export type Delivery = Webhook & { readonly to: 'customer' | 'activeflow'; readonly type: string } & ({ readonly n: number } | { readonly document: Document });

/** How many customers are known at a time, and how long, where another process may write them. */
const KNOWN = { customers: 4_096, for_ms: 5_000 } as const;

type Known = { readonly webhook: Webhook | undefined; readonly since: Instant };

/** Makes the teller of a store. */
export function createTeller({ store, clock }: { readonly store: Pick<Store, 'document'>; readonly clock: Pick<Clock, 'now'> }): Teller {
  const customers = createLru<Known>(KNOWN.customers);
  // Counts what was forgotten: what was read before that is not kept.
  let forgotten = 0;

  const known = (customer_id: string): Known | undefined => {
    const found = customers.get(customer_id);
    return found && Math.abs(clock.now() - found.since) < KNOWN.for_ms * 1000 ? found : undefined;
  };
  const learn = async (customer_id: string): Promise<void> => {
    const before = forgotten;
    const since = clock.now();
    const customer = await store.document('customer', customer_id);
    const webhook = customer && customer.tm_delete === null ? webhookOf(customer) : undefined;
    if (before === forgotten) customers.set(customer_id, { webhook, since });
  };
  const tell = (change: Change): Change | Promise<Change> => {
    const { activeflow, documents = [] } = change;
    const told = documents.filter((document) => document.told !== undefined);
    if (!activeflow && told.length === 0) return change;
    const ids = new Set([...(activeflow ? [activeflow.state.customer_id] : []), ...told.map(({ customer_id }) => customer_id)]);
    const unknown = [...ids].filter((id) => !known(id));
    if (unknown.length > 0) return Promise.all(unknown.map(learn)).then(() => tell(change));
    const of = (customer_id: string): Webhook | undefined => known(customer_id)?.webhook;
    const queued = [...(activeflow ? ofActiveflow(activeflow, of(activeflow.state.customer_id)) : []), ...told.flatMap((document) => ofDocument(document, of(document.customer_id)))];
    return queued.length === 0 ? change : { ...change, queued: [...(change.queued ?? []), ...queued] };
  };
  return {
    tell,
    committed({ documents = [] }) {
      for (const { kind, id } of documents) if (kind === 'customer') { forgotten++; customers.delete(id); }
    },
  };
}

/** The webhook of a customer; undefined for none, and for one that its receiver has switched off. */
export function webhookOf({ data }: Pick<Document, 'data'>): Webhook | undefined {
  const { webhook_uri = '', webhook_method = '', tm_webhook_off = null } = data as Partial<Webhook> & { readonly tm_webhook_off?: Instant | null };
  return webhook_uri === '' || tm_webhook_off !== null ? undefined : { webhook_uri, webhook_method };
}

/** Each told event, to the customer's webhook and to the activeflow's own. Each of the two has its order. */
function ofActiveflow({ state, events }: ActiveflowWrite, customer: Webhook | undefined): readonly QueuedEffect[] {
  const { id, customer_id, configuration } = state;
  const own = configuration.webhook_uri === '' ? undefined : { webhook_uri: configuration.webhook_uri, webhook_method: configuration.webhook_method };
  const receivers = [...(customer ? [{ to: 'customer', webhook: customer }] as const : []), ...(own ? [{ to: 'activeflow', webhook: own }] as const : [])];
  if (receivers.length === 0) return [];
  return events.flatMap((event) => {
    const type = toldAs(event);
    if (type === undefined) return [];
    return receivers.map(({ to, webhook }) => delivery({ ...webhook, to, type, n: event.n }, `${event.n}`, { customer_id, activeflow_id: id, resource_id: id, at: event.at }));
  });
}

function ofDocument({ told = '', ...document }: DocumentWrite, customer: Webhook | undefined): readonly QueuedEffect[] {
  if (!customer) return [];
  const { id, customer_id, version, tm_create, tm_update } = document;
  return [delivery({ ...customer, to: 'customer', type: told, document }, `${document.kind}/${version}`, { customer_id, activeflow_id: NONE_ID, resource_id: id, at: tm_update ?? tm_create })];
}

type About = { readonly customer_id: string; readonly activeflow_id: string; readonly resource_id: string; readonly at: Instant };

/** Named after what it tells of, so that nothing is told twice under two names. */
function delivery(payload: Delivery, what: string, { customer_id, activeflow_id, resource_id, at }: About): QueuedEffect {
  const { to, webhook_uri } = payload;
  const peer = to === 'customer' || !URL.canParse(webhook_uri) ? to : new URL(webhook_uri).host;
  return {
    id: deriveId(resource_id, `webhook/${to}/${what}`), kind: 'webhook.deliver', customer_id, activeflow_id, queue: `${to} ${resource_id}`, lane: `${customer_id} ${peer}`,
    label: payload.type, payload, at,
  };
}
