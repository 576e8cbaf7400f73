// Work that several ask for at once is done once.
import { NoSound } from './errors.js';

/** Does what the key stands for, or joins those who wait for the same. The work is told by its signal when the last of them has given up. */
export type Share<T> = (key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Makes a place where work is shared. */
export function createShare<T>(): Share<T> {
  const begun = new Map<string, { readonly result: Promise<T>; readonly controller: AbortController; wanted: number }>();
  return async (key, signal, work) => {
    if (signal.aborted) throw canceled();
    let found = begun.get(key);
    if (found === undefined) {
      const controller = new AbortController();
      const mine = { result: work(controller.signal), controller, wanted: 0 };
      found = mine;
      begun.set(key, mine);
      void mine.result.catch(() => undefined).finally(() => {
        if (begun.get(key) === mine) begun.delete(key);
      });
    }
    return wait(found, signal, () => begun.delete(key));
  };
}

function wait<T>(shared: { readonly result: Promise<T>; readonly controller: AbortController; wanted: number }, signal: AbortSignal, forget: () => void): Promise<T> {
  shared.wanted += 1;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      shared.wanted -= 1;
      if (shared.wanted === 0) {
        // Whoever asks from now on has it done anew.
        forget();
        shared.controller.abort(canceled());
      }
      reject(canceled());
    };
    signal.addEventListener('abort', giveUp, { once: true });
    shared.result.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp)).catch(() => undefined);
  });
}

const canceled = (): NoSound => new NoSound('CANCELED', 'nobody wants it any more');
