// Sounds that the main thread makes while they are played: its chunks, by the number of the stream. What was played is told, so that no more is sent than is
// needed soon.
import { STREAM_WINDOW, type Answer } from './protocol.js';
import { createPieces, ENDED, WAITING, type Source } from './sources.js';

/** All streams of the worker. */
export type Streams = {
  /** A stream that will be played: its chunks may come from now on. With `keep` it can be opened again, and is played from the start. */
  expect(stream: number, keep: boolean): void;
  open(stream: number): Source;
  chunk(stream: number, samples: Int16Array): void;
  end(stream: number, message: string | undefined): void;
  /** Nobody will play it again. */
  drop(stream: number): void;
};

/** How much of a stream that is played over and over is kept: ten minutes. */
const KEPT_SAMPLES = 4_800_000;
/** So many samples are told at once. */
const TELL_SAMPLES = STREAM_WINDOW / 8;

type Stream = { readonly keep: boolean; readonly pieces: ReturnType<typeof createPieces>; readonly kept: Int16Array[]; kept_samples: number; over: boolean; failure: Error | null; untold: number };

/** Makes the register of streams. */
export function createStreams(say: (answer: Answer) => void): Streams {
  const streams = new Map<number, Stream>();

  const told = (number: number, stream: Stream, samples: number): void => {
    stream.untold += samples;
    if (stream.over || stream.untold < TELL_SAMPLES) return;
    say({ say: 'taken', stream: number, samples: stream.untold });
    stream.untold = 0;
  };

  /** The first time: what comes. */
  const live = (number: number, stream: Stream): Source => ({
    read(out, at, count) {
      const written = stream.pieces.read(out, at, count);
      if (written > 0) { told(number, stream, written); return written; }
      if (stream.failure !== null) throw stream.failure;
      return stream.over ? ENDED : WAITING;
    },
    close: () => undefined,
  });

  const again = (stream: Stream): Source => {
    const pieces = createPieces();
    for (const samples of stream.kept) pieces.add(samples);
    return { read: (out, at, count) => pieces.read(out, at, count) || ENDED, close: () => undefined };
  };

  return {
    expect(number, keep) { streams.set(number, { keep, pieces: createPieces(), kept: [], kept_samples: 0, over: false, failure: null, untold: 0 }); },
    open(number) {
      const stream = streams.get(number);
      if (stream === undefined) return { read: () => ENDED, close: () => undefined };
      const played = stream.over && stream.pieces.size() === 0 && stream.keep;
      return played ? again(stream) : live(number, stream);
    },
    chunk(number, samples) {
      const stream = streams.get(number);
      if (stream === undefined) return;
      stream.pieces.add(samples);
      if (!stream.keep || stream.kept_samples >= KEPT_SAMPLES) return;
      stream.kept.push(samples);
      stream.kept_samples += samples.length;
    },
    end(number, message) {
      const stream = streams.get(number);
      if (stream === undefined) return;
      stream.over = true;
      if (message !== undefined) stream.failure = new Error(message);
    },
    drop(number) {
      if (!streams.delete(number)) return;
      say({ say: 'dropped', stream: number });
    },
  };
}
