// What carries messages, as the settings say. Part of the composition root (main.ts).
import { readFileSync } from 'node:fs';
import { firstCustomer } from './api/accounts.js';
import type { Config } from './config.js';
import type { Host } from './driver/driver.js';
import type { Egress } from './driver/http/egress.js';
import type { MessageParts } from './driver/message/message.js';
import type { MessageProvider } from './driver/message/provider.js';
import { createKannel } from './driver/message/kannel/kannel.js';
import { createSmpp } from './driver/message/smpp/smpp.js';
import { createTwilio } from './driver/message/twilio/twilio.js';
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
function providersOf(config: Config, parts: CarrierParts): readonly MessageProvider[] {
  return [smppOf(config, parts), twilioOf(config, parts), kannelOf(config, parts)].filter((provider) => provider !== undefined);
}

function smppOf({ smpp_url, smpp_bind: bind, smpp_window: window, smpp_rate: rate, smpp_source: source, smpp_system_type: system_type, smpp_tls_ca }: Config, { host, log }: CarrierParts): MessageProvider | undefined {
  if (!smpp_url) return undefined;
  const { secure, ...account } = smpp_url;
  return createSmpp({ host, log, settings: { bind, window, rate, source, account: { ...account, system_type, tls: secure ? { ca: smpp_tls_ca === '' ? '' : pem('ACTIVEFLOW_SMPP_TLS_CA', smpp_tls_ca) } : undefined } } });
}

function twilioOf({ twilio_sid: account_sid, twilio_token: auth_token, twilio_url: url, twilio_from: from, public_url }: Config, { host: { clock } }: CarrierParts): MessageProvider | undefined {
  if (account_sid === '') return undefined;
  if (auth_token === '') throw new Error('ACTIVEFLOW_TWILIO_SID needs ACTIVEFLOW_TWILIO_TOKEN.');
  return createTwilio({ clock, settings: { url, account_sid, auth_token, from, public_url } });
}

function kannelOf({ kannel_url: url, kannel_user: user, kannel_password: password, kannel_secret: secret, public_url }: Config, { host: { clock } }: CarrierParts): MessageProvider | undefined {
  if (url === '') return undefined;
  // Anybody could text as anybody by a door whose secret can be guessed.
  if (secret.length < 16) throw new Error('ACTIVEFLOW_KANNEL_URL needs ACTIVEFLOW_KANNEL_SECRET, of at least 16 characters.');
  return createKannel({ clock, settings: { url, user, password, secret, public_url } });
}

function pem(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${setting} names ${path}, which cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}.`, { cause: error });
  }
}
