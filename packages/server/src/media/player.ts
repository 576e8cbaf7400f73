// What is played to a far end: playbacks one after the other, each of sounds one after the other, without a gap between them.
import { FRAME_SAMPLES } from './sound.js';
import { sentenceOf } from './protocol.js';
import { ENDED, WAITING, type Source } from './sources.js';

/** A sound that can be opened, again where it is played over and over; `drop` says that it will not be. */
export type Playable = { open(): Source; drop(): void };

/** How a playback came out. */
export type PlaybackEnd = { readonly id: string; readonly how: 'end' | 'stopped' | 'failed'; readonly message?: string };

/** The player of one leg. */
export type Player = {
  play(id: string, sounds: readonly Playable[], loop: boolean): void;
  stop(id: string): void;
  /** Fills a frame; false: there is nothing to be played, and the frame is not touched. */
  read(out: Int16Array): boolean;
  /** Ends all of it. */
  close(): void;
};

type Playback = {
  readonly id: string; readonly sounds: readonly Playable[]; readonly loop: boolean;
  index: number;
  source: Source | null;
  /** The sound after it, opened in advance: a file is not there at once. */
  ahead: Source | null;
  /** Samples of this round. */
  heard: number;
};

/** Makes a player that tells the end of each playback once. */
export function createPlayer(done: (end: PlaybackEnd) => void): Player {
  let queue: Playback[] = [];

  const end = (playback: Playback, how: PlaybackEnd['how'], message?: string): void => {
    queue = queue.filter((other) => other !== playback);
    playback.source?.close();
    playback.ahead?.close();
    for (const sound of playback.sounds) sound.drop();
    done({ id: playback.id, how, ...(message !== undefined && { message }) });
  };

  /** The source of the sound whose turn it is; null: there is none any more. */
  const sourceOf = (playback: Playback): Source | null => {
    if (playback.source !== null) return playback.source;
    const { sounds, index } = playback;
    playback.source = playback.ahead ?? sounds[index]?.open() ?? null;
    playback.ahead = sounds[index + 1]?.open() ?? null;
    return playback.source;
  };

  const advance = (playback: Playback): void => {
    playback.source?.close();
    playback.source = null;
    playback.index++;
    // A round without a sample would never end.
    if (playback.index < playback.sounds.length || !playback.loop || playback.heard === 0) return;
    playback.index = playback.heard = 0;
  };

  /** Reads on; gives the samples written, or WAITING. */
  const readOf = (playback: Playback, out: Int16Array, at: number): number => {
    for (;;) {
      const source = sourceOf(playback);
      if (source === null) { end(playback, 'end'); return 0; }
      const samples = source.read(out, at, FRAME_SAMPLES - at);
      if (samples !== ENDED) {
        if (samples > 0) playback.heard += samples;
        return samples;
      }
      advance(playback);
    }
  };

  return {
    play(id, sounds, loop) { queue.push({ id, sounds, loop, index: 0, source: null, ahead: null, heard: 0 }); },
    stop(id) {
      const playback = queue.find((one) => one.id === id);
      if (playback !== undefined) end(playback, 'stopped');
    },
    read(out) {
      if (queue.length === 0) return false;
      let at = 0;
      for (let playback = queue[0]; playback !== undefined && at < FRAME_SAMPLES; playback = queue[0]) {
        try {
          const samples = readOf(playback, out, at);
          if (samples === WAITING) break;
          at += samples;
        } catch (error) { end(playback, 'failed', sentenceOf(error)); }
      }
      out.fill(0, at);
      return true;
    },
    close() { for (const playback of queue) end(playback, 'stopped'); },
  };
}
