// Which transport listens where.
import { streamTransport } from './stream.js';
import { udpTransport } from './udp.js';
import { webSocketTransport } from './websocket.js';
import type { ConnectionLimits } from './admission.js';
import type { Listen, Transport, TransportEvents } from './transport.js';

/** A transport as the settings want it; `index` begins the names of its flows. */
export type OpenTransport = (listen: Listen, events: TransportEvents, index: number, limits: ConnectionLimits) => Transport;

/** The transports of the machine. */
export const openTransport: OpenTransport = (listen, events, index, limits) => {
  switch (listen.transport) {
    case 'udp':
      return udpTransport(listen, events);
    case 'tcp':
    case 'tls':
      return streamTransport(listen, events, index, limits);
    case 'ws':
    case 'wss':
      return webSocketTransport(listen, events, index, limits);
    default:
      return listen.transport satisfies never;
  }
};
