// The registrar (RFC 3261 §10.3): where the phones of an extension are. Kept in memory: a phone registers again after a restart by itself, and a
// document for each refresh of each phone would be a write a second that nobody reads.
import type { Authenticate } from './auth.js';
import type { Directory } from './directory.js';
import { cseq, header, headers, words } from './headers.js';
import type { Hop, ServerTransaction } from './types.js';
import { parseNameAddress, parseUri, printUri } from './uri.js';
import { reply, type SipSettings } from './ua.js';
import type { Timers } from './timers.js';
import { bare } from './via.js';

/** Where a phone is. */
export type Binding = {
  /** The URI that requests to it name. */
  readonly contact: string;
  /** Where they go: the place or connection that it registered from, whatever it believes its address to be. */
  readonly hop: Hop;
  /** Proxies on the way (RFC 3327). */
  readonly path: readonly string[];
  readonly q: number;
  readonly user_agent: string;
  readonly expires_at: number;
  /** Of the REGISTER (§10.3, 7). */
  readonly call_id: string;
  readonly cseq: number;
  /** `+sip.instance` and `reg-id` (RFC 5626): the same phone under another address takes its own place. */
  readonly instance: string;
};

/** A phone that is registered, as it is shown. */
export type Registered = { readonly contact: string; readonly transport: string; readonly address: string; readonly user_agent: string; readonly expires_in_s: number };

/** The registrar. */
export type Registrar = {
  readonly onRegister: (transaction: ServerTransaction) => Promise<void>;
  /** The phones of an extension, those preferred first. */
  bindings(customer_id: string, extension: string): readonly Binding[];
  readonly registered: (customer_id: string, extension: string) => readonly Registered[];
  /** A phone cannot be reached any more: its connection is gone. */
  forget(customer_id: string, extension: string, binding: Binding): void;
  /** Registered phones of all customers. */
  count(): number;
};

/** What a registrar needs. */
export type RegistrarParts = { readonly directory: Directory; readonly authenticate: Authenticate; readonly settings: SipSettings; readonly timers: Timers };

const MOST_CONTACTS = 10;
const SWEEP = 1_000;

/** Makes a registrar. */
export function createRegistrar(parts: RegistrarParts): Registrar {
  const { directory, authenticate, timers } = parts;
  const known = new Map<string, readonly Binding[]>();
  let since_sweep = 0;
  const key = (customer_id: string, extension: string): string => `${customer_id}/${extension}`;
  const live = (name: string): readonly Binding[] => (known.get(name) ?? []).filter(({ expires_at }) => expires_at > timers.now());
  const keep = (name: string, bindings: readonly Binding[]): void => {
    if (bindings.length === 0) known.delete(name);
    else known.set(name, bindings);
    // Extensions that are gone for good are not asked for again.
    if (++since_sweep < SWEEP) return;
    since_sweep = 0;
    for (const other of [...known.keys()]) if (live(other).length === 0) known.delete(other);
  };
  const leftOf = ({ expires_at }: Binding): number => Math.max(0, Math.ceil((expires_at - timers.now()) / 1_000));
  const bindings = (customer_id: string, extension: string): readonly Binding[] => [...live(key(customer_id, extension))].sort((a, b) => b.q - a.q);

  return {
    async onRegister(transaction) {
      const { request } = transaction;
      const strange = words(request, 'Require').filter((word) => !['path', 'outbound', 'gruu'].includes(word));
      if (strange.length > 0) { reply(transaction, 420, [['Unsupported', strange.join(', ')]]); return; }
      const domain = parseUri(request.uri)?.host ?? '';
      const identity = await authenticate(transaction, (await directory.customerOf(domain)) ?? domain);
      if (identity.kind === 'refused') { reply(transaction, identity.status, identity.headers); return; }
      const user = parseNameAddress(header(request, 'To') ?? '')?.uri.user;
      // §10.3, 4: nobody registers for somebody else.
      if (identity.kind !== 'extension' || user !== identity.extension.extension) { reply(transaction, 403); return; }
      const name = key(identity.customer_id, user);
      const result = change(parts, transaction, live(name));
      if ('status' in result) { reply(transaction, result.status, result.headers); return; }
      keep(name, result.bindings);
      const now = result.bindings.map((binding) => ['Contact', `<${binding.contact}>;expires=${leftOf(binding)}`] as const);
      reply(transaction, 200, [...now, ...headers(request, 'Path').map((value) => ['Path', value] as const), ['Date', new Date().toUTCString()]]);
    },
    bindings,
    registered: (customer_id, extension) => bindings(customer_id, extension).map((binding) => ({
      contact: binding.contact, transport: binding.hop.transport, address: `${binding.hop.address}:${binding.hop.port}`, user_agent: binding.user_agent, expires_in_s: leftOf(binding),
    })),
    forget(customer_id, extension, { contact, call_id }) {
      const name = key(customer_id, extension);
      keep(name, live(name).filter((other) => other.contact !== contact || other.call_id !== call_id));
    },
    count: () => [...known.keys()].reduce((sum, name) => sum + live(name).length, 0),
  };
}

