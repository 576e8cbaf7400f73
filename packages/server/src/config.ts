// The settings: one list. Each entry is default, check, help text and documentation. Read once, frozen; nothing else reads the environment.
import { isIP } from 'node:net';
import { defaultLimits, LimitsSchema, type Limits } from '@activeflow/engine';
import { parseAllow } from './driver/http/allow.js';
import { any, entry, flag, listed, number, optional, serverUrl, word, type Entry } from './setting.js';
import { messageEntries } from './settings-messages.js';

/** Every setting there is. */
export const SETTINGS = {
  host: entry('HOST', '127.0.0.1', 'address to listen on; loopback unless told otherwise', any),
  port: entry('PORT', '8080', 'port to listen on; 0 takes a free one', number(0, 65_535)),
  store: entry('STORE', 'sqlite:./data/activeflow.db', '`sqlite:<path>` or `memory:`', storeAddress),
  durability: entry('DURABILITY', 'fsync', '`fsync`: flushed before the answer; `os`: written, survives the process, not a power cut; `memory`: nothing on disk', word('fsync', 'os', 'memory')),
  access_key: entry('ACCESS_KEY', '', '`start` makes the first customer with this access key (`af_` and 40 letters and digits); commands that ask a server send it', accessKey, true),
  jwt_secret: entry('JWT_SECRET', '', 'signs login tokens; at least 32 bytes. `dev` makes one of its own', jwtSecret, true),
  query_credentials: entry('QUERY_CREDENTIALS', 'true', 'accept `?token=` and `?accesskey=`', flag),
  egress_allow: entry('EGRESS_ALLOW', '', 'hosts and CIDRs, comma-separated, that outgoing requests may reach although they are private', allowList),
  clock: entry('CLOCK', 'real', '`real`, or `virtual`: time stands still until the simulator moves it', word('real', 'virtual')),
  simulator: entry('SIMULATOR', '', 'the played callers and senders under /v1.0/simulator: `true` or `false`; on in `dev`, off in `start`', optional(flag)),
  rate_limit: entry('RATE_LIMIT', '', 'requests a second for each address and each customer; 0 is none; 200 in `start`, 0 in `dev`', optional(number(0, 1_000_000))),
  trust_proxy: entry('TRUST_PROXY', 'false', 'take the client address from X-Forwarded-For; only behind a proxy of your own', flag),
  log: entry('LOG', 'info', 'least level logged; `warn` in `dev`', word('debug', 'info', 'warn', 'error', 'silent')),
  url: entry('URL', 'http://127.0.0.1:8080', 'the server that commands ask', serverUrl),
  ...callEntries(),
  ...messageEntries(),
  ...limitEntries(),
} as const;

/** The settings in force. */
export type Config = { readonly [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['read']> };

type Environment = Readonly<Record<string, string | undefined>>;
type Key = keyof typeof SETTINGS;

/**
 * Reads the settings; `fallbacks` are defaults of the command that asks. Throws with one sentence that names the variable and says what
 * would be right.
 */
export function readConfig(environment: Environment = process.env, fallbacks: { readonly [K in Key]?: string } = {}): Config {
  const values = (Object.keys(SETTINGS) as Key[]).map((key) => [key, readSetting(key, environment, fallbacks[key])] as const);
  return Object.freeze(Object.fromEntries(values)) as Config;
}

/** Reads one setting, whatever the others are like. Throws as `readConfig` does. */
export function readSetting<K extends Key>(key: K, environment: Environment = process.env, fallback = SETTINGS[key].fallback): Config[K] {
  const { name, read } = SETTINGS[key];
  try {
    return read(environment[name]?.trim() || fallback) as Config[K];
  } catch (error) {
    throw new Error(`${name} ${(error as Error).message}.`, { cause: error });
  }
}

/** A setting as it is shown: its text, a secret only as `(set)`, and what is wrong with it, if anything. */
export type ShownSetting = { readonly name: string; readonly value: string; readonly set: boolean; readonly fallback: string; readonly help: string; readonly fault: string };

/** Every setting with its value, for people. */
export function showSettings(environment: Environment = process.env): readonly ShownSetting[] {
  return (Object.keys(SETTINGS) as Key[]).map((key) => {
    const { name, fallback, help, secret } = SETTINGS[key] as Entry<unknown>;
    const given = environment[name]?.trim() ?? '';
    return { name, value: secret && given !== '' ? '(set)' : given || fallback, set: given !== '', fallback, help, fault: faultOf(key, environment) };
  });
}

function faultOf(key: Key, environment: Environment): string {
  try {
    readSetting(key, environment);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** The engine's bounds among the settings. */
export const limitsOf = (config: Config): Limits =>
  Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, config[`limit_${name as keyof Limits}`]])) as Limits;

