// Variables: text to text. Substitution, its bounds, and the rules for what a client may set (engine.md §4).

/** What an activeflow remembers, text to text. Never mutated: a change makes a new object. */
export type Variables = Readonly<Record<string, string>>;

/** The prefix of the names that only the system sets, compared without regard to case. */
export const SYSTEM_PREFIX = 'voipbin.';

/** True for a name that only the system may set. */
export const isSystemName = (name: string): boolean => name.slice(0, SYSTEM_PREFIX.length).toLowerCase() === SYSTEM_PREFIX;

/** The length of `text` in UTF-8, in bytes, without encoding it. A lone surrogate counts three, as its replacement does. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    bytes += code < 0x800 ? 1 : 2;
    if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
  }
  return bytes;
}

/** The bytes that all variables take: keys and values in UTF-8. */
export const variablesBytes = (variables: Variables): number =>
  Object.entries(variables).reduce((sum, [key, value]) => sum + utf8Length(key) + utf8Length(value), 0);

/** Thrown by `substitute` when the result would exceed its budget. */
export class TooLarge extends Error {}

/** How much text a substitution may still produce, in UTF-16 units. */
export type Budget = { left: number };

/** True if the text holds at least one closed placeholder `${name}`. */
export function hasPlaceholder(text: string): boolean {
  let open = text.indexOf('${');
  while (open >= 0 && findClose(text, open) < 0) open = openOnLaterLine(text, open);
  return open >= 0;
}

/** True if the text is one placeholder and nothing else. */
export const isPlaceholder = (text: string): boolean => text.startsWith('${') && findClose(text, 0) === text.length - 1;

/**
 * Replaces each `${name}`, shortest match within a line, by the variable's value, inserted literally in one pass; a missing one gives `""`,
 * an unclosed `${` stays. Linear in the length of text and result. Throws `TooLarge` past the budget.
 */
export function substitute(text: string, variables: Variables, budget: Budget): string {
  let open = text.indexOf('${');
  if (open < 0) return text;
  let out = '';
  let done = 0;
  while (open >= 0) {
    const close = findClose(text, open);
    if (close > 0) {
      const name = text.slice(open + 2, close);
      const value = Object.hasOwn(variables, name) ? (variables[name] ?? '') : '';
      budget.left -= value.length;
      if (budget.left < 0) throw new TooLarge();
      out += text.slice(done, open) + value;
      done = close + 1;
      open = text.indexOf('${', done);
    } else {
      open = openOnLaterLine(text, open);
    }
  }
  return out + text.slice(done);
}

/** Substitutes every text value in a JSON value, through maps and arrays, never keys; everything else stays what it is. */
export function substituteValue(value: unknown, variables: Variables, budget: Budget): unknown {
  if (typeof value === 'string') return substitute(value, variables, budget);
  if (Array.isArray(value)) return value.map((item) => substituteValue(item, variables, budget));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substituteValue(item, variables, budget)]));
}

/** True if any text value in a JSON value holds a placeholder. */
export function anyPlaceholder(value: unknown): boolean {
  if (typeof value === 'string') return hasPlaceholder(value);
  if (value === null || typeof value !== 'object') return false;
  return Object.values(value).some(anyPlaceholder);
}

/** The index of the `}` that closes the placeholder opened at `open`, or -1 where the line ends first. Reads no further than either. */
function findClose(text: string, open: number): number {
  for (let i = open + 2; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x7d) return i;
    if (code === 0x0a) return -1;
  }
  return -1;
}

/** The next `${` after the line of an unclosed one: nothing on the rest of that line can close, and skipping it keeps the scan linear. */
function openOnLaterLine(text: string, open: number): number {
  const line = text.indexOf('\n', open);
  return line < 0 ? -1 : text.indexOf('${', line);
}

/** Bounds of the variables given with a start over HTTP. */
export const INITIAL_LIMITS = { keys: 100, value_bytes: 32 * 1024, total_bytes: 64 * 1024 } as const;

/** Something wrong in a request: where (JSON pointer), which rule (`UPPER_SNAKE`), and what would be right. */
export type Problem = { readonly pointer: string; readonly reason: string; readonly message: string };

/** Escapes one token of a JSON pointer (RFC 6901 §3). */
export const pointerToken = (token: string | number): string => String(token).replaceAll('~', '~0').replaceAll('/', '~1');

/** Cleans the variables given with a start: keys trimmed, blank and system keys dropped; problems where a bound is crossed or a value is no text. */
export function initialVariables(given: Readonly<Record<string, unknown>>): { readonly variables: Variables; readonly problems: readonly Problem[] } {
  const kept: [string, string][] = [];
  const problems: Problem[] = [];
  const say = (pointer: string, message: string) => problems.push({ pointer, reason: 'INVALID_VARIABLES', message });
  const entries = Object.entries(given);
  if (entries.length > INITIAL_LIMITS.keys) say('/variables', `at most ${INITIAL_LIMITS.keys} variables, got ${entries.length}`);
  let total = 0;
  for (const [key, value] of entries) {
    const pointer = `/variables/${pointerToken(key)}`;
    if (typeof value !== 'string') { say(pointer, `must be a string, got ${value === null ? 'null' : typeof value}`); continue; }
    const bytes = utf8Length(value);
    total += utf8Length(key) + bytes;
    if (bytes > INITIAL_LIMITS.value_bytes) say(pointer, `at most ${INITIAL_LIMITS.value_bytes} bytes, got ${bytes}`);
    const name = key.trim();
    if (name !== '' && !isSystemName(name)) kept.push([name, value]);
  }
  if (total > INITIAL_LIMITS.total_bytes) say('/variables', `at most ${INITIAL_LIMITS.total_bytes} bytes in all, got ${total}`);
  return { variables: Object.fromEntries(kept), problems };
}
