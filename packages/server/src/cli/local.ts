// Commands that open the store themselves: beside a running server, or without one.
import { realClock } from '../clock.js';
import { readSetting } from '../config.js';
import { openBeside, openToRead, type StoreAddress } from '../store/register.js';
import type { Document, Store } from '../store/store.js';
import { CommandError } from './terminal.js';

/** What the help of such a command says of the store. */
export const STORE_HELP = '\nWorks on the store that ACTIVEFLOW_STORE names (sqlite:./data/activeflow.db), also while its server runs.\n';

/** A store to administer, and the time. */
export type Local = { readonly store: Store; readonly now: number };

/** Opens the store to administer it, and closes it after the work. */
export const withStore = (work: (local: Local) => Promise<void>): Promise<void> => {
  const now = realClock().now();
  return using((address) => openBeside(address, now), (store) => work({ store, now }));
};

/** Opens the store to read it, and closes it after the work. */
export const withStoreToRead = (work: (store: Store) => Promise<void>): Promise<void> => using(openToRead, work);

async function using(open: (address: StoreAddress) => Store, work: (store: Store) => Promise<void>): Promise<void> {
  const address = readSetting('store');
  const store = opened(() => open(address));
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

function opened(open: () => Store): Store {
  try {
    return open();
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  }
}

/** A text of a document's data; `""` where there is none. */
export function textOf({ data }: Document, name: string): string {
  const value = data[name];
  return typeof value === 'string' ? value : '';
}

/** Writes documents, all or none. Throws where the store refuses them, with the sentence for something that is taken. */
export async function write(store: Store, documents: readonly Document[], taken: string): Promise<void> {
  const [committed] = await store.commit([{ documents }]);
  if (committed === 'ok') return;
  throw committed instanceof Error ? committed : new CommandError(taken);
}
