// Webhooks as they stand: where a delivery goes now, how it is signed, and what becomes of an endpoint that is gone.
import { randomBytes } from 'node:crypto';
import { NONE_ID, type Instant } from '@activeflow/engine';
import type { Clock } from '../clock.js';
import type { Document, Store, StoredEffect } from '../store/store.js';
import type { Committer } from './committer.js';
import type { Runner } from './runner.js';
import { webhookOf, type Delivery, type Webhook } from './tell.js';

/** Where a delivery goes, and the secrets that sign it, the newest first. */
export type Target = { readonly uri: string; readonly method: string; readonly secrets: readonly string[] };

/** What is known of webhooks beside the deliveries themselves. */
export type Webhooks = {
  /** Where a delivery goes now; undefined where nobody wants it any more. A customer without a secret gets one. */
  target(delivery: StoredEffect): Promise<Target | undefined>;
  /** The receiver at `uri` wants nothing any more: unless it has been changed meanwhile, the webhook is off. */
  switchOff(delivery: StoredEffect, uri: string): Promise<void>;
};

/** How long a secret goes on signing beside the one that took its place. */
export const OLD_SECRET_US = 24 * 3_600_000_000;
/** How often a write is decided again where somebody else was faster. */
const MOST_TRIES = 100;

/** The secrets of a customer, in its data. */
type Secrets = { readonly webhook_secret?: string; readonly webhook_secret_old?: { readonly secret: string; readonly until: Instant } };

/** Makes a secret: `whsec_` and 32 random bytes in base64 (Standard Webhooks 1.0). */
export const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** The data of a customer with another secret; the one it had goes on signing for a day. */
export function withSecret(data: Document['data'], secret: string, now: Instant): Document['data'] {
  const { webhook_secret: old = '' } = data as Secrets;
  if (old === secret) return data;
  return { ...data, webhook_secret: secret, ...(old === '' ? {} : { webhook_secret_old: { secret: old, until: now + OLD_SECRET_US } }) };
}

/** Until when an old secret signs beside the newest; null where there is none. */
export function oldSecretUntil(data: Document['data'], now: Instant): Instant | null {
  const { webhook_secret_old: old } = data as Secrets;
  return old && old.until > now ? old.until : null;
}

/** The secrets that sign now, the newest first. */
export function secretsOf({ data }: Pick<Document, 'data'>, now: Instant): readonly string[] {
  const { webhook_secret = '', webhook_secret_old: old } = data as Secrets;
  return [...(webhook_secret === '' ? [] : [webhook_secret]), ...(old && old.until > now ? [old.secret] : [])];
}

/** Makes it. */
export function createWebhooks({ store, committer, runner, clock }: { readonly store: Store; readonly committer: Committer; readonly runner: Runner; readonly clock: Clock }): Webhooks {
  const customerOf = async ({ customer_id }: StoredEffect): Promise<Document | undefined> => {
    const customer = await store.document('customer', customer_id);
    return customer?.tm_delete === null ? customer : undefined;
  };
  /** Changes the customer; undefined from `change` leaves it as it is. Gives it as it is then. */
  const changeCustomer = async (delivery: StoredEffect, change: (customer: Document) => Document['data'] | undefined): Promise<Document | undefined> => {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const customer = await customerOf(delivery);
      const data = customer && change(customer);
      if (!customer || !data) return customer;
      const next = { ...customer, version: customer.version + 1, tm_update: clock.now(), data };
      if ((await committer.submit({ documents: [next] })) === 'ok') return next;
    }
    throw new Error(`customer ${delivery.customer_id}: ${MOST_TRIES} conflicts in a row`);
  };
  const ownOf = async ({ activeflow_id }: StoredEffect): Promise<Webhook | undefined> => {
    const configuration = activeflow_id === NONE_ID ? undefined : (await runner.load(activeflow_id))?.configuration;
    return configuration && configuration.webhook_uri !== '' ? configuration : undefined;
  };
  return {
    async target(delivery) {
      const found = await customerOf(delivery);
      const webhook = (delivery.payload as Delivery).to === 'activeflow' ? await ownOf(delivery) : found && webhookOf(found);
      if (!found || !webhook) return undefined;
      const signing = secretsOf(found, clock.now()).length > 0 ? found : await changeCustomer(delivery, (customer) => (secretsOf(customer, clock.now()).length > 0 ? undefined : withSecret(customer.data, newSecret(), clock.now())));
      return signing && { uri: webhook.webhook_uri, method: webhook.webhook_method || 'POST', secrets: secretsOf(signing, clock.now()) };
    },
    async switchOff(delivery, uri) {
      if ((delivery.payload as Delivery).to === 'customer') {
        await changeCustomer(delivery, (customer) => (webhookOf(customer)?.webhook_uri === uri ? { ...customer.data, tm_webhook_off: clock.now() } : undefined));
      } else if ((await ownOf(delivery))?.webhook_uri === uri) {
        // An activeflow that has ended refuses: it has little more to tell.
        await runner.handle(delivery.activeflow_id, { type: 'configure', configuration: { webhook_uri: '', webhook_method: '' } }, { cause: { by: 'driver', ref: delivery.id } });
      }
    },
  };
}
