// A WAV file that grows: PCM 16 bits at 8 kHz. Its header is right every few seconds, so that what a crash leaves can be played.
import { open, type FileHandle } from 'node:fs/promises';
import { SAMPLE_RATE } from './sound.js';

/** A file that is being written, one piece after the other, beside the clock. */
export type WavFile = {
  /** Takes bytes of samples that nobody changes until `written`, which is called whatever came of it. */
  write(bytes: Uint8Array, written?: () => void): void;
  /** Makes it whole and closes it. */
  finish(): Promise<void>;
  /** Bytes of sound on the disk. */
  readonly sound_bytes: () => number;
};

/** Bytes before the sound. */
export const WAV_HEADER_BYTES = 44;
/** The header is renewed with every so many pieces. */
const HEADER_EVERY = 2;
/** More pieces than this waiting for the disk: it does not keep up, and memory is not for that. */
const MOST_WAITING = 15;
/** RIFF counts in 32 bits. */
const MOST_BYTES = 0xffff_ff00 - WAV_HEADER_BYTES;

/** The header of so many bytes of sound. */
export function wavHeader(sound_bytes: number, channels: number): Buffer {
  const head = Buffer.alloc(WAV_HEADER_BYTES);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(WAV_HEADER_BYTES - 8 + sound_bytes, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(SAMPLE_RATE, 24);
  head.writeUInt32LE(SAMPLE_RATE * channels * 2, 28);
  head.writeUInt16LE(channels * 2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(sound_bytes, 40);
  return head;
}

/** Writes all of it: a full disk may take a part and say nothing until the next. */
async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/** Creates a file. `failed` is told once, as soon as something cannot be written; what was until then stays. */
export function createWavFile(path: string, channels: number, failed: (error: Error) => void): WavFile {
  let file: FileHandle | null = null;
  let sound_bytes = 0;
  let pieces = 0;
  let waiting = 0;
  let failure: Error | null = null;

  const fail = (error: unknown): void => {
    if (failure !== null) return;
    failure = error instanceof Error ? error : new Error(String(error));
    failed(failure);
  };

  const writeHeader = async (): Promise<void> => { if (file !== null) await writeAll(file, wavHeader(sound_bytes, channels), 0); };

  const append = async (bytes: Uint8Array): Promise<void> => {
    if (failure !== null || file === null) return;
    if (sound_bytes + bytes.length > MOST_BYTES) throw new Error('The recording is as long as a WAV file can be.');
    await writeAll(file, bytes, WAV_HEADER_BYTES + sound_bytes);
    sound_bytes += bytes.length;
    if (++pieces % HEADER_EVERY === 0) await writeHeader();
  };

  let chain: Promise<void> = open(path, 'w').then(async (opened) => {
    file = opened;
    await writeHeader();
  }).catch(fail);

  return {
    write(bytes, written = () => undefined) {
      if (failure !== null) return;
      if (++waiting > MOST_WAITING) { fail(new Error('The disk does not keep up with the recording.')); return; }
      chain = chain.then(() => append(bytes)).catch(fail).finally(() => { waiting--; written(); });
    },
    async finish() {
      await chain;
      // Whatever failed: the sound that is there can be played.
      await writeHeader().catch(fail);
      await file?.close().catch(fail);
      file = null;
    },
    sound_bytes: () => sound_bytes,
  };
}
