// How many queued effects may be performed at once: in all, and of each lane, which is a peer. One that answers nothing must delay no other.
import { createLru } from './lru.js';

/** Keeps count. */
export type Lanes = {
  /** How many more may be begun in all. */
  room(this: void): number;
  /** How many more of a lane; none where there is no room in all. */
  laneRoom(this: void, lane: string): number;
  enter(lane: string): void;
  /** One is over, `well` where its peer took it; undefined where nobody knows. */
  leave(lane: string, well: boolean | undefined): void;
};

/** At once: in all, of a lane, and of a lane whose last try failed: such a peer is probed, and all the others keep their places. */
export const MOST_QUEUED = { all: 512, lane: 32, failing: 2 } as const;
/** How many failing lanes are remembered. */
const REMEMBERED = 4_096;

/** Makes the count of a node. */
export function createLanes(): Lanes {
  const busy = new Map<string, number>();
  const failing = createLru<true>(REMEMBERED);
  let all = 0;
  return {
    room: () => MOST_QUEUED.all - all,
    laneRoom: (lane) => Math.min(MOST_QUEUED.all - all, (failing.get(lane) ? MOST_QUEUED.failing : MOST_QUEUED.lane) - (busy.get(lane) ?? 0)),
    enter(lane) {
      all++;
      busy.set(lane, (busy.get(lane) ?? 0) + 1);
    },
    leave(lane, well) {
      all--;
      const left = (busy.get(lane) ?? 1) - 1;
      if (left > 0) busy.set(lane, left);
      else busy.delete(lane);
      if (well === true) failing.delete(lane);
      else if (well === false) failing.set(lane, true);
    },
  };
}
