// Those who listen, in a process of their own: thousands of WebSockets that note the number of each frame and when it came, and judge at the end.
import { connect, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { ACCESS_KEY, CUSTOMER_ID } from './flows.js';
import { monotonicUs } from './monotonic.js';

/** One client: the activeflows it watches, none for all of the customer's; whether it reads what it is sent. */
export type Plan = { readonly ids: readonly string[]; readonly reads: boolean };
/** An event that was told: its number, whose, and when it was durable (0: not known). */
export type Told = readonly [seq: number, id: string, at_us: number];
/** What those who read heard: milliseconds from the commit to the frame, of what was durable between two instants; and what went wrong. */
export type Heard = { readonly latencies: readonly number[]; readonly frames: number; readonly lost: number; readonly repeated: number; readonly resyncs: number; readonly cpu_us: number };
/** What may be asked of the process: to connect, each client going on after its last number or, at first, after `after`; what was heard by now; a verdict. */
export type Asked =
  | { readonly connect: { readonly port: number; readonly plans: readonly Plan[]; readonly after: number } }
  | { readonly frames: true }
  | { readonly judge: { readonly told: readonly Told[]; readonly since_us: number; readonly until_us: number } };
/** What it says. */
export type Said = { readonly connected?: number; readonly frames?: number; readonly heard?: Heard };

type Client = { readonly plan: Plan; readonly seqs: number[]; readonly at_us: number[]; resyncs: number; left: Buffer; socket?: Socket };

const clients: Client[] = [];
let frames = 0;

/** Opens the socket of a client; resolves once the server has read what it subscribes to. */
function open(client: Client, port: number, after: number): Promise<void> {
  const { plan } = client;
  const topics = plan.ids.length === 0 ? [`customer_id:${CUSTOMER_ID}:activeflow`] : plan.ids.map((id) => `customer_id:${CUSTOMER_ID}:activeflow:${id}`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    client.socket = socket;
    client.left = Buffer.alloc(0);
    let upgraded = false;
    socket.once('error', reject).once('connect', () => {
      socket.write(`GET /v1.0/ws HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${randomBytes(16).toString('base64')}\r\nauthorization: Bearer ${ACCESS_KEY}\r\n\r\n`);
    });
    socket.on('data', (chunk) => {
      const now_us = monotonicUs();
      client.left = client.left.length === 0 ? chunk : Buffer.concat([client.left, chunk]);
      if (!upgraded) {
        const end = client.left.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!client.left.subarray(0, 12).toString().endsWith('101')) { reject(new Error(client.left.toString('utf8', 0, 400))); return; }
        upgraded = true;
        client.left = client.left.subarray(end + 4);
        socket.write(masked(0x1, JSON.stringify({ type: 'subscribe', topics, after: client.seqs.at(-1) ?? after })));
        socket.write(masked(0x9, 'heard?'));
      }
      takeFrames(client, now_us, () => {
        resolve();
        // From here on the system's buffers fill up, then the server's.
        if (!plan.reads) socket.pause();
      });
    });
  });
}

/** Takes the whole frames of what was read. Servers send no fragments here, and nothing masked. */
function takeFrames(client: Client, now_us: number, ponged: () => void): void {
  for (let buffer = client.left; ;) {
    client.left = buffer;
    if (buffer.length < 2) return;
    const short = (buffer[1] ?? 0) & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (buffer.length < head) return;
    const size = short < 126 ? short : short === 126 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
    if (buffer.length < head + size) return;
    const opcode = (buffer[0] ?? 0) & 0xf;
    const payload = buffer.subarray(head, head + size);
    if (opcode === 0x1) hear(client, payload, now_us);
    if (opcode === 0x9) client.socket?.write(masked(0xa, payload.toString()));
    if (opcode === 0xa) ponged();
    buffer = buffer.subarray(head + size);
  }
}

function hear(client: Client, payload: Buffer, now_us: number): void {
  // The number stands last.
  const tail = payload.toString('latin1', Math.max(0, payload.length - 24));
  const seq = Number(/"seq":(\d+)\}$/.exec(tail)?.[1]);
  if (payload[9] === 0x72 && payload.toString('latin1', 0, 16) === '{"type":"resync"') { client.resyncs++; return; }
  frames++;
  client.seqs.push(seq);
  client.at_us.push(now_us);
}

function masked(opcode: number, text: string): Buffer {
  const data = Buffer.from(text);
  const head = data.length < 126 ? Buffer.from([0x80 | opcode, 0x80 | data.length]) : Buffer.from([0x80 | opcode, 0x80 | 126, data.length >> 8, data.length & 0xff]);
  // A mask of zeros is a mask (RFC 6455 §5.3 asks for a random one, for the sake of proxies that are not here).
  return Buffer.concat([head, Buffer.alloc(4), data]);
}

async function connectAll(port: number, plans: readonly Plan[], after: number): Promise<number> {
  if (clients.length === 0) clients.push(...plans.map((plan) => ({ plan, seqs: [], at_us: [], resyncs: 0, left: Buffer.alloc(0) })));
  for (let at = 0; at < clients.length; at += 100) await Promise.all(clients.slice(at, at + 100).map((client) => open(client, port, after)));
  for (const { socket } of clients) socket?.removeAllListeners('error').on('error', () => { /* the server is killed, where that is what is measured */ });
  return clients.length;
}

function judge(told: readonly Told[], since_us: number, until_us: number): Heard {
  const at = new Map(told.map(([seq, , at_us]) => [seq, at_us]));
  const counts = new Map<string, number>();
  for (const [, id] of told) counts.set(id, (counts.get(id) ?? 0) + 1);
  const latencies: number[] = [];
  const sums = { lost: 0, repeated: 0, resyncs: 0 };
  for (const { plan, seqs, at_us, resyncs } of clients) {
    if (!plan.reads) continue;
    const distinct = new Set(seqs.filter((seq) => at.has(seq))).size;
    sums.lost += (plan.ids.length === 0 ? told.length : plan.ids.reduce((sum, id) => sum + (counts.get(id) ?? 0), 0)) - distinct;
    sums.repeated += seqs.length - distinct;
    sums.resyncs += resyncs;
    for (const [i, seq] of seqs.entries()) {
      const committed = at.get(seq) ?? 0;
      if (committed > since_us && committed <= until_us) latencies.push(((at_us[i] ?? 0) - committed) / 1000);
    }
  }
  const { user, system } = process.cpuUsage();
  return { latencies, frames, ...sums, cpu_us: user + system };
}

const answer = async (asked: Asked): Promise<Said> => {
  if ('connect' in asked) return { connected: await connectAll(asked.connect.port, asked.connect.plans, asked.connect.after) };
  if ('judge' in asked) return { heard: judge(asked.judge.told, asked.judge.since_us, asked.judge.until_us) };
  return { frames };
};

if (process.send && process.argv[2] === 'serve') {
  process.on('message', (asked: Asked) => { void answer(asked).then((said) => process.send?.(said)); });
  process.on('disconnect', () => { process.exit(0); });
  process.send({ ready: { port: 0 } });
}
