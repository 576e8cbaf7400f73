// What carries messages, as the settings say. Part of the composition root (main.ts).
import { firstCustomer } from './api/accounts.js';
import type { Config } from './config.js';
import type { Host } from './driver/driver.js';
import type { Egress } from './driver/http/egress.js';
import type { MessageParts } from './driver/message/message.js';
import type { MessageProvider } from './driver/message/provider.js';
import type { Log } from './log.js';
import type { Store } from './store/store.js';

/** What providers are made with. */
export type CarrierParts = { readonly host: Host; readonly store: Store; readonly egress: Egress; readonly log: Log };

/** The providers that are set up, and where messages go by them. Nothing is connected yet. */
export function carriersOf(config: Config, parts: CarrierParts): Omit<MessageParts, 'host'> {
  const { message_routes, messages_per_hour } = config;
  const { store, log } = parts;
  return {
    log, providers: providersOf(config, parts), routes: message_routes, most_an_hour: messages_per_hour,
    customer: async () => (await firstCustomer(store))?.id,
  };
}

/** In the order of their names in the settings: the first carries what no route leads elsewhere. */
function providersOf(_config: Config, _parts: CarrierParts): readonly MessageProvider[] {
  return [];
}
