// The load: a closed loop over keep-alive connections. Requests are built before, answers are looked at for their status and length only,
// so that the generator stays cheap beside what it measures; its own CPU is reported.
import { connect, type Socket } from 'node:net';

/** Gives the next request of a connection; undefined where that connection has sent all of its own. */
export type Next = (connection: number) => Buffer | undefined;

/** What one window of load came to. */
export type Sample = {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds of each request, sorted. */
  readonly latencies: Float64Array;
  /** CPU of the generator itself, in microseconds. */
  readonly load_cpu_us: number;
};

/** Open connections to one server. */
export type Pool = {
  /** Sends on `width` connections (all of them where left out) until `milliseconds` are over or nothing is left. Throws on any answer but 2xx. */
  run(next: Next, milliseconds: number, width?: number): Promise<Sample>;
  close(): void;
};

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const LENGTH = Buffer.from('ontent-length: ');
const EMPTY = Buffer.alloc(0);

/** Opens connections to a port of the loopback. */
export async function openPool(port: number, connections: number): Promise<Pool> {
  const lines = await Promise.all(Array.from({ length: connections }, () => openLine(port)));
  return {
    async run(next, milliseconds, width = connections) {
      const latencies: number[] = [];
      const cpu = process.cpuUsage();
      const began = performance.now();
      const until = began + milliseconds;
      await Promise.all(lines.slice(0, width).map((line, i) => line.loop(() => (performance.now() < until ? next(i) : undefined), latencies)));
      const seconds = (performance.now() - began) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      return { requests: latencies.length, seconds, latencies: Float64Array.from(latencies).sort(), load_cpu_us: user + system };
    },
    close() { for (const { socket } of lines) socket.destroy(); },
  };
}

type Line = { readonly socket: Socket; loop(next: () => Buffer | undefined, latencies: number[]): Promise<void> };

/** What is known of the answer being read. */
type Answer = { head: Buffer; left: number; status: number };

async function openLine(port: number): Promise<Line> {
  let answered: (status: number, text: Buffer) => void = () => { /* nothing was asked */ };
  let broken: (error: Error) => void = () => { /* nobody waits */ };
  const answer: Answer = { head: EMPTY, left: 0, status: 0 };
  const onread = {
    buffer: Buffer.allocUnsafe(64 * 1024),
    callback(size: number, buffer: Uint8Array): boolean {
      const chunk = (buffer as Buffer).subarray(0, size);
      if (take(answer, chunk)) answered(answer.status, chunk);
      return true;
    },
  };
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
  await new Promise<void>((resolve, reject) => { socket.once('connect', resolve).once('error', reject); });
  socket.on('error', (error) => { broken(error); }).on('close', () => { broken(new Error('the server closed a connection')); });
  return {
    socket,
    loop: (next, latencies) => new Promise((resolve, reject) => {
      let sent = 0;
      if (socket.destroyed) throw new Error('the server closed a connection that was idle');
      broken = reject;
      const send = (): void => {
        const request = next();
        if (request === undefined) { resolve(); return; }
        sent = performance.now();
        socket.write(request);
      };
      answered = (status, text) => {
        latencies.push(performance.now() - sent);
        if (status >= 200 && status < 300) send();
        else reject(new Error(`the server answered ${status}: ${text.toString('latin1').slice(0, 600)}`));
      };
      send();
    }),
  };
}

/** Takes what was read; true once the answer is whole. */
function take(answer: Answer, chunk: Buffer): boolean {
  if (answer.left > 0) {
    answer.left -= chunk.length;
    return answer.left === 0;
  }
  const text = answer.head.length > 0 ? Buffer.concat([answer.head, chunk]) : chunk;
  const end = text.indexOf(END_OF_HEAD);
  if (end < 0) {
    answer.head = Buffer.from(text);
    return false;
  }
  answer.head = EMPTY;
  answer.status = (text[9] ?? 0) * 100 + (text[10] ?? 0) * 10 + (text[11] ?? 0) - 48 * 111;
  answer.left = end + 4 + lengthOf(text) - text.length;
  return answer.left === 0;
}

function lengthOf(text: Buffer): number {
  let at = text.indexOf(LENGTH);
  if (at < 0) throw new Error('an answer without content-length');
  let length = 0;
  for (at += LENGTH.length; (text[at] ?? 0) >= 48; at++) length = length * 10 + (text[at] ?? 0) - 48;
  return length;
}
