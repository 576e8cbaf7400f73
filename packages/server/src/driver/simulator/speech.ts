// How long a played prompt lasts: the same text always takes the same time, on every machine.

/** What the simulator speaks in a second, in characters. */
export const CHARACTERS_PER_SECOND = 15;
/** No prompt is shorter, in milliseconds: that is a beep, and a text without letters. */
export const SHORTEST_MS = 300;
/** What each sound of a `play` takes, whatever is behind its URL: the simulator fetches none. */
export const SOUND_MS = 3_000;

const TAG = /<[^>]*>/g;
const BREAK = /<break\b[^>]*\btime\s*=\s*["']([0-9.]+)(ms|s)["'][^>]*>/g;
const LONGEST_BREAK_MS = 10_000;

/**
 * How long a text takes to speak, in milliseconds: its characters without SSML tags, 15 in a second, and the breaks that it asks for
 * (`<break time="500ms"/>`, at most 10 s each, as in W3C SSML 1.1 §3.2.3); at least 300.
 */
export function spokenMs(text: string): number {
  const breaks_ms = [...text.matchAll(BREAK)].map(([, value, unit]) => Math.min(Number(value) * (unit === 's' ? 1000 : 1), LONGEST_BREAK_MS));
  const pauses_ms = breaks_ms.reduce((sum, one) => sum + (Number.isFinite(one) ? one : 0), 0);
  const characters = [...text.replace(TAG, '').replace(/\s+/g, ' ').trim()].length;
  return Math.max(SHORTEST_MS, Math.round((characters * 1000) / CHARACTERS_PER_SECOND + pauses_ms));
}
