// All client transactions: requests that were sent, and which of them a response answers (RFC 3261 §17.1).
import { headers } from '../headers.js';
import { pushVia, topVia } from '../via.js';
import { client, type ClientMachine } from './client.js';
import { cancelOf } from './derived.js';
import { inviteClient } from './invite-client.js';
import { clientKey, responseKey } from './keys.js';
import type { Ground } from './ground.js';
import type { ClientHandlers, ClientTransaction, Hop, SipRequest, SipResponse } from '../types.js';

/** The client's half of the layer. */
export type ClientSide = {
  readonly request: (request: SipRequest, hop: Hop, handlers: ClientHandlers) => ClientTransaction;
  /** A response; one that answers nothing is dropped. */
  readonly receive: (response: SipResponse, source: Hop) => void;
  /** A connection is gone: who waits on it is told. */
  readonly closed: (flow: string) => void;
  /** How many are kept. */
  readonly size: () => number;
  readonly stop: () => void;
};

/** What a CANCEL's own answer matters to: nobody. */
const DEAF: ClientHandlers = { onResponse: () => undefined, onFailure: () => undefined };

/** The client's half; `newVia` makes a Via with a fresh branch. */
export function clientSide(ground: Ground, newVia: (hop: Hop) => string): ClientSide {
  const machines = new Map<string, ClientMachine>();
  const flows = new Map<string, Set<string>>();
  const keep = (key: string, machine: ClientMachine): void => {
    machines.set(key, machine);
    if (machine.flow === '') return;
    const waiting = flows.get(machine.flow) ?? new Set();
    flows.set(machine.flow, waiting.add(key));
  };
  const forget = (key: string): void => {
    const flow = machines.get(key)?.flow;
    machines.delete(key);
    const waiting = flow === undefined ? undefined : flows.get(flow);
    if (waiting?.delete(key) === true && waiting.size === 0 && flow !== undefined) flows.delete(flow);
  };
  const keyOf = (request: SipRequest): string => clientKey(topVia(request)?.parameters['branch'] ?? '', request.method);
  const begin = (request: SipRequest, hop: Hop): void => {
    const key = keyOf(request);
    keep(key, client(ground, request, hop, DEAF, () => { forget(key); }));
  };
  return {
    request(asked, hop, handlers) {
      const request = { ...asked, headers: pushVia(asked, newVia(hop)) };
      const key = keyOf(request);
      const ended = (): void => { forget(key); };
      if (request.method !== 'INVITE') {
        keep(key, client(ground, request, hop, handlers, ended));
        return { request, hop, cancel: () => undefined };
      }
      let why = '';
      const machine = inviteClient(ground, request, hop, handlers, () => { begin(cancelOf(request, why), hop); }, ended);
      keep(key, machine);
      return { request, hop, cancel: (reason = '') => { why = reason; machine.cancel(); } };
    },
    receive(response, source) {
      // §8.1.3.3: with a second Via it is somebody else's.
      const [via] = headers(response, 'Via').length === 1 ? [topVia(response)] : [];
      if (via !== undefined) machines.get(responseKey(response, via))?.receive(response, source);
    },
    closed(flow) {
      for (const key of [...(flows.get(flow) ?? [])]) machines.get(key)?.fail('The connection is closed');
    },
    size: () => machines.size,
    stop() {
      for (const machine of machines.values()) machine.stop();
      machines.clear();
      flows.clear();
    },
  };
}
