// Whom a destination means: the phones of an extension, a trunk, or a host that may be called (nothing else goes out).
import type { Address } from '@activeflow/engine';
import { createAnswers, NO_ANSWERS, type Answers } from './answers.js';
import type { Directory, Trunk } from './directory.js';
import type { Binding, Registrar } from './registrar.js';
import type { Resolve } from './resolve.js';
import { hostAndPort } from './trunk-client.js';
import type { Hop } from './types.js';
import { token, type SipSettings } from './ua.js';
import { parseUri, printUri } from './uri.js';
import { bare } from './via.js';

/** One far end to dial. */
export type Target = {
  readonly uri: string;
  readonly route: readonly string[];
  /** Places to try, one after the other. */
  readonly hops: () => Promise<readonly Hop[]>;
  /** Whether the far end is answered where it is dialled, whatever its Contact says. */
  readonly direct: boolean;
  readonly answers: Answers;
  readonly trunk?: Trunk;
  readonly binding?: Binding;
};

/** What dialling a destination means; `targets` may be empty: the extension is there, its phones are not. */
export type Route = { readonly extension: string; readonly targets: readonly Target[] };

/** What is asked. */
export type RouteParts = {
  /** Whether a host is this server. */
  readonly isOurs: (host: string, port: number | undefined) => boolean;
  readonly directory: Directory; readonly registrar: Registrar; readonly resolve: Resolve; readonly settings: SipSettings;
};

/** Finds what a destination means for a customer; undefined where it cannot be dialled. */
export async function routeOf(parts: RouteParts, customer_id: string, destination: Address): Promise<Route | undefined> {
  const { type, target } = destination;
  switch (type) {
    case 'extension': return toExtension(parts, customer_id, target.split('@', 1)[0] ?? '');
    case 'tel': return toTrunk(parts, customer_id, target.replaceAll(/[-.() ]/g, ''));
    case 'sip': return toUri(parts, customer_id, /^sips?:/i.test(target) ? target : `sip:${target}`);
    default: return undefined;
  }
}

async function toExtension({ directory, registrar }: RouteParts, customer_id: string, extension: string): Promise<Route | undefined> {
  if ((await directory.extension(customer_id, extension)) === undefined) return undefined;
  const targets = registrar.bindings(customer_id, extension).map((binding): Target => ({
    uri: binding.contact, route: binding.path, hops: () => Promise.resolve([binding.hop]), direct: binding.path.length === 0, answers: NO_ANSWERS, binding,
  }));
  return { extension, targets };
}

async function toTrunk({ directory, resolve, settings }: RouteParts, customer_id: string, number: string): Promise<Route | undefined> {
  if (!/^\+?\d{1,32}$/.test(number) || !settings.outbound_allow.some((prefix) => number.startsWith(prefix))) return undefined;
  const trunk = await directory.trunkFor(customer_id, number);
  if (trunk === undefined || trunk.uri === '') return undefined;
  const target: Target = {
    uri: `sip:${number}@${hostAndPort(trunk.uri)}`, route: [], hops: () => resolve(trunk.uri), direct: false, trunk,
    answers: createAnswers(trunk.username, trunk.password, token),
  };
  return { extension: '', targets: [target] };
}

/** A `sip:` address: one of our own extensions by its domain or our address, or a host that the settings name. */
async function toUri(parts: RouteParts, customer_id: string, text: string): Promise<Route | undefined> {
  const uri = parseUri(text);
  if (uri === undefined || uri.scheme === 'tel' || uri.user === '') return undefined;
  const [label] = uri.host.split('.');
  if (label === customer_id || parts.isOurs(bare(uri.host), uri.port)) return toExtension(parts, customer_id, uri.user);
  if (!parts.settings.outbound_allow.some((allowed) => allowed.toLowerCase() === `@${uri.host}`)) return undefined;
  const { headers: _none, password: _neither, ...plain } = uri;
  const called = printUri(plain);
  return { extension: '', targets: [{ uri: called, route: [], hops: () => parts.resolve(called), direct: false, answers: NO_ANSWERS }] };
}
