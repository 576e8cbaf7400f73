// The settings: one list. Each entry is default, check, help text and documentation. Read once, frozen; nothing else reads the environment.
import { defaultLimits, LimitsSchema, type Limits } from '@activeflow/engine';
import { parseAllow } from './driver/http/allow.js';

type Entry<T> = { readonly name: string; readonly fallback: string; readonly help: string; readonly secret?: true; readonly read: (text: string) => T };

const number = (lowest: number, highest: number) => (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < lowest || value > highest) throw new Error(`must be a whole number from ${lowest} to ${highest}`);
  return value;
};
const word = <const T extends string>(...words: readonly T[]) => (text: string): T => {
  const found = words.find((candidate) => candidate === text);
  if (found === undefined) throw new Error(`must be one of ${words.join(', ')}`);
  return found;
};
const flag = (text: string): boolean => word('true', 'false', '1', '0')(text) === 'true' || text === '1';
const any = (text: string): string => text;

const entry = <T>(name: string, fallback: string, help: string, read: (text: string) => T, secret?: true): Entry<T> =>
  ({ name: `ACTIVEFLOW_${name}`, fallback, help, read, ...(secret ? { secret } : {}) });

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
  simulator: entry('SIMULATOR', '', 'the played callers and senders under /v1.0/simulator: `true` or `false`; on in `dev`, off in `start`', (text) => (text === '' ? undefined : flag(text))),
  rate_limit: entry('RATE_LIMIT', '', 'requests a second for each address and each customer; 0 is none; 200 in `start`, 0 in `dev`', (text) => (text === '' ? undefined : number(0, 1_000_000)(text))),
  trust_proxy: entry('TRUST_PROXY', 'false', 'take the client address from X-Forwarded-For; only behind a proxy of your own', flag),
  log: entry('LOG', 'info', 'least level logged; `warn` in `dev`', word('debug', 'info', 'warn', 'error', 'silent')),
  url: entry('URL', 'http://127.0.0.1:8080', 'the server that commands ask', serverUrl),
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

function accessKey(text: string): string {
  if (text !== '' && !/^af_[A-Za-z0-9]{40}$/.test(text)) throw new Error('must be `af_` followed by 40 letters and digits');
  return text;
}

function jwtSecret(text: string): string {
  if (text !== '' && Buffer.byteLength(text) < 32) throw new Error('must be at least 32 bytes');
  return text;
}

function serverUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) throw new Error('must be an http or https URL');
  return text;
}

function allowList(text: string): readonly string[] {
  const entries = text.split(',').map((part) => part.trim()).filter(Boolean);
  parseAllow(entries);
  return entries;
}
