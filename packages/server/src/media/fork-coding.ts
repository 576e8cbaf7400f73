// How a fork's sound is coded: G.711, or linear at 16 kHz.
import { LAWS, STATIC_TYPES } from './g711.js';
import type { Decode } from './jitter.js';
import type { ForkAsked } from './media.js';
import { createResampler } from './resample.js';
import { RTP_HEADER_BYTES } from './rtp.js';
import { FRAME_SAMPLES, SAMPLE_RATE } from './sound.js';
import { createPieces } from './sources.js';

/** What a codec makes of a frame, and of a payload. */
export type Coding = { readonly type: number; readonly frame_bytes: number; readonly ticks: number; encode(frame: Int16Array, bytes: Uint8Array): void; readonly decode: Decode };

/** Linear 16-bit sound at 16 kHz has no static type; this one is usual for it. */
const WIDE_TYPE = 118;
const WIDE_RATE = 2 * SAMPLE_RATE;

function narrow(codec: 'PCMU' | 'PCMA'): Coding {
  const law = LAWS[codec];
  return {
    type: STATIC_TYPES[codec], frame_bytes: FRAME_SAMPLES, ticks: FRAME_SAMPLES,
    encode(frame, bytes) { for (let i = 0; i < FRAME_SAMPLES; i++) bytes[RTP_HEADER_BYTES + i] = law.encode[(frame[i] ?? 0) & 0xffff] ?? 0; },
    decode(bytes, start, end, out, at) {
      for (let i = start; i < end; i++) out[at + i - start] = law.decode[bytes[i] ?? 0] ?? 0;
      return end - start;
    },
  };
}

function wide(): Coding {
  const up = createResampler(SAMPLE_RATE, WIDE_RATE);
  const down = createResampler(WIDE_RATE);
  const pieces = createPieces();
  const samples = new Int16Array(2 * FRAME_SAMPLES);
  return {
    type: WIDE_TYPE, frame_bytes: 4 * FRAME_SAMPLES, ticks: 2 * FRAME_SAMPLES,
    encode(frame, bytes) {
      pieces.add(up.push(frame));
      // The filter looks a few samples ahead: the first frame begins with so many of silence.
      const missing = Math.max(0, samples.length - pieces.size());
      samples.fill(0, 0, missing);
      pieces.read(samples, missing, samples.length - missing);
      for (const [i, sample] of samples.entries()) {
        bytes[RTP_HEADER_BYTES + 2 * i] = sample >> 8;
        bytes[RTP_HEADER_BYTES + 2 * i + 1] = sample;
      }
    },
    decode(bytes, start, end, out, at) {
      const came = Int16Array.from({ length: (end - start) >> 1 }, (_, i) => ((bytes[start + 2 * i] ?? 0) << 8) | (bytes[start + 2 * i + 1] ?? 0));
      const fitting = down.push(came);
      out.set(fitting, at);
      return fitting.length;
    },
  };
}

/** The coding of a codec; it has a state, and serves one fork. */
export const codingOf = (codec: ForkAsked['codec']): Coding => {
  switch (codec) {
    case 'ulaw': return narrow('PCMU');
    case 'alaw': return narrow('PCMA');
    case 'slin16': return wide();
    default: return codec satisfies never;
  }
};
