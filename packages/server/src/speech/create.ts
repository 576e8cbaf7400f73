// Where calls get their sounds from, put together: a voice is chosen, what was said before is taken from the cache, the rest is made, once for all who ask.
import { createHash } from 'node:crypto';
import type { Sound } from '../media/sound.js';
import { openCache } from './cache.js';
import { NoSound, noSound } from './errors.js';
import { createFlite } from './flite/flite.js';
import { startMaking, type Making } from './making.js';
import { phrasesOf } from './phrases.js';
import { segmentsOf, type Segment } from './ssml.js';
import type { Speech, TtsProvider, Utterance } from './speech.js';
import { SAMPLE_RATE } from '../media/sound.js';

/** How speech is set up. */
export type SpeechSettings = {
  /** Where sounds are kept. */
  readonly directory: string;
  /** How much is kept there. */
  readonly most_bytes: number;
};

type Outside = { readonly warn: (message: string) => void };
type Choice = { readonly provider: TtsProvider; readonly voice: string };

/** Makes the speech of a server; its threads start at once and keep no process alive. */
export function createSpeech({ directory, most_bytes }: SpeechSettings, { warn }: Outside): Speech {
  const providers: readonly TtsProvider[] = [createFlite()];
  const cache = openCache({ directory, most_bytes, warn });
  const makings = new Map<string, Making>();

  const make = (key: string, choice: Choice, segments: readonly Segment[]): Making => {
    const making = startMaking((signal) => soundOf(choice, segments, signal));
    makings.set(key, making);
    void making.whole.then((samples) => cache.put(key, samples), () => undefined).finally(() => {
      if (makings.get(key) === making) makings.delete(key);
    });
    return making;
  };
  const sayBy = async (choice: Choice, segments: readonly Segment[], { customer_id }: Utterance, signal: AbortSignal): Promise<Sound> => {
    const key = keyOf([customer_id, choice.provider.name, choice.voice, segments]);
    const path = makings.has(key) ? undefined : await cache.find(key);
    if (path !== undefined) return { kind: 'file', path };
    const begun = makings.get(key);
    const making = begun === undefined || begun.given_up() ? make(key, choice, segments) : begun;
    await making.join(signal);
    return { kind: 'stream', chunks: making.chunks() };
  };

  return {
    say: async (utterance, signal) => {
      const segments = segmentsOf(utterance.text);
      if (segments.every((segment) => 'pause_ms' in segment)) return { kind: 'silence', duration_ms: segments.reduce((sum, segment) => sum + ('pause_ms' in segment ? segment.pause_ms : 0), 0) };
      let failure = new NoSound('NO_VOICE', `nobody here speaks ${utterance.language || 'an unnamed language'}`);
      for (const choice of await choicesOf(providers, utterance)) {
        try {
          return await sayBy(choice, segments, utterance, signal);
        } catch (error) {
          failure = noSound(error, 'TTS_FAILED');
          if (signal.aborted || failure.reason === 'SOUND_TOO_LONG') break;
          warn(`${choice.provider.name} could not say a text: ${failure.message}`);
        }
      }
      throw failure;
    },
    fetch: async () => {
      throw new NoSound('FETCH_FAILED', 'not yet');
    },
    close: async () => {
      await Promise.all(providers.map((provider) => provider.close()));
    },
  };
}

/** Who could say it: the provider asked for first, then all in their order. A name that is none of ours asks for whoever is there. */
async function choicesOf(providers: readonly TtsProvider[], utterance: Utterance): Promise<readonly Choice[]> {
  const named = providers.filter(({ name }) => name === utterance.provider.toLowerCase());
  const choices: Choice[] = [];
  for (const provider of new Set([...named, ...providers])) {
    const voice = await provider.voice(utterance);
    if (voice !== undefined) choices.push({ provider, voice });
  }
  return choices;
}

async function* soundOf({ provider, voice }: Choice, segments: readonly Segment[], signal: AbortSignal): AsyncIterable<Int16Array> {
  for (const segment of segments) {
    if ('pause_ms' in segment) yield new Int16Array((segment.pause_ms * SAMPLE_RATE) / 1_000);
    else for (const text of phrasesOf(segment.text, provider.longest_chars, provider.takes)) yield* provider.speak({ text, voice, rate: segment.rate }, signal);
  }
}

const keyOf = (parts: unknown): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');
