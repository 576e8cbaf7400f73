// What carries calls, put together: sound, speech, SIP and browsers become legs, legs become calls. Part of the composition root (main.ts).
import { readFile } from 'node:fs/promises';
import { allOf, firstCustomer } from './api/accounts.js';
import type { Registrations } from './api/parts.js';
import { showTime } from './api/time.js';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import { createCalls, type Calls } from './driver/call/call.js';
import { createEmbedded } from './driver/embedded/embedded.js';
import type { Host } from './driver/driver.js';
import type { Egress } from './driver/http/egress.js';
import type { Signalling } from './driver/legs.js';
import { withMinutes } from './driver/minutes.js';
import { createDirectory } from './driver/sip/directory-host.js';
import { createResolve, guarded } from './driver/sip/resolve.js';
import { createSip, type Sip } from './driver/sip/sip.js';
import { freePort, isFree } from './driver/sip/free-port.js';
import type { Transactions } from './driver/sip/types.js';
import { createTransactions, type WireSettings } from './driver/sip/wire.js';
import { createWebrtc } from './driver/webrtc/webrtc.js';
import type { WhipDoors } from './driver/webrtc/whip.js';
import type { Log } from './log.js';
import { createMedia } from './media/client.js';
import type { Media, MediaStats } from './media/media.js';
import { createSpeech, PROVIDER_NAMES, type SpeechSettings } from './speech/create.js';
import { spentOutside } from './spent-outside.js';
import type { Store } from './store/store.js';

/** What calls are carried with. */
export type TelephonyParts = { readonly host: Host; readonly store: Store; readonly egress: Egress; readonly clock: Clock; readonly log: Log; readonly any_sip_port?: boolean | undefined };

/** What is counted of calls. */
export type TelephonyStats = { readonly calls: number; readonly phones: number; readonly sip: Transactions['stats']; readonly media: MediaStats };

/** Calls that are carried here, and what of them is shown. */
export type Telephony = {
  readonly calls: Calls;
  /** The door of browsers; undefined where they cannot call. */
  readonly browsers: WhipDoors | undefined;
  readonly registrations: Registrations;
  /** To be called when a trunk was changed. */
  readonly trunksChanged: () => void;
  /** Where SIP listens; nothing where it is off. */
  readonly bound: () => ReturnType<Transactions['bound']>;
  readonly stats: () => Promise<TelephonyStats>;
  /** Ends what an earlier process has lost, then listens. Throws, in one sentence, where that cannot be. */
  readonly start: () => Promise<void>;
  /** Hangs up what is up, and lets go of everything. */
  readonly close: () => Promise<void>;
};

/** How long a dialled call may ring where nobody says otherwise. */
export const RING_TIMEOUT_MS = 30_000;
/** Silence of the far end after which its signalling is asked whether it is still there. */
const SILENT_MS = 60_000;
/** How long a hangup may take to be sent. */
const FAREWELL_MS = 500;
const BROWSERS_AT_MOST = 500;

/** True where the settings want calls to be carried. */
export const carriesCalls = ({ sip, webrtc }: Pick<Config, 'sip' | 'webrtc'>): boolean => sip === true || webrtc === true;

/** True where an earlier process has left calls that it carried. */
export const hasLeft = async (store: Store): Promise<boolean> => (await store.documents({ kind: 'leg', parent: 'embedded', limit: 1 })).length > 0;

/** Makes it; nothing is bound before `start`. Throws, in one sentence, where the settings cannot be used. */
export async function createTelephony(config: Config, parts: TelephonyParts): Promise<Telephony> {
  const { host, egress, log } = parts;
  const wire = config.sip === true ? await wireOf(config, parts.any_sip_port === true) : undefined;
  const media = createMedia({ host: config.sip_host, ports: config.rtp_ports, silent_ms: SILENT_MS });
  const speech = createSpeech(speechOf(config), { fetch: egress.request, log });
  const sip = wire && sipOf(config, parts, media, wire);
  const webrtc = config.webrtc === true
    ? createWebrtc({ media, log, settings: { host: config.sip_host, port: config.webrtc_port, public_address: config.public_address, ice_servers: config.ice_servers, at_most: BROWSERS_AT_MOST } })
    : undefined;
  const signallings: readonly Signalling[] = [...(sip ? [sip.bounded] : []), ...(webrtc ? [webrtc] : [])];
  const legs = createEmbedded({ signallings, media });
  const calls = createCalls({
    host, legs, speech, log,
    settings: { recordings: config.recordings, max_calls: config.max_calls, ring_timeout_ms: RING_TIMEOUT_MS, outside: (name) => egress.address(name) },
  });
  return {
    calls, browsers: webrtc, ...shownOf(sip?.sip, parts.clock), bound: () => wire?.transactions.bound() ?? [],
    stats: async () => ({ calls: calls.up(), phones: sip?.sip.counts().phones ?? 0, sip: wire?.transactions.stats ?? NO_SIP, media: await media.stats() }),
    async start() {
      await calls.start();
      await legs.start().catch((error: unknown) => { throw inUse(error, wire?.port ?? 0, config); });
    },
    async close() {
      const up = calls.up();
      await calls.close();
      // The far ends hear of it, before what tells them is gone.
      if (up > 0) await new Promise((resolve) => { setTimeout(resolve, FAREWELL_MS); });
      await legs.close();
      await Promise.all([media.stopWorker(), speech.close()]);
    },
  };
}

