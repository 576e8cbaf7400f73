// Virtual time: what will happen, in the order in which it will. Nothing here waits for real time.
import type { Instant } from '@activeflow/engine';

/** The one thing that moves the world on. */
export type Schedule = {
  readonly now: () => Instant;
  /** Runs something after so many microseconds; gives a function that takes it back. */
  readonly after: (delay_us: number, run: () => void) => () => void;
  /** Resolves after so many microseconds. */
  readonly pause: (delay_us: number) => Promise<void>;
  /** Runs what comes first, and all that follows from it at once. False where nothing will ever happen again. */
  readonly step: () => Promise<boolean>;
  /** Lets time pass without running what was due meanwhile: it runs late, as on a machine that slept. */
  readonly sleepUntil: (at: Instant) => void;
};

type Task = { readonly at: Instant; readonly order: number; run: (() => void) | undefined };

/** Makes a schedule that begins at `start`. What falls on one instant runs in the order in which it was asked for. */
export function createSchedule(start: Instant): Schedule {
  const heap: Task[] = [];
  let time = start;
  let order = 0;
  const after: Schedule['after'] = (delay_us, run) => {
    const task: Task = { at: time + Math.max(0, delay_us), order: order++, run };
    push(heap, task);
    return () => { task.run = undefined; };
  };
  return {
    now: () => time,
    after,
    pause: (delay_us) => new Promise((resolve) => { after(delay_us, resolve); }),
    async step() {
      for (let task = pop(heap); task; task = pop(heap)) {
        if (task.run === undefined) continue;
        time = Math.max(time, task.at);
        task.run();
        await everythingThatFollows();
        return true;
      }
      return false;
    },
    sleepUntil: (at) => { time = Math.max(time, at); },
  };
}

/** Promises need no time: a tick of Node's comes when all that could go on has gone on. Cheaper than a turn of the event loop. */
const everythingThatFollows = (): Promise<void> => new Promise((resolve) => { process.nextTick(resolve); });

const before = (a: Task, b: Task): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Task[], task: Task): void {
  let i = heap.push(task) - 1;
  while (i > 0) {
    const up = (i - 1) >> 1;
    const parent = heap[up] as Task;
    if (before(parent, task)) break;
    heap[i] = parent;
    i = up;
  }
  heap[i] = task;
}

function pop(heap: Task[]): Task | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let i = 0;
  for (;;) {
    let down = 2 * i + 1;
    if (down >= heap.length) break;
    if (down + 1 < heap.length && before(heap[down + 1] as Task, heap[down] as Task)) down++;
    if (before(last, heap[down] as Task)) break;
    heap[i] = heap[down] as Task;
    i = down;
  }
  heap[i] = last;
  return first;
}
