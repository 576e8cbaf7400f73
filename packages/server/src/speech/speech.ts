// Speech: text becomes sound. The interface; a provider is a folder or file beside it.
import type { Sound } from '../media/sound.js';

/** What is to be said. */
export type Utterance = {
  /** Whose words they are: what was said before is kept by customer, so that nobody can tell by the time it takes what others say. */
  readonly customer_id: string;
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

/** The voice that an utterance asks for. */
export type VoiceAsked = Pick<Utterance, 'language' | 'gender' | 'voice_id'>;

/**
 * Words for one voice at one pace: plain text of at most `longest_chars` of the provider; `rate` 1 is the voice's own, 2 twice as fast. Customers take turns
 * where there is a line.
 */
export type Phrase = { readonly customer_id: string; readonly text: string; readonly voice: string; readonly rate: number };

/** One way to speak. Throws an Error of one sentence where it cannot. */
export type TtsProvider = {
  readonly name: string;
  /** `sentence`: a phrase at a time, because its sound comes when all of it is made; `text`: as much as it takes, because its sound comes while it is made. */
  readonly takes: 'sentence' | 'text';
  readonly longest_chars: number;
  /** Its voice for what is asked, by its own name; undefined: it does not speak the language, or is not there now. */
  readonly voice: (asked: VoiceAsked) => Promise<string | undefined>;
  /** Gives 8 kHz mono 16-bit sound, chunk by chunk as it is made. */
  readonly speak: (phrase: Phrase, signal: AbortSignal) => AsyncIterable<Int16Array>;
  readonly close: () => Promise<void>;
};

/** Where calls get their sounds from. Both throw an Error with a `reason` in capitals where there is no sound to be had. */
export type Speech = {
  /** A cached file, or a stream that becomes one. The signal says that nobody wants it any more; a stream that was given goes on for others who asked for the same. */
  readonly say: (utterance: Utterance, signal: AbortSignal) => Promise<Sound>;
  /** The sound behind a URL, fetched by the guarded client within bounds, as a WAV file. Kept for a short time, by customer. */
  readonly fetch: (customer_id: string, url: string, signal: AbortSignal) => Promise<Sound>;
  readonly close: () => Promise<void>;
};
