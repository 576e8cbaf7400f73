// A message becomes bytes (RFC 3261 §7).
import type { SipMessage } from './types.js';

const BREAK = /[\r\n]+/g;

/** A message as bytes; Content-Length is written here, whatever the headers say. A line break in a value becomes a blank: nobody writes headers by way of a name. */
export function printMessage(message: SipMessage): Buffer {
  let text = message.kind === 'request' ? `${flat(message.method)} ${flat(message.uri)} SIP/2.0\r\n` : `SIP/2.0 ${message.status} ${flat(message.phrase)}\r\n`;
  for (const [name, value] of message.headers) if (name !== 'Content-Length') text += `${flat(name)}: ${flat(value)}\r\n`;
  text += `Content-Length: ${message.body.length}\r\n\r\n`;
  return message.body.length === 0 ? Buffer.from(text, 'utf8') : Buffer.concat([Buffer.from(text, 'utf8'), message.body]);
}

function flat(text: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replaceAll(BREAK, ' ') : text;
}
