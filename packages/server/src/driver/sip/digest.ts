// Digest authentication (RFC 3261 §22, RFC 7616, RFC 8760), both sides of it. The nonces of ours are in nonces.ts.
import { createHash, timingSafeEqual } from 'node:crypto';
import { parseParameters, quote, splitList, type Parameters } from './scan.js';

/** The algorithms, the best first; the names of Node's hashes beside those of the wire. */
const ALGORITHMS = [['SHA-256', 'sha256'], ['SHA-512-256', 'sha512-256'], ['MD5', 'md5']] as const;
/** A digest algorithm, as the wire spells it. */
export type Algorithm = (typeof ALGORITHMS)[number][0];

/** What a request showed: the fields of `Authorization`, complete and of an algorithm that is known. */
export type Shown = {
  readonly username: string; readonly realm: string; readonly nonce: string; readonly uri: string; readonly response: string;
  readonly algorithm: Algorithm; readonly qop: '' | 'auth' | 'auth-int'; readonly cnonce: string;
  /** As it was written, since it is hashed so. */
  readonly nc: string;
};

/** A challenge that was received. */
export type Challenge = {
  readonly realm: string; readonly nonce: string; readonly opaque: string | undefined; readonly algorithm: Algorithm;
  readonly qop: '' | 'auth' | 'auth-int'; readonly stale: boolean;
};

/** The hash of a text, in hexadecimal. */
export function hash(algorithm: Algorithm, text: string | Buffer): string {
  const name = ALGORITHMS.find(([wire]) => wire === algorithm)?.[1] ?? 'sha256';
  return createHash(name).update(text).digest('hex');
}

/** H(username:realm:password) (RFC 7616 §3.4.2). */
export function ha1(algorithm: Algorithm, username: string, realm: string, password: string): string {
  return hash(algorithm, `${username}:${realm}:${password}`);
}

function algorithmOf(parameters: Parameters): Algorithm | undefined {
  const asked = (parameters['algorithm'] ?? 'MD5').toUpperCase();
  return ALGORITHMS.find(([name]) => name === asked)?.[0];
}

/** The fields after `Digest`; undefined for another scheme or garbage. */
function fieldsOf(value: string): Parameters | undefined {
  const match = /^digest[ \t]+(.*)$/is.exec(value.trim());
  if (match === null) return undefined;
  // A comma list of parameters: the same fields as one of semicolons.
  return parseParameters(splitList(match[1] ?? '').map((field) => `;${field}`).join(''), 0);
}

/** Reads the value of an `Authorization` header; undefined where it is none that could be right. */
export function parseShown(value: string): Shown | undefined {
  const fields = fieldsOf(value);
  const algorithm = fields === undefined ? undefined : algorithmOf(fields);
  if (fields === undefined || algorithm === undefined) return undefined;
  const { username, realm, nonce, uri, response, qop = '', cnonce = '', nc = '' } = fields;
  if (username === undefined || realm === undefined || nonce === undefined || uri === undefined || response === undefined) return undefined;
  if (qop !== '' && qop !== 'auth' && qop !== 'auth-int') return undefined;
  if (qop !== '' && (cnonce === '' || !/^[0-9a-f]{8}$/i.test(nc))) return undefined;
  return { username, realm, nonce, uri, response: response.toLowerCase(), algorithm, qop, cnonce, nc };
}

/** The response that a secret makes of a request (RFC 7616 §3.4.1). */
function responseOf(secret: string, { algorithm, nonce, nc, cnonce, qop, uri }: Omit<Shown, 'username' | 'realm' | 'response'>, method: string, body: Buffer): string {
  const ha2 = hash(algorithm, qop === 'auth-int' ? `${method}:${uri}:${hash(algorithm, body)}` : `${method}:${uri}`);
  // Without qop as RFC 2069 had it: some old phones know nothing else.
  return hash(algorithm, qop === '' ? `${secret}:${nonce}:${ha2}` : `${secret}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}`);
}

/** Whether what was shown is right; takes as long whether it is or not. The URI is hashed as it was shown: phones differ in how they spell it. */
export function isRight(shown: Shown, secret: string, method: string, body: Buffer): boolean {
  const expected = Buffer.from(responseOf(secret, shown, method, body));
  const given = Buffer.from(shown.response);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The value of a challenge header. */
export function printChallenge(realm: string, nonce: string, algorithm: Algorithm, stale: boolean): string {
  return `Digest realm=${quote(realm)}, nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`;
}

/** The challenge to answer among those received: the strongest algorithm that is known here; undefined where there is none. */
export function chooseChallenge(values: readonly string[]): Challenge | undefined {
  const known = values.flatMap((value): readonly Challenge[] => {
    const fields = fieldsOf(value);
    const algorithm = fields === undefined ? undefined : algorithmOf(fields);
    if (fields === undefined || algorithm === undefined || fields['realm'] === undefined || fields['nonce'] === undefined) return [];
    const qops = (fields['qop'] ?? '').toLowerCase().split(',').map((word) => word.trim());
    const qop = qops.includes('auth') ? 'auth' : qops.includes('auth-int') ? 'auth-int' : '';
    if (fields['qop'] !== undefined && qop === '') return [];
    return [{ realm: fields['realm'], nonce: fields['nonce'], opaque: fields['opaque'], algorithm, qop, stale: fields['stale']?.toLowerCase() === 'true' }];
  });
  for (const [name] of ALGORITHMS) {
    const found = known.find(({ algorithm }) => algorithm === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is needed to answer a challenge. */
export type Answering = {
  readonly username: string; readonly password: string; readonly method: string; readonly uri: string; readonly body: Buffer;
  /** Random, new for each answer. */
  readonly cnonce: string;
  /** How often this nonce has been answered, this time included. */
  readonly count: number;
};

/** The value of the header that answers a challenge. */
export function answerChallenge(challenge: Challenge, { username, password, method, uri, body, cnonce, count }: Answering): string {
  const { realm, nonce, opaque, algorithm, qop } = challenge;
  const nc = count.toString(16).padStart(8, '0');
  const response = responseOf(ha1(algorithm, username, realm, password), { algorithm, nonce, nc, cnonce, qop, uri }, method, body);
  const fields = [
    `username=${quote(username)}`, `realm=${quote(realm)}`, `nonce=${quote(nonce)}`, `uri=${quote(uri)}`, `response="${response}"`, `algorithm=${algorithm}`,
    ...(qop === '' ? [] : [`qop=${qop}`, `cnonce="${cnonce}"`, `nc=${nc}`]),
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
  ];
  return `Digest ${fields.join(', ')}`;
}
