// Where two texts differ, word by word.

/** A stretch of text that stayed, went or came. */
export type Stretch = { readonly kind: 'same' | 'gone' | 'new'; readonly text: string };

// The table grows with the product of both; longer texts are shown as a whole.
const MOST_WORDS = 400;

/** The stretches of two texts in reading order, what went before what came. */
export function wordDifference(before: string, after: string): readonly Stretch[] {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  if (a.length > MOST_WORDS || b.length > MOST_WORDS) return joined([{ kind: 'gone', text: before }, { kind: 'new', text: after }]);
  // common[i][j]: how many words a from i and b from j have in common, in order.
  const common = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    const row = common[i] ?? [];
    for (let j = b.length - 1; j >= 0; j--) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const stretches: Stretch[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [x, y] = [a[i] ?? '', b[j] ?? ''];
    if (i < a.length && j < b.length && x === y) { stretches.push({ kind: 'same', text: x }); i++; j++; }
    else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) { stretches.push({ kind: 'gone', text: x }); i++; }
    else { stretches.push({ kind: 'new', text: y }); j++; }
  }
  return joined(stretches);
}

const wordsOf = (text: string): readonly string[] => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];

/** Neighbours of one kind together; a blank between two changes belongs to them, so that phrases stay whole. */
function joined(stretches: readonly Stretch[]): readonly Stretch[] {
  const result: Stretch[] = [];
  let [gone, fresh] = ['', ''];
  const flush = (): void => {
    if (gone !== '') result.push({ kind: 'gone', text: gone });
    if (fresh !== '') result.push({ kind: 'new', text: fresh });
    [gone, fresh] = ['', ''];
  };
  for (const [index, { kind, text }] of stretches.entries()) {
    const between = kind === 'same' && text.trim() === '' && (gone !== '' || fresh !== '') && stretches[index + 1] !== undefined && stretches[index + 1]?.kind !== 'same';
    if (kind === 'gone' || between) gone += text;
    if (kind === 'new' || between) fresh += text;
    if (kind !== 'same' || between) continue;
    flush();
    const last = result.at(-1);
    if (last?.kind === 'same') result[result.length - 1] = { kind, text: last.text + text }; else result.push({ kind, text });
  }
  flush();
  return result;
}
