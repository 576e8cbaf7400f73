// Customers and access keys as documents: made by the API, by the command line and by the first start alike.
import { randomUUID } from 'node:crypto';
import type { Instant } from '@activeflow/engine';
import type { Document, Store } from '../store/store.js';
import { hashPassword, hashSecret, newAccessKey } from './identity.js';

/** What a customer is made of; a name is enough. Login needs a username and a password. */
export type CustomerInput = {
  readonly name: string; readonly detail?: string; readonly username?: string; readonly password?: string; readonly webhook_uri?: string; readonly webhook_method?: string;
};

/** What an access key is made of; without an end it is good for ever. */
export type AccessKeyInput = { readonly name: string; readonly detail?: string; readonly expires_at?: Instant | null };

/** How much of a token is kept in clear, to tell keys apart. */
const PREFIX_LENGTH = 11;

/** The document of a new customer; its key is the username, which is unique. */
export async function newCustomer({ name, detail = '', username = '', password, webhook_uri = '', webhook_method = '' }: CustomerInput, at: Instant): Promise<Document> {
  const id = randomUUID();
  const login = password === undefined ? {} : { password: await hashPassword(password) };
  return born('customer', id, id, username || null, at, { name, detail, username, webhook_uri, webhook_method, ...login });
}

/** The document of a new access key, and the token that is shown once; its key is the token's hash. */
export function newAccessKeyOf(customer_id: string, { name, detail = '', expires_at = null }: AccessKeyInput, at: Instant, token = newAccessKey()): {
  readonly document: Document; readonly token: string;
} {
  const data = { name, detail, token_prefix: token.slice(0, PREFIX_LENGTH), expires_at };
  return { token, document: born('accesskey', randomUUID(), customer_id, hashSecret(token), at, data) };
}

/**
 * Makes sure that an access key works, and gives its customer's id. A new one goes to the oldest customer, so that changing the setting
 * rotates the key instead of making a second customer; where there is none, the first customer is made with it.
 */
export async function bootstrap(store: Store, at: Instant, token: string): Promise<string> {
  const known = await store.find('accesskey', hashSecret(token));
  if (known) return known.customer_id;
  const oldest = await firstCustomer(store);
  const customer = oldest ?? (await newCustomer({ name: 'first' }, at));
  const { document } = newAccessKeyOf(customer.id, { name: 'bootstrap', detail: 'from ACTIVEFLOW_ACCESS_KEY' }, at, token);
  const [committed] = await store.commit([{ documents: oldest ? [document] : [customer, document] }]);
  if (committed === 'ok') return customer.id;
  // Somebody else made it at the same moment.
  const made = await store.find('accesskey', hashSecret(token));
  if (made) return made.customer_id;
  throw committed instanceof Error ? committed : new Error('The first customer cannot be made: the store refuses it.');
}

/** The oldest customer: the one that whatever names none belongs to. Undefined where there is none. */
export async function firstCustomer(store: Store): Promise<Document | undefined> {
  let oldest: Document | undefined;
  for await (const customer of allOf(store, { kind: 'customer' })) oldest = customer;
  return oldest;
}

/** Walks all documents of a kind, newest first, a page at a time. */
export async function* allOf(store: Store, query: { readonly kind: string; readonly customer_id?: string }): AsyncGenerator<Document> {
  for (let before: { tm: Instant; ordinal: number } | undefined; ;) {
    const rows = await store.documents({ ...query, limit: 100, ...(before ? { before } : {}) });
    for (const { row } of rows) yield row;
    const last = rows.at(-1);
    if (last === undefined || rows.length < 100) return;
    before = { tm: last.row.tm_create, ordinal: last.ordinal };
  }
}

const born = (kind: string, id: string, customer_id: string, key: string | null, at: Instant, data: Document['data']): Document =>
  ({ kind, id, customer_id, parent: '', key, version: 1, tm_create: at, tm_update: null, tm_delete: null, data });
