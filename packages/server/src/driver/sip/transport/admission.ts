// Who may keep a connection open: bounds on all of them, and on those of one source.
import type { Socket } from 'node:net';

/** Bounds on the connections of one listening socket. */
export type ConnectionLimits = {
  readonly max_connections: number;
  readonly max_per_source: number;
  /** A connection on which nothing came for so long is closed. */
  readonly idle_ms: number;
  /** A message that has begun, a handshake, and the first message of a TCP connection have to be whole by then. */
  readonly message_ms: number;
  /** How long a connection of ours may take to be made. */
  readonly connect_ms: number;
  /** What may wait to be taken by the far end; a connection with more is closed. */
  readonly max_unsent_bytes: number;
};

/** Room for some thousand phones, and for an office behind one address. */
export const DEFAULT_CONNECTIONS: ConnectionLimits = { max_connections: 10_000, max_per_source: 500, idle_ms: 1_800_000, message_ms: 10_000, connect_ms: 5_000, max_unsent_bytes: 1_048_576 };

/** Counts connections as they come and go; false: this one is one too many and has been closed. */
export function admission(limits: ConnectionLimits, allow: (address: string, port: number) => boolean): (socket: Socket) => boolean {
  const bySource = new Map<string, number>();
  let all = 0;
  return (socket) => {
    const source = plainAddress(socket.remoteAddress);
    const own = bySource.get(source) ?? 0;
    if (all >= limits.max_connections || own >= limits.max_per_source || !allow(source, socket.remotePort ?? 0)) {
      socket.on('error', () => undefined);
      socket.destroy();
      return false;
    }
    all++;
    bySource.set(source, own + 1);
    socket.once('close', () => {
      all--;
      const left = (bySource.get(source) ?? 1) - 1;
      if (left === 0) bySource.delete(source);
      else bySource.set(source, left);
    });
    return true;
  };
}

/** An IPv4 address that an IPv6 socket shows as a mapped one, plainly. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
}
