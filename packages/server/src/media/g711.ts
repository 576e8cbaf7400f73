// G.711: 16-bit linear samples as one byte each, by tables. The values are those of ITU-T G.711, tables 1a to 2b, scaled to 16 bits.

/** The two laws, by their names in SDP (RFC 3551 §4.5.14). */
export type Codec = 'PCMU' | 'PCMA';

/** One law: `decode` by byte, `encode` by the sample's low 16 bits, `silence` is the byte of nothing. */
export type Law = { readonly decode: Int16Array; readonly encode: Uint8Array; readonly silence: number };

const BIAS = 0x84;
const CLIP = 32_635;

/** µ-law: sign, three bits of exponent, four of mantissa, all inverted. */
function muOf(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(CLIP, Math.abs(sample)) + BIAS;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

function ofMu(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + BIAS) << ((code >> 4) & 7)) - BIAS;
  return (code & 0x80) === 0 ? magnitude : -magnitude;
}

/** A-law: the same shape, linear in its lowest two segments, even bits inverted. */
function aOf(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const magnitude = (sample >= 0 ? sample : -sample - 1) >> 3;
  const exponent = Math.max(0, 31 - Math.clz32(magnitude | 1) - 4);
  const clipped = Math.min(7, exponent);
  const mantissa = clipped === 0 ? (magnitude >> 1) & 0x0f : (magnitude >> clipped) & 0x0f;
  const code = exponent > 7 ? 0x7f : clipped === 0 ? mantissa | (magnitude >= 32 ? 0x10 : 0) : (clipped << 4) | mantissa;
  return (sign | code) ^ 0x55;
}

function ofA(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = (code & 0x0f) << 4;
  const magnitude = exponent === 0 ? mantissa + 8 : (mantissa + 0x108) << (exponent - 1);
  return (code & 0x80) === 0 ? -magnitude : magnitude;
}

function lawOf(encode: (sample: number) => number, decode: (byte: number) => number): Law {
  const encoded = new Uint8Array(65_536);
  for (let sample = -32_768; sample < 32_768; sample++) encoded[sample & 0xffff] = encode(sample);
  return { decode: Int16Array.from({ length: 256 }, (_, byte) => decode(byte)), encode: encoded, silence: encode(0) };
}

/** Both laws. */
export const LAWS: Readonly<Record<Codec, Law>> = { PCMU: lawOf(muOf, ofMu), PCMA: lawOf(aOf, ofA) };
/** Their static payload types (RFC 3551 §6). */
export const STATIC_TYPES: Readonly<Record<Codec, number>> = { PCMU: 0, PCMA: 8 };

/** Encodes `count` samples into `bytes` from `at` on. */
export function encodeG711({ encode }: Law, samples: Int16Array, count: number, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < count; i++) bytes[at + i] = encode[(samples[i] ?? 0) & 0xffff] ?? 0;
}
