// Speech: text becomes sound. The interface; a provider is a folder or file beside it.
import type { Sound } from '../media/sound.js';

/** What is to be said. */
export type Utterance = {
  /** Plain text, or SSML (`<speak>…`). */
  readonly text: string;
  /** BCP 47, e.g. `en-US`. */
  readonly language: string;
  /** `''`, `female`, `male`, `neutral`. */
  readonly gender: string;
  /** A provider's own name of a voice; `''`: one that fits the language and gender. */
  readonly voice_id: string;
  /** `''`: whichever is there and speaks the language. */
  readonly provider: string;
};

/** One way to speak. Gives 8 kHz mono 16-bit sound, chunk by chunk as it is made. Throws an Error of one sentence where it cannot. */
export type TtsProvider = {
  readonly name: string;
  /** Whether it can say this now. */
  readonly speaks: (utterance: Utterance) => boolean | Promise<boolean>;
  readonly speak: (utterance: Utterance, signal: AbortSignal) => AsyncIterable<Int16Array>;
  readonly close: () => Promise<void>;
};

/** Where calls get their sounds from. Both throw an Error with a `reason` in capitals where there is no sound to be had. */
export type Speech = {
  /** A cached file, or a stream that becomes one. */
  readonly say: (utterance: Utterance, signal: AbortSignal) => Promise<Sound>;
  /** The sound behind a URL, fetched by the guarded client within bounds, as a WAV file. */
  readonly fetch: (url: string, signal: AbortSignal) => Promise<Sound>;
  readonly close: () => Promise<void>;
};
