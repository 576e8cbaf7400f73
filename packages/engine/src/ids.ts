// The reserved ids of the wire, and ids derived from other ids. Nothing here is random: the same input always names the same thing.

/** No id: what the wire shows where others would show null. */
export const NONE_ID = '00000000-0000-0000-0000-000000000000';
/** The start marker: the cursor before the first action. */
export const START_ID = '00000000-0000-0000-0000-000000000001';
/** The finish marker: the cursor after the natural end. */
export const FINISH_ID = '00000000-0000-0000-0000-000000000002';
/** "The next action", in answers of older servers. Reserved. */
export const NEXT_ID = '00000000-0000-0000-0000-000000000003';
/** The id of the main frame of every activeflow. */
export const MAIN_FRAME_ID = START_ID;

const RESERVED = new Set([NONE_ID, START_ID, FINISH_ID, NEXT_ID]);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for the four ids that name markers and therefore can name no action. */
export const isReserved = (id: string): boolean => RESERVED.has(id);

/** True for a UUID in canonical form, upper or lower case, of any version. */
export const isUuid = (text: string): boolean => UUID.test(text);

/** The UUID of version 5 (RFC 9562 §5.5) of `name` in the namespace of the UUID `base`. */
export function deriveId(base: string, name: string): string {
  const bytes = [...hexBytes(base.replaceAll('-', '')), ...utf8Bytes(name)];
  const hash = sha1(bytes);
  hash[1] = ((hash[1] ?? 0) & 0xffff0fff) | 0x00005000;
  hash[2] = ((hash[2] ?? 0) & 0x3fffffff) | 0x80000000;
  const hex = hash.slice(0, 4).map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function hexBytes(hex: string): number[] {
  return Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16));
}

function utf8Bytes(text: string): number[] {
  return [...encodeURIComponent(text).matchAll(/%([0-9A-F]{2})|([^%])/g)].map((match) =>
    match[1] === undefined ? (match[2] ?? '').charCodeAt(0) : Number.parseInt(match[1], 16));
}

const rotl = (x: number, n: number): number => (x << n) | (x >>> (32 - n));

/** SHA-1 (RFC 3174) of short input, as five words. Names only: it protects nothing. */
function sha1(bytes: number[]): number[] {
  const bits = bytes.length * 8;
  const padded = [...bytes, 0x80];
  while (padded.length % 64 !== 56) padded.push(0);
  padded.push(0, 0, 0, 0, (bits >>> 24) & 255, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255);
  const h: [number, number, number, number, number] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  const w = new Int32Array(80);
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 80; i++) w[i] = i < 16 ? word(padded, block + i * 4) : rotl(at(w, i - 3) ^ at(w, i - 8) ^ at(w, i - 14) ^ at(w, i - 16), 1);
    let [a, b, c, d, e] = h;
    for (let i = 0; i < 80; i++) {
      const next = (rotl(a, 5) + mix(i, b, c, d) + e + at(w, i)) | 0;
      [e, d, c, b, a] = [d, c, rotl(b, 30), a, next];
    }
    h[0] = (h[0] + a) | 0; h[1] = (h[1] + b) | 0; h[2] = (h[2] + c) | 0; h[3] = (h[3] + d) | 0; h[4] = (h[4] + e) | 0;
  }
  return h;
}

const at = (words: Int32Array, i: number): number => words[i] ?? 0;
const word = (bytes: number[], i: number): number =>
  ((bytes[i] ?? 0) << 24) | ((bytes[i + 1] ?? 0) << 16) | ((bytes[i + 2] ?? 0) << 8) | (bytes[i + 3] ?? 0);

function mix(i: number, b: number, c: number, d: number): number {
  if (i < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (i < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (i < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}
