// The same with an Asterisk in place of what is carried here: its legs become calls. Part of the composition root (main.ts).
import { resolve } from 'node:path';
import { firstCustomer } from './api/accounts.js';
import type { Config } from './config.js';
import { createAsterisk } from './driver/asterisk/asterisk.js';
import { createCalls } from './driver/call/call.js';
import type { LegEvent, Legs, SignalFact } from './driver/legs.js';
import { withMinutes } from './driver/minutes.js';
import { createSpeech } from './speech/create.js';
import { spentOutside } from './spent-outside.js';
import { NO_SIP, RING_TIMEOUT_MS, speechOf, type Telephony, type TelephonyParts } from './telephony.js';

const NO_MEDIA = { legs: 0, packets_in: 0, packets_out: 0, refused: 0, late: 0 } as const;

/** Makes it; nothing is connected before `start`, which waits for the Asterisk for a while and goes on without. Calls outlive an end of this. */
export function createAsteriskTelephony(config: Config, parts: TelephonyParts): Telephony {
  const { host, egress, log } = parts;
  const speech = createSpeech(speechOf(config), { fetch: egress.request, log });
  const legs = bounded(asteriskOf(config, parts), config, parts);
  const calls = createCalls({
    host, legs, speech, log,
    settings: { recordings: config.recordings, max_calls: config.max_calls, ring_timeout_ms: RING_TIMEOUT_MS, outside: (name) => egress.address(name) },
  });
  return {
    calls, browsers: undefined, registrations: () => [], trunksChanged: () => undefined, bound: () => [],
    stats: async () => ({ calls: calls.up(), phones: 0, sip: NO_SIP, media: NO_MEDIA }),
    async start() {
      // What outlived an earlier process is known once the Asterisk was asked.
      await legs.start();
      await calls.start();
    },
    async close() {
      await legs.close();
      await speech.close();
    },
  };
}

function asteriskOf(config: Config, { host, store, log }: TelephonyParts): Legs {
  const { ari_url: url, ari_user: username, ari_password: password, ari_app: app, ari_sounds, ari_sounds_there, outbound_allow } = config;
  const ours = resolve(ari_sounds);
  const endpoints = { tel: config.ari_dial_tel, extension: config.ari_dial_extension, sip: config.ari_dial_sip };
  return createAsterisk({
    url, username, password, app, endpoints, outbound_allow, media: { ours, theirs: ari_sounds_there || ours },
    async customerOf(named) {
      if (named === '') return (await firstCustomer(store))?.id;
      const customer = await host.document('customer', named.toLowerCase());
      return customer?.tm_delete === null ? customer.id : undefined;
    },
  }, { log });
}

/** The same legs, bound in what they may talk to the outside. */
function bounded(legs: Legs, { max_outbound_minutes: most }: Config, { clock, store }: TelephonyParts): Legs {
  const signalling = withMinutes({
    // What is told of the sound passes, too: it is told on as it came.
    ...legs, listen: (listener) => { legs.listen((event) => { listener(event.leg_id, event as LegEvent & SignalFact); }); },
  }, { clock, most, spent: spentOutside(store) });
  return { ...legs, ...signalling, listen: (listener) => { signalling.listen((_, fact) => { listener(fact as LegEvent & SignalFact); }); } };
}
