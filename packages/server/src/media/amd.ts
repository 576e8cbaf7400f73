// Who answered, a person or a machine, by energy and cadence: a person says a word or two and waits, a machine has a greeting. It is a guess: a person with a
// long greeting is taken for a machine, a machine that says little for a person; what it rests on is said with it.
import { FRAME_MS } from './sound.js';
import { createVoice } from './voice.js';

/** What was found; null: it cannot be told. */
export type Detected = { readonly machine: boolean | null; readonly detail: string };

/** Hears frames in turn until it has decided. */
export type Detector = (frame: Int16Array) => Detected | null;

/** The bounds, in milliseconds; those that are usual for dialers. */
const INITIAL_SILENCE_MS = 2_500;
const GREETING_MS = 1_500;
const SILENCE_AFTER_MS = 800;
const TOTAL_MS = 5_000;
const WORD_MS = 100;
const BETWEEN_WORDS_MS = 60;
const MOST_WORDS = 3;

/** Makes a detector of one answer. */
export function createDetector(): Detector {
  const voice = createVoice();
  let total_ms = 0;
  let voiced_ms = 0;
  let quiet_ms = 0;
  let words = 0;
  /** From the first word to the end of the last. */
  let greeting_ms = 0;

  const hear = (speaking: boolean): void => {
    total_ms += FRAME_MS;
    if (speaking) {
      // The pause before this was one of the greeting.
      if (words > 0) greeting_ms += FRAME_MS + quiet_ms;
      voiced_ms += FRAME_MS;
      quiet_ms = 0;
      if (voiced_ms === WORD_MS) {
        if (words === 0) greeting_ms = WORD_MS;
        words++;
      }
    } else {
      quiet_ms += FRAME_MS;
      if (quiet_ms >= BETWEEN_WORDS_MS) voiced_ms = 0;
    }
  };

  return (frame) => {
    hear(voice(frame));
    const said = `${words} ${words === 1 ? 'word' : 'words'} in ${greeting_ms} ms`;
    if (words > MOST_WORDS) return { machine: true, detail: `${said}: more than a person says` };
    if (greeting_ms >= GREETING_MS) return { machine: true, detail: `a greeting of ${greeting_ms} ms and more` };
    if (words > 0 && quiet_ms >= SILENCE_AFTER_MS) return { machine: false, detail: `${said}, then ${quiet_ms} ms of silence` };
    if (words === 0 && total_ms >= INITIAL_SILENCE_MS) return { machine: null, detail: `nobody spoke for ${total_ms} ms` };
    return total_ms >= TOTAL_MS ? { machine: null, detail: `${said}, not decided after ${total_ms} ms` } : null;
  };
}
