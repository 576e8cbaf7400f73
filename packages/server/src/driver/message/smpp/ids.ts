// The carrier's ids. Many an SMSC names a message in hexadecimal when it takes it and in decimal in the receipt, or the other way round: which, is learned from what comes.

/** How ids in receipts are written, compared with those in answers. */
export type Spelling = 'same' | 'decimal' | 'hexadecimal';

/** What is remembered of a message that was taken. */
export type Taken = { readonly destination: string; readonly reference: string; readonly source: string; readonly raw: string };

/** The ids of one SMSC. */
export type Ids = {
  /** An id of an answer, as it is to be known from now on. */
  readonly taken: (raw: string, of: Omit<Taken, 'raw'>) => string;
  /** The id that a receipt names, as the answer had it. `about`: the number that the receipt is about. */
  readonly named: (raw: string, about: string) => string;
  /** What is known of an id; only of those of this process, and the newest. */
  readonly known: (id: string) => Taken | undefined;
};

const REMEMBERED = 50_000;
const SPELLINGS: readonly Spelling[] = ['same', 'decimal', 'hexadecimal'];

/** Makes it. `learned` is what an earlier process knew; `onLearned` is told when that changes. */
export function createIds(learned: Spelling, onLearned: (spelling: Spelling) => void): Ids {
  const remembered = new Map<string, Taken>();
  const seen: Record<Spelling, number> = { same: 0, decimal: 0, hexadecimal: 0 };
  let usual = learned;
  return {
    taken(raw, of) {
      const id = plainId(raw);
      remembered.set(id, { ...of, raw });
      if (remembered.size > REMEMBERED) for (const [oldest] of remembered) { remembered.delete(oldest); break; }
      return id;
    },
    named(raw, about) {
      const ours = SPELLINGS.filter((spelling) => isAbout(remembered.get(respelled(raw, spelling)), about));
      const [only] = ours;
      if (ours.length !== 1 || only === undefined) return respelled(raw, usual);
      // Where the two writings are one, there is nothing to learn from it.
      if (new Set(SPELLINGS.map((spelling) => respelled(raw, spelling))).size > 1) {
        seen[only] += 1;
        if (only !== usual && seen[only] > seen[usual]) { usual = only; onLearned(only); }
      }
      return respelled(raw, only);
    },
    known: (id) => remembered.get(id),
  };
}

/** The same id written one way: what looks like a number, without leading zeros and in small letters. */
export function plainId(raw: string): string {
  const isNumber = /^(?:[0-9a-f]+|[0-9A-F]+)$/.test(raw);
  return isNumber ? raw.toLowerCase().replace(/^0+(?=.)/, '') : raw;
}

/** An id of a receipt in the other writing; as it is where it is no such number. */
function respelled(raw: string, spelling: Spelling): string {
  switch (spelling) {
    case 'same': return plainId(raw);
    case 'decimal': return /^\d{1,40}$/.test(raw) ? BigInt(raw).toString(16) : plainId(raw);
    case 'hexadecimal': return /^[0-9a-fA-F]{1,40}$/.test(raw) ? BigInt(`0x${raw}`).toString(10) : plainId(raw);
    default: return spelling satisfies never;
  }
}

/** The ends of the numbers count: one side has a country's prefix, or a plus, where the other has none. */
function isAbout(taken: Taken | undefined, about: string): boolean {
  if (!taken) return false;
  const [ours, theirs] = [taken.destination, about].map((number) => number.replaceAll(/\D/g, '').slice(-8));
  return about === '' || ours === theirs;
}