/** What calls need. Switches left empty are on in `dev` and off in `start`. */
function callEntries() {
  return {
    sip: entry('SIP', '', 'phones and trunks by SIP: `true` or `false`; on in `dev`, off in `start`', optional(flag)),
    sip_host: entry('SIP_HOST', '127.0.0.1', 'address that SIP and the sound of calls (RTP) are bound to', any),
    sip_port: entry('SIP_PORT', '5060', 'SIP over UDP and TCP; 0 takes a free one', number(0, 65_535)),
    sip_tls_port: entry('SIP_TLS_PORT', '', 'SIP over TLS; empty is none', optional(number(0, 65_535))),
    sip_tls_cert: entry('SIP_TLS_CERT', '', 'file with the certificate and its chain, PEM', any),
    sip_tls_key: entry('SIP_TLS_KEY', '', 'file with the key of the certificate, PEM', any),
    sip_ws_port: entry('SIP_WS_PORT', '', 'SIP over WebSocket; empty is none', optional(number(0, 65_535))),
    sip_digests: entry('SIP_DIGESTS', 'MD5', 'digests that phones are asked for, comma-separated, the preferred first: `MD5`, `SHA-256`. Many phones give up where one is named that they do not know', digests),
    sip_phones_from: entry('SIP_PHONES_FROM', '', 'addresses and CIDRs, comma-separated, that phones may call and register from; empty is everywhere. Trunks have their own', networks),
    public_address: entry('PUBLIC_ADDRESS', '', 'IP address that others reach this machine at, where it is another than SIP_HOST: behind NAT', ipAddress),
    rtp_ports: entry('RTP_PORTS', '20000-29999', 'first and last UDP port for the sound of calls; each call takes two', portRange),
    webrtc: entry('WEBRTC', '', 'calls from browsers: `true` or `false`; on in `dev`, off in `start`', optional(flag)),
    webrtc_port: entry('WEBRTC_PORT', '0', 'the one UDP port that browsers send to; 0 takes a free one', number(0, 65_535)),
    ice_servers: entry('ICE_SERVERS', '', 'STUN and TURN servers, comma-separated: `stun:host:3478`, `turn:user:password@host:3478`', iceServers, true),
    recordings: entry('RECORDINGS', './data/recordings', 'folder that recordings are written to', any),
    speech_cache: entry('SPEECH_CACHE', './data/speech', 'folder that keeps what was said, so that it is made once', any),
    speech_cache_bytes: entry('SPEECH_CACHE_BYTES', '536870912', 'most that it keeps, in bytes', number(0, Number.MAX_SAFE_INTEGER)),
    tts: entry('TTS', '', 'who speaks where a flow names nobody: `flite` (English, built in), `espeak` (where espeak-ng is installed) or `openai`; empty is whoever speaks the language', word('', 'flite', 'espeak', 'openai')),
    tts_openai_url: entry('TTS_OPENAI_URL', '', 'base of an API with `/v1/audio/speech`, as `https://api.openai.com`; empty is none', (text) => (text === '' ? '' : serverUrl(text))),
    tts_openai_key: entry('TTS_OPENAI_KEY', '', 'its key', any, true),
    tts_openai_model: entry('TTS_OPENAI_MODEL', 'tts-1', 'its model', any),
    tts_openai_voice: entry('TTS_OPENAI_VOICE', 'alloy', 'its voice, where a flow names none', any),
    sip_extension: entry('SIP_EXTENSION', '', 'an extension for a first run, as `name:password`; made where the first customer has none', extensionOf, true),
    sip_trunk: entry('SIP_TRUNK', '', 'a trunk for a first run, as the JSON that POST /v1.0/trunks takes; made where the first customer has none', jsonObject, true),
    outbound_allow: entry('OUTBOUND_ALLOW', '', 'beginnings of the numbers that may be dialled by trunks, comma-separated, as `+49,+43`, where `+` is all; `@host` allows SIP addresses of a host. Empty: no call goes out', prefixes),
    max_calls: entry('MAX_CALLS', '100', 'calls that a customer may have at once; 0 is any number', number(0, 1_000_000)),
    max_outbound_minutes: entry('MAX_OUTBOUND_MINUTES', '600', 'minutes that a customer may talk by trunks in a day (UTC); then no call goes out, and those that are up end. 0 is any number', number(0, 1_000_000)),
    ari_url: entry('ARI_URL', '', 'base of an Asterisk\'s REST interface, as `http://127.0.0.1:8088/ari`: it carries the calls then, instead of SIP and browsers here; empty is none', (text) => (text === '' ? '' : serverUrl(text))),
    ari_user: entry('ARI_USER', 'activeflow', 'account there', any),
    ari_password: entry('ARI_PASSWORD', '', 'its password', any, true),
    ari_app: entry('ARI_APP', 'activeflow', 'the Stasis application that its dialplan hands calls to', appName),
    ari_sounds: entry('ARI_SOUNDS', './data/asterisk', 'folder that the Asterisk reads sounds from', any),
    ari_sounds_there: entry('ARI_SOUNDS_THERE', '', 'the same folder as the Asterisk names it, where that is another path', any),
    ari_dial_tel: entry('ARI_DIAL_TEL', '', 'endpoint that a number is dialled by, as `PJSIP/{target}@trunk`; empty: none is', endpoint),
    ari_dial_extension: entry('ARI_DIAL_EXTENSION', '', 'the same for extensions, as `PJSIP/{target}`', endpoint),
    ari_dial_sip: entry('ARI_DIAL_SIP', '', 'the same for SIP addresses, as `PJSIP/outside/{target}`', endpoint),
  };
}

