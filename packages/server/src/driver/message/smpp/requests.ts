// Requests to the other side, and who waits for the answer to each.
import type { Field, Pdu } from './pdu.js';

/** What became of a request. `unsent`: it never left. `lost`: it left, and no answer came, or none that is one. */
export type Answer = { readonly was: 'answered'; readonly pdu: Pdu } | { readonly was: 'unsent'; readonly detail: string } | { readonly was: 'lost'; readonly detail: string };

/** Requests of one connection. */
export type Requests = {
  /** Sends and waits. `late` is given an answer that comes when nobody waits for it any more. */
  readonly send: (command: string, fields: Readonly<Record<string, Field>>, late?: (pdu: Pdu) => void) => Promise<Answer>;
  /** An answer came. A second one finds nobody. */
  readonly answered: (pdu: Pdu) => void;
  /** None will come any more. */
  readonly lost: (detail: string) => void;
  readonly outstanding: () => number;
};

type Waiting = { readonly done: (answer: Answer) => void; readonly timer: NodeJS.Timeout };

const [LATE_AT_MOST, LAST_SEQUENCE] = [1_000, 0x7fff_ffff];

/** Makes them. `write` puts one on the wire. */
export function createRequests(answer_ms: number, write: (command: string, sequence: number, fields: Readonly<Record<string, Field>>) => void): Requests {
  const waiting = new Map<number, Waiting>();
  const forsaken = new Map<number, (pdu: Pdu) => void>();
  let sequence = 0;
  return {
    outstanding: () => waiting.size,
    send(command, fields, late) {
      sequence = sequence === LAST_SEQUENCE ? 1 : sequence + 1;
      const number = sequence;
      write(command, number, fields);
      return new Promise((done) => {
        const timer = setTimeout(() => {
          waiting.delete(number);
          if (late) forsaken.set(number, late);
          if (forsaken.size > LATE_AT_MOST) for (const [oldest] of forsaken) { forsaken.delete(oldest); break; }
          done({ was: 'lost', detail: `no answer to ${command} in ${answer_ms} ms` });
        }, answer_ms);
        waiting.set(number, { done, timer });
      });
    },
    answered(pdu) {
      const entry = waiting.get(pdu.sequence);
      waiting.delete(pdu.sequence);
      clearTimeout(entry?.timer);
      entry?.done({ was: 'answered', pdu });
      forsaken.get(pdu.sequence)?.(pdu);
      forsaken.delete(pdu.sequence);
    },
    lost(detail) {
      for (const { done, timer } of waiting.values()) { clearTimeout(timer); done({ was: 'lost', detail }); }
      waiting.clear();
    },
  };
}
