// The client's side of an INVITE (RFC 3261 §17.1.1, RFC 6026 §7.2, §8.4).
import { printMessage } from '../print.js';
import { ackOf } from './derived.js';
import { alarms, isReliable, retransmit, type Alarms, type Ground } from './ground.js';
import type { ClientMachine } from './client.js';
import type { ClientHandlers, Hop, SipRequest, SipResponse } from '../types.js';

type State = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';

type Machine = {
  readonly ground: Ground;
  readonly request: SipRequest;
  readonly hop: Hop;
  readonly handlers: ClientHandlers;
  readonly timer: Alarms<'a' | 'b' | 'd' | 'm' | 'cancel'>;
  readonly life_ms: number;
  readonly sendCancel: () => void;
  readonly ended: () => void;
  state: State;
  /** `wanted`: CANCEL waits for a provisional response (§9.1). */
  cancel: 'no' | 'wanted' | 'sent';
};

/** An INVITE machine can be cancelled. */
export type InviteClientMachine = ClientMachine & { readonly cancel: () => void };

/** Sends an INVITE and keeps it going; `sendCancel` starts the CANCEL's own transaction, `ended` forgets this one. */
export function inviteClient(ground: Ground, request: SipRequest, hop: Hop, handlers: ClientHandlers, sendCancel: () => void, ended: () => void): InviteClientMachine {
  const timer: Machine['timer'] = alarms(ground.timers);
  const machine: Machine = { ground, request, hop, handlers, timer, life_ms: 64 * ground.t1_ms, sendCancel, ended, state: 'calling', cancel: 'no' };
  const data = printMessage(request);
  const failed = (detail: string): void => { giveUp(machine, 503, detail); };
  const flow = ground.send(data, hop, failed);
  if (!isReliable(hop)) retransmit(ground, timer, 'a', ground.t1_ms, () => Infinity, () => { ground.send(data, hop, failed); });
  timer.set('b', machine.life_ms, () => { giveUp(machine, 408, 'No response'); });
  return {
    flow,
    fail: failed,
    stop: timer.stopAll,
    receive: (response, source) => { receive(machine, response, source); },
    cancel() {
      if (machine.state === 'proceeding') cancel(machine);
      else if (machine.state === 'calling') machine.cancel = 'wanted';
    },
  };
}

function receive(machine: Machine, response: SipResponse, source: Hop): void {
  const final = response.status >= 200;
  const success = final && response.status < 300;
  switch (machine.state) {
    case 'calling':
    case 'proceeding':
      (success ? accepted : final ? refused : provisional)(machine, response, source);
      break;
    case 'accepted':
      if (success) machine.handlers.onResponse(response, source);
      break;
    case 'completed':
      if (final && !success) acknowledge(machine, response);
      break;
    case 'terminated':
      break;
    default:
      machine.state satisfies never;
  }
}

function provisional(machine: Machine, response: SipResponse, source: Hop): void {
  machine.state = 'proceeding';
  machine.timer.stop('a', 'b');
  machine.handlers.onResponse(response, source);
  if (machine.cancel === 'wanted') cancel(machine);
}

function accepted(machine: Machine, response: SipResponse, source: Hop): void {
  machine.state = 'accepted';
  machine.timer.stopAll();
  machine.timer.set('m', machine.life_ms, () => { end(machine); });
  machine.handlers.onResponse(response, source);
}

function refused(machine: Machine, response: SipResponse, source: Hop): void {
  acknowledge(machine, response);
  machine.state = 'completed';
  machine.timer.stopAll();
  // Timer D is as long as the far end may repeat its response; by a reliable transport it will not.
  if (isReliable(machine.hop)) end(machine);
  else machine.timer.set('d', Math.max(machine.life_ms, 32_000), () => { end(machine); });
  machine.handlers.onResponse(response, source);
}

function acknowledge({ ground, request, hop }: Machine, response: SipResponse): void {
  ground.send(printMessage(ackOf(request, response)), hop, () => undefined);
}

function cancel(machine: Machine): void {
  if (machine.cancel === 'sent') return;
  machine.cancel = 'sent';
  machine.sendCancel();
  // §9.1: who does not answer the INVITE after its CANCEL never will.
  machine.timer.set('cancel', machine.life_ms, () => { giveUp(machine, 408, 'No final response after CANCEL'); });
}

function giveUp(machine: Machine, status: 408 | 503, detail: string): void {
  if (machine.state !== 'calling' && machine.state !== 'proceeding') return;
  end(machine);
  machine.handlers.onFailure(status, detail);
}

function end(machine: Machine): void {
  machine.state = 'terminated';
  machine.timer.stopAll();
  machine.ended();
}
