// How the requests of a Twilio-style carrier are signed: HMAC-SHA1 over the URL as the carrier was told it, and the form, sorted by name.
import { createHmac } from 'node:crypto';

/** The signature of a request, in Base64. A name that comes twice counts with each of its values once, in their order. */
export function sign(token: string, url: string, form: URLSearchParams): string {
  const names = [...new Set(form.keys())].sort();
  const signed = names.map((name) => [...new Set(form.getAll(name))].sort().map((value) => `${name}${value}`).join('')).join('');
  return createHmac('sha1', token).update(Buffer.from(`${url}${signed}`, 'utf8')).digest('base64');
}