function appName(text: string): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(text)) throw new Error('must be a name of letters, digits, `_` and `-`');
  return text;
}

function endpoint(text: string): string {
  if (text !== '' && !/^[A-Za-z0-9]+\/[^,&\s]*\{target\}[^,&\s]*$/.test(text)) throw new Error('must be an endpoint with `{target}` in it, as `PJSIP/{target}@trunk`');
  return text;
}

function limitEntries(): { [K in keyof Limits as `limit_${K}`]: Entry<number> } {
  return Object.fromEntries(Object.entries(defaultLimits).map(([name, value]) =>
    [`limit_${name}`, entry(`LIMIT_${name.toUpperCase()}`, String(value), `bound of the engine: ${described(name as keyof Limits)}`, number(1, Number.MAX_SAFE_INTEGER))])) as never;
}

function described(name: keyof Limits): string {
  return (LimitsSchema.properties[name] as { readonly description?: string }).description ?? name;
}

function storeAddress(text: string): { readonly kind: 'memory' } | { readonly kind: 'sqlite'; readonly path: string } {
  if (text === 'memory:') return { kind: 'memory' };
  if (text.startsWith('sqlite:') && text.length > 7) return { kind: 'sqlite', path: text.slice(7) };
  throw new Error('must be `sqlite:<path>` or `memory:`');
}

function ipAddress(text: string): string {
  if (text !== '' && isIP(text) === 0) throw new Error('must be an IP address');
  return text;
}

function portRange(text: string): readonly [number, number] {
  const [, first, last] = (/^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (first === undefined || last === undefined || first < 1_024 || last > 65_535 || last - first < 1) throw new Error('must be two ports from 1024 to 65535, as `20000-29999`');
  return [first, last];
}

/** One STUN or TURN server, as browsers name it. */
export type IceServer = { readonly urls: string; readonly username?: string; readonly credential?: string };

function iceServers(text: string): readonly IceServer[] {
  return listed(text).map((part) => {
    const [, scheme, username, credential, host] = /^(stuns?|turns?):(?:([^:@]+):([^@]+)@)?((?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?)$/.exec(part) ?? [];
    // What is wrong with it is not repeated: it may hold a password.
    if (scheme === undefined || host === undefined || scheme.startsWith('turn') !== (username !== undefined)) throw new Error('must be a list of `stun:host:port` and `turn:user:password@host:port`');
    return { urls: `${scheme}:${host}`, ...(username === undefined || credential === undefined ? {} : { username, credential }) };
  });
}

function extensionOf(text: string): { readonly extension: string; readonly password: string } | undefined {
  if (text === '') return undefined;
  const [, extension, password] = /^([A-Za-z0-9][A-Za-z0-9._-]{0,31}):([\x20-\x7e]{8,128})$/.exec(text) ?? [];
  if (extension === undefined || password === undefined) throw new Error('must be `name:password`, with a password of 8 to 128 printable ASCII characters');
  return { extension, password };
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text === '') return undefined;
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read as Record<string, unknown>;
  } catch { /* said below: the parser would repeat what may be a password */ }
  throw new Error('must be a JSON object');
}

function prefixes(text: string): readonly string[] {
  const all = listed(text);
  if (!all.every((prefix) => /^(?:\+|\+?\d{1,15}|@[A-Za-z0-9.:[\]-]{1,253})$/.test(prefix))) throw new Error('must be a list of beginnings of numbers, as `+49`, and of hosts, as `@sip.example.com`');
  return all;
}

function digests(text: string): readonly ('MD5' | 'SHA-256')[] {
  const all = listed(text).map((name) => (name === 'MD5' || name === 'SHA-256' ? name : undefined)).filter((name) => name !== undefined);
  if (all.length === 0 || all.length !== listed(text).length) throw new Error('must be a list of `MD5` and `SHA-256`');
  return all;
}

function networks(text: string): readonly string[] {
  const isNetwork = (part: string): boolean => {
    const [base = '', bits, ...rest] = part.split('/');
    const most = isIP(base) === 4 ? 32 : isIP(base) === 6 ? 128 : -1;
    return most > 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
  };
  if (!listed(text).every(isNetwork)) throw new Error('must be a list of IP addresses and CIDRs, as `10.0.0.0/8`');
  return listed(text);
}

function accessKey(text: string): string {
  if (text !== '' && !/^af_[A-Za-z0-9]{40}$/.test(text)) throw new Error('must be `af_` followed by 40 letters and digits');
  return text;
}

function jwtSecret(text: string): string {
  if (text !== '' && Buffer.byteLength(text) < 32) throw new Error('must be at least 32 bytes');
  return text;
}

function allowList(text: string): readonly string[] {
  const entries = listed(text);
  parseAllow(entries);
  return entries;
}
