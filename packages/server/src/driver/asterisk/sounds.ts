// What Asterisk plays lies in files that it reads itself: a directory that both sides see, each under a name of its own.
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import type { Sound } from '../../media/sound.js';
import { asPcm, collect, pcmWav, toneSamples } from './wav.js';

/** The shared directory, as either side names it. */
export type MediaDirectory = { readonly ours: string; readonly theirs: string };

/** A sound that Asterisk can be asked to play; `times` is how often, null without end. */
export type Media = { readonly uri: string; readonly times: number | null };
/** What is played is a medium, or nothing for a while. */
export type Prepared = { readonly kind: 'media'; readonly media: Media } | { readonly kind: 'silence'; readonly duration_ms: number };

/** Makes sounds playable. `key` names a sound among all others; what was made for it is taken away by `forget`. */
export type Sounds = {
  /** Empties the directory of what an earlier process has left. */
  start(): Promise<void>;
  /** Throws an Error of one sentence where there is nothing that could be played. */
  prepare(sound: Sound, key: string, signal: AbortSignal): Promise<Prepared>;
  forget(keys: readonly string[]): Promise<void>;
};

/** A tone up to this long is one file; a longer one is its period, played again and again. */
const ONE_FILE_MS = 30_000;
/** Makes sounds playable from a shared directory. */
export function createSounds({ ours, theirs }: MediaDirectory): Sounds {
  const own = join(ours, 'playing');
  const file = (key: string): string => join(own, `${key}.wav`);
  const uri = (inside: string): string => `sound:${theirs.replace(/\/+$/, '')}/${inside.split(sep).join('/').replace(/\.wav$/, '')}`;
  const made = async (key: string, times: number | null = 1): Promise<Prepared> => {
    // Asterisk is somebody else on this machine, and what is spoken is kept for nobody else to read.
    await chmod(file(key), 0o644);
    return { kind: 'media', media: { uri: uri(relative(ours, file(key))), times } };
  };

  const ofFile = async (path: string, key: string): Promise<Prepared> => {
    const converted = await asPcm(path).catch((error: unknown) => { throw new Error(`${basename(path)} cannot be played: ${reason(error)}`); });
    const inside = relative(ours, path);
    const isShared = !inside.startsWith('..') && path.endsWith('.wav');
    if (converted === 'as it is' && isShared) return { kind: 'media', media: { uri: uri(inside), times: 1 } };
    if (converted === 'as it is') await copyFile(path, file(key));
    else await writeFile(file(key), converted);
    return made(key);
  };
  const ofTone = async (tone: Extract<Sound, { kind: 'tone' }>, key: string): Promise<Prepared> => {
    const { frequencies_hz, on_ms, off_ms, repeat } = tone;
    if (repeat === null && frequencies_hz.length <= 2) return { kind: 'media', media: { uri: `tone:${frequencies_hz.join('+')}/${on_ms}${off_ms > 0 ? `,0/${off_ms}` : ''}`, times: 1 } };
    const isShort = repeat !== null && repeat * (on_ms + off_ms) <= ONE_FILE_MS;
    await writeFile(file(key), pcmWav(toneSamples(tone, isShort ? repeat : 1)));
    return made(key, isShort ? 1 : repeat);
  };
  return {
    async start() {
      await rm(own, { recursive: true, force: true });
      await mkdir(own, { recursive: true });
      await chmod(own, 0o755);
    },
    async prepare(sound, key, signal) {
      switch (sound.kind) {
        case 'silence': return { kind: 'silence', duration_ms: sound.duration_ms };
        case 'file': return ofFile(sound.path, key);
        case 'tone': return ofTone(sound, key);
        case 'stream':
          // Asterisk plays files that are whole: nothing is heard before the last chunk is there.
          await writeFile(file(key), pcmWav(await collect(sound.chunks, signal)));
          return made(key);
        default: return sound satisfies never;
      }
    },
    async forget(keys) { await Promise.all(keys.map((key) => rm(file(key), { force: true }))); },
  };
}

/** Without the path, which is nobody's business but ours. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
