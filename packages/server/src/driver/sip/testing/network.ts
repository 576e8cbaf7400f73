// A network in memory, for tests: transaction layers on virtual timers, and links that lose what they are told to lose.
import { randomBytes } from 'node:crypto';
import { createTransactions, type Wire, type WireSettings } from '../wire.js';
import type { Transport, TransportEvents } from '../transport/transport.js';
import type { VirtualTimers } from '../timers.js';
import type { Hop, TransportName } from '../types.js';

/** Numbers from 0 to 1 that are the same for the same seed. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A datagram that was sent. */
export type Sent = { readonly from: string; readonly to: string; readonly data: Buffer; readonly at: number };

/** The network. */
export type Network = {
  /** A layer at an address of its own, port 5060. */
  readonly layer: (address: string, settings?: Partial<WireSettings>) => Wire;
  /** Sends something from an address that has no layer. */
  readonly inject: (from: Hop, to: string, data: Buffer) => void;
  /** Everything that was sent, lost or not. */
  readonly sent: Sent[];
};

/** Carries each datagram after `delay_ms`, unless `lose` says otherwise. A layer's transport is as reliable as its name says; nothing of a TCP one is lost. */
export function network(timers: VirtualTimers, lose: (sent: Sent) => boolean = () => false, delay_ms = 10, transport: TransportName = 'udp'): Network {
  const ears = new Map<string, TransportEvents>();
  const sent: Sent[] = [];
  const carry = (from: Hop, to: string, data: Buffer): void => {
    const one: Sent = { from: from.address, to, data, at: timers.now() };
    sent.push(one);
    if (transport === 'udp' && lose(one)) return;
    timers.after(delay_ms, () => {
      const ear = ears.get(to);
      if (ear?.allow(from) === true) ear.receive(data, from);
    });
  };
  const open = (address: string, events: TransportEvents): Transport => {
    const own: Hop = { transport, address, port: 5060 };
    return {
      name: transport,
      start: async () => { ears.set(address, events); },
      bound: () => ({ address, port: 5060 }),
      send(data, hop, failed) {
        if (hop.address === 'unreachable') queueMicrotask(() => { failed('No way there'); });
        else carry(own, hop.address, data);
        return transport === 'udp' ? '' : `0:${hop.address}`;
      },
      close: async () => { ears.delete(address); },
    };
  };
  return {
    sent,
    inject: carry,
    layer(address, settings = {}) {
      const wire = createTransactions({ listen: [{ transport, address, port: 5060 }], ...settings }, { timers, transport: (listen, events) => open(listen.address, events) });
      void wire.start();
      return wire;
    },
  };
}

/** A tag. */
export const newTag = (): string => randomBytes(4).toString('hex');
