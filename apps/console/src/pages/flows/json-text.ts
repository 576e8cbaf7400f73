// JSON as a text that somebody types: where each value stands, or where it stops being JSON, in the same words in every browser.
import { pointerToken } from '@activeflow/engine';

/** A stretch of a text, in UTF-16 units: `from` inclusive, `to` exclusive. */
export type Range = { readonly from: number; readonly to: number };
/** Where a text is no JSON, and why. */
export type Broken = Range & { readonly message: string };
/** What a text says: its value, and where each value in it stands, by JSON pointer. */
export type Located = { readonly value: unknown; readonly places: ReadonlyMap<string, Range> };

// As deep as the server takes it, with room: a text of nothing but brackets must not exhaust the stack.
const DEEPEST = 200;

/** Reads a text. Never throws. */
export function locate(text: string): Located | Broken {
  const places = new Map<string, Range>();
  try {
    const end = value(text, skip(text, 0), '', places, 0);
    const rest = skip(text, end);
    if (rest < text.length) throw new Stop({ from: rest, to: text.length, message: 'nothing may follow after the end' });
    return { value: JSON.parse(text) as unknown, places };
  } catch (error) {
    if (error instanceof Stop) return error.broken;
    throw error;
  }
}

/** The line and the column of a position, from 1. */
export function lineOf(text: string, position: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, position).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The pointer of the innermost value around a position; `''` outside of all. */
export function pointerAt(places: ReadonlyMap<string, Range>, position: number): string {
  let found = '';
  let width = Infinity;
  for (const [pointer, { from, to }] of places) {
    if (from <= position && position <= to && to - from < width) [found, width] = [pointer, to - from];
  }
  return found;
}

/** Where a pointer leads: where nothing is there, the nearest value around it. */
export function placeOf(places: ReadonlyMap<string, Range>, pointer: string): Range {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const place = places.get(at);
    if (place || at === '') return place ?? { from: 0, to: 0 };
  }
}

class Stop extends Error {
  constructor(readonly broken: Broken) { super(broken.message); }
}

const SPACE = /[ \t\n\r]*/y;
const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// eslint-disable-next-line no-control-regex -- what JSON does not allow within quotes (RFC 8259, section 7)
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /[^\s,:[\]{}"]+/y;

function skip(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(text);
  return SPACE.lastIndex;
}

function stop(text: string, at: number, message: string): never {
  WORD.lastIndex = at;
  throw new Stop({ from: at, to: Math.min(text.length, WORD.test(text) ? WORD.lastIndex : at + 1), message: at >= text.length ? 'the text ends too early' : message });
}

/** Reads the value at `at`; gives where it ends. */
function value(text: string, at: number, pointer: string, places: Map<string, Range>, depth: number): number {
  if (depth > DEEPEST) stop(text, at, 'nested too deeply');
  const first = text[at];
  const end = first === '{' ? members(text, at, pointer, places, depth) : first === '[' ? items(text, at, pointer, places, depth) : first === '"' ? string(text, at) : literal(text, at);
  places.set(pointer, { from: at, to: end });
  return end;
}

function members(text: string, open: number, pointer: string, places: Map<string, Range>, depth: number): number {
  const seen = new Set<string>();
  let at = skip(text, open + 1);
  if (text[at] === '}') return at + 1;
  for (;;) {
    if (text[at] !== '"') stop(text, at, 'a name in double quotes is expected');
    const end = string(text, at);
    const name = JSON.parse(text.slice(at, end)) as string;
    if (seen.has(name)) throw new Stop({ from: at, to: end, message: `"${name}" stands here twice` });
    seen.add(name);
    const colon = skip(text, end);
    if (text[colon] !== ':') stop(text, colon, 'a colon is expected after the name');
    at = skip(text, value(text, skip(text, colon + 1), `${pointer}/${pointerToken(name)}`, places, depth + 1));
    if (text[at] === '}') return at + 1;
    if (text[at] !== ',') stop(text, at, 'a comma or } is expected');
    const next = skip(text, at + 1);
    if (text[next] === '}') throw new Stop({ from: at, to: at + 1, message: 'no comma may stand before }' });
    at = next;
  }
}

function items(text: string, open: number, pointer: string, places: Map<string, Range>, depth: number): number {
  let at = skip(text, open + 1);
  if (text[at] === ']') return at + 1;
  for (let index = 0; ; index++) {
    at = skip(text, value(text, at, `${pointer}/${index}`, places, depth + 1));
    if (text[at] === ']') return at + 1;
    if (text[at] !== ',') stop(text, at, 'a comma or ] is expected');
    const next = skip(text, at + 1);
    if (text[next] === ']') throw new Stop({ from: at, to: at + 1, message: 'no comma may stand before ]' });
    at = next;
  }
}

function string(text: string, at: number): number {
  STRING.lastIndex = at;
  if (STRING.test(text)) return STRING.lastIndex;
  const line = text.indexOf('\n', at);
  throw new Stop({ from: at, to: line < 0 ? text.length : line, message: 'this text in quotes is not closed, or holds what must be escaped' });
}

function literal(text: string, at: number): number {
  LITERAL.lastIndex = at;
  const end = LITERAL.test(text) ? LITERAL.lastIndex : at;
  WORD.lastIndex = at;
  if (end === at || (WORD.test(text) && WORD.lastIndex !== end)) stop(text, at, 'a value is expected: a text in double quotes, a number, true, false, null, { or [');
  return end;
}

/** Prints JSON so that what belongs together stands on one line, where it fits. */
export function print(value: unknown, indent = '', width = 88): string {
  const short = JSON.stringify(value) as string | undefined ?? 'null';
  if (typeof value !== 'object' || value === null || short === '{}' || short === '[]') return short;
  const flat = oneLine(value);
  if (indent !== '' && flat.length + indent.length <= width && !holdsActions(value)) return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((item) => inner + print(item, inner, width)).join(',\n')}\n${indent}]`;
  const lines = Object.entries(value).filter(([, one]) => one !== undefined).map(([name, one]) => `${inner}${JSON.stringify(name)}: ${print(one, inner, width)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

const holdsActions = (value: object): boolean => Array.isArray(value) && value.length > 1 && value.some((item) => typeof item === 'object' && item !== null && 'type' in item && 'option' in item);

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, one]) => one !== undefined).map(([name, one]) => `${JSON.stringify(name)}: ${oneLine(one)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
