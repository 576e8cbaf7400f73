// A port that is free for UDP and for TCP alike.
import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo } from 'node:net';

const TRIES = 50;

/** Gives such a port of an address. Throws where there is none, or where the address is not this machine's. */
export async function freePort(address: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = await tcpPort(address, 0);
    try {
      await udpPort(address, port);
      return port;
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}

/** Whether a port is free for both. Throws where the address is not this machine's. */
export async function isFree(address: string, port: number): Promise<boolean> {
  try {
    await tcpPort(address, port);
    await udpPort(address, port);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
}

function tcpPort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject).listen({ host, port, exclusive: true }, () => {
      const { port: bound } = server.address() as AddressInfo;
      server.close(() => { resolve(bound); });
    });
  });
}

function udpPort(address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').on('error', reject);
    socket.bind({ address, port, exclusive: true }, () => { socket.close(() => { resolve(); }); });
  });
}
