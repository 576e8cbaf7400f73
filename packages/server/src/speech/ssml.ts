// What is to be said, as segments: words at one pace, and pauses. Plain text is one segment; of SSML 1.1 (W3C) the part that a voice on a phone needs is
// understood, other elements are passed through, and what is no well-formed SSML is said without its tags. One pass, no expansion: an entity that is not
// among XML's five or a number stays as it is written, and a document type is not read.
import { NoSound } from './errors.js';
import { attributesOf, decoded, readTokens, withoutTags, type Open } from './ssml-tokens.js';

/** Words at one pace (1: the voice's own), or a pause. */
export type Segment = { readonly text: string; readonly rate: number } | { readonly pause_ms: number };

/** What can be said in one go, tags included: some twenty minutes. */
export const LONGEST_TEXT = 20_000;
const LONGEST_PAUSE_MS = 10_000;
const DEEPEST = 32;
const [SLOWEST, FASTEST] = [0.25, 4];

const STRENGTHS: Readonly<Record<string, number>> = { 'none': 0, 'x-weak': 100, 'weak': 250, 'medium': 500, 'strong': 750, 'x-strong': 1_000 };
const RATES: Readonly<Record<string, number>> = { 'x-slow': 0.5, 'slow': 0.8, 'medium': 1, 'default': 1, 'fast': 1.25, 'x-fast': 1.6 };
const UNSAID = new Set(['sub', 'desc', 'metadata', 'meta', 'lexicon']);

/** Takes a text apart; throws `TEXT_TOO_LONG`. No segment: nothing to say. */
export function segmentsOf(text: string): readonly Segment[] {
  if (text.length > LONGEST_TEXT) throw new NoSound('TEXT_TOO_LONG', `the text has ${text.length} characters, of which ${LONGEST_TEXT} can be said at once`);
  // What a terminal would take as a command is nothing to say.
  const clean = text.replace(/[^\P{Cc}\t\n]/gu, ' ').trim();
  if (!/^<(speak[\s/>]|\?xml\s|!doctype\s)/i.test(clean)) return plain(clean);
  return ssmlSegments(clean) ?? plain(withoutTags(clean));
}

const plain = (text: string): readonly Segment[] => (text.trim() === '' ? [] : [{ text: text.trim(), rate: 1 }]);

type Frame = { readonly name: string; readonly rate: number; readonly said_as: string; readonly silent: boolean };

/** Undefined where it is not well-formed. */
function ssmlSegments(source: string): readonly Segment[] | undefined {
  const out = collect();
  const stack: Frame[] = [{ name: '', rate: 1, said_as: '', silent: false }];
  for (const token of readTokens(source)) {
    const frame = stack.at(-1) as Frame;
    switch (token.kind) {
      case 'broken':
        return undefined;
      case 'text':
        if (!frame.silent) out.words(saidAs(token.raw ? token.text : decoded(token.text), frame.said_as), frame.rate);
        break;
      case 'open': {
        const within = enter(token, frame, out);
        if (!token.empty) stack.push(within);
        if (stack.length > DEEPEST) return undefined;
        break;
      }
      case 'close':
        if (frame.name !== token.name) return undefined;
        stack.pop();
        leave(token.name, out);
        break;
      default:
        token satisfies never;
    }
  }
  return stack.length === 1 ? out.segments() : undefined;
}

function enter(token: Open, frame: Frame, out: Out): Frame {
  const attributes = attributesOf(token);
  const within: Frame = { ...frame, name: token.name };
  switch (token.name) {
    case 'break':
      if (!frame.silent) out.pause(pauseOf(attributes['time'], attributes['strength']));
      return within;
    case 'p':
    case 's':
      out.end();
      return within;
    case 'sub':
      if (!frame.silent) out.words(attributes['alias'] ?? '', frame.rate);
      return { ...within, silent: true };
    case 'say-as':
      return { ...within, said_as: attributes['interpret-as']?.toLowerCase() ?? '' };
    case 'prosody':
      return { ...within, rate: between(SLOWEST, frame.rate * rateOf(attributes['rate']), FASTEST) };
    default:
      return { ...within, silent: frame.silent || UNSAID.has(token.name) };
  }
}

function leave(name: string, out: Out): void {
  if (name === 's') out.end();
  if (name === 'p') out.pause(STRENGTHS['weak'] as number);
}

type Out = { readonly words: (text: string, rate: number) => void; readonly pause: (pause_ms: number) => void; readonly end: () => void; readonly segments: () => readonly Segment[] };

/** Words of one pace that nothing parts are one segment: a voice that sees all of a sentence says it better. */
function collect(): Out {
  const segments: Segment[] = [];
  let open: { text: string; rate: number } | undefined;
  const end = (): void => {
    const text = open?.text.replace(/\s+/g, ' ').trim() ?? '';
    if (text !== '') segments.push({ text, rate: open?.rate ?? 1 });
    open = undefined;
  };
  return {
    end,
    words: (text, rate) => {
      if (open !== undefined && open.rate !== rate) end();
      open ??= { text: '', rate };
      open.text += text;
    },
    pause: (pause_ms) => {
      end();
      if (pause_ms > 0) segments.push({ pause_ms });
    },
    segments: () => {
      end();
      return segments;
    },
  };
}

const between = (lowest: number, value: number, highest: number): number => Math.max(lowest, Math.min(highest, value));

function pauseOf(time: string | undefined, strength: string | undefined): number {
  const [, amount, unit] = /^\+?(\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})(ms|s)$/.exec(time?.trim() ?? '') ?? [];
  if (amount === undefined) return STRENGTHS[strength?.trim() ?? ''] ?? (STRENGTHS['medium'] as number);
  return Math.round(between(0, Number(amount) * (unit === 's' ? 1_000 : 1), LONGEST_PAUSE_MS));
}

/** A word, a number that multiplies, a share (`80%`), or a change (`+20%`, `-20%`). */
function rateOf(said: string | undefined): number {
  const text = said?.trim() ?? '';
  const [, sign, amount, percent] = /^([+-]?)(\d{1,4}(?:\.\d{1,4})?)(%?)$/.exec(text) ?? [];
  if (amount === undefined) return RATES[text] ?? 1;
  const value = Number(amount) / (percent === '' ? 1 : 100);
  if (percent !== '' && sign === '+') return 1 + value;
  if (sign === '-') return Math.max(SLOWEST, 1 - value);
  return value > 0 ? value : 1;
}

/** Commas make a voice say what would otherwise be a number or a word one by one. */
function saidAs(text: string, as: string): string {
  switch (as) {
    case 'digits':
    case 'characters':
    case 'spell-out':
    case 'verbatim':
      return [...text.replace(/\s+/g, '').toUpperCase()].join(', ');
    case 'telephone':
      return (text.match(/\+|[\d*#]+/g) ?? [text]).map((group) => [...group].join(' ')).join(', ').replace('+, ', '+ ');
    default:
      return text;
  }
}
