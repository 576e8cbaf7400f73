// The messages of torture.txt, as bytes.
import { readFileSync } from 'node:fs';

/** One message and what becomes of it. */
export type Torture = { readonly name: string; readonly outcome: string; readonly data: Buffer };

/** Every message of RFC 4475. */
export function torture(): Torture[] {
  const text = readFileSync(new URL('torture.txt', import.meta.url), 'utf8');
  return text.split(/^### /m).slice(1).map((block) => {
    const eol = block.indexOf('\n');
    const [name = '', outcome = ''] = block.slice(0, eol).split(': ');
    return { name, outcome, data: bytes(block.slice(eol + 1).replaceAll('\n', '\r\n')) };
  });
}

// latin1 holds bytes as they are; what stands in the file beyond ASCII is written as hex.
function bytes(text: string): Buffer {
  const whole = text
    .replaceAll(/\{repeat:(\d+):([^}]*)\}/g, (_all, times: string, what: string) => what.repeat(Number(times)))
    .replaceAll(/\{hex:([0-9A-Fa-f]*)\}/g, (_all, hex: string) => Buffer.from(hex, 'hex').toString('latin1'));
  const body = whole.length - (whole.indexOf('\r\n\r\n') + 4);
  return Buffer.from(whole.replace('{length}', String(body)), 'latin1');
}
