// SRTP with one browser (RFC 3711, RFC 7714): werift encrypts; what came before is not taken twice.
import { RtpHeader, SrtpSession, type SrtpProfile } from 'werift';

/** What the handshake agreed on. */
export type SrtpKeys = { readonly profile: SrtpProfile; readonly keys: { readonly localMasterKey: Buffer; readonly localMasterSalt: Buffer; readonly remoteMasterKey: Buffer; readonly remoteMasterSalt: Buffer } };

/** Both directions of one browser. */
export type Srtp = {
  /** A plain RTP packet, encrypted, under our SSRC; undefined where it is none. */
  protect(packet: Uint8Array): Buffer | undefined;
  /** The plain RTP packet; undefined where it is forged, broken, repeated or too old. */
  unprotect(packet: Buffer): Buffer | undefined;
};

const HEADER_BYTES = 12;
/** Packets of one source that are remembered (RFC 3711 §3.3.2 wants 64 at least). */
const WINDOW = 128;
/** Sources of one browser: one microphone, and a few restarts of it. */
const SOURCES = 8;

/** Whether a packet is RTP or RTCP by its first byte, and RTP by its second (RFC 7983, RFC 5761 §4). */
export const isRtp = (packet: Buffer): boolean => packet.length > HEADER_BYTES && (packet[0] ?? 0) >> 6 === 2 && !((packet[1] ?? 0) >= 192 && (packet[1] ?? 0) <= 223);

/** Makes both directions. */
export function createSrtp(keys: SrtpKeys, ssrc: number): Srtp {
  const session = new SrtpSession({ keys: keys.keys, profile: keys.profile });
  const windows = new Map<number, (sequence: number) => boolean>();
  return {
    protect(plain) {
      if (plain.length <= HEADER_BYTES) return undefined;
      const packet = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
      const header = RtpHeader.deSerialize(packet);
      header.ssrc = ssrc;
      return session.encrypt(packet.subarray(header.payloadOffset), header);
    },
    unprotect(packet) {
      const source = packet.readUInt32BE(8);
      const known = windows.get(source);
      if (known === undefined && windows.size >= SOURCES) return undefined;
      const plain = decrypted(session, packet);
      if (plain === undefined) return undefined;
      const fresh = known ?? createWindow();
      if (known === undefined) windows.set(source, fresh);
      return fresh(packet.readUInt16BE(2)) ? plain : undefined;
    },
  };
}

function decrypted(session: SrtpSession, packet: Buffer): Buffer | undefined {
  try {
    return session.decrypt(packet);
  } catch {
    return undefined;
  }
}

/** Says of each sequence number whether it is new, and neither repeated nor older than the window. */
function createWindow(): (sequence: number) => boolean {
  const seen = new Float64Array(WINDOW).fill(-1);
  let highest: number | undefined;
  return (sequence) => {
    highest ??= sequence;
    // The count nearest to the highest that ends in these sixteen bits (RFC 3711 §3.3.1).
    const ahead = ((sequence - highest) << 16) >> 16;
    const count = highest + ahead;
    if (ahead <= -WINDOW || seen[count & (WINDOW - 1)] === count) return false;
    seen[count & (WINDOW - 1)] = count;
    if (ahead > 0) highest = count;
    return true;
  };
}
