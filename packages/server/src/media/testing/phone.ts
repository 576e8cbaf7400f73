// A far end of a leg, for tests: a real UDP socket that sends RTP of its own making and keeps what comes. It knows nothing of the code it tests.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Media, MediaAgreement, MediaEvent, MediaFact } from '../media.js';

/** A packet that came, read by the book (RFC 3550 §5.1). */
export type Got = { readonly type: number; readonly marker: boolean; readonly sequence: number; readonly timestamp: number; readonly ssrc: number; readonly payload: Buffer; readonly at_ms: number };

/** A phone: sends frames, each 20 ms of a byte for each sample, and digits. */
export type Phone = {
  readonly port: number;
  readonly socket: Socket;
  readonly got: Got[];
  to: number;
  ssrc: number;
  sequence: number;
  timestamp: number;
  /** Sends one packet. */
  send(type: number, payload: Uint8Array, options?: { marker?: boolean; timestamp?: number; advance?: number }): void;
  /** Sends frames at their pace; `frame` makes the payload of each. */
  speak(frames: number, frame: (n: number) => Uint8Array): Promise<void>;
  /** Presses a key: events as phones send them, three ends. */
  press(code: number, type?: number): Promise<void>;
  close(): void;
};

/** Opens one on 127.0.0.1, or another address of the loopback. */
export async function openPhone(address = '127.0.0.1', port = 0): Promise<Phone> {
  const socket = createSocket('udp4');
  socket.bind(port, address);
  await once(socket, 'listening');
  const got: Got[] = [];
  socket.on('message', (bytes) => {
    got.push({
      type: bytes.readUInt8(1) & 0x7f, marker: bytes.readUInt8(1) > 127, sequence: bytes.readUInt16BE(2), timestamp: bytes.readUInt32BE(4), ssrc: bytes.readUInt32BE(8), payload: bytes.subarray(12), at_ms: performance.now(),
    });
  });
  const phone: Phone = {
    port: socket.address().port, socket, got, to: 0, ssrc: 0x1234_5678, sequence: 65_530, timestamp: 4_294_967_000,
    send(type, payload, { marker = false, timestamp = phone.timestamp, advance = payload.length } = {}) {
      const head = Buffer.alloc(12);
      head.writeUInt8(0x80, 0);
      head.writeUInt8((marker ? 0x80 : 0) | type, 1);
      head.writeUInt16BE(phone.sequence, 2);
      head.writeUInt32BE(timestamp, 4);
      head.writeUInt32BE(phone.ssrc, 8);
      phone.sequence = (phone.sequence + 1) & 0xffff;
      phone.timestamp = (phone.timestamp + advance) % 2 ** 32;
      socket.send(Buffer.concat([head, payload]), phone.to, '127.0.0.1');
    },
    async speak(frames, frame) {
      const start = performance.now();
      for (let n = 0; n < frames; n++) {
        phone.send(0, frame(n), { marker: n === 0 });
        await sleep(Math.max(0, start + (n + 1) * 20 - performance.now()));
      }
    },
    async press(code, type = 101) {
      const { timestamp } = phone;
      for (let n = 1; n <= 7; n++) {
        const end = n > 4;
        const duration = Math.min(n, 5) * 160;
        phone.send(type, Uint8Array.of(code, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff), { marker: n === 1, timestamp, advance: 160 });
        await sleep(20);
      }
    },
    close() { socket.close(); },
  };
  return phone;
}

/** What was agreed with a phone: µ-law, and 101 for digits. */
export const agreedWith = ({ port }: Phone, change: Partial<MediaAgreement> = {}): MediaAgreement =>
  ({ remote: { address: '127.0.0.1', port }, codec: 'PCMU', payload_type: 0, telephone_event: 101, direction: 'sendrecv', ...change });

/** Keeps the events of a media worker, and waits for those that are still to come. */
export function keepEvents(media: Media): { readonly all: MediaEvent[]; until(leg_id: string, found: (fact: MediaFact) => boolean): Promise<MediaEvent> } {
  const all: MediaEvent[] = [];
  const waiting = new Set<() => void>();
  media.listen((event) => {
    all.push(event);
    for (const look of [...waiting]) look();
  });
  return {
    all,
    until: (leg_id, found) => new Promise((resolve) => {
      const look = (): void => {
        const event = all.find((one) => one.leg_id === leg_id && found(one));
        if (event === undefined) return;
        waiting.delete(look);
        resolve(event);
      };
      waiting.add(look);
      look();
    }),
  };
}

/** Waits until something is so. */
export async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await so())) await sleep(5);
}

const MU_BIAS = 0x84;
/** One µ-law byte, by the formula of the standard, not by the tables under test. */
export function mu(sample: number): number {
  const magnitude = Math.min(32_635, Math.abs(sample)) + MU_BIAS;
  const exponent = Math.floor(Math.log2(magnitude)) - 7;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 15)) & 0xff;
}

/** The sample of a µ-law byte. */
export function ofMu(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = (((code & 15) << 3) + MU_BIAS) * 2 ** ((code >> 4) & 7) - MU_BIAS;
  return code > 127 ? -magnitude : magnitude;
}

/** Makes frames of sine waves, one after the other. */
export const tone = (hz: number, amplitude = 8_000) => (n: number): Uint8Array =>
  Uint8Array.from({ length: 160 }, (_, i) => mu(Math.round(amplitude * Math.sin((2 * Math.PI * hz * (n * 160 + i)) / 8_000))));

/** How much of a frequency is in samples: the amplitude of the sine. */
export function amplitudeOf(samples: ArrayLike<number>, hz: number, rate_hz = 8_000): number {
  let [re, im] = [0, 0];
  for (let i = 0; i < samples.length; i++) {
    const angle = (2 * Math.PI * hz * i) / rate_hz;
    re += (samples[i] ?? 0) * Math.cos(angle);
    im += (samples[i] ?? 0) * Math.sin(angle);
  }
  return (2 * Math.hypot(re, im)) / samples.length;
}

/** The samples of packets that came. */
export const samplesOf = (got: readonly Got[]): Int16Array => Int16Array.from(got.flatMap(({ payload }) => [...payload].map(ofMu)));
