// Who sends a request: an extension or trunk by digest (RFC 3261 §22), a trunk by its address. What is told does not depend on whether a name exists.
import { BlockList, isIP } from 'node:net';
import type { Log } from '../../log.js';
import type { Directory, Extension, Trunk } from './directory.js';
import { ha1, isRight, parseShown, printChallenge, type Shown } from './digest.js';
import type { Guard } from './guard.js';
import { header, headers } from './headers.js';
import type { Nonces } from './nonces.js';
import type { HeaderList, ServerTransaction, SipRequest } from './types.js';
import { parseNameAddress, parseUri } from './uri.js';

/** What authentication needs. */
export type AuthParts = {
  readonly directory: Directory; readonly nonces: Nonces; readonly log: Log;
  /** Of an address, and of a user name at an address: one phone with a wrong password does not shut out its neighbours. */
  readonly guards: { readonly address: Guard; readonly user: Guard };
  /** Addresses and CIDRs that phones may come from; none: from everywhere. */
  readonly phones_from: readonly string[];
  readonly digests: readonly ('SHA-256' | 'MD5')[];
};

/** Who it is; or what to answer. */
export type Identity =
  | { readonly kind: 'extension'; readonly customer_id: string; readonly extension: Extension }
  | { readonly kind: 'trunk'; readonly customer_id: string; readonly trunk: Trunk }
  | { readonly kind: 'refused'; readonly status: 401 | 403; readonly headers: HeaderList };

/** Asks who a request comes from; with `realm`, of which customer (§22.1). */
export type Authenticate = (transaction: ServerTransaction, realm: string) => Promise<Identity>;

/** Makes what asks for a digest. */
export function createAuthenticate(parts: AuthParts): Authenticate {
  const { directory, nonces, guards, log } = parts;
  const allowed = listOf(parts.phones_from);
  const challenge = (realm: string, stale: boolean): Identity => {
    const nonce = nonces.make();
    const values = parts.digests.map((algorithm) => ['WWW-Authenticate', printChallenge(realm, nonce, algorithm, stale)] as const);
    return { kind: 'refused', status: 401, headers: values };
  };
  const refused: Identity = { kind: 'refused', status: 403, headers: [] };

  return async ({ request, source: { address } }, realm) => {
    if (!allowed(address)) return refused;
    const shown = shownIn(request, realm, parts.digests);
    if (shown === undefined) return challenge(realm, false);
    const user = `${address} ${shown.username}`;
    // Nothing is looked at while the address waits: what is shown could be right, and would be refused all the same.
    if (!guards.address.mayTry(address) || !guards.user.mayTry(user)) return refused;
    const count = shown.qop === '' ? 1 : Number.parseInt(shown.nc, 16);
    // Not checked then: whether it would have been right is told to nobody who has not asked for a nonce.
    if (nonces.standing(shown.nonce, count) === 'stale') return challenge(realm, true);
    nonces.use(shown.nonce, count);
    const [extension, trunk] = await Promise.all([directory.extension(realm, shown.username), directory.trunkByUsername(realm, shown.username)]);
    const secret = secretOf(extension, trunk, shown) ?? nonces.pepper(`${realm}:${shown.username}`);
    if (isRight(shown, secret, request.method, request.body)) {
      guards.user.succeeded(user);
      if (extension !== undefined) return { kind: 'extension', customer_id: realm, extension };
      if (trunk !== undefined) return { kind: 'trunk', customer_id: realm, trunk };
    }
    guards.address.failed(address);
    guards.user.failed(user);
    log.info({ address, method: request.method }, 'SIP credentials refused');
    return refused;
  };
}

/** The credentials of a request for a realm, by an algorithm that was offered. */
function shownIn(request: SipRequest, realm: string, digests: readonly string[]): Shown | undefined {
  const values = [...headers(request, 'Authorization'), ...headers(request, 'Proxy-Authorization')];
  return values.map(parseShown).find((shown) => shown?.realm === realm && digests.includes(shown.algorithm) && shown.qop !== 'auth-int');
}

function secretOf(extension: Extension | undefined, trunk: Trunk | undefined, { algorithm, realm }: Shown): string | undefined {
  if (extension !== undefined) return algorithm === 'MD5' ? extension.ha1.md5 : extension.ha1.sha256;
  return trunk === undefined || trunk.password === '' ? undefined : ha1(algorithm, trunk.username, realm, trunk.password);
}

/** Which addresses a list names; all of them where it is empty. */
function listOf(networks: readonly string[]): (address: string) => boolean {
  if (networks.length === 0) return () => true;
  const list = new BlockList();
  for (const network of networks) {
    const [base = '', bits] = network.split('/');
    const family = isIP(base) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(base, family);
    else list.addSubnet(base, Number(bits), family);
  }
  return (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

const NAMED = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.|$)/;

/** The domain that says whose a request is: a phone's own, where it names a customer; otherwise the one that is called. */
export function domainOf(request: SipRequest): string {
  const own = parseNameAddress(header(request, 'From') ?? '')?.uri.host ?? '';
  return NAMED.test(own) ? own : (parseUri(request.uri)?.host ?? own);
}
