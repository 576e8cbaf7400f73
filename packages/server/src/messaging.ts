// What carries messages, as the settings say. Part of the composition root (main.ts).
import { firstCustomer } from './api/accounts.js';
import type { Config } from './config.js';
import type { MessageParts } from './driver/message/message.js';
import type { Log } from './log.js';
import type { Store } from './store/store.js';

/** The providers that are set up, and where messages go by them. Nothing is connected yet. */
export function carriersOf({ message_routes, messages_per_hour }: Config, { store, log }: { readonly store: Store; readonly log: Log }): Omit<MessageParts, 'host'> {
  return {
    log, providers: [], routes: message_routes, most_an_hour: messages_per_hour,
    customer: async () => (await firstCustomer(store))?.id,
  };
}
