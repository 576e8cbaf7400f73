// The inside of a worker thread of speech: one question after the other, each answered with samples or with why there are none.
import { parentPort } from 'node:worker_threads';
import { NoSound } from './errors.js';

/** What a thread is asked; the number comes back with the answer. */
export type Asked<T> = { readonly id: number; readonly asked: T };
/** What it answers. */
export type Answer = { readonly id: number } & ({ readonly samples: Int16Array } | { readonly reason: NoSound['reason']; readonly message: string });

/** Answers whoever started this thread; `after` is done when the answer is on its way. */
export function serve<T>(answer: (asked: T) => Int16Array, after: () => void = () => undefined): void {
  parentPort?.on('message', ({ id, asked }: Asked<T>) => {
    try {
      const samples = answer(asked);
      parentPort?.postMessage({ id, samples } satisfies Answer, [samples.buffer as ArrayBuffer]);
    } catch (error) {
      const reason = error instanceof NoSound ? error.reason : 'TTS_FAILED';
      parentPort?.postMessage({ id, reason, message: (error as Error).message } satisfies Answer);
    }
    after();
  });
}
