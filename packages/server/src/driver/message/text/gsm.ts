// The GSM 7-bit default alphabet and its extension (3GPP TS 23.038 §6.2.1), one septet an octet as SMPP carries it.

/** Announces a letter of the extension table. */
export const ESCAPE = 0x1b;
/** What stands where there is no letter. */
const UNKNOWN = '\ufffd';

const DEFAULT = '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const EXTENSION: readonly (readonly [septet: number, letter: string])[] =
  [[0x0a, '\f'], [0x14, '^'], [0x28, '{'], [0x29, '}'], [0x2f, '\\'], [0x3c, '['], [0x3d, '~'], [0x3e, ']'], [0x40, '|'], [0x65, '€']];

const septets = new Map<string, readonly number[]>([
  ...[...DEFAULT].map((letter, septet) => [letter, [septet]] as const).filter(([, [septet]]) => septet !== ESCAPE),
  ...EXTENSION.map(([septet, letter]) => [letter, [ESCAPE, septet]] as const),
]);
const letters = [...DEFAULT];
const extended = new Map(EXTENSION);

/** The septets of one letter, one or, behind an escape, two; undefined where the alphabet has no such letter. */
export const septetsOf = (letter: string): readonly number[] | undefined => septets.get(letter);

/** The text that septets spell. An octet that is none, and an escape at the end, become U+FFFD; a letter unknown behind an escape is read without it, and two escapes are a blank, as the standard wants. */
export function decodeGsm(octets: Uint8Array): string {
  let text = '';
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i] as number;
    if (octet !== ESCAPE) {
      text += letters[octet] ?? UNKNOWN;
      continue;
    }
    const next = octets[++i];
    if (next === undefined) text += UNKNOWN;
    else text += next === ESCAPE ? ' ' : extended.get(next) ?? letters[next] ?? UNKNOWN;
  }
  return text;
}
