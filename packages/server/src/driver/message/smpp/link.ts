// Keeps a connection bound: after each end it is opened anew, at first at once, then ever more slowly, and never all nodes at the same moment.
import type { Log } from '../../../log.js';
import { Refused, type Session } from './session.js';

/** A connection that comes back. */
export type Link = {
  /** The session that is bound now. */
  readonly session: () => Session | undefined;
  /** The session, waited for at most so long. */
  readonly ready: (wait_ms: number, signal: AbortSignal) => Promise<Session | undefined>;
  /** Why it is down; `''` while it is up. */
  readonly detail: () => string;
  /** For how long it has been down, in milliseconds; 0 while it is up. */
  readonly down_ms: () => number;
  readonly start: () => void;
  readonly close: () => Promise<void>;
};

/** How a link is made. */
export type LinkParts = {
  readonly name: string;
  /** Binds; `ended` is called when that which was bound is over. */
  readonly open: (ended: (detail: string) => void) => Promise<Session>;
  readonly log: Log;
  /** The first pause, in milliseconds, doubled up to the longest. */
  readonly pause_ms: readonly [first: number, longest: number];
};

/** Makes it; nothing is connected before `start`. */
export function createLink({ name, open, log, pause_ms: [first_ms, longest_ms] }: LinkParts): Link {
  let session: Session | undefined;
  let [detail, failures, closed, down_at] = ['not connected yet', 0, false, performance.now()];
  let timer: NodeJS.Timeout | undefined;
  let opening: Promise<void> | undefined;
  const waiting = createWaiting();

  const down = (why: string): void => {
    if (session) down_at = performance.now();
    session = undefined;
    detail = why;
    if (closed) return;
    // The first pause after an end is short: a cut cable is mended sooner than an SMSC is.
    const pause = Math.min(longest_ms, first_ms * 2 ** Math.min(failures, 20)) * (0.5 + Math.random());
    failures += 1;
    if (failures === 1 || Number.isInteger(Math.log2(failures))) log.warn({ link: name, detail: why, failures, again_in_ms: Math.round(pause) }, 'smpp: not bound');
    timer = setTimeout(() => { opening = bind(); }, pause);
  };
  const bind = async (): Promise<void> => {
    let over: string | undefined;
    try {
      const bound = await open((why) => {
        over = why;
        if (session !== undefined && session === bound) down(why);
      });
      if (closed) { await bound.close(); return; }
      if (over !== undefined) { down(over); return; }
      session = bound;
      [detail, failures] = ['', 0];
      log.info({ link: name }, 'smpp: bound');
      waiting.wake();
    } catch (error) {
      // Nothing is gained by asking again and again with a password that is wrong.
      if (error instanceof Refused && [0x0d, 0x0e, 0x0f].includes(error.status)) failures = Math.max(failures, 5);
      down(error instanceof Error ? error.message : String(error));
    }
  };
  const current = (): Session | undefined => (session?.open() === true ? session : undefined);
  return {
    session: current, detail: () => (current() ? '' : detail || 'the SMSC said goodbye'),
    down_ms: () => (current() ? 0 : performance.now() - down_at),
    start() {
      down_at = performance.now();
      opening = bind();
    },
    async ready(wait_ms, signal) {
      if (!current() && !closed && !signal.aborted) await waiting.wait(wait_ms, signal);
      return current();
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      waiting.wake();
      await session?.close();
      session = undefined;
      await opening;
    },
  };
}

/** Those who wait for the next bind. */
function createWaiting() {
  const waiters = new Set<() => void>();
  return {
    wake(): void { for (const waiter of [...waiters]) waiter(); },
    wait: (wait_ms: number, signal: AbortSignal): Promise<void> => new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(late);
        waiters.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const late = setTimeout(done, wait_ms);
      waiters.add(done);
      signal.addEventListener('abort', done);
    }),
  };
}
