// So many at once, the others wait in line.
import { NoSound } from './errors.js';

/** Waits for a place; the function it gives leaves it. Rejects with `CANCELED` as soon as the signal says so. */
export type Gate = (signal: AbortSignal) => Promise<() => void>;

/** Makes a gate with so many places. */
export function createGate(places: number): Gate {
  const line: (() => void)[] = [];
  let free = places;
  const leave = (): void => {
    free += 1;
    line.shift()?.();
  };
  return (signal) => new Promise((resolve, reject) => {
    const enter = (): void => {
      signal.removeEventListener('abort', giveUp);
      free -= 1;
      resolve(once(leave));
    };
    const giveUp = (): void => {
      const place = line.indexOf(enter);
      if (place >= 0) line.splice(place, 1);
      reject(new NoSound('CANCELED', 'nobody wants it any more'));
    };
    if (signal.aborted) giveUp();
    else if (free > 0) enter();
    else {
      signal.addEventListener('abort', giveUp, { once: true });
      line.push(enter);
    }
  });
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
