// Whose RTP a leg believes. Symmetric RTP (RFC 4961) behind NAT has to be latched to (RFC 7362 §5), and whoever guesses the port may try to be
// first (RFC 7362 §6); so:
//  1. What comes from exactly the agreed address and port is the far end, whenever it comes, and closes the latch.
//  2. Another port of the agreed address, or the address the signalling came from (`via`) where the agreed one is private, may take the latch, but
//     only within WINDOW_MS of the agreement and with PROBATION packets of one SSRC in sequence (RFC 3550 §A.1); these themselves are not heard.
//  3. Nobody else is ever heard: no third address, even if nothing else comes.
//  4. From the latched source, another SSRC is heard once the old one has been quiet for QUIET_MS and two packets came in sequence, as phones do
//     after a hold; after a new agreement at once. Between two streams that both go on, the first stays.
import { sequenceAfter, type RtpHeader } from './rtp.js';

/** An address and a port of UDP. */
export type Source = { readonly address: string; readonly port: number };

const WINDOW_MS = 5_000;
const PROBATION = 5;
const QUIET_MS = 100;

/** What becomes of a packet: refused, heard, or heard as the first of a new stream. */
export type Verdict = 'refused' | 'heard' | 'first';

/** A latch. Times are milliseconds of any clock that only goes forward. */
export type Latch = {
  /** What was agreed; the same remote again keeps what is latched. */
  agree(remote: Source | null, via: string | null, now_ms: number): void;
  admit(packet: RtpHeader, address: string, port: number, now_ms: number): Verdict;
  /** Where to send; null: nowhere. */
  target(): Source | null;
};

const PRIVATE = /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe[89ab])/i;

/** A run of packets that might be the far end, or its next stream. */
type Candidate = { address: string; port: number; ssrc: number; next: number; count: number };

/** Makes a latch that is closed to all. */
export function createLatch(): Latch {
  let remote: Source | null = null;
  let via: string | null = null;
  let agreed_ms = 0;
  let latched: Source | null = null;
  let ssrc = -1;
  let heard_ms = 0;
  const candidate: Candidate = { address: '', port: 0, ssrc: -1, next: 0, count: 0 };

  /** How many packets in sequence this candidate has had, this one included. */
  const counted = (packet: RtpHeader, address: string, port: number): number => {
    const same = candidate.ssrc === packet.ssrc && candidate.port === port && candidate.address === address && sequenceAfter(packet.sequence, candidate.next) === 0;
    candidate.count = same ? candidate.count + 1 : 1;
    candidate.address = address;
    candidate.port = port;
    candidate.ssrc = packet.ssrc;
    candidate.next = (packet.sequence + 1) & 0xffff;
    return candidate.count;
  };

  const mayTake = (address: string, now_ms: number): boolean => {
    if (latched !== null || remote === null || now_ms - agreed_ms > WINDOW_MS) return false;
    return address === remote.address || (address === via && PRIVATE.test(remote.address));
  };

  const close = (source: Source, packet: RtpHeader, now_ms: number): Verdict => {
    latched = source;
    ssrc = packet.ssrc;
    heard_ms = now_ms;
    candidate.count = 0;
    candidate.ssrc = -1;
    return 'first';
  };

  /** What comes from the latched source. */
  const ofLatched = (source: Source, packet: RtpHeader, now_ms: number): Verdict => {
    if (packet.ssrc === ssrc) {
      heard_ms = now_ms;
      candidate.ssrc = -1;
      return 'heard';
    }
    const in_sequence = counted(packet, source.address, source.port);
    return ssrc === -1 || (now_ms - heard_ms >= QUIET_MS && in_sequence >= 2) ? close(source, packet, now_ms) : 'refused';
  };

  return {
    agree(agreed, from, now_ms) {
      if (agreed?.address !== remote?.address || agreed?.port !== remote?.port) latched = null;
      remote = agreed;
      via = from;
      agreed_ms = now_ms;
      ssrc = -1;
      candidate.ssrc = -1;
    },
    admit(packet, address, port, now_ms) {
      if (latched?.port === port && latched.address === address) return ofLatched(latched, packet, now_ms);
      // Without an address it came by a port of this process, by which nobody else sends.
      if (address === '') return close({ address, port }, packet, now_ms);
      if (remote?.port === port && remote.address === address) return close(remote, packet, now_ms);
      if (!mayTake(address, now_ms)) return 'refused';
      return counted(packet, address, port) >= PROBATION ? close({ address, port }, packet, now_ms) : 'refused';
    },
    target: () => latched ?? remote,
  };
}
