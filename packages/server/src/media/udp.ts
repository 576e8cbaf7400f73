// UDP sockets of legs: an even port for RTP and the odd one above it for RTCP (RFC 3550 §11).
import { createSocket, type RemoteInfo, type Socket, type SocketType } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Hears a packet. */
export type Heard = (bytes: Uint8Array, address: string, port: number) => void;

/** A socket that is bound. A packet that cannot be sent is lost, as it may be anywhere else. */
export type UdpPort = { readonly port: number; send(bytes: Uint8Array, size: number, port: number, address: string): void; close(): void };

/** The two of a leg. */
export type PortPair = { readonly rtp: UdpPort; readonly rtcp: UdpPort };

/** Addresses are given as numbers, never as names: there is nothing to be looked up, and a packet is sent at once. */
const asGiven = (family: 4 | 6) => (hostname: string, options: unknown, callback: unknown): void => {
  const done = (typeof options === 'function' ? options : callback) as (error: Error | null, address: string, family: number) => void;
  done(null, hostname, family);
};

/** IPv4 as an IPv6 socket names it, written as IPv4. */
const plain = (address: string): string => (address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address);

/** Binds a port, 0 for any; null where it is taken. */
export function bindUdp(host: string, port: number, heard: Heard): Promise<UdpPort | null> {
  const family = isIPv6(host) ? 6 : 4;
  const type: SocketType = family === 6 ? 'udp6' : 'udp4';
  const socket: Socket = createSocket({ type, lookup: asGiven(family) });
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
      else reject(error);
    });
    socket.bind(port, host, () => {
      socket.removeAllListeners('error');
      // ICMP, a full buffer, no route: the packet is lost, the next may not be.
      socket.on('error', () => undefined);
      socket.on('message', (bytes: Buffer, { address, port: from }: RemoteInfo) => { heard(bytes, family === 6 ? plain(address) : address, from); });
      resolve({
        port: socket.address().port,
        send(bytes, size, to, address) { socket.send(bytes, 0, size, to, address); },
        close() { socket.close(); },
      });
    });
  });
}

/** Gives out pairs of a range in turn, so that a port that was left is not the next to be taken. */
export function createPorts(host: string, [first, last]: readonly [number, number]): { open(rtp: Heard, rtcp: Heard): Promise<PortPair> } {
  const from = first + (first & 1);
  const pairs = Math.max(0, Math.floor((last - from + 1) / 2));
  let turn = Math.floor(Math.random() * pairs);
  const taken = new Set<number>();

  const tryPair = async (port: number, rtp: Heard, rtcp: Heard): Promise<PortPair | null> => {
    const even = await bindUdp(host, port, rtp);
    if (even === null) return null;
    const odd = await bindUdp(host, port + 1, rtcp);
    if (odd === null) { even.close(); return null; }
    return { rtp: { ...even, close: () => { taken.delete(port); even.close(); } }, rtcp: odd };
  };

  return {
    async open(rtp, rtcp) {
      for (let tries = 0; tries < pairs; tries++) {
        const port = from + 2 * (turn++ % pairs);
        if (taken.has(port)) continue;
        taken.add(port);
        const pair = await tryPair(port, rtp, rtcp);
        if (pair !== null) return pair;
        taken.delete(port);
      }
      throw new Error(`No RTP port of ${first} to ${last} is free.`);
    },
  };
}
