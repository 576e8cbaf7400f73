// Coming back: how long to wait, and what is worth another try.
import { ActiveflowError } from './error.js';

/** The shortest and the longest pause before another try. */
const PAUSE = { least_ms: 250, most_ms: 10_000 } as const;

/** How long to wait before the next of several tries in a row, the first being 0; no two clients wait alike. */
export const pauseBefore = (tries: number): number => Math.min(PAUSE.most_ms, PAUSE.least_ms * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2);

/** True for what may be well the next time: no answer, or one that says so. */
export const mayPass = ({ http_status }: ActiveflowError): boolean => http_status === 0 || http_status === 429 || http_status >= 500;

/** Waits; not past the signal. */
export const wait = (pause_ms: number, signal: AbortSignal): Promise<void> => new Promise((resolve) => {
  const done = (): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', done);
    resolve();
  };
  const timer = setTimeout(done, pause_ms);
  signal.addEventListener('abort', done, { once: true });
  if (signal.aborted) done();
});

/** The error as it is, or, of something else, in its shape. */
export const asError = (failure: unknown): ActiveflowError => (failure instanceof ActiveflowError ? failure
  : new ActiveflowError({ status: 'UNAVAILABLE', reason: 'UNREACHABLE', message: `the connection broke: ${failure instanceof Error ? failure.message : String(failure)}`, http_status: 0 }, { cause: failure }));
