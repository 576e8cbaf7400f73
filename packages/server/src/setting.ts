// What a setting is, and readers that several share. Each throws what comes behind the setting's name in a sentence.

/** A setting: default, help text, and what reads it. */
export type Entry<T> = { readonly name: string; readonly fallback: string; readonly help: string; readonly secret?: true; readonly read: (text: string) => T };

/** Reads a whole number within bounds. */
export const number = (lowest: number, highest: number) => (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < lowest || value > highest) throw new Error(`must be a whole number from ${lowest} to ${highest}`);
  return value;
};
/** Reads one of a few words. */
export const word = <const T extends string>(...words: readonly T[]) => (text: string): T => {
  const found = words.find((candidate) => candidate === text);
  if (found === undefined) throw new Error(`must be one of ${words.join(', ')}`);
  return found;
};
/** Reads a yes or no. */
export const flag = (text: string): boolean => word('true', 'false', '1', '0')(text) === 'true' || text === '1';
/** Takes any text. */
export const any = (text: string): string => text;
/** Reads what may be left empty. */
export const optional = <T>(read: (text: string) => T) => (text: string): T | undefined => (text === '' ? undefined : read(text));

/** Makes a setting; `name` goes without its prefix. */
export const entry = <T>(name: string, fallback: string, help: string, read: (text: string) => T, secret?: true): Entry<T> =>
  ({ name: `ACTIVEFLOW_${name}`, fallback, help, read, ...(secret ? { secret } : {}) });

/** Reads a list with commas. */
export const listed = (text: string): readonly string[] => text.split(',').map((part) => part.trim()).filter(Boolean);

/** Reads a URL of a server. */
export function serverUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) throw new Error('must be an http or https URL');
  return text;
}
