// Who is asking: access keys and tokens (wire.md §3). Secrets are compared by their hash and never shown again.
import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { jwtVerify, SignJWT } from 'jose';
import type { Instant } from '@activeflow/engine';
import { ApiError } from '../problem.js';
import type { Clock } from '../clock.js';
import type { Document, Store } from '../store/store.js';

/** Who a request is from. */
export type Identity = { readonly customer_id: string; readonly kind: 'accesskey' | 'token'; readonly accesskey_id: string; readonly username: string };

/** Credentials as they were sent. */
export type Credentials = { readonly kind: 'accesskey' | 'token'; readonly value: string };

/** A token, and until when it is good. */
export type Issued = { readonly token: string; readonly expires: Instant };

/** Issues and checks credentials. */
export type Identities = {
  /** Whose credentials these are. Throws `INVALID_CREDENTIALS`. */
  identify(credentials: Credentials): Promise<Identity>;
  /** A token for a user whose password is right; undefined where it is not. Takes the same time for an unknown name. */
  login(username: string, password: string): Promise<Issued | undefined>;
  /** A token for a customer who has proved otherwise who they are. */
  token(customer_id: string, username: string): Promise<Issued>;
};

const TOKEN_DAYS = 7;
const ISSUER = 'activeflow';
/** How long a good credential is not looked up again: the bound on how long a revoked one still works when another process revoked it. */
const REMEMBERED_US = 2_000_000;
/** How far the clocks of two nodes may be apart. */
const CLOCKS_APART_US = 60_000_000;
const MOST_REMEMBERED = 10_000;

/** Makes the identities of a store. `jwt_secret` has at least 32 bytes. */
export function createIdentities({ store, clock, jwt_secret }: { readonly store: Store; readonly clock: Clock; readonly jwt_secret: string }): Identities & { forget(): void } {
  const secret = new TextEncoder().encode(jwt_secret);
  const remembered = new Map<string, { readonly identity: Identity; readonly until: Instant }>();
  let forgotten = 0;

  const lookUp = async ({ kind, value }: Credentials): Promise<{ identity: Identity; until: Instant } | undefined> =>
    kind === 'accesskey' ? byAccessKey(store, clock, value) : byToken(store, clock, secret, value);

  const issue = async (customer_id: string, username: string): Promise<Issued> => {
    const now_s = Math.floor(clock.now() / 1_000_000);
    const exp = now_s + TOKEN_DAYS * 86_400;
    const token = await new SignJWT({ customer_id, username }).setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer(ISSUER).setAudience(ISSUER).setSubject(customer_id).setIssuedAt(now_s).setExpirationTime(exp).sign(secret);
    return { token, expires: exp * 1_000_000 };
  };

  return {
    async identify(credentials) {
      const name = hashSecret(credentials.value);
      const now = clock.now();
      const known = remembered.get(name);
      if (known && known.until > now) return known.identity;
      remembered.delete(name);
      const before = forgotten;
      const found = await lookUp(credentials);
      if (!found) throw new ApiError('INVALID_CREDENTIALS', 'the credentials are unknown, expired or revoked');
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      // What was looked up before a key was revoked is not remembered after it.
      if (before === forgotten) remembered.set(name, { identity: found.identity, until: Math.min(found.until, now + REMEMBERED_US) });
      return found.identity;
    },
    async login(username, password) {
      const user = username === '' ? undefined : await store.find('customer', username);
      const right = await checkPassword(password, typeof user?.data['password'] === 'string' ? user.data['password'] : UNKNOWN_USER);
      return right && user ? issue(user.id, username) : undefined;
    },
    token: issue,
    forget: () => { forgotten++; remembered.clear(); },
  };
}

async function byAccessKey(store: Store, clock: Clock, value: string): Promise<{ identity: Identity; until: Instant } | undefined> {
  if (!/^af_[A-Za-z0-9]{40}$/.test(value)) return undefined;
  const key = await store.find('accesskey', hashSecret(value));
  const expires = typeof key?.data['expires_at'] === 'number' ? key.data['expires_at'] : Number.MAX_SAFE_INTEGER;
  if (!key || expires <= clock.now() || !(await exists(store, key.customer_id))) return undefined;
  return { identity: { customer_id: key.customer_id, kind: 'accesskey', accesskey_id: key.id, username: '' }, until: expires };
}

/** Our own claim shape, our algorithm; anything else is refused whatever the token says of itself. */
async function byToken(store: Store, clock: Clock, secret: Uint8Array, value: string): Promise<{ identity: Identity; until: Instant } | undefined> {
  try {
    const options = { algorithms: ['HS256'], issuer: ISSUER, audience: ISSUER, typ: 'JWT', requiredClaims: ['sub', 'iat', 'exp'], currentDate: new Date(clock.now() / 1000) };
    const { payload } = await jwtVerify(value, secret, options);
    const { sub, customer_id, username, exp, iat } = payload;
    if (typeof sub !== 'string' || sub !== customer_id || typeof username !== 'string' || exp === undefined || iat === undefined) return undefined;
    // Whoever issued it did so in the past, and for a week.
    if (iat * 1_000_000 > clock.now() + CLOCKS_APART_US || exp - iat > TOKEN_DAYS * 86_400 || !(await exists(store, sub))) return undefined;
    return { identity: { customer_id: sub, kind: 'token', accesskey_id: '', username }, until: exp * 1_000_000 };
  } catch {
    return undefined;
  }
}

const exists = async (store: Store, customer_id: string): Promise<boolean> => {
  const customer: Document | undefined = await store.document('customer', customer_id);
  return customer !== undefined && customer.tm_delete === null;
};

/** How a secret is stored and looked up. High-entropy secrets need no salt. */
export const hashSecret = (value: string): string => createHash('sha256').update(value).digest('hex');

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A new access key: `af_` and 40 characters of about 238 random bits. */
export function newAccessKey(): string {
  const letters: string[] = [];
  while (letters.length < 40) {
    // Bytes past the last whole multiple are thrown away, so that every letter is equally likely.
    for (const byte of randomBytes(64)) if (byte < 248 && letters.length < 40) letters.push(ALPHABET[byte % 62] ?? '');
  }
  return `af_${letters.join('')}`;
}

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>;

/** A password as it is stored: scrypt (RFC 7914) with its salt. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `scrypt:${salt.toString('base64')}:${(await derive(password, salt, 32)).toString('base64')}`;
}

/** The hash of no password: compared with for unknown users, so that they take as long. */
const UNKNOWN_USER = `scrypt:${Buffer.alloc(16).toString('base64')}:${Buffer.alloc(32).toString('base64')}`;

async function checkPassword(password: string, stored: string): Promise<boolean> {
  const [, salt = '', hash = ''] = stored.split(':');
  const expected = Buffer.from(hash, 'base64');
  const got = await derive(password, Buffer.from(salt, 'base64'), 32);
  return expected.length === got.length && timingSafeEqual(expected, got);
}
