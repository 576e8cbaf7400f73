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

/** Waits for a place in a lane; the function it gives leaves it. */
export type Lanes = (lane: string, signal: AbortSignal) => Promise<() => void>;

/** Makes lanes with so many places each and so many in all: who fills his own does not stand in another's way, unless many do. */
export function createLanes(places_each: number, places: number): Lanes {
  const all = createGate(places);
  const lanes = new Map<string, { readonly gate: Gate; inside: number }>();
  return async (name, signal) => {
    const lane = lanes.get(name) ?? { gate: createGate(places_each), inside: 0 };
    lanes.set(name, lane);
    lane.inside += 1;
    const out = once(() => {
      lane.inside -= 1;
      if (lane.inside === 0) lanes.delete(name);
    });
    try {
      const leaveLane = await lane.gate(signal);
      const leaveAll = await all(signal).catch((error: unknown) => {
        leaveLane();
        throw error;
      });
      return () => {
        leaveAll();
        leaveLane();
        out();
      };
    } catch (error) {
      out();
      throw error;
    }
  };
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
