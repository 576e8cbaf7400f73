// A copy of a leg's sound, sent by RTP to a host, and what comes back from there.
import { lookup } from 'node:dns';
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { codingOf } from './fork-coding.js';
import { createJitter } from './jitter.js';
import { createLatch } from './latch.js';
import type { ForkAsked } from './media.js';
import { createHeader, readRtp, RTP_HEADER_BYTES, writeRtp } from './rtp.js';
import { FRAME_SAMPLES } from './sound.js';
import { bindUdp, type UdpPort } from './udp.js';

/** A fork that goes on. */
export type Fork = {
  /** Sends a frame. */
  frame(heard: Int16Array, said: Int16Array): void;
  /** Adds what came back to what is about to be said; false: nothing came. */
  mixInto(said: Int16Array): boolean;
  close(): void;
};

const clamp = (sample: number): number => (sample > 32_767 ? 32_767 : sample < -32_768 ? -32_768 : sample);

/** The address of a host; null where it has none. */
const addressOf = (host: string): Promise<string | null> => (isIP(host) !== 0 ? Promise.resolve(host) : new Promise((resolve) => {
  lookup(host, { family: 4 }, (error, address) => { resolve(error === null ? address : null); });
}));

/** What a direction asks for; `both` takes the mix. */
function chosen(direction: ForkAsked['direction'], heard: Int16Array, said: Int16Array, both: Int16Array): Int16Array {
  if (direction !== 'both') return direction === 'in' ? heard : said;
  for (let i = 0; i < FRAME_SAMPLES; i++) both[i] = clamp((heard[i] ?? 0) + (said[i] ?? 0));
  return both;
}

/** Begins a fork from a socket of its own at `local`. A host that is not to be found hears nothing. */
export function createFork(asked: ForkAsked, local: string): Fork {
  const coding = codingOf(asked.codec);
  const jitter = createJitter(coding.decode);
  const latch = createLatch();
  const header = createHeader();
  const back = new Int16Array(FRAME_SAMPLES);
  const both = new Int16Array(FRAME_SAMPLES);
  const packet = new Uint8Array(RTP_HEADER_BYTES + coding.frame_bytes);
  const random = randomBytes(10);
  const ssrc = random.readUInt32BE(0);
  let [sequence, timestamp] = [random.readUInt16BE(4), random.readUInt32BE(6)];
  let address: string | null = null;
  let socket: UdpPort | null = null;
  let marker = true;
  let closed = false;

  const heardBack = (bytes: Uint8Array, from: string, port: number): void => {
    if (!asked.duplex || !readRtp(bytes, header)) return;
    const verdict = latch.admit(header, from, port, performance.now());
    if (verdict === 'refused') return;
    if (verdict === 'first') jitter.reset();
    if (header.payload_type === coding.type) jitter.put(header.sequence, bytes, header.start, header.end);
  };

  const start = async (): Promise<void> => {
    address = await addressOf(asked.host);
    const bound = address === null ? null : await bindUdp(local, 0, heardBack).catch(() => null);
    if (closed || address === null) { bound?.close(); return; }
    socket = bound;
    latch.agree({ address, port: asked.port }, null, performance.now());
  };
  void start();

  return {
    frame(heard, said) {
      if (socket === null || address === null) return;
      coding.encode(chosen(asked.direction, heard, said, both), packet);
      writeRtp(packet, coding.type, marker, sequence, timestamp, ssrc);
      marker = false;
      sequence = (sequence + 1) & 0xffff;
      timestamp = (timestamp + coding.ticks) >>> 0;
      socket.send(packet, packet.length, asked.port, address);
    },
    mixInto(said) {
      if (!asked.duplex || !jitter.take(back)) return false;
      for (let i = 0; i < FRAME_SAMPLES; i++) said[i] = clamp((said[i] ?? 0) + (back[i] ?? 0));
      return true;
    },
    close() {
      closed = true;
      socket?.close();
      socket = null;
    },
  };
}
