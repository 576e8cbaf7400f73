// Playing: a queue for each leg, one sound after the other, each a playback of Asterisk under an id of its own.
import { setTimeout as sleep } from 'node:timers/promises';
import { deriveId } from '@activeflow/engine';
import type { Sound } from '../../media/sound.js';
import { isGone } from './ari.js';
import { inOrder, named, path, tell, text, within, type Exchange, type Leg } from './leg.js';
import type { Media, Sounds } from './sounds.js';

/** How a playback came out. */
type How = { readonly how: 'end' | 'stopped' | 'failed'; readonly message?: string };

/** What was asked to be played on a leg. */
type Play = { readonly id: string; readonly sounds: readonly Sound[]; readonly loop: boolean; readonly stopping: AbortController };
type Queue = { readonly asked: Map<string, Play>; tail: Promise<void>; readonly known: Set<string> };

/** The playing part. */
export type Playing = {
  play(leg: Leg, id: string, sounds: readonly Sound[], loop: boolean): void;
  stop(leg: Leg, id: string): void;
  /** Asterisk says that a playback is over. */
  finished(playback_id: string, state: string): void;
  /** Events may have been missed: what is over by now is found out. */
  reviewed(): Promise<void>;
};

/** A round of a loop lasts no less, lest an empty file keep Asterisk busy. */
const ROUND_MS = 200;
/** How long Asterisk has to say that what it was told to stop is over. */
const STOP_MS = 1_000;

/** Makes the playing part. */
export function createPlaying(exchange: Exchange, sounds: Sounds): Playing {
  const queues = new WeakMap<Leg, Queue>();
  /** Playbacks that Asterisk is at, and who waits for them. */
  const open = new Map<string, (how: How) => void>();

  const queueOf = (leg: Leg): Queue => {
    const known = queues.get(leg);
    if (known) return known;
    const queue: Queue = { asked: new Map(), tail: Promise.resolve(), known: new Set() };
    queues.set(leg, queue);
    leg.at_end.add(() => { for (const { stopping } of queue.asked.values()) stopping.abort(); return queue.tail; });
    return queue;
  };

  return {
    play(leg, id, asked, loop) {
      const queue = queueOf(leg);
      if (queue.known.has(id)) return;
      queue.known.add(id);
      const play: Play = { id, sounds: asked, loop, stopping: new AbortController() };
      queue.asked.set(id, play);
      queue.tail = queue.tail.then(async () => {
        const how = await playAll(exchange, sounds, open, leg, play);
        queue.asked.delete(id);
        tell(exchange, leg, { type: 'playback_done', id, ...how });
      });
    },
    stop(leg, id) { queues.get(leg)?.asked.get(id)?.stopping.abort(); },
    finished(playback_id, state) { open.get(playback_id)?.(state === 'failed' ? { how: 'failed', message: 'Asterisk could not play it' } : { how: 'end' }); },
    async reviewed() {
      for (const [playback_id, over] of open) {
        if (await isOver(exchange, playback_id)) over({ how: 'end' });
      }
    },
  };
}

type Open = Map<string, (how: How) => void>;

async function playAll(exchange: Exchange, sounds: Sounds, open: Open, leg: Leg, play: Play): Promise<How> {
  const keys = play.sounds.map((_, at) => deriveId(named(play.id), `play/${at}`));
  const { signal } = play.stopping;
  try {
    // What an earlier process has begun goes on where it is.
    let first = leg.adopted ? await begun(exchange, keys) : 0;
    do {
      const round = Date.now();
      for (const [at, sound] of [...play.sounds.entries()].slice(first)) {
        const how = await playSound(exchange, sounds, open, { leg, signal, sound, key: keys[at] ?? play.id });
        if (how.how !== 'end') return how;
      }
      first = 0;
      const rest_ms = round + ROUND_MS - Date.now();
      if (play.loop && rest_ms > 0) await pause(rest_ms, signal);
    } while (play.loop && !signal.aborted);
    return { how: signal.aborted ? 'stopped' : 'end' };
  } catch (error) {
    return { how: 'failed', message: text(error) };
  } finally {
    await sounds.forget(keys).catch(() => undefined);
  }
}

type One = { readonly leg: Leg; readonly signal: AbortSignal; readonly sound: Sound; readonly key: string };

async function playSound(exchange: Exchange, sounds: Sounds, open: Open, one: One): Promise<How> {
  const { signal, sound, key } = one;
  if (signal.aborted) return { how: 'stopped' };
  const prepared = await sounds.prepare(sound, key, signal);
  if (prepared.kind === 'silence') {
    await pause(prepared.duration_ms, signal);
    return { how: signal.aborted ? 'stopped' : 'end' };
  }
  for (let times = prepared.media.times; times === null || times > 0; times = times === null ? null : times - 1) {
    const how = await playOnce(exchange, open, one, prepared.media);
    if (how.how !== 'end') return how;
  }
  return { how: 'end' };
}

async function playOnce(exchange: Exchange, open: Open, { leg, signal, key }: One, { uri }: Media): Promise<How> {
  if (signal.aborted) return { how: 'stopped' };
  // Told of before it is asked for: a short sound may be over before the answer is here.
  let over: (how: How) => void = () => undefined;
  const heard = new Promise<How>((resolve) => { over = resolve; });
  open.set(key, over);
  const unlessOver = until(signal);
  try {
    const begin = async (): Promise<void> => {
      // A playback of this id is on its way: an earlier process has asked for it.
      if (leg.adopted && !(await isOver(exchange, key))) return;
      await exchange.ari.post(`${path('channels', leg.channel_id, 'play')}${path(key)}`, { media: [uri] });
    };
    let failed: unknown;
    await inOrder(exchange, leg, 'play', () => begin().catch((error: unknown) => { failed = error; }));
    if (failed !== undefined) return isGone(failed) ? { how: 'stopped' } : { how: 'failed', message: text(failed) };
    const how = await Promise.race([heard, stopped(exchange, key, unlessOver, heard)]);
    return signal.aborted ? { how: 'stopped' } : how;
  } finally {
    unlessOver.over();
    open.delete(key);
  }
}

/** A stop that is listened for until the playback is over: a loop has thousands of them, and one signal. */
type UnlessOver = { readonly stopped: Promise<void>; readonly over: () => void };
function until(signal: AbortSignal): UnlessOver {
  let over: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    const heard = (): void => { resolve(); };
    over = () => { signal.removeEventListener('abort', heard); };
    if (signal.aborted) heard();
    else signal.addEventListener('abort', heard);
  });
  return { stopped, over };
}

/** Resolves after a stop, once Asterisk has ended the playback: what is played next begins at once. */
async function stopped({ ari }: Exchange, key: string, unlessOver: UnlessOver, heard: Promise<How>): Promise<How> {
  await unlessOver.stopped;
  await within(ari.delete(path('playbacks', key)).then(() => heard), STOP_MS);
  return { how: 'stopped' };
}

async function isOver({ ari }: Exchange, playback_id: string): Promise<boolean> {
  return ari.get(path('playbacks', playback_id)).then(() => false, isGone);
}

async function begun(exchange: Exchange, keys: readonly string[]): Promise<number> {
  for (const [at, key] of keys.entries()) if (!(await isOver(exchange, key))) return at;
  return 0;
}

/** Waits, or less where it is stopped. */
async function pause(wait_ms: number, signal: AbortSignal): Promise<void> {
  await sleep(wait_ms, undefined, { signal }).catch(() => undefined);
}
