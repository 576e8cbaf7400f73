// RTP that comes in on a leg: whose it is, what of it is sound and what digits.
import { createEventReceiver } from './dtmf.js';
import { LAWS, STATIC_TYPES, type Codec } from './g711.js';
import { createJitter } from './jitter.js';
import { createLatch, type Source } from './latch.js';
import type { MediaAgreement, MediaStats } from './media.js';
import { createHeader, readRtp } from './rtp.js';

/** Counts of the worker, which its legs add to. */
export type Counters = { -readonly [K in Exclude<keyof MediaStats, 'legs'>]: number };

/** What of a leg's receiving is to be told. */
export type ReceiverSays = { digit(digit: string): void };

/** The receiving half of a leg. */
export type Receiver = {
  agree(agreement: MediaAgreement, now_ms: number): void;
  packet(bytes: Uint8Array, address: string, port: number, now_ms: number): void;
  /** The next frame of what the far end says; false: it is quiet, and the frame zeros. */
  take(out: Int16Array): boolean;
  target(): Source | null;
  /** When RTP last came, or was agreed; null: none is expected. */
  readonly heard_ms: () => number | null;
};

const CODECS: readonly Codec[] = ['PCMU', 'PCMA'];

/** Makes it; until something is agreed nothing is heard. */
export function createReceiver(counters: Counters, says: ReceiverSays): Receiver {
  const latch = createLatch();
  const header = createHeader();
  const events = createEventReceiver();
  let agreed: MediaAgreement | null = null;
  let { decode } = LAWS.PCMU;
  let heard_ms = 0;
  const jitter = createJitter((bytes, start, end, out, at) => {
    for (let i = start; i < end; i++) out[at + i - start] = decode[bytes[i] ?? 0] ?? 0;
    return end - start;
  });

  /** The law of a payload type: what was agreed, or a static type, which some use whatever was agreed. */
  const codecOf = (type: number, { codec, payload_type }: MediaAgreement): Codec | undefined =>
    (type === payload_type ? codec : CODECS.find((name) => STATIC_TYPES[name] === type));

  const listens = (): boolean => agreed !== null && (agreed.direction === 'sendrecv' || agreed.direction === 'recvonly');

  const take = (bytes: Uint8Array, agreement: MediaAgreement): void => {
    if (header.payload_type === agreement.telephone_event) {
      jitter.pass(header.sequence);
      const digit = events.take(bytes, header.start, header.end, header.timestamp);
      if (digit !== '') says.digit(digit);
      return;
    }
    const codec = codecOf(header.payload_type, agreement);
    // Comfort noise and whatever else: it took a number.
    if (codec === undefined) { jitter.pass(header.sequence); return; }
    ({ decode } = LAWS[codec]);
    jitter.put(header.sequence, bytes, header.start, header.end);
  };

  return {
    agree(agreement, now_ms) {
      latch.agree(agreement.remote, agreement.via ?? null, now_ms);
      const listened = listens();
      agreed = agreement;
      if (!listened) heard_ms = now_ms;
    },
    packet(bytes, address, port, now_ms) {
      if (agreed === null || !readRtp(bytes, header)) return;
      const verdict = latch.admit(header, address, port, now_ms);
      if (verdict === 'refused') { counters.refused++; return; }
      counters.packets_in++;
      heard_ms = now_ms;
      if (verdict === 'first') { jitter.reset(); events.reset(); }
      if (listens()) take(bytes, agreed);
    },
    take: (out) => jitter.take(out),
    target: () => latch.target(),
    heard_ms: () => (listens() ? heard_ms : null),
  };
}
