// A worker thread of speech as the main thread sees it: asked one question at a time, so that what nobody wants any more is not begun.
import { Worker } from 'node:worker_threads';
import { NoSound } from './errors.js';
import type { Answer, Asked } from './worker.js';

/** Asks, customers by turns; rejects with `NoSound`, with `CANCELED` as soon as the signal says so. A thread that dies is replaced by a new one at the next question. */
export type Thread<T> = { readonly ask: (customer_id: string, asked: T, signal: AbortSignal) => Promise<Int16Array>; readonly close: () => Promise<void> };

type Waiting<T> = { readonly customer_id: string; readonly asked: T; readonly resolve: (samples: Int16Array) => void; readonly reject: (error: NoSound) => void };

/** Only a thread that hangs takes so long for one question. */
const PATIENCE_MS = 60_000;

/** Starts the thread of an entry file; `file` is its name beside `from`, without its ending, which is that of the file that asks. */
export function startThread<T>(file: string, from: string): Thread<T> {
  const entry = new URL(`${file}${from.slice(from.lastIndexOf('.'))}`, from);
  const queue: Waiting<T>[] = [];
  const takeTurn = createTurns();
  let worker: Worker | undefined;
  let asking: Waiting<T> | undefined;
  let watch: NodeJS.Timeout | undefined;
  let number = 0;
  let closed = false;

  const start = (): Worker => {
    const started = new Worker(entry);
    // An idle thread keeps no process alive.
    started.unref();
    started.on('message', (answer: Answer) => {
      if (answer.id !== number) return;
      settle((waiting) => ('samples' in answer ? waiting.resolve(answer.samples) : waiting.reject(new NoSound(answer.reason, answer.message))));
    });
    started.on('error', (error) => lose(started, error.message));
    started.on('exit', () => lose(started, 'it ended'));
    return started;
  };
  const lose = (which: Worker, why: string): void => {
    if (worker !== which) return;
    worker = undefined;
    void which.terminate();
    settle((waiting) => waiting.reject(new NoSound('TTS_FAILED', `the thread that makes sound is gone: ${why}`)));
  };
  const settle = (how: (waiting: Waiting<T>) => void): void => {
    clearTimeout(watch);
    worker?.unref();
    const done = asking;
    asking = undefined;
    if (done !== undefined) how(done);
    next();
  };
  const next = (): void => {
    if (asking !== undefined) return;
    asking = takeTurn(queue);
    if (asking === undefined) return;
    const asked = (worker ??= start());
    asked.ref();
    watch = setTimeout(() => lose(asked, 'it took too long'), PATIENCE_MS);
    asked.postMessage({ id: ++number, asked: asking.asked } satisfies Asked<T>);
  };

  worker = start();
  return {
    ask: (customer_id, asked, signal) => closed ? Promise.reject(stopping()) : waitIn(queue, { customer_id, asked }, signal, next),
    close: async () => {
      closed = true;
      for (const waiting of queue.splice(0)) waiting.reject(stopping());
      const ending = worker;
      if (ending !== undefined) lose(ending, 'activeflow is stopping');
      await ending?.terminate();
    },
  };
}

const stopping = (): NoSound => new NoSound('CANCELED', 'activeflow is stopping');

/** A place in the queue, given up when the signal says so; a question that is being answered is left to its end, and its answer to nobody. */
function waitIn<T>(queue: Waiting<T>[], asked: Pick<Waiting<T>, 'customer_id' | 'asked'>, signal: AbortSignal, next: () => void): Promise<Int16Array> {
  return new Promise((resolve, reject) => {
    const canceled = (): void => {
      const place = queue.indexOf(waiting);
      if (place >= 0) queue.splice(place, 1);
      reject(new NoSound('CANCELED', 'nobody wants it any more'));
    };
    const settled = <V>(how: (value: V) => void) => (value: V): void => {
      signal.removeEventListener('abort', canceled);
      how(value);
    };
    const waiting: Waiting<T> = { ...asked, resolve: settled(resolve), reject: settled(reject) };
    if (signal.aborted) return canceled();
    signal.addEventListener('abort', canceled, { once: true });
    queue.push(waiting);
    next();
  });
}

/** Takes out of a line who is next: the customer whose last turn is longest ago, so that nobody waits for all that another one has to say. */
function createTurns(): <T extends { readonly customer_id: string }>(line: T[]) => T | undefined {
  const turns = new Map<string, number>();
  let turn = 0;
  return (line) => {
    if (line.length <= 1) turns.clear();
    const last = line.map(({ customer_id }) => turns.get(customer_id) ?? 0);
    const place = last.indexOf(Math.min(...last));
    const [next] = place < 0 ? [] : line.splice(place, 1);
    if (next !== undefined) turns.set(next.customer_id, ++turn);
    return next;
  };
}
