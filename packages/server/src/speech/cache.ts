// Sounds that were made, as WAV files in one directory: bounded in bytes, the longest unused goes first. A file is whole or not there. What cannot be kept
// is only not kept.
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encodeWav } from './wav.js';

/** The sounds that are kept, by keys that are names of files. */
export type Cache = {
  /** The file of a sound, which stays for ten minutes at least; undefined where there is none. */
  readonly find: (key: string) => Promise<string | undefined>;
  /** Keeps a sound and gives its file; undefined where it cannot be kept. */
  readonly put: (key: string, samples: Int16Array) => Promise<string | undefined>;
};

/** Where, how much, and who is told that nothing can be kept. */
export type CacheSettings = { readonly directory: string; readonly most_bytes: number; readonly warn: (message: string) => void; readonly now?: () => number };

type Kept = { readonly size_bytes: number; readonly used_ms: number; readonly noted_ms: number };

/** Somebody was given the path and may open it only when what plays before it has ended. */
const STAYS_MS = 10 * 60_000;
/** The time of the last use is written down that often, for the next start. */
const NOTED_MS = 60 * 60_000;

/** Opens a cache. What an earlier process left is taken over. */
export function openCache({ directory, most_bytes, warn, now = Date.now }: CacheSettings): Cache {
  const kept = createIndex();
  const pathOf = (key: string): string => join(directory, `${key}.wav`);
  const ready = takeOver(directory, kept, now()).catch(() => undefined);
  let coming_bytes = 0;
  let warned = false;
  let number = 0;

  /** Makes room and takes it, for others make room for themselves meanwhile; false where all of it is in use. */
  const takeRoom = async (size_bytes: number): Promise<boolean> => {
    const fits = (): boolean => kept.total_bytes() + coming_bytes + size_bytes <= most_bytes;
    for (const { key, used_ms } of kept.oldest()) {
      if (fits()) break;
      if (now() - used_ms < STAYS_MS) continue;
      kept.forget(key);
      await rm(pathOf(key), { force: true });
    }
    if (!fits()) return false;
    coming_bytes += size_bytes;
    return true;
  };

  return {
    find: async (key) => {
      await ready;
      const path = pathOf(key);
      // Somebody may have emptied the directory.
      const file = await stat(path).catch(() => undefined);
      if (file === undefined) return void kept.forget(key);
      const used_ms = now();
      const noted_ms = kept.noted_ms(key);
      const due = used_ms - noted_ms >= NOTED_MS;
      kept.note(key, { size_bytes: file.size, used_ms, noted_ms: due ? used_ms : noted_ms });
      if (due) void utimes(path, used_ms / 1000, used_ms / 1000).catch(() => undefined);
      return path;
    },
    put: async (key, samples) => {
      await ready;
      const bytes = encodeWav(samples);
      const size_bytes = bytes[0].length + bytes[1].length;
      const part = join(directory, `${key}.${process.pid}-${number++}.part`);
      try {
        if (!await takeRoom(size_bytes)) return undefined;
        await write(part, bytes, pathOf(key)).finally(() => (coming_bytes -= size_bytes));
        kept.note(key, { size_bytes, used_ms: now(), noted_ms: now() });
        warned = false;
        return pathOf(key);
      } catch (error) {
        await rm(part, { force: true }).catch(() => undefined);
        if (!warned) warn(`sounds cannot be kept in ${directory}: ${(error as Error).message}`);
        warned = true;
        return undefined;
      }
    },
  };
}

async function write(part: string, bytes: readonly Uint8Array[], path: string): Promise<void> {
  await mkdir(dirname(part), { recursive: true, mode: 0o700 });
  await writeFile(part, bytes, { mode: 0o600 });
  await rename(part, path);
}

type Index = ReturnType<typeof createIndex>;

/** What is kept, in the order of its last use, and how much that is. */
function createIndex() {
  const kept = new Map<string, Kept>();
  let total = 0;
  const forget = (key: string): void => {
    total -= kept.get(key)?.size_bytes ?? 0;
    kept.delete(key);
  };
  return {
    forget,
    note: (key: string, what: Kept): void => {
      forget(key);
      kept.set(key, what);
      total += what.size_bytes;
    },
    noted_ms: (key: string): number => kept.get(key)?.noted_ms ?? 0,
    total_bytes: (): number => total,
    oldest: () => [...kept].map(([key, { used_ms }]) => ({ key, used_ms })),
  };
}

/** Takes over what lies in the directory, and removes what a process left that died while it wrote. */
async function takeOver(directory: string, kept: Index, now_ms: number): Promise<void> {
  const found: (Kept & { readonly key: string })[] = [];
  for (const name of await readdir(directory)) {
    const file = await stat(join(directory, name)).catch(() => undefined);
    const [, key] = /^([0-9a-f]{64})\.wav$/.exec(name) ?? [];
    if (file === undefined) continue;
    if (key !== undefined) found.push({ key, size_bytes: file.size, used_ms: file.mtimeMs, noted_ms: file.mtimeMs });
    else if (name.endsWith('.part') && now_ms - file.mtimeMs > STAYS_MS) await rm(join(directory, name), { force: true });
  }
  for (const { key, ...what } of found.sort((a, b) => a.used_ms - b.used_ms)) kept.note(key, what);
}
