// A port that is free for UDP and for TCP alike.
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const TRIES = 100;
/** Below what systems hand out by themselves, so that nobody takes it between the look and the use. */
const RANGE = [10_000, 19_999] as const;

/** Gives such a port of an address. Throws where there is none, or where the address is not this machine's. */
export async function freePort(address: string): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(RANGE[0], RANGE[1] + 1);
    if (await isFree(address, port)) return port;
  }
  throw new Error(`There is no free port for SIP from ${RANGE.join(' to ')} of ${address}.`);
}

/** Whether a port is free for both. Throws where the address is not this machine's. */
export async function isFree(address: string, port: number): Promise<boolean> {
  try {
    await tryTcp(address, port);
    await tryUdp(address, port);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
}

function tryTcp(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject).listen({ host, port, exclusive: true }, () => { server.close(() => { resolve(); }); });
  });
}

function tryUdp(address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').on('error', reject);
    socket.bind({ address, port, exclusive: true }, () => { socket.close(() => { resolve(); }); });
  });
}
