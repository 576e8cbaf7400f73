// Finding the credentials in a request, in the order of wire.md §3.
import type { Credentials } from './identity.js';

/** Reads one cookie of a `Cookie` header (RFC 6265 §5.4); undefined where it is not there or empty. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || undefined;
  }
  return undefined;
}

/** The credentials of a request: cookie `token`, query `token`, bearer, cookie `accesskey`, query `accesskey`; undefined where none were sent. */
export function findCredentials(
  headers: { readonly cookie?: string | undefined; readonly authorization?: string | undefined },
  query: Readonly<Record<string, unknown>>,
  queryAllowed: boolean,
): Credentials | undefined {
  const asked = (name: string) => (queryAllowed && typeof query[name] === 'string' && query[name] !== '' ? query[name] : undefined);
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const token = readCookie(headers.cookie, 'token') ?? asked('token') ?? bearer;
  if (token !== undefined) return { kind: token.startsWith('af_') ? 'accesskey' : 'token', value: token };
  if (headers.authorization !== undefined) return { kind: 'token', value: '' };
  const accesskey = readCookie(headers.cookie, 'accesskey') ?? asked('accesskey');
  return accesskey === undefined ? undefined : { kind: 'accesskey', value: accesskey };
}
