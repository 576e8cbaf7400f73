// RTP packets (RFC 3550 §5.1), read and written in place: nothing is allocated for a packet.

/** Bytes of the header we write: no CSRC, no extension. */
export const RTP_HEADER_BYTES = 12;

/** What a packet's header says; the payload is `bytes[start … end)`. One object serves for many packets. */
export type RtpHeader = { payload_type: number; marker: boolean; sequence: number; timestamp: number; ssrc: number; start: number; end: number };

/** A header to be read into. */
export const createHeader = (): RtpHeader => ({ payload_type: 0, marker: false, sequence: 0, timestamp: 0, ssrc: 0, start: 0, end: 0 });

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const u32 = (bytes: Uint8Array, at: number): number => ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;

/** Reads a packet; false where it is none: another version, RTCP on the same port (RFC 5761 §4), or lengths that do not fit. */
export function readRtp(bytes: Uint8Array, into: RtpHeader): boolean {
  const size = bytes.length;
  const first = bytes[0] ?? 0;
  const second = bytes[1] ?? 0;
  if (size < RTP_HEADER_BYTES || first >> 6 !== 2 || (second >= 192 && second <= 223)) return false;
  let start = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (start + 4 > size) return false;
    start += 4 + u16(bytes, start + 2) * 4;
  }
  const padding = (first & 0x20) === 0 ? 0 : bytes[size - 1] ?? 0;
  const end = size - padding;
  if (start > end || ((first & 0x20) !== 0 && padding === 0)) return false;
  into.payload_type = second & 0x7f;
  into.marker = (second & 0x80) !== 0;
  into.sequence = u16(bytes, 2);
  into.timestamp = u32(bytes, 4);
  into.ssrc = u32(bytes, 8);
  into.start = start;
  into.end = end;
  return true;
}

/** Writes the header of a packet. */
export function writeRtp(bytes: Uint8Array, payload_type: number, marker: boolean, sequence: number, timestamp: number, ssrc: number): void {
  bytes[0] = 0x80;
  bytes[1] = (marker ? 0x80 : 0) | payload_type;
  bytes[2] = sequence >> 8;
  bytes[3] = sequence;
  put32(bytes, 4, timestamp);
  put32(bytes, 8, ssrc);
}

/** Writes 32 bits, most significant byte first. */
export function put32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** How far sequence number `a` lies after `b`: -32,768 to 32,767 (RFC 3550 §A.1, modulo 2^16). */
export const sequenceAfter = (a: number, b: number): number => ((a - b) << 16) >> 16;
/** How far timestamp `a` lies after `b`, modulo 2^32. */
export const timestampAfter = (a: number, b: number): number => (a - b) | 0;
