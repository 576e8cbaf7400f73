// The tokens of an XML text, in one pass over it. Enough for SSML: no document type, no entity of one's own.

/** A start tag; `empty` one is its own end. */
export type Open = { readonly kind: 'open'; readonly name: string; readonly inside: string; readonly empty: boolean };
/** A piece of the text, its entities not decoded (in a `raw` one there are none); `broken`: no well-formed XML from here on. */
export type Token = Open | { readonly kind: 'close'; readonly name: string } | { readonly kind: 'text'; readonly text: string; readonly raw: boolean } | { readonly kind: 'broken' };

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
/** What is no text and no tag: how it begins, and how it ends. */
const ASIDE = [['<!--', '-->'], ['<![CDATA[', ']]>'], ['<?', '?>']] as const;

/** Takes the text apart, to its end or to where it is broken. Names are in lower case, without a prefix. */
export function* readTokens(source: string): Generator<Token> {
  for (let at = 0; at < source.length;) {
    if (source[at] !== '<') {
      const next = source.indexOf('<', at);
      const end = next < 0 ? source.length : next;
      yield { kind: 'text', text: source.slice(at, end), raw: false };
      at = end;
      continue;
    }
    const aside = ASIDE.find(([begins]) => source.startsWith(begins, at));
    const end = aside === undefined ? endOfTag(source, at) : source.indexOf(aside[1], at + aside[0].length);
    if (end < 0) {
      yield { kind: 'broken' };
      return;
    }
    if (aside === undefined) yield tag(source.slice(at + 1, end));
    else if (aside[0] === '<![CDATA[') yield { kind: 'text', text: source.slice(at + aside[0].length, end), raw: true };
    at = end + (aside?.[1].length ?? 1);
  }
}

/** The attributes of a start tag, by name without a prefix, their entities decoded. */
export function attributesOf({ inside }: Open): Readonly<Record<string, string>> {
  const found = [...inside.matchAll(/(?<=\s)(?:[\w.-]{1,40}:)?([\w.-]{1,40})\s?=\s?(?:"([^"]*)"|'([^']*)')/g)];
  return Object.fromEntries(found.map(([, name, double, single]) => [(name as string).toLowerCase(), decoded(double ?? single ?? '')]));
}

/** XML's five entities and numbers, once; any other stays as it is. */
export function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    return code >= 0x20 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : ' ';
  });
}

/** The words of what was meant to be SSML. */
export function withoutTags(source: string): string {
  const parts: string[] = [];
  let at = 0;
  for (const { index } of source.matchAll(/<[a-z/!?]/gi)) {
    if (index < at) continue;
    parts.push(source.slice(at, index));
    const end = source.indexOf('>', index);
    at = end < 0 ? source.length : end + 1;
    if (end < 0) break;
  }
  return decoded([...parts, source.slice(at)].join(' ')).replace(/\s+/g, ' ').trim();
}

/** The place of the `>` that ends a tag, which may stand in a value before; -1: there is none. */
function endOfTag(source: string, from: number): number {
  let quote = '';
  for (let at = from + 1; at < source.length; at += 1) {
    const character = source[at] as string;
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '>') return at;
    else if (character === '<') return -1;
    else if (character === '"' || character === "'") quote = character;
  }
  return -1;
}

function tag(inside: string): Token {
  const [, slash, name] = /^(\/?)(?:[\w.-]{1,40}:)?([a-z][\w.-]{0,40})(?=[\s/]|$)/i.exec(inside) ?? [];
  if (name === undefined) return { kind: 'broken' };
  if (slash !== '') return { kind: 'close', name: name.toLowerCase() };
  return { kind: 'open', name: name.toLowerCase(), inside: ` ${inside.replace(/\s/g, ' ')}`, empty: inside.endsWith('/') };
}
