// Where calls get their sounds from, put together: a voice is chosen, what was said before is taken from the cache, the rest is made, once for all who ask.
import { createHash } from 'node:crypto';
import { SAMPLE_RATE, type Sound } from '../media/sound.js';
import { openCache, type Cache } from './cache.js';
import { NoSound, noSound } from './errors.js';
import { createEspeak } from './espeak/espeak.js';
import { createSoundFetcher, type FetchUrl } from './fetch.js';
import { createFlite } from './flite/flite.js';
import { startMaking, type Making } from './making.js';
import { createOpenAi, type OpenAiSettings } from './openai/openai.js';
import { phrasesOf } from './phrases.js';
import type { Speech, TtsProvider, Utterance } from './speech.js';
import { segmentsOf, type Segment } from './ssml.js';

/** How speech is set up. */
export type SpeechSettings = {
  /** Where sounds are kept, and how much. */
  readonly directory: string;
  readonly most_bytes: number;
  /** Of one sound that is fetched. */
  readonly fetch_bytes: number;
  /** Who is asked, in this order, where a flow names nobody who is there. */
  readonly order: readonly ProviderName[];
  /** eSpeak NG: the program's name or path. */
  readonly espeak: string;
  /** A server that speaks; null: there is none. */
  readonly openai: OpenAiSettings | null;
};

/** Who speaks, by the names that flows call them. */
export type ProviderName = 'openai' | 'flite' | 'espeak';
/** Whoever can, the one that somebody has set up first, then those that cost nothing. */
export const PROVIDER_NAMES: readonly ProviderName[] = ['openai', 'flite', 'espeak'];

/** What it needs of the server: the guarded client, and somebody who reads what is wrong. */
export type Outside = { readonly fetch: FetchUrl; readonly log: { readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void } };

/** A provider that fails fails at each text; it is told of that often. */
const TOLD_MS = 60_000;

type Choice = { readonly provider: TtsProvider; readonly voice: string };

/** Makes the speech of a server; its threads start at once and keep no process alive. */
export function createSpeech(settings: SpeechSettings, { fetch, log }: Outside): Speech {
  const cache = openCache({ directory: settings.directory, most_bytes: settings.most_bytes, warn: (message) => log.warn({}, message) });
  const providers = settings.order.flatMap((name) => providerOf(name, settings));
  const fetcher = createSoundFetcher(fetch, cache, settings.fetch_bytes);
  const sayBy = createMaker(cache);
  const told = new Map<string, number>();

  const tell = ({ provider }: Choice, { reason, message }: NoSound): void => {
    if (performance.now() - (told.get(provider.name) ?? -TOLD_MS) < TOLD_MS) return;
    told.set(provider.name, performance.now());
    log.warn({ provider: provider.name, reason }, `${provider.name} could not say a text: ${message}`);
  };

  return {
    say: async (utterance, signal) => {
      const segments = segmentsOf(utterance.text);
      const silence_ms = segments.reduce((sum, segment) => sum + ('pause_ms' in segment ? segment.pause_ms : Number.NaN), 0);
      if (!Number.isNaN(silence_ms)) return { kind: 'silence', duration_ms: silence_ms };
      let failure = new NoSound('NO_VOICE', `nobody here speaks ${utterance.language || 'an unnamed language'}`);
      for (const choice of await choicesOf(providers, utterance)) {
        try {
          return await sayBy(choice, segments, utterance.customer_id, signal);
        } catch (error) {
          failure = noSound(error, 'TTS_FAILED');
          if (signal.aborted) break;
          tell(choice, failure);
        }
      }
      throw failure;
    },
    fetch: (customer_id, url, signal) => fetcher.fetch(customer_id, keyOf(['url', customer_id, url]), url, signal),
    close: async () => {
      await Promise.all([fetcher.close(), ...providers.map((provider) => provider.close())]);
    },
  };
}

function providerOf(name: ProviderName, { espeak, openai }: SpeechSettings): readonly TtsProvider[] {
  switch (name) {
    case 'flite':
      return [createFlite()];
    case 'espeak':
      return [createEspeak(espeak)];
    case 'openai':
      return openai === null ? [] : [createOpenAi(openai)];
    default:
      return name satisfies never;
  }
}

type Maker = (choice: Choice, segments: readonly Segment[], customer_id: string, signal: AbortSignal) => Promise<Sound>;

/** Says by one voice what is not kept yet, once for all who ask meanwhile. */
function createMaker(cache: Cache): Maker {
  const makings = new Map<string, Making>();
  const make = (key: string, choice: Choice, customer_id: string, segments: readonly Segment[]): Making => {
    const making = startMaking((signal) => soundOf(choice, customer_id, segments, signal));
    makings.set(key, making);
    const forget = (): void => {
      if (makings.get(key) === making) makings.delete(key);
    };
    making.whole.then((samples) => cache.put(key, samples)).then(forget, forget);
    return making;
  };
  return async (choice, segments, customer_id, signal) => {
    const key = keyOf(['text', customer_id, choice.provider.name, choice.voice, segments]);
    const path = makings.has(key) ? undefined : await cache.find(key);
    if (path !== undefined) return { kind: 'file', path };
    const begun = makings.get(key);
    const making = begun === undefined || begun.given_up() ? make(key, choice, customer_id, segments) : begun;
    await making.join(signal);
    return { kind: 'stream', chunks: making.chunks() };
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

async function* soundOf({ provider, voice }: Choice, customer_id: string, segments: readonly Segment[], signal: AbortSignal): AsyncIterable<Int16Array> {
  for (const segment of segments) {
    if ('pause_ms' in segment) yield new Int16Array(Math.round((segment.pause_ms * SAMPLE_RATE) / 1_000));
    else for (const text of phrasesOf(segment.text, provider.longest_chars, provider.takes)) yield* provider.speak({ customer_id, text, voice, rate: segment.rate }, signal);
  }
}

const keyOf = (parts: unknown): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');
