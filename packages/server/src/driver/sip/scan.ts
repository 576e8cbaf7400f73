// Reading the text of header values: quotes, angle brackets, parameters (RFC 3261 §25.1). Linear in the text, whatever it is.

/** A token (§25.1), the whole text of it. */
export const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
const PLAIN_VALUE = /^[A-Za-z0-9\-.!%*_+`'~:[\]]+$/;

/** Names and values without a prototype: a name that came by the network finds nothing but what came with it. */
export type Parameters = Readonly<Record<string, string>>;

/** Where the quoted string that begins at `from` ends: the index after its closing quote; -1: it does not end. */
export function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x5c) at++;
    else if (char === 0x22) return at + 1;
  }
  return -1;
}

/** What a quoted string says, its quotes included in `text`. */
export function unquote(text: string): string {
  const inner = text.slice(1, -1);
  return inner.includes('\\') ? inner.replaceAll(/\\([^])/g, '$1') : inner;
}

/** A quoted string that says `text`. */
export function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Splits at commas that stand in no quoted string and no angle brackets; each part is trimmed. An unfinished quote or bracket reaches to the end. */
export function splitList(text: string): string[] {
  if (!text.includes(',')) return [text.trim()];
  const parts: string[] = [];
  let begin = 0;
  let inside = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22) {
      const end = endOfQuoted(text, at);
      if (end === -1) break;
      at = end - 1;
    } else if (char === 0x3c) inside = true;
    else if (char === 0x3e) inside = false;
    else if (char === 0x2c && !inside) {
      parts.push(text.slice(begin, at).trim());
      begin = at + 1;
    }
  }
  parts.push(text.slice(begin).trim());
  return parts;
}

/**
 * Reads `;name=value;flag…` from `from` to the end. Names in lower case, values unquoted, `''` where there is none; the first of a repeated
 * name holds. Undefined where it is not that.
 */
export function parseParameters(text: string, from: number): Parameters | undefined {
  const found = Object.create(null) as Record<string, string>;
  let at = from;
  for (;;) {
    at = skipBlank(text, at);
    if (at === text.length) return found;
    if (text.charCodeAt(at) !== 0x3b) return undefined;
    const begin = skipBlank(text, at + 1);
    at = endOfWord(text, begin);
    const name = text.slice(begin, at);
    if (!TOKEN.test(name)) return undefined;
    at = skipBlank(text, at);
    let value = '';
    if (text.charCodeAt(at) === 0x3d) {
      at = skipBlank(text, at + 1);
      const quoted = text.charCodeAt(at) === 0x22;
      const end = quoted ? endOfQuoted(text, at) : endOfWord(text, at);
      if (end === -1) return undefined;
      const word = text.slice(at, end);
      if (!quoted && !PLAIN_VALUE.test(word)) return undefined;
      value = quoted ? unquote(word) : word;
      at = end;
    }
    const key = name.toLowerCase();
    if (!(key in found)) found[key] = value;
  }
}

/** Parameters as text, `;` included; a value that is no plain word is quoted. */
export function printParameters(parameters: Parameters): string {
  let text = '';
  for (const name of Object.keys(parameters)) {
    const value = parameters[name] ?? '';
    text += value === '' ? `;${name}` : PLAIN_VALUE.test(value) ? `;${name}=${value}` : `;${name}=${quote(value)}`;
  }
  return text;
}

/** The index of the first character from `from` on that is neither space nor tab. */
export function skipBlank(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09) at++;
  return at;
}

function endOfWord(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x3b || char === 0x3d || char === 0x20 || char === 0x09) break;
  }
  return at;
}
