// STUN as an ICE-lite end needs it: binding requests are checked and answered, nothing else is said (RFC 8489, RFC 8445 §2.5 and §7.3).
import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

const HEADER_BYTES = 20;
const COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const XOR_MAPPED_ADDRESS = 0x0020;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;
/** What the CRC of a fingerprint is xored with (RFC 8489 §14.7). */
const FINGERPRINT_XOR = 0x5354554e;

/** Whether a packet is STUN by its first bytes (RFC 7983). */
export const isStun = (packet: Buffer): boolean => packet.length >= HEADER_BYTES && (packet[0] ?? 0xff) < 4 && packet.readUInt32BE(4) === COOKIE;

/** A binding request whose form is right; whether it is genuine is for `isGenuine` to say. */
export type BindingRequest = {
  readonly packet: Buffer;
  readonly transaction: Buffer;
  /** `<ours>:<theirs>`. */
  readonly username: string;
  /** The controlling side has chosen this pair. */
  readonly nominates: boolean;
  /** Where MESSAGE-INTEGRITY begins. */
  readonly integrity_at: number;
};

/** Reads a binding request; undefined for anything else, and for what is broken. */
export function readBindingRequest(packet: Buffer): BindingRequest | undefined {
  if (!isStun(packet) || packet.readUInt16BE(0) !== BINDING_REQUEST || packet.readUInt16BE(2) !== packet.length - HEADER_BYTES) return undefined;
  let username = '';
  let nominates = false;
  let integrity_at = 0;
  for (let at = HEADER_BYTES; at < packet.length;) {
    if (at + 4 > packet.length) return undefined;
    const [type, length] = [packet.readUInt16BE(at), packet.readUInt16BE(at + 2)];
    const end = at + 4 + length;
    if (end > packet.length) return undefined;
    // What stands behind the integrity is not covered by it, the fingerprint aside (§14.5).
    if (integrity_at === 0 && type === USERNAME) username = packet.toString('utf8', at + 4, end);
    if (integrity_at === 0 && type === USE_CANDIDATE) nominates = true;
    if (integrity_at === 0 && type === MESSAGE_INTEGRITY && length === 20) integrity_at = at;
    if (type === FINGERPRINT && (length !== 4 || packet.readUInt32BE(at + 4) !== fingerprintOf(packet.subarray(0, at)))) return undefined;
    at = end + (-length & 3);
  }
  return integrity_at === 0 ? undefined : { packet, transaction: packet.subarray(8, HEADER_BYTES), username, nominates, integrity_at };
}

/** Whether the one who sent it knows the password (RFC 8489 §14.5): the length is read as if the integrity were the last attribute. */
export function isGenuine({ packet, integrity_at }: BindingRequest, password: string): boolean {
  const covered = Buffer.from(packet.subarray(0, integrity_at));
  covered.writeUInt16BE(integrity_at + 24 - HEADER_BYTES, 2);
  return timingSafeEqual(createHmac('sha1', password).update(covered).digest(), packet.subarray(integrity_at + 4, integrity_at + 24));
}

/** The answer to a binding request: the address it was seen from, signed with our password. */
export function bindingSuccess({ transaction }: Pick<BindingRequest, 'transaction'>, from: { readonly address: string; readonly port: number }, password: string): Buffer {
  const mapped = xorMapped(from, transaction);
  const before = Buffer.concat([header(BINDING_SUCCESS, mapped.length, transaction), mapped]);
  before.writeUInt16BE(mapped.length + 24, 2);
  const signed = Buffer.concat([before, attribute(MESSAGE_INTEGRITY, createHmac('sha1', password).update(before).digest())]);
  signed.writeUInt16BE(signed.length + 8 - HEADER_BYTES, 2);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(fingerprintOf(signed));
  return Buffer.concat([signed, attribute(FINGERPRINT, check)]);
}

/** The fingerprint of a message that ends before it; its length must count the fingerprint already. */
const fingerprintOf = (before: Buffer): number => (crc32(before) ^ FINGERPRINT_XOR) >>> 0;

function header(type: number, length: number, transaction: Buffer): Buffer {
  const out = Buffer.alloc(HEADER_BYTES);
  out.writeUInt16BE(type, 0);
  out.writeUInt16BE(length, 2);
  out.writeUInt32BE(COOKIE, 4);
  transaction.copy(out, 8);
  return out;
}

function attribute(type: number, value: Buffer): Buffer {
  const out = Buffer.alloc(4 + value.length + (-value.length & 3));
  out.writeUInt16BE(type, 0);
  out.writeUInt16BE(value.length, 2);
  value.copy(out, 4);
  return out;
}

/** XOR-MAPPED-ADDRESS (RFC 8489 §14.2). */
function xorMapped({ address, port }: { readonly address: string; readonly port: number }, transaction: Buffer): Buffer {
  const bytes = addressBytes(address);
  const mask = Buffer.alloc(16);
  mask.writeUInt32BE(COOKIE, 0);
  transaction.copy(mask, 4);
  const value = Buffer.alloc(4 + bytes.length);
  value[1] = bytes.length === 4 ? 1 : 2;
  value.writeUInt16BE(port ^ (COOKIE >>> 16), 2);
  bytes.forEach((byte, index) => { value[4 + index] = byte ^ (mask[index] ?? 0); });
  return attribute(XOR_MAPPED_ADDRESS, value);
}

/** The bytes of an address: 4 or 16. */
function addressBytes(address: string): readonly number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  const [head = '', tail] = address.split('%', 1).join('').split('::');
  const groups = (text: string): readonly number[] => (text === '' ? [] : text.split(':').flatMap((group) => (group.includes('.') ? group.split('.').map(Number) : [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff])));
  const [first, last] = [groups(head), groups(tail ?? '')];
  return [...first, ...Array.from({ length: 16 - first.length - last.length }, () => 0), ...last];
}
