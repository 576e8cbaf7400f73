// SIP over UDP (RFC 3261 §18.1, §18.2).
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Listen, Transport, TransportEvents } from './transport.js';

const BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * A UDP socket. A request above 1300 bytes goes by UDP all the same, where §18.1.1 would rather have TCP: whether a peer listens there is not
 * known, datagrams are fragmented below us, and phones behind a NAT are reached no other way.
 */
export function udpTransport(listen: Listen, events: TransportEvents): Transport {
  const socket = createSocket({ type: isIPv6(listen.address) ? 'udp6' : 'udp4', recvBufferSize: BUFFER_BYTES, sendBufferSize: BUFFER_BYTES });
  let open = false;
  let closed = false;
  socket.on('message', (data, from) => {
    const source = { transport: 'udp', address: from.address, port: from.port } as const;
    // Shorter is a keep-alive (RFC 5626 §3.5.1), not a message; port 0 answers nobody.
    if (data.length > 4 && from.port !== 0 && events.allow(source)) events.receive(data, source);
  });
  return {
    name: 'udp',
    start: () => new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(listen.port, listen.address, () => {
        open = true;
        socket.off('error', reject);
        // What one datagram suffers is told to its sender, in `send`; the socket goes on.
        socket.on('error', () => undefined);
        resolve();
      });
    }),
    bound: () => { const { address, port } = socket.address(); return { address, port }; },
    send(data, hop, failed) {
      if (!open) queueMicrotask(() => { failed('The socket is closed'); });
      else socket.send(data, hop.port, hop.address, (error) => { if (error) failed(error.message); });
      return '';
    },
    close: () => new Promise((resolve) => {
      open = false;
      if (closed) { resolve(); return; }
      closed = true;
      socket.close(() => { resolve(); });
    }),
  };
}
