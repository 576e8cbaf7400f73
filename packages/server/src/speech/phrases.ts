// A long text, in pieces that are said one after the other: the first is heard while the next is being made.

/** What ends with a point and is no sentence. */
const ABBREVIATION = /(?:^|[\s(])(?:\p{Lu}|mr|mrs|ms|dr|st|prof|no|nr|vs|jr|sr|ext|approx|e\.g|i\.e|etc|z\.b)\.\s*$/iu;

/** Pieces of at most so many characters. `sentence`: each sentence by itself; `text`: as many sentences in one as go. */
export function phrasesOf(text: string, longest_chars: number, takes: 'sentence' | 'text'): readonly string[] {
  const pieces = sentencesOf(text).flatMap((sentence) => shortened(sentence, longest_chars));
  if (takes === 'sentence') return pieces;
  const packed: string[] = [];
  for (const piece of pieces) {
    const last = packed.at(-1);
    if (last !== undefined && last.length + piece.length < longest_chars) packed[packed.length - 1] = `${last} ${piece}`;
    else packed.push(piece);
  }
  return packed;
}

function sentencesOf(text: string): readonly string[] {
  const sentences: string[] = [];
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text)) {
    const last = sentences.at(-1);
    if (last !== undefined && ABBREVIATION.test(last.slice(-12))) sentences[sentences.length - 1] = last + segment;
    else sentences.push(segment);
  }
  return sentences.map((sentence) => sentence.replace(/\s+/g, ' ').trim()).filter((sentence) => sentence !== '');
}

/** A sentence that is too long is parted at a comma, else between words, else anywhere. */
function shortened(sentence: string, longest: number): readonly string[] {
  const parts: string[] = [];
  let rest = sentence;
  while (rest.length > longest) {
    const start = rest.slice(0, longest + 1);
    const comma = Math.max(...[', ', '; ', ': '].map((mark) => start.lastIndexOf(mark) + 1));
    const at = [comma, start.lastIndexOf(' ')].find((place) => place > longest / 3) ?? wholeCharacter(rest, longest);
    parts.push(rest.slice(0, at).trim());
    rest = rest.slice(at).trim();
  }
  return rest === '' ? parts : [...parts, rest];
}

/** The place before a character of two halves that would be cut. */
const wholeCharacter = (text: string, at: number): number => (/[\ud800-\udbff]/.test(text[at - 1] ?? '') ? at - 1 : at);