/** The counts of SIP where there is none. */
export const NO_SIP: Transactions['stats'] = { requests: 0, responses: 0, retransmissions: 0, bad: 0, dropped: 0 };

/** The longest sound that is fetched: an hour and more at the telephone's rate. */
const FETCH_BYTES = 64 * 1_048_576;

/** Whoever is set as the one who speaks is asked first, then all others. */
export function speechOf({ speech_cache, speech_cache_bytes, tts, tts_openai_url, tts_openai_key, tts_openai_model, tts_openai_voice }: Config): SpeechSettings {
  return {
    directory: speech_cache, most_bytes: speech_cache_bytes, fetch_bytes: FETCH_BYTES, espeak: 'espeak-ng',
    order: [...PROVIDER_NAMES].sort((a, b) => Number(b === tts) - Number(a === tts)),
    openai: tts_openai_url === '' ? null : { url: tts_openai_url, key: tts_openai_key, model: tts_openai_model, voice: tts_openai_voice },
  };
}

type Wire = { readonly transactions: Transactions; readonly port: number };

async function wireOf(config: Config, any_port: boolean): Promise<Wire> {
  const { sip_host: address, sip_port, sip_tls_port, sip_tls_cert, sip_tls_key, sip_ws_port, public_address } = config;
  if (sip_tls_port !== undefined && (sip_tls_cert === '' || sip_tls_key === '')) throw new Error('ACTIVEFLOW_SIP_TLS_PORT needs ACTIVEFLOW_SIP_TLS_CERT and ACTIVEFLOW_SIP_TLS_KEY.');
  const tls = sip_tls_port === undefined ? undefined : { cert: await pem('ACTIVEFLOW_SIP_TLS_CERT', sip_tls_cert), key: await pem('ACTIVEFLOW_SIP_TLS_KEY', sip_tls_key) };
  // Both on the same port, as a phone that is told one of them expects.
  const port = sip_port === 0 || (any_port && !(await isFreeHere(address, sip_port))) ? await freePort(address) : sip_port;
  const listen: WireSettings['listen'] = [
    { transport: 'udp', address, port }, { transport: 'tcp', address, port },
    ...(tls && sip_tls_port !== undefined ? [{ transport: 'tls' as const, address, port: sip_tls_port, tls }] : []),
    ...(sip_ws_port === undefined ? [] : [{ transport: 'ws' as const, address, port: sip_ws_port }]),
  ];
  return { transactions: createTransactions({ listen, public_address }), port };
}

/** What is no address of this machine is told when it is bound. */
const isFreeHere = (address: string, port: number): Promise<boolean> => isFree(address, port).catch(() => true);

async function pem(setting: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => { throw new Error(`${setting} names ${path}, which cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}.`); });
}

function sipOf(config: Config, { host, store, egress, clock, log }: TelephonyParts, media: Media, { transactions }: Wire): { readonly sip: Sip; readonly bounded: Signalling } {
  const directory = createDirectory(host, { firstCustomer: async () => (await firstCustomer(store))?.id, trunks: () => allOf(store, { kind: 'trunk' }) });
  const sip = createSip({ transactions, media, directory, log, resolve: guarded(createResolve(), egress.address), settings: { media_address: config.public_address, outbound_allow: config.outbound_allow, digests: config.sip_digests, phones_from: config.sip_phones_from } });
  return { sip, bounded: withMinutes(sip, { clock, most: config.max_outbound_minutes, spent: spentOutside(store) }) };
}

function shownOf(sip: Sip | undefined, clock: Clock): Pick<Telephony, 'registrations' | 'trunksChanged'> {
  return {
    registrations: (customer_id, extension) => (sip?.registered(customer_id, extension) ?? []).map(({ contact, transport, address, user_agent, expires_in_s }) =>
      ({ uri: contact, transport, address, user_agent, tm_expire: showTime(clock.now() + expires_in_s * 1_000_000) })),
    trunksChanged: () => { void sip?.refresh(); },
  };
}

/** What a listener says of its port, as a sentence that names the setting. */
function inUse(error: unknown, port: number, { sip_host, sip_tls_port, sip_ws_port }: Config): unknown {
  const { code, port: taken } = error as { code?: string; port?: number };
  if (code === 'EADDRNOTAVAIL') return new Error(`${sip_host} is no address of this machine: set ACTIVEFLOW_SIP_HOST.`);
  if (code !== 'EADDRINUSE') return error;
  const setting = taken === sip_tls_port ? 'ACTIVEFLOW_SIP_TLS_PORT' : taken === sip_ws_port ? 'ACTIVEFLOW_SIP_WS_PORT' : 'ACTIVEFLOW_SIP_PORT';
  return new Error(`Port ${taken ?? port} of ${sip_host}, for SIP, is in use: stop what listens there, or set ${setting}.`);
}
