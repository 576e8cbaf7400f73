// The far ends of calls, in a process of their own: each sends RTP at its pace and notes when each packet came.
import { createSocket, type Socket } from 'node:dgram';
import { setPriority } from 'node:os';
import { monotonicUs } from './monotonic.js';

/** What may be asked of the process: sockets for so many phones; to call these ports; to count anew; what was counted. */
export type AskedPhones = { readonly open: number } | { readonly call: readonly number[] } | 'begin' | 'heard';
/** Intervals between the packets of a phone, in milliseconds; packets whose sequence numbers do not follow; CPU of the phones. */
export type HeardPhones = { readonly intervals: readonly number[]; readonly packets: number; readonly gaps: number; readonly cpu_us: number };
/** What it says. */
export type SaidPhones = { readonly ports?: readonly number[]; readonly heard?: HeardPhones };

type Phone = { readonly socket: Socket; to: number; last_us: number; last_sequence: number };

const phones: Phone[] = [];
let intervals: number[] = [];
let packets = 0;
let gaps = 0;
let measuring = false;
let used = process.cpuUsage();

/** A frame of 20 ms, and the packet that carries it. */
const FRAME_MS = 20;
const packet = Buffer.alloc(172);

function hear(phone: Phone, bytes: Buffer): void {
  // A report (RTCP) of the phone whose port is the one below is no packet of this one.
  if (bytes.readUInt8(1) >= 192) return;
  const now_us = monotonicUs();
  const sequence = bytes.readUInt16BE(2);
  if (measuring && phone.last_us > 0) {
    intervals.push((now_us - phone.last_us) / 1000);
    packets++;
    if (((sequence - phone.last_sequence) & 0xffff) !== 1) gaps++;
  }
  phone.last_us = now_us;
  phone.last_sequence = sequence;
}

async function open(count: number): Promise<readonly number[]> {
  for (let i = 0; i < count; i++) {
    const socket = createSocket({ type: 'udp4', lookup: (hostname, _options, callback) => { callback(null, hostname, 4); } });
    const phone: Phone = { socket, to: 0, last_us: 0, last_sequence: 0 };
    socket.on('message', (bytes) => { hear(phone, bytes); });
    await new Promise<void>((resolve) => { socket.bind(0, '127.0.0.1', resolve); });
    phones.push(phone);
  }
  return phones.map(({ socket }) => socket.address().port);
}

function call(ports: readonly number[]): void {
  for (const [i, phone] of phones.entries()) phone.to = ports[i] ?? 0;
  let due = performance.now();
  let count = 0;
  const send = (): void => {
    packet.writeUInt8(0x80, 0);
    packet.writeUInt16BE(count & 0xffff, 2);
    packet.writeUInt32BE((count * 160) >>> 0, 4);
    count++;
    // A voice that changes, so that nothing is spared for silence.
    packet.fill(0x80 + (count % 64), 12);
    for (const [i, { socket, to }] of phones.entries()) {
      packet.writeUInt32BE(i + 1, 8);
      if (to !== 0) socket.send(packet, 0, packet.length, to, '127.0.0.1');
    }
    due += FRAME_MS;
    setTimeout(send, Math.max(0, due - performance.now()));
  };
  send();
}

const answer = async (asked: AskedPhones): Promise<SaidPhones> => {
  if (asked === 'heard') {
    measuring = false;
    const { user, system } = process.cpuUsage(used);
    return { heard: { intervals, packets, gaps, cpu_us: user + system } };
  }
  if (asked === 'begin') {
    [intervals, packets, gaps, measuring, used] = [[], 0, 0, true, process.cpuUsage()];
    for (const phone of phones) phone.last_us = 0;
    return {};
  }
  if ('open' in asked) return { ports: await open(asked.open) };
  call(asked.call);
  return {};
};

if (process.send && process.argv[2] === 'serve') {
  // A measure that waits for its turn measures that; where it is not allowed, it does.
  try { setPriority(-10); } catch { /* not allowed */ }
  process.on('message', (asked: AskedPhones) => { void answer(asked).then((said) => process.send?.(said)); });
  process.on('disconnect', () => { process.exit(0); });
  process.send({ ready: { port: 0 } });
}
