// The server's side of every request but INVITE (RFC 3261 §17.2.2).
import { printMessage } from '../print.js';
import { alarms, isReliable, type Ground } from './ground.js';
import type { Hop, ServerTransaction, SipRequest } from '../types.js';

type State = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** A server transaction, as the layer drives it. */
export type ServerMachine = {
  readonly transaction: ServerTransaction;
  /** Its request has come once more. */
  readonly repeated: () => void;
  /** Takes its timers back: everything ends. */
  readonly stop: () => void;
};

/** Where a server transaction's answers go: the request as it came, its source, and the way back. */
export type Arrival = { readonly request: SipRequest; readonly source: Hop; readonly send: (data: Buffer) => void };

/** Answers a request and its repetitions; `ended` forgets it. */
export function server(ground: Ground, { request, source, send }: Arrival, ended: () => void): ServerMachine {
  const timer = alarms<'j' | 'guard'>(ground.timers);
  const life_ms = 64 * ground.t1_ms;
  let state: State = 'trying';
  let last: Buffer | undefined;
  const end = (): void => {
    state = 'terminated';
    timer.stopAll();
    ended();
  };
  // The book knows no end of a request that the UA never answers. Its sender has given up by now (timer F), so nobody misses it.
  timer.set('guard', life_ms, end);
  return {
    stop: timer.stopAll,
    repeated() {
      if (last === undefined || state === 'terminated') return;
      ground.again();
      send(last);
    },
    transaction: {
      request,
      source,
      respond(response) {
        if (state !== 'trying' && state !== 'proceeding') return;
        last = printMessage(response);
        send(last);
        if (response.status < 200) {
          state = 'proceeding';
          return;
        }
        state = 'completed';
        timer.stopAll();
        if (isReliable(source)) end();
        else timer.set('j', life_ms, end);
      },
      repeat: () => undefined,
    },
  };
}
