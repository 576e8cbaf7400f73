// An extension and a trunk for a first run, from the settings.
import type { Instant } from '@activeflow/engine';
import { ApiError } from '../problem.js';
import type { Document, Store } from '../store/store.js';
import { firstCustomer } from './accounts.js';
import { newExtension } from './extensions.js';
import { readTrunk } from './trunks.js';

/** What the settings name; undefined where they do not. */
export type FirstPhones = {
  readonly sip_extension: { readonly extension: string; readonly password: string } | undefined;
  readonly sip_trunk: Readonly<Record<string, unknown>> | undefined;
};

/** Makes them for the oldest customer, each where it has none of its kind. Throws, in one sentence, where the trunk is none. */
export async function makeFirstPhones(store: Store, at: Instant, { sip_extension, sip_trunk }: FirstPhones): Promise<void> {
  const customer = sip_extension || sip_trunk ? await firstCustomer(store) : undefined;
  if (customer === undefined) return;
  const make = async (kind: string, document: () => Document): Promise<void> => {
    if ((await store.documents({ kind, customer_id: customer.id, limit: 1 })).length > 0) return;
    const [committed] = await store.commit([{ documents: [document()] }]);
    if (committed instanceof Error) throw committed;
  };
  if (sip_extension) await make('extension', () => newExtension(customer.id, { ...sip_extension, name: 'first' }, at));
  if (sip_trunk) await make('trunk', () => trunkOf(customer.id, sip_trunk, at));
}

function trunkOf(customer_id: string, given: object, at: Instant): Document {
  try {
    return readTrunk(customer_id, given, at);
  } catch (error) {
    if (error instanceof ApiError) throw new Error(`ACTIVEFLOW_SIP_TRUNK cannot be used: ${error.message}.`, { cause: error });
    throw error;
  }
}
