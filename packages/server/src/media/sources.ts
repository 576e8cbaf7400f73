// Where the samples of a playback come from: a file read ahead, a stream from the main thread, waves, nothing.
import { closeSync, open, read } from 'node:fs';
import { SAMPLE_RATE } from './sound.js';
import { sentenceOf } from './protocol.js';
import { createWaves } from './tone.js';
import { createWavReader } from './wav-read.js';

/** Nothing yet, and nothing any more: what `read` answers instead of a count. */
export const WAITING = -1;
/** See `WAITING`. */
export const ENDED = -2;

/** Samples to be played. */
export type Source = {
  /** Writes up to `count` samples from `at` on and says how many, or WAITING or ENDED. Throws an Error of one sentence where it cannot go on. */
  read(out: Int16Array, at: number, count: number): number;
  close(): void;
};

/** A queue of pieces of samples that is read without copying a piece twice. */
export function createPieces(): { readonly add: (samples: Int16Array) => void; readonly read: (out: Int16Array, at: number, count: number) => number; readonly size: () => number } {
  const pieces: Int16Array[] = [];
  let from = 0;
  let size = 0;
  return {
    add(samples) {
      if (samples.length === 0) return;
      pieces.push(samples);
      size += samples.length;
    },
    size: () => size,
    read(out, at, count) {
      let written = 0;
      for (let piece = pieces[0]; piece !== undefined && written < count; piece = pieces[0]) {
        const samples = Math.min(count - written, piece.length - from);
        for (let i = 0; i < samples; i++) out[at + written + i] = piece[from + i] ?? 0;
        written += samples;
        from += samples;
        if (from === piece.length) { pieces.shift(); from = 0; }
      }
      size -= written;
      return written;
    },
  };
}

/** Bytes of a file that are read at once: four seconds of 16-bit sound at 8 kHz. To wake the thread that reads costs more than to read. */
const READ_BYTES = 65_536;
/** Samples that are had in advance. */
const AHEAD_SAMPLES = 2 * SAMPLE_RATE;

/** A WAV file, read piece by piece beside the clock: an hour of sound needs no more memory than some seconds. */
export function openFile(path: string): Source {
  const pieces = createPieces();
  const reader = createWavReader();
  const buffer = new Uint8Array(READ_BYTES);
  let file = -1;
  let busy = true;
  let over = false;
  let closed = false;
  let failure: Error | null = null;

  const finish = (): void => { if (file >= 0) closeSync(file); file = -1; };
  const fail = (error: unknown): void => { failure = new Error(reasonOf(path, error)); };

  /** What a read brought. */
  const take = (size: number): void => {
    try {
      pieces.add(reader.push(buffer.subarray(0, size)));
      if (size === 0 || reader.over()) { pieces.add(reader.end()); over = true; }
    } catch (error) { fail(error); }
  };

  const next = (): void => {
    busy = true;
    read(file, buffer, 0, READ_BYTES, null, (error, size) => {
      busy = false;
      if (closed) { finish(); return; }
      if (error === null) take(size);
      else fail(error);
      if (over || failure !== null) finish();
      else if (pieces.size() < AHEAD_SAMPLES) next();
    });
  };

  open(path, 'r', (error, opened) => {
    busy = false;
    if (error !== null) { fail(error); return; }
    file = opened;
    if (closed) finish();
    else next();
  });

  return {
    read(out, at, count) {
      const written = pieces.read(out, at, count);
      if (!busy && !over && failure === null && pieces.size() < AHEAD_SAMPLES / 2) next();
      if (written > 0) return written;
      if (failure !== null) throw failure;
      return over ? ENDED : WAITING;
    },
    close() {
      closed = true;
      if (!busy) finish();
    },
  };
}

/** The system's words about a file, without its path: whoever asked knows it, and nobody else need. */
function reasonOf(path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code === undefined ? sentenceOf(error) : `The file cannot be read (${code}).`.replaceAll(path, '');
}

/** Waves on and off in turn. */
export function openTone(frequencies_hz: readonly number[], on_ms: number, off_ms: number, repeat: number | null): Source {
  const waves = createWaves(frequencies_hz);
  const [on, off] = [Math.round((on_ms * SAMPLE_RATE) / 1000), Math.round((off_ms * SAMPLE_RATE) / 1000)];
  let times = on + off === 0 ? 0 : repeat ?? Number.POSITIVE_INFINITY;
  let at_cycle = 0;
  return {
    read(out, at, count) {
      if (times <= 0) return ENDED;
      const sounding = at_cycle < on;
      const samples = Math.min(count, (sounding ? on : on + off) - at_cycle);
      if (sounding) waves.write(out, at, samples);
      else out.fill(0, at, at + samples);
      at_cycle += samples;
      if (at_cycle === on + off) { at_cycle = 0; times--; }
      return samples;
    },
    close: () => undefined,
  };
}

/** Silence of a length. */
export function openSilence(duration_ms: number): Source {
  let left = Math.round((duration_ms * SAMPLE_RATE) / 1000);
  return {
    read(out, at, count) {
      if (left <= 0) return ENDED;
      const samples = Math.min(left, count);
      out.fill(0, at, at + samples);
      left -= samples;
      return samples;
    },
    close: () => undefined,
  };
}
