// Turns: so many at once, the others in order.
import { Retryable } from '../errors.js';

/** Makes them. `take` settles when it is one's turn; throws Retryable where that is not before `signal`. */
export function createTurns(at_once: number): { readonly take: (signal: AbortSignal) => Promise<{ readonly end: () => void }> } {
  let free = at_once;
  const waiting: (() => void)[] = [];
  const end = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  const turn = (): { readonly end: () => void } => {
    let ended = false;
    return { end: () => { if (!ended) end(); ended = true; } };
  };
  return {
    take: async (signal) => {
      if (free > 0) {
        free--;
        return turn();
      }
      return new Promise((resolve, reject) => {
        const begin = (): void => { signal.removeEventListener('abort', giveUp); resolve(turn()); };
        const giveUp = (): void => { waiting.splice(waiting.indexOf(begin), 1); reject(new Retryable('too many emails are being sent already')); };
        waiting.push(begin);
        signal.addEventListener('abort', giveUp);
      });
    },
  };
}
