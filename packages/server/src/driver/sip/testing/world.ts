// A UA on a real socket, whose time is moved by hand: no packet is lost and nothing is late unless a test says so.
import { silent } from '../../../log.js';
import type { MediaAgreement } from '../../../media/media.js';
import type { SignalFact } from '../../legs.js';
import { ha1 } from '../digest.js';
import type { Directory, Extension, Trunk } from '../directory.js';
import type { Resolve } from '../resolve.js';
import { createSip, type Sip, type SipParts, type SipSettings } from '../sip.js';
import { virtualTimers, type VirtualTimers } from '../timers.js';
import type { OpenTransport } from '../transport/open.js';
import { createTransactions } from '../wire.js';
import type { TransportName } from '../types.js';

/** The customer whose domain every host is. */
export const CUSTOMER = '11111111-1111-4111-8111-111111111111';

/** How long a test waits for what hangs. */
export const PATIENCE_MS = 60_000;

/** A fact, and whose. */
export type Told = { readonly leg_id: string; readonly fact: SignalFact };

/** A UA to be tested. */
export type World = {
  readonly sip: Sip;
  readonly port: number;
  readonly timers: VirtualTimers;
  readonly told: readonly Told[];
  /** The legs whose sound is open, and what was agreed of each, the latest last. */
  readonly media: { readonly open: ReadonlySet<string>; readonly agreed: (leg_id: string) => readonly MediaAgreement[]; full: boolean };
  /** Resolves with the first fact of a type that was not waited for yet. */
  readonly until: <Type extends SignalFact['type']>(type: Type, leg_id?: string) => Promise<{ readonly leg_id: string; readonly fact: Extract<SignalFact, { readonly type: Type }> }>;
  readonly facts: (leg_id: string) => readonly string[];
  readonly logged: () => string;
  readonly stats: () => { readonly retransmissions: number };
  readonly close: () => Promise<void>;
};

/** What a test may have otherwise. */
export type Setting = {
  readonly settings?: Partial<SipSettings>;
  readonly extensions?: Readonly<Record<string, string>>;
  readonly trunks?: readonly Trunk[];
  readonly resolve?: Resolve;
  readonly timers?: VirtualTimers;
  readonly transport?: OpenTransport;
  readonly listen?: readonly TransportName[];
  /** What is done at once about calls that come in. */
  readonly on?: (sip: Sip, told: Told) => void;
};

/** A trunk, with what a test wants of it. */
export function trunk(given: Partial<Trunk> = {}): Trunk {
  return { id: 'trunk', customer_id: CUSTOMER, name: '', allowed_addresses: [], uri: '', username: '', password: '', register: false, prefixes: [], ...given };
}

/** A phone's credentials, as they are kept. */
export function extension(name: string, password: string): Extension {
  return { id: `id-${name}`, customer_id: CUSTOMER, extension: name, ha1: { md5: ha1('MD5', name, CUSTOMER, password), sha256: ha1('SHA-256', name, CUSTOMER, password) } };
}

function directoryOf({ extensions = {}, trunks = [] }: Setting): Directory {
  return {
    customerOf: () => Promise.resolve(CUSTOMER),
    extension: (customer_id, name) => Promise.resolve(customer_id === CUSTOMER && extensions[name] !== undefined ? extension(name, extensions[name]) : undefined),
    trunkByAddress: (_customer, address) => Promise.resolve(trunks.find(({ allowed_addresses }) => allowed_addresses.includes(address))),
    trunkByUsername: (_customer, username) => Promise.resolve(trunks.find((found) => found.username === username && username !== '')),
    trunkFor: (_customer, number) => Promise.resolve(trunks.find(({ prefixes }) => prefixes.some((prefix) => number.startsWith(prefix)))),
    registering: () => Promise.resolve(trunks.filter(({ register }) => register)),
  };
}

/** Starts a UA on a free port. */
export async function startWorld(setting: Setting = {}): Promise<World> {
  const timers = setting.timers ?? virtualTimers();
  const told: Told[] = [];
  const taken = new Set<Told>();
  const open = new Set<string>();
  const agreed = new Map<string, MediaAgreement[]>();
  const lines: string[] = [];
  const transactions = createTransactions(
    { listen: (setting.listen ?? ['udp']).map((transport) => ({ transport, address: '127.0.0.1', port: 0 })) },
    { timers, ...(setting.transport === undefined ? {} : { transport: setting.transport }) },
  );
  let port = 40_000;
  const media = {
    full: false, open, agreed: (leg_id: string) => agreed.get(leg_id) ?? [],
  };
  const write = (fields: unknown, message: string): void => { lines.push(`${message} ${JSON.stringify(fields)}`); };
  const parts: SipParts = {
    transactions, timers, directory: directoryOf(setting), log: { ...silent, info: write, warn: write, error: write },
    settings: { ...setting.settings }, ...(setting.resolve === undefined ? {} : { resolve: setting.resolve }),
    // Of the media worker only what signalling asks of it: the worker itself is tested beside its own sources.
    media: {
      open: (leg_id: string) => { if (media.full) return Promise.reject(new Error('no port')); open.add(leg_id); return Promise.resolve({ port: (port += 2) }); },
      agree: (leg_id: string, agreement: MediaAgreement) => { agreed.set(leg_id, [...media.agreed(leg_id), agreement]); },
      close: (leg_id: string) => { open.delete(leg_id); },
    },
  };
  const sip = createSip(parts);
  sip.listen((leg_id, fact) => {
    told.push({ leg_id, fact });
    setting.on?.(sip, { leg_id, fact });
  });
  await sip.start();
  return {
    sip, timers, told, media, port: transactions.bound()[0]?.port ?? 0,
    async until(type, leg_id) {
      const found = await eventually(() => told.find((each) => each.fact.type === type && !taken.has(each) && (leg_id === undefined || each.leg_id === leg_id)), () => `${type}; there was ${JSON.stringify(told)}`);
      taken.add(found);
      return found as never;
    },
    facts: (leg_id) => told.filter((each) => each.leg_id === leg_id).map(({ fact }) => (fact.type === 'ended' ? `ended ${fact.cause} ${fact.by}` : fact.type === 'ringing' ? `ringing${fact.early_media ? ' early' : ''}` : fact.type)),
    logged: () => lines.join('\n'),
    stats: () => transactions.stats,
    close: async () => {
      const closed = sip.close();
      // Its last wait is one of the time that stands still.
      for (let i = 0; i < 5; i++) { await turn(); timers.advance(1_000); }
      await closed;
    },
  };
}

/** Resolves once there is something; throws with what was waited for where it hangs. */
export async function eventually<Value>(look: () => Value | undefined, wanted: () => string): Promise<Value> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`there was no ${wanted()}`);
    await turn();
  }
}

/** Lets what is under way in this process arrive: packets over loopback are there after one turn of the event loop. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => { setTimeout(resolve, 1); });
}

/** Moves time in small steps, and lets packets arrive in between. */
export async function pass(timers: VirtualTimers, milliseconds: number, step_ms = 100): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += step_ms) {
    timers.advance(Math.min(step_ms, milliseconds - passed));
    await turn();
    await turn();
  }
}
