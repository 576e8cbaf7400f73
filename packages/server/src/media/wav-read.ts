// WAV (RIFF), read as it comes: bytes in, 8 kHz mono samples out. PCM of 16 or 8 bits and G.711; any rate and any number of channels.
import { LAWS, type Law } from './g711.js';
import { createResampler, type Resampler } from './resample.js';

/** Takes the bytes of a WAV file piece by piece. Both throw an Error of one sentence where they are none that can be played. */
export type WavReader = {
  push(bytes: Uint8Array): Int16Array;
  /** The rest, after the last byte. */
  end(): Int16Array;
  /** Whether the sound is over, whatever follows in the file. */
  readonly over: () => boolean;
};

type Bytes = Pick<Law, 'decode'>;
type Format = { readonly law: Bytes | null; readonly channels: number; readonly frame_bytes: number; readonly resampler: Resampler };

const MOST_CHANNELS = 8;
/** A chunk that is not sound and longer than this is no chunk of a file we play. */
const MOST_CHUNK = 1 << 24;
const HEADER_BYTES = 12;
const CHUNK_BYTES = 8;

const tag = (view: DataView, at: number): string => String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
const NOTHING = new Int16Array(0);

/** PCM of 8 bits has no sign: 128 is silence. */
const UNSIGNED: Bytes = { decode: Int16Array.from({ length: 256 }, (_, byte) => (byte - 128) << 8) };

function readFormat(view: DataView, at: number, size: number): Format {
  if (size < 16) throw new Error('The WAV file has a broken format chunk.');
  const named = view.getUint16(at, true);
  // The extensible form carries the format's number at the head of its GUID.
  const code = named === 0xfffe && size >= 26 ? view.getUint16(at + 24, true) : named;
  const channels = view.getUint16(at + 2, true);
  const rate_hz = view.getUint32(at + 4, true);
  const bits = view.getUint16(at + 14, true);
  const law = code === 7 ? LAWS.PCMU : code === 6 ? LAWS.PCMA : code === 1 && bits === 8 ? UNSIGNED : null;
  if (law === null && (code !== 1 || bits !== 16)) throw new Error(`The WAV file is coded as format ${code} with ${bits} bits; PCM of 16 or 8 bits, A-law and µ-law are played.`);
  if (channels < 1 || channels > MOST_CHANNELS) throw new Error(`The WAV file has ${channels} channels; 1 to ${MOST_CHANNELS} are played.`);
  if (rate_hz < 4_000 || rate_hz > 192_000) throw new Error(`The WAV file has ${rate_hz} samples a second; 4,000 to 192,000 are played.`);
  return { law, channels, frame_bytes: channels * (law === null ? 2 : 1), resampler: createResampler(rate_hz) };
}

/** Samples of one channel: all of them, mixed. */
function mixed(format: Format, view: DataView, count: number): Int16Array {
  if (format.channels === 1) return single(format, view, count);
  const { law, channels, frame_bytes } = format;
  const out = new Int16Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += law === null ? view.getInt16(i * frame_bytes + channel * 2, true) : law.decode[view.getUint8(i * frame_bytes + channel)] ?? 0;
    }
    out[i] = Math.round(sum / channels);
  }
  return out;
}

/** What most files are: this is gone through for each sample of each prompt. */
function single({ law }: Format, view: DataView, count: number): Int16Array {
  const out = new Int16Array(count);
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (law === null) for (let i = 0; i < count; i++) out[i] = (bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8);
  else for (let i = 0; i < count; i++) out[i] = law.decode[bytes[i] ?? 0] ?? 0;
  return out;
}

/** Makes a reader of one file. */
export function createWavReader(): WavReader {
  let left: Uint8Array = new Uint8Array(0);
  let format: Format | null = null;
  let began = false;
  /** Bytes of sound to come, once the chunk of sound has begun; a size that a stream could not know is endless. */
  let sound_bytes = -1;

  const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  /** Goes through the chunks up to the sound; false: more bytes are needed. */
  const readHead = (): boolean => {
    for (;;) {
      const view = viewOf(left);
      if (!began) {
        if (left.length < HEADER_BYTES) return false;
        if (tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') throw new Error('This is no WAV file.');
        left = left.subarray(HEADER_BYTES);
        began = true;
        continue;
      }
      if (left.length < CHUNK_BYTES) return false;
      const [name, size] = [tag(view, 0), view.getUint32(4, true)];
      if (name === 'data') {
        if (format === null) throw new Error('The WAV file has sound before its format.');
        sound_bytes = size === 0 || size >= 0x7fff_ff00 ? Number.POSITIVE_INFINITY : size;
        left = left.subarray(CHUNK_BYTES);
        return true;
      }
      if (size > MOST_CHUNK) throw new Error('The WAV file has a broken chunk.');
      const whole = CHUNK_BYTES + size + (size & 1);
      if (left.length < whole) return false;
      if (name === 'fmt ') format = readFormat(view, CHUNK_BYTES, size);
      left = left.subarray(whole);
    }
  };

  const push = (bytes: Uint8Array): Int16Array => {
    if (left.length === 0) left = bytes;
    else {
      const both = new Uint8Array(left.length + bytes.length);
      both.set(left);
      both.set(bytes, left.length);
      left = both;
    }
    if ((sound_bytes < 0 && !readHead()) || format === null) return keep();
    const frames = Math.floor(Math.min(left.length, sound_bytes) / format.frame_bytes);
    const samples = mixed(format, viewOf(left), frames);
    left = left.subarray(frames * format.frame_bytes);
    sound_bytes -= frames * format.frame_bytes;
    keep();
    return format.resampler.push(samples);
  };

  /** What is left must outlive the caller's buffer. */
  const keep = (): Int16Array => {
    left = left.slice();
    return NOTHING;
  };

  return {
    push,
    over: () => sound_bytes >= 0 && sound_bytes < (format?.frame_bytes ?? 1),
    end() {
      if (format === null || sound_bytes < 0) throw new Error(began ? 'The WAV file ends before its sound.' : 'This is no WAV file.');
      return format.resampler.end();
    },
  };
}
