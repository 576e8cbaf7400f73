// What can be played: always 8,000 samples a second, one channel, 16-bit signed.

/** Samples a second, everywhere in here. */
export const SAMPLE_RATE = 8_000;
/** Samples of one frame, which lasts 20 ms. */
export const FRAME_SAMPLES = 160;
/** Milliseconds of one frame. */
export const FRAME_MS = 20;

/** A piece of sound. */
export type Sound =
  /** A WAV file: PCM 16-bit or G.711, one channel, 8 kHz. */
  | { readonly kind: 'file'; readonly path: string }
  /** Sound that is still being made: heard from its first chunk on. Ends with the iteration; a throw ends the playback as `failed`. */
  | { readonly kind: 'stream'; readonly chunks: AsyncIterable<Int16Array> }
  /** Sine waves mixed, on and off in turn; `repeat` null: until stopped. */
  | { readonly kind: 'tone'; readonly frequencies_hz: readonly number[]; readonly on_ms: number; readonly off_ms: number; readonly repeat: number | null }
  | { readonly kind: 'silence'; readonly duration_ms: number };
