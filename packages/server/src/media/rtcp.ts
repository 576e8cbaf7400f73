// RTCP (RFC 3550 §6), the least of it: who we are and what we sent, every five seconds, and goodbye. What comes is read by nobody.
import { put32 } from './rtp.js';

/** How often a report is sent, in frames. */
export const REPORT_FRAMES = 250;

/** Seconds from 1900, where NTP begins, to 1970. */
const NTP_EPOCH_S = 2_208_988_800;
const SENDER_REPORT = 200;
const SOURCE_DESCRIPTION = 202;
const GOODBYE = 203;
const CNAME = 1;

/** What a report says of a sender. */
export type Sent = { readonly ssrc: number; readonly timestamp: number; readonly packets: number; readonly payload_bytes: number };

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

/** A compound packet: sender report, source description, and where it is the last one a goodbye (§6.1, §6.4.1, §6.5, §6.6). */
export function reportOf({ ssrc, timestamp, packets, payload_bytes }: Sent, wall_ms: number, goodbye: boolean): Uint8Array {
  const bytes = new Uint8Array(28 + 20 + (goodbye ? 8 : 0));
  bytes[0] = 0x80;
  bytes[1] = SENDER_REPORT;
  put16(bytes, 2, 6);
  put32(bytes, 4, ssrc);
  put32(bytes, 8, Math.floor(wall_ms / 1000) + NTP_EPOCH_S);
  put32(bytes, 12, Math.floor(((wall_ms % 1000) / 1000) * 2 ** 32));
  put32(bytes, 16, timestamp);
  put32(bytes, 20, packets);
  put32(bytes, 24, payload_bytes);
  bytes[28] = 0x81;
  bytes[29] = SOURCE_DESCRIPTION;
  put16(bytes, 30, 4);
  put32(bytes, 32, ssrc);
  // A name that says nothing about anybody (RFC 7022): the SSRC, in hex.
  bytes[36] = CNAME;
  bytes[37] = 8;
  const name = ssrc.toString(16).padStart(8, '0');
  for (let i = 0; i < 8; i++) bytes[38 + i] = name.charCodeAt(i);
  if (!goodbye) return bytes;
  bytes[48] = 0x81;
  bytes[49] = GOODBYE;
  put16(bytes, 50, 1);
  put32(bytes, 52, ssrc);
  return bytes;
}
