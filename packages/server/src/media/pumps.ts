// Streams of sound on their way to the worker: each is asked for its next chunk as long as the worker has not enough of it.
import { sentenceOf, STREAM_WINDOW, type Command } from './protocol.js';

/** All streams that are being sent. */
export type Pumps = {
  /** Gives a stream its number. */
  add(chunks: AsyncIterable<Int16Array>): number;
  start(stream: number): void;
  /** So many samples were played. */
  taken(stream: number, samples: number): void;
  /** Nobody listens any more: the stream is ended, whatever it was about to bring. */
  drop(stream: number): void;
  close(): void;
};

type Pump = { readonly chunks: AsyncIterable<Int16Array>; on_way: number; dropped: boolean; iterator: AsyncIterator<Int16Array> | null; wake: (() => void) | null };

/** Makes them; `post` brings a command to the worker. */
export function createPumps(post: (command: Command) => void): Pumps {
  const pumps = new Map<number, Pump>();
  let last = 0;

  const run = async (stream: number, pump: Pump): Promise<void> => {
    const iterator = pump.chunks[Symbol.asyncIterator]();
    pump.iterator = iterator;
    for (;;) {
      while (pump.on_way >= STREAM_WINDOW && !pump.dropped) await new Promise<void>((resolve) => { pump.wake = resolve; });
      if (pump.dropped) return;
      const chunk = await iterator.next();
      if (pump.dropped) return;
      if (chunk.done === true) { post({ do: 'chunks_end', stream }); return; }
      pump.on_way += chunk.value.length;
      post({ do: 'chunk', stream, samples: chunk.value });
    }
  };

  const drop = (stream: number): void => {
    const pump = pumps.get(stream);
    if (pump === undefined) return;
    pumps.delete(stream);
    pump.dropped = true;
    pump.wake?.();
    // Whoever makes the sound may stop. That it fails now is nobody's concern.
    void Promise.resolve(pump.iterator?.return?.()).catch(() => undefined);
  };

  return {
    add(chunks) {
      pumps.set(++last, { chunks, on_way: 0, dropped: false, iterator: null, wake: null });
      return last;
    },
    start(stream) {
      const pump = pumps.get(stream);
      if (pump === undefined) return;
      void run(stream, pump).catch((error: unknown) => { if (!pump.dropped) post({ do: 'chunks_end', stream, message: sentenceOf(error) }); });
    },
    taken(stream, samples) {
      const pump = pumps.get(stream);
      if (pump === undefined) return;
      pump.on_way -= samples;
      pump.wake?.();
    },
    drop,
    close() { for (const stream of [...pumps.keys()]) drop(stream); },
  };
}
