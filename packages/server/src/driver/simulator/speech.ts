// How long a played prompt lasts: the same text always takes the same time, on every machine.

/** What the simulator speaks in a second, in characters. */
export const CHARACTERS_PER_SECOND = 15;
/** No prompt is shorter, in milliseconds: that is a beep, and a text without letters. */
export const SHORTEST_MS = 300;
/** What each sound of a `play` takes, whatever is behind its URL: the simulator fetches none. */
export const SOUND_MS = 3_000;

// No `<` inside, so that a text of nothing else is read once and not once for each of them.
const TAG = /<[^<>]*>/g;
const TIME = /\btime\s*=\s*["']([0-9.]+)(ms|s)["']/;
const LONGEST_BREAK_MS = 10_000;

/**
 * How long a text takes to speak, in milliseconds: its characters without SSML tags, 15 in a second, and the breaks that it asks for
 * (`<break time="500ms"/>`, at most 10 s each, as in W3C SSML 1.1 §3.2.3); at least 300.
 */
export function spokenMs(text: string): number {
  const pauses_ms = (text.match(TAG) ?? []).reduce((sum, tag) => sum + breakMs(tag), 0);
  const characters = [...text.replace(TAG, '').replace(/\s+/g, ' ').trim()].length;
  return Math.max(SHORTEST_MS, Math.round((characters * 1000) / CHARACTERS_PER_SECOND + pauses_ms));
}

function breakMs(tag: string): number {
  const [, value, unit] = (/^<break\b/.test(tag) ? TIME.exec(tag) : null) ?? [];
  const asked_ms = Number(value) * (unit === 's' ? 1000 : 1);
  return Number.isFinite(asked_ms) ? Math.min(asked_ms, LONGEST_BREAK_MS) : 0;
}
