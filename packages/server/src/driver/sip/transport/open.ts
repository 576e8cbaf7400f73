// Which transport listens where.
import { udpTransport } from './udp.js';
import type { Listen, Transport, TransportEvents } from './transport.js';

/** A transport as the settings want it; `index` begins the names of its flows. */
export type OpenTransport = (listen: Listen, events: TransportEvents, index: number) => Transport;

/** The transports of the machine. */
export const openTransport: OpenTransport = (listen, events) => {
  switch (listen.transport) {
    case 'udp':
      return udpTransport(listen, events);
    case 'tcp':
    case 'tls':
    case 'ws':
    case 'wss':
      throw new Error(`No transport ${listen.transport}`);
    default:
      return listen.transport satisfies never;
  }
};
