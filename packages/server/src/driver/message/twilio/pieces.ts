// A text as an API takes it that has a bound: pieces, never cut inside a letter.
/** The most characters (UTF-16 units) that such an API takes at once. */
export const PIECE = 1_600;

const letters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Cuts a text into pieces of at most `PIECE` units. Put together they are the text. */
export function piecesOf(text: string): readonly string[] {
  const pieces: string[] = [];
  for (let rest = text; rest !== '';) {
    const end = rest.length <= PIECE ? rest.length : cutBefore(rest);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return pieces.length === 0 ? [''] : pieces;
}

function cutBefore(text: string): number {
  const begin = letters.segment(text).containing(PIECE)?.index ?? PIECE;
  if (begin > 0) return begin;
  // One letter that is longer than a piece: between two code points, then.
  return /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(PIECE - 1, PIECE + 1)) ? PIECE - 1 : PIECE;
}
