// Any server that speaks OpenAI's `POST /v1/audio/speech`: that company's, or one of one's own. The sound is heard while it comes.
import { createResampler } from '../../media/resample.js';
import { NoSound, noSound } from '../errors.js';
import type { Phrase, TtsProvider, VoiceAsked } from '../speech.js';
import { createDecoder, type Decoder } from '../wav.js';

/** How the server is asked. */
export type OpenAiSettings = {
  /** What `/v1/audio/speech` is added to. The operator's own, so that no guard stands before it. */
  readonly url: string;
  /** `''`: none is sent. */
  readonly key: string;
  readonly model: string;
  /** Its voice, and those for whoever asks for a gender, where they are others. */
  readonly voice: string;
  readonly voice_female?: string;
  readonly voice_male?: string;
  /** `pcm`: 24 kHz, 16 bits, without a header. Unless told. */
  readonly format?: 'pcm' | 'wav';
  /** Languages by their first part (`en`); all unless told. */
  readonly languages?: readonly string[];
};

const PCM_RATE = 24_000;
const FIRST_BYTE_MS = 10_000;
const NEXT_BYTE_MS = 10_000;
const ALL_BYTES_MS = 10 * 60_000;
/** What is not sound is read no further than for its message. */
const MESSAGE_BYTES = 4_096;

/** Speaks by a server. */
export function createOpenAi(settings: OpenAiSettings): TtsProvider {
  const closing = new AbortController();
  return {
    name: 'openai',
    takes: 'text',
    longest_chars: 4_000,
    voice: async (asked) => voiceOf(settings, asked),
    speak: (phrase, signal) => speak(settings, phrase, AbortSignal.any([signal, closing.signal])),
    close: async () => closing.abort(),
  };
}

/** The model is part of it: with another one, it is another voice. */
function voiceOf({ model, languages = [], ...own }: OpenAiSettings, { language, gender, voice_id }: VoiceAsked): string | undefined {
  const [primary = ''] = language.toLowerCase().split(/[-_]/);
  if (languages.length > 0 && primary !== '' && !languages.includes(primary)) return undefined;
  const { voice, voice_female = '', voice_male = '' } = own;
  const fitting = { female: voice_female, male: voice_male }[gender] || voice;
  const named = KNOWN.has(voice_id) || [voice, voice_female, voice_male].includes(voice_id);
  return `${model}:${named && voice_id !== '' ? voice_id : fitting}`;
}

/** The names that this interface is documented with; a flow that names one of another service's gets one that fits its gender. */
const KNOWN = new Set(['alloy', 'ash', 'ballad', 'cedar', 'coral', 'echo', 'fable', 'marin', 'nova', 'onyx', 'sage', 'shimmer', 'verse']);

async function* speak(settings: OpenAiSettings, phrase: Phrase, signal: AbortSignal): AsyncIterable<Int16Array> {
  const late = new AbortController();
  const giveUp = (): void => late.abort(failed(settings, 'did not go on for too long'));
  let timer = setTimeout(giveUp, FIRST_BYTE_MS);
  const total = setTimeout(giveUp, ALL_BYTES_MS);
  try {
    const response = await ask(settings, phrase, AbortSignal.any([signal, late.signal]));
    if (!response.ok) throw failed(settings, `answered ${response.status}${await reasonOf(settings, response)}`);
    const type = response.headers.get('content-type') ?? '';
    if (/json|text|mpeg|ogg|opus|aac|flac/i.test(type)) throw new NoSound('UNSUPPORTED_FORMAT', `${nameOf(settings)} sends ${type} where ${settings.format ?? 'pcm'} was asked for`);
    let decoder: Decoder | undefined;
    for await (const bytes of bytesOf(response)) {
      // While nobody wants more, that none comes is not the server's fault.
      clearTimeout(timer);
      decoder ??= settings.format === 'wav' || startsAsWav(bytes) ? createDecoder() : createRawDecoder();
      yield decoder.push(bytes);
      timer = setTimeout(giveUp, NEXT_BYTE_MS);
    }
    if (decoder === undefined) throw failed(settings, 'answered without sound');
    yield decoder.end();
  } catch (error) {
    if (signal.aborted) throw new NoSound('CANCELED', 'nobody wants it any more');
    throw late.signal.aborted ? late.signal.reason : noSound(error, 'TTS_FAILED');
  } finally {
    clearTimeout(timer);
    clearTimeout(total);
    // Ends the connection where its answer was not read to the end.
    late.abort();
  }
}

async function ask(settings: OpenAiSettings, { text, voice, rate }: Phrase, signal: AbortSignal): Promise<Response> {
  const { url, key, model, format = 'pcm' } = settings;
  const body = { model, voice: voice.slice(model.length + 1), input: text, response_format: format, ...(rate === 1 ? {} : { speed: rate }) };
  const headers = { 'content-type': 'application/json', ...(key === '' ? {} : { authorization: `Bearer ${key}` }) };
  try {
    // A redirect would carry the key to where nobody said.
    return await fetch(`${url.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1/audio/speech`, { method: 'POST', headers, body: JSON.stringify(body), signal, redirect: 'error' });
  } catch (error) {
    if (signal.aborted) throw error;
    const { code = (error as Error).message } = ((error as Error).cause ?? {}) as { readonly code?: string };
    throw failed(settings, `could not be reached (${code})`);
  }
}

const bytesOf = (response: Response): AsyncIterable<Uint8Array> => (response.body ?? new Blob([]).stream()) as AsyncIterable<Uint8Array>;
const startsAsWav = (bytes: Uint8Array): boolean => Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'RIFF';

function createRawDecoder(): Decoder {
  const resampler = createResampler(PCM_RATE);
  let cut = Buffer.alloc(0);
  return {
    push: (bytes) => {
      const all = Buffer.concat([cut, bytes]);
      const samples = Int16Array.from({ length: Math.floor(all.length / 2) }, (_, i) => all.readInt16LE(2 * i));
      cut = all.subarray(2 * samples.length);
      return resampler.push(samples);
    },
    end: () => resampler.end(),
  };
}

/** What the server says is wrong, in short. It may repeat the key where it does not like it. */
async function reasonOf({ key }: OpenAiSettings, response: Response): Promise<string> {
  if (response.status === 401 || response.status === 403) return '';
  let text = '';
  for await (const bytes of bytesOf(response)) {
    text += Buffer.from(bytes).toString();
    if (text.length > MESSAGE_BYTES) break;
  }
  const [, message = ''] = /"message"\s*:\s*"((?:[^"\\]|\\.){1,200})/.exec(text) ?? [];
  const shown = key === '' ? message : message.replaceAll(key, '…');
  return shown === '' ? '' : `: ${shown}`;
}

/** Its origin: a path or a user in the URL may be a secret. */
const nameOf = ({ url }: OpenAiSettings): string => new URL(url).origin;
const failed = (settings: OpenAiSettings, how: string): NoSound => new NoSound('TTS_FAILED', `${nameOf(settings)} ${how}`);
