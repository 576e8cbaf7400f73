// The voices that come with us: flite, English, without a network or a second program.
import type { TtsProvider, VoiceAsked } from '../speech.js';
import { startThread } from '../thread.js';
import type { Spoken } from './program.js';

/** The voices that can say anything, by name; the best for each gender first. `kal` costs a tenth of the others and sounds like it. */
export const FLITE_VOICES = ['slt', 'rms', 'awb', 'kal16', 'kal'] as const;

/** What is outside of ASCII and yet said in English, as words. What is not here loses its accents, or is not said. */
const WORDS: Readonly<Record<string, string>> = {
  '‘': "'", '’': "'", '“': '"', '”': '"', '–': ' - ', '—': ' - ', '…': '...', '€': ' euros ', '£': ' pounds ', '¥': ' yen ', '°': ' degrees ', '×': ' times ', 'ß': 'ss', 'æ': 'ae', 'ø': 'o', 'œ': 'oe', 'ł': 'l',
};

/** Starts the thread that speaks; it is warm a moment later. */
export function createFlite(): TtsProvider {
  const thread = startThread<Spoken>('./flite-worker', import.meta.url);
  return {
    name: 'flite',
    takes: 'sentence',
    longest_chars: 240,
    voice: async (asked) => voiceOf(asked),
    async *speak({ customer_id, text, voice, rate }, signal) {
      const said = inAscii(text);
      if (/[a-z0-9]/i.test(said)) yield await thread.ask(customer_id, { text: said, voice, rate }, signal);
    },
    close: thread.close,
  };
}

function voiceOf({ language, gender, voice_id }: VoiceAsked): string | undefined {
  if (!/^(en([-_].*)?)?$/i.test(language)) return undefined;
  const named = FLITE_VOICES.find((voice) => voice === voice_id.toLowerCase());
  if (named !== undefined) return named;
  if (gender !== 'male') return 'slt';
  // The speaker is a Scot.
  return /^en[-_](gb|ie|sco)/i.test(language) ? 'awb' : 'rms';
}

function inAscii(text: string): string {
  const plain = text.replace(/[^\t\n\x20-\x7e]/gu, (character) => WORDS[character.toLowerCase()] ?? character.normalize('NFKD').replace(/[^\x20-\x7e]/g, ''));
  return plain.trim();
}
