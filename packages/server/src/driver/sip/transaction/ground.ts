// What the four machines stand on (RFC 3261 §17): timers, and a way to send.
import type { Timers } from '../timers.js';
import type { Hop } from '../types.js';

/** Timer values (RFC 3261 §17.1.1.1, table 4), in milliseconds. */
export type TimerValues = {
  /** Estimate of a round trip. */
  readonly t1_ms: number;
  /** The longest pause between retransmissions of a non-INVITE request or an INVITE response. */
  readonly t2_ms: number;
  /** How long a message stays in the network. */
  readonly t4_ms: number;
  /** An INVITE that the UA has not answered by then is told 100 (§17.2.1). */
  readonly trying_ms: number;
};

/** What a transaction has of its surroundings. */
export type Ground = TimerValues & {
  readonly timers: Timers;
  /** Sends bytes; gives the flow they go by. `failed` comes later, if at all. */
  readonly send: (data: Buffer, hop: Hop, failed: (detail: string) => void) => string;
  /** Counts one message sent again. */
  readonly again: () => void;
};

/** Several named timers of one transaction: arming one again takes the earlier one back. */
export type Alarms<Name extends string> = {
  readonly set: (name: Name, milliseconds: number, run: () => void) => void;
  readonly stop: (...names: readonly Name[]) => void;
  readonly stopAll: () => void;
};

/** The timers of one transaction. */
export function alarms<Name extends string>(timers: Timers): Alarms<Name> {
  const armed = new Map<Name, () => void>();
  const stop = (name: Name): void => {
    armed.get(name)?.();
    armed.delete(name);
  };
  return {
    set(name, milliseconds, run) {
      stop(name);
      armed.set(name, timers.after(milliseconds, () => {
        armed.delete(name);
        run();
      }));
    },
    stop: (...names) => { for (const name of names) stop(name); },
    stopAll: () => { for (const name of [...armed.keys()]) stop(name); },
  };
}

/** Whether what is sent there arrives: nothing is sent twice. */
export function isReliable(hop: Hop): boolean {
  return hop.transport !== 'udp';
}

/** Sends again and again: first after `first_ms`, then after pauses that double up to `most_ms`. Ends when the timer is stopped. */
export function retransmit<Name extends string>(ground: Ground, timer: Alarms<Name>, name: Name, first_ms: number, most_ms: () => number, send: () => void): void {
  timer.set(name, first_ms, () => {
    ground.again();
    send();
    retransmit(ground, timer, name, Math.min(2 * first_ms, most_ms()), most_ms, send);
  });
}
