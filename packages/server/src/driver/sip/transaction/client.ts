// The client's side of every other request (RFC 3261 §17.1.2).
import { printMessage } from '../print.js';
import { alarms, isReliable, retransmit, type Ground } from './ground.js';
import type { ClientHandlers, Hop, SipRequest, SipResponse } from '../types.js';

type State = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** A client transaction, as the layer drives it. */
export type ClientMachine = {
  /** The connection it waits on; `''`: none. */
  readonly flow: string;
  readonly receive: (response: SipResponse, source: Hop) => void;
  /** The transport gave up on it. */
  readonly fail: (detail: string) => void;
  /** Takes its timers back, and tells nobody: everything ends. */
  readonly stop: () => void;
};

/** Sends a request and keeps it going; `ended` forgets it. */
export function client(ground: Ground, request: SipRequest, hop: Hop, handlers: ClientHandlers, ended: () => void): ClientMachine {
  const timer = alarms<'e' | 'f' | 'k'>(ground.timers);
  const data = printMessage(request);
  const reliable = isReliable(hop);
  let state: State = 'trying';
  const end = (): void => {
    state = 'terminated';
    timer.stopAll();
    ended();
  };
  const giveUp = (status: 408 | 503, detail: string): void => {
    if (state !== 'trying' && state !== 'proceeding') return;
    end();
    handlers.onFailure(status, detail);
  };
  const failed = (detail: string): void => { giveUp(503, detail); };
  const flow = ground.send(data, hop, failed);
  if (!reliable) retransmit(ground, timer, 'e', ground.t1_ms, () => ground.t2_ms, () => { ground.send(data, hop, failed); });
  timer.set('f', 64 * ground.t1_ms, () => { giveUp(408, 'No response'); });
  return {
    flow,
    fail: failed,
    stop: timer.stopAll,
    receive(response, source) {
      if (state !== 'trying' && state !== 'proceeding') return;
      if (response.status < 200) {
        // §17.1.2.2: who works on it is asked at the slow pace only.
        if (state === 'trying' && !reliable) retransmit(ground, timer, 'e', ground.t2_ms, () => ground.t2_ms, () => { ground.send(data, hop, failed); });
        state = 'proceeding';
        handlers.onResponse(response, source);
        return;
      }
      state = 'completed';
      timer.stopAll();
      // Timer K takes in what the network still holds of the response.
      if (reliable) end();
      else timer.set('k', ground.t4_ms, end);
      handlers.onResponse(response, source);
    },
  };
}
