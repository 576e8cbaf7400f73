// A text becomes the parts that go over the air: in the alphabet that needs the fewest units, and never cut where a letter would break.
import { septetsOf } from './gsm.js';

/** What the octets of a part mean. */
export type Alphabet = 'gsm' | 'ucs2';

/** A text, cut. `parts` hold letters alone: the header that numbers them goes before each, where there are several. */
export type Cut = { readonly alphabet: Alphabet; readonly parts: readonly Buffer[] };

/** Units that a message has room for, alone and as one of several (3GPP TS 23.040 §9.2.3.24.1): septets, and units of UTF-16. */
export const ROOM = { gsm: { alone: 160, several: 153 }, ucs2: { alone: 70, several: 67 } } as const;
/** The most parts that a header can number. */
export const MOST_PARTS = 255;

/** Cuts a text. It comes out of `decode` as it went in, whatever is in it. The empty text is one empty part. */
export function cut(text: string): Cut {
  const letters = gsmLetters(text);
  if (letters) return { alphabet: 'gsm', parts: cutSeptets(letters).map((part) => Buffer.from(part)) };
  return { alphabet: 'ucs2', parts: cutWide(text).map((part) => Buffer.from(part, 'utf16le').swap16()) };
}

/** Of how many messages a text is made. */
export const partsOf = (text: string): number => cut(text).parts.length;

function gsmLetters(text: string): (readonly number[])[] | undefined {
  const letters: (readonly number[])[] = [];
  for (const letter of text) {
    const septets = septetsOf(letter);
    if (!septets) return undefined;
    letters.push(septets);
  }
  return letters;
}

/** Never between an escape and its letter. */
function cutSeptets(letters: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const all = letters.flat();
  if (all.length <= ROOM.gsm.alone) return [all];
  const parts: number[][] = [];
  let part: number[] = [];
  for (const letter of letters) {
    if (part.length + letter.length > ROOM.gsm.several) {
      parts.push(part);
      part = [];
    }
    part.push(...letter);
  }
  return [...parts, part];
}

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Between characters as people see them where that takes no part more, else between code points. */
function cutWide(text: string): readonly string[] {
  if (text.length <= ROOM.ucs2.alone) return [text];
  const plain = slices(text, (at) => (isPair(text, at) ? at - 1 : at));
  const seen = characters.segment(text);
  const whole = slices(text, (at, start) => {
    const begin = seen.containing(at)?.index ?? at;
    return begin > start ? begin : isPair(text, at) ? at - 1 : at;
  });
  return whole.length <= plain.length ? whole : plain;
}

/** True where a cut would stand inside a surrogate pair. */
const isPair = (text: string, at: number): boolean => /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(at - 1, at + 1));

/** Cuts as late as there is room, or where `back` says instead. */
function slices(text: string, back: (at: number, start: number) => number): readonly string[] {
  const found: string[] = [];
  for (let start = 0; start < text.length;) {
    const latest = start + ROOM.ucs2.several;
    const end = latest >= text.length ? text.length : back(latest, start);
    found.push(text.slice(start, end));
    start = end;
  }
  return found;
}