type Changed = { readonly bindings: readonly Binding[] } | { readonly status: number; readonly headers: readonly (readonly [string, string])[] };

const no = (status: number, headers: readonly (readonly [string, string])[] = []): Changed => ({ status, headers });

/** What the bindings are after a REGISTER: all of it is done, or none (§10.3, 6 to 7). */
function change(parts: RegistrarParts, { request, source }: ServerTransaction, before: readonly Binding[]): Changed {
  const { register_s } = parts.settings;
  const contacts = headers(request, 'Contact');
  const asked = secondsOf(header(request, 'Expires'));
  const order = { call_id: header(request, 'Call-ID') ?? '', cseq: cseq(request)?.number ?? 0 };
  const late = ({ call_id, cseq }: Binding): boolean => call_id === order.call_id && cseq >= order.cseq;
  if (contacts.includes('*')) {
    if (contacts.length > 1 || asked !== 0) return no(400);
    return before.some(late) ? no(500) : { bindings: [] };
  }
  let bindings = before;
  for (const value of contacts) {
    const address = parseNameAddress(value);
    if (address === undefined || address.uri.scheme === 'tel') return no(400);
    const wanted = secondsOf(address.parameters['expires']) ?? asked ?? register_s.most;
    if (wanted > 0 && wanted < register_s.least) return no(423, [['Min-Expires', String(register_s.least)]]);
    const contact = printUri(address.uri);
    const instance = instanceOf(address.parameters);
    const mine = (other: Binding): boolean => other.contact === contact || (instance !== '' && other.instance === instance);
    if (bindings.some((other) => mine(other) && late(other))) return no(500);
    bindings = bindings.filter((other) => !mine(other));
    if (wanted === 0) continue;
    // Behind a router: its mapping of UDP is gone after a minute or two of silence.
    const hidden = source.transport === 'udp' && bare(address.uri.host) !== source.address;
    const seconds = Math.min(wanted, hidden ? register_s.behind_nat : register_s.most);
    bindings = [...bindings, {
      contact, hop: source, path: headers(request, 'Path'), q: qOf(address.parameters['q']), user_agent: (header(request, 'User-Agent') ?? '').slice(0, 128),
      expires_at: parts.timers.now() + seconds * 1_000, ...order, instance,
    }];
  }
  return bindings.length > MOST_CONTACTS ? no(403) : { bindings };
}

/** A number of seconds; undefined where there is none, and where it is garbage (§20.19). */
function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Number(text) : undefined;
}

function qOf(text: string | undefined): number {
  const q = Number(text ?? 1);
  return q >= 0 && q <= 1 ? q : 1;
}

function instanceOf(parameters: Readonly<Record<string, string>>): string {
  const { '+sip.instance': instance = '', 'reg-id': number = '' } = parameters;
  return instance === '' ? '' : `${instance}#${number}`;
}
