// A map that forgets what was not used for longest.

/** A bounded cache. */
export type Lru<V> = { get(key: string): V | undefined; set(key: string, value: V): void; delete(key: string): void };

/** Makes a cache of at most `size` entries. */
export function createLru<V>(size: number): Lru<V> {
  const entries = new Map<string, V>();
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size > size) entries.delete(entries.keys().next().value as string);
    },
    delete: (key) => { entries.delete(key); },
  };
}
