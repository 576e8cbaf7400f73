// A recording of a leg: what the far end says to the left, what it hears to the right, on its way to the disk while it goes on.
import type { MediaFact, RecordAsked } from './media.js';
import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE } from './sound.js';
import { createVoice } from './voice.js';
import { createWavFile, WAV_HEADER_BYTES } from './wav-write.js';

/** How a recording came out. */
export type RecordingEnd = Extract<MediaFact, { type: 'recording_done' }>;

/** A recording that goes on. */
export type Recorder = {
  readonly id: string;
  frame(heard: Int16Array, said: Int16Array): void;
  key(digit: string): void;
  /** Ends it; once it is whole, its end is told. */
  end(how: RecordingEnd['how']): void;
};

const CHANNELS = 2;
const FRAME_BYTES = FRAME_SAMPLES * CHANNELS * 2;
/** What is written at once: two seconds. */
const PIECE_FRAMES = 100;
const BYTES_PER_MS = (SAMPLE_RATE * CHANNELS * 2) / 1000;

/** The words of the system about a file, without its path. */
const sentenceOf = (error: NodeJS.ErrnoException): string => {
  if (error.code === 'ENOSPC') return 'The disk is full.';
  return error.code === undefined ? error.message : `The recording cannot be written (${error.code}).`;
};

/** Begins a recording. `ended` hears at once that no frame is wanted any more, `done` later that the file is whole; each once. */
export function createRecorder(id: string, asked: RecordAsked, ended: () => void, done: (end: RecordingEnd) => void): Recorder {
  const voice = createVoice();
  let over = false;
  let quiet_ms = 0;
  let frames = 0;
  /** Pieces that are on the disk, to be filled again: a leg has two, and one more while the disk is slow. */
  const free: Buffer[] = [];
  let piece: Buffer = Buffer.alloc(PIECE_FRAMES * FRAME_BYTES);
  let samples = samplesOf(piece);
  let at = 0;
  // Recordings that begin together do not write together.
  let full = (1 + Math.floor(Math.random() * PIECE_FRAMES)) * FRAME_SAMPLES * CHANNELS;
  let message: string | undefined;
  const file = createWavFile(asked.path, CHANNELS, (error) => {
    message = sentenceOf(error);
    end('failed');
  });

  function end(how: RecordingEnd['how']): void {
    if (over) return;
    over = true;
    ended();
    if (at > 0) file.write(piece.subarray(0, at * 2));
    void file.finish().then(() => {
      const sound_bytes = file.sound_bytes();
      done({ type: 'recording_done', id, how: message === undefined ? how : 'failed', duration_ms: Math.round(sound_bytes / BYTES_PER_MS), size_bytes: sound_bytes === 0 && message !== undefined ? 0 : WAV_HEADER_BYTES + sound_bytes, ...(message !== undefined && { message }) });
    });
  }

  const flush = (): void => {
    const filled = piece;
    file.write(filled.subarray(0, at * 2), () => { free.push(filled); });
    piece = free.pop() ?? Buffer.alloc(PIECE_FRAMES * FRAME_BYTES);
    samples = samplesOf(piece);
    at = 0;
    full = samples.length;
  };

  return {
    id,
    frame(heard, said) {
      if (over) return;
      for (let i = 0; i < FRAME_SAMPLES; i++) {
        samples[at++] = heard[i] ?? 0;
        samples[at++] = said[i] ?? 0;
      }
      if (at === full) flush();
      frames++;
      if (asked.end_of_silence_ms > 0) {
        quiet_ms = voice(heard) ? 0 : quiet_ms + FRAME_MS;
        if (quiet_ms >= asked.end_of_silence_ms) { end('silence'); return; }
      }
      if (asked.duration_ms > 0 && frames * FRAME_MS >= asked.duration_ms) end('duration');
    },
    key(digit) { if (asked.end_of_key.includes(digit)) end('key'); },
    end,
  };
}

/** WAV is little-endian, as every machine is that this runs on. */
const samplesOf = (bytes: Buffer): Int16Array => new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
