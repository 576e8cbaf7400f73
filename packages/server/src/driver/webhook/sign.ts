// Signatures: Standard Webhooks 1.0, and the header that older clients know (wire.md §7).
import { createHmac } from 'node:crypto';

/** The key of a secret: what follows `whsec_` in base64, or the bytes of any other text. */
export function keyOf(secret: string): Buffer {
  const [, encoded] = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(secret) ?? [];
  return encoded ? Buffer.from(encoded, 'base64') : Buffer.from(secret);
}

/** The headers that sign a body: one signature for each secret, so that a receiver that has either of two accepts it. The older header knows only the first. */
export function signatures(id: string, seconds: number, body: string, secrets: readonly string[]): Record<string, string> {
  const [newest = ''] = secrets;
  const of = (secret: string): string => `v1,${createHmac('sha256', keyOf(secret)).update(`${id}.${seconds}.${body}`).digest('base64')}`;
  return {
    'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': secrets.map(of).join(' '),
    'x-voipbin-signature': `sha256=${createHmac('sha256', newest).update(body).digest('hex')}`,
  };
}
