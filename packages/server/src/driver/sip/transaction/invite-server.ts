// The server's side of an INVITE (RFC 3261 §17.2.1, RFC 6026 §7.1, §8.3).
import { response as responseTo } from '../message.js';
import { tagOf } from '../headers.js';
import { printMessage } from '../print.js';
import { alarms, isReliable, retransmit, type Alarms, type Ground } from './ground.js';
import type { Arrival, ServerMachine } from './server.js';
import type { SipResponse } from '../types.js';

type State = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';

/** An INVITE's machine hears of ACK and CANCEL, too. */
export type InviteServerMachine = ServerMachine & {
  /** An ACK with the INVITE's branch. False: it is of a 2xx, and so the UA's. */
  readonly acknowledged: () => boolean;
  /** Whether there is still something to cancel (§9.2). */
  readonly pending: () => boolean;
  /** The tag of ours that the far end has heard; `''`: none yet. */
  readonly tag: () => string;
};

type Machine = {
  readonly ground: Ground;
  readonly arrival: Arrival;
  readonly timer: Alarms<'trying' | 'g' | 'h' | 'i' | 'l'>;
  readonly life_ms: number;
  readonly ended: () => void;
  state: State;
  last: Buffer | undefined;
  tag: string;
};

/** Answers an INVITE and its repetitions; `ended` forgets it. */
export function inviteServer(ground: Ground, arrival: Arrival, ended: () => void): InviteServerMachine {
  const { request, source, send } = arrival;
  const timer: Machine['timer'] = alarms(ground.timers);
  const machine: Machine = { ground, arrival, timer, life_ms: 64 * ground.t1_ms, ended, state: 'proceeding', last: undefined, tag: '' };
  timer.set('trying', ground.trying_ms, () => { respond(machine, responseTo(request, 100)); });
  return {
    stop: timer.stopAll,
    transaction: {
      request,
      source,
      respond: (response) => { respond(machine, response); },
      repeat(response) {
        if (machine.state !== 'accepted') return;
        ground.again();
        send(printMessage(response));
      },
    },
    repeated() {
      // Of a 2xx the UA sees to the repetition (§13.3.1.4): the request is taken in (RFC 6026 §7.1).
      if (machine.last === undefined || (machine.state !== 'proceeding' && machine.state !== 'completed')) return;
      ground.again();
      send(machine.last);
    },
    acknowledged: () => acknowledged(machine),
    pending: () => machine.state === 'proceeding',
    tag: () => machine.tag,
  };
}

function respond(machine: Machine, response: SipResponse): void {
  if (machine.state !== 'proceeding') return;
  const { timer, arrival, life_ms } = machine;
  const told = machine.last !== undefined;
  const data = printMessage(response);
  machine.last = data;
  if (response.status > 100) machine.tag = tagOf(response, 'To') || machine.tag;
  timer.stop('trying');
  arrival.send(data);
  if (response.status < 200) return;
  if (response.status < 300) {
    machine.state = 'accepted';
    timer.set('l', life_ms, () => { end(machine); });
    return;
  }
  machine.state = 'completed';
  timer.set('h', life_ms, () => { end(machine); });
  // §26.3.2.4: a challenge is said once, so that nobody makes us send a dozen of them to an address that is not his. The far end repeats its
  // INVITE and gets the challenge again, unless a provisional response has told it to wait.
  const challenge = (response.status === 401 || response.status === 407) && !told;
  const { ground } = machine;
  if (!isReliable(arrival.source) && !challenge) retransmit(ground, timer, 'g', ground.t1_ms, () => ground.t2_ms, () => { arrival.send(data); });
}

function acknowledged(machine: Machine): boolean {
  if (machine.state === 'accepted') return false;
  if (machine.state !== 'completed') return true;
  machine.state = 'confirmed';
  machine.timer.stopAll();
  if (isReliable(machine.arrival.source)) end(machine);
  else machine.timer.set('i', machine.ground.t4_ms, () => { end(machine); });
  return true;
}

function end(machine: Machine): void {
  machine.state = 'terminated';
  machine.timer.stopAll();
  machine.ended();
}
