// Sounds behind URLs: fetched by the guarded client within bounds, converted in a thread of their own, and kept for a short time as the server that has them says.
import type { Sound } from '../media/sound.js';
import { SAMPLE_RATE } from '../media/sound.js';
import type { Cache } from './cache.js';
import { NoSound } from './errors.js';
import { createLanes } from './gate.js';
import { createShare } from './shared.js';
import { startThread, type Thread } from './thread.js';
import type { FileAsked } from './wav-worker.js';

/** The guarded client as far as it is needed here; rejects with an Error that may have a `reason`. */
export type FetchUrl = (request: {
  readonly url: string; readonly method: string; readonly headers: Record<string, string>;
  readonly timeout_ms: number; readonly redirects: number; readonly max_bytes: number; readonly signal: AbortSignal;
}) => Promise<FetchAnswer>;
type FetchAnswer = { readonly status: number; readonly headers: Record<string, string>; readonly body: Uint8Array };

/** Gives the sound behind a URL, as `Speech.fetch` does; the key is that of the sound in the cache. */
export type SoundFetcher = { readonly fetch: (customer_id: string, key: string, url: string, signal: AbortSignal) => Promise<Sound>; readonly close: () => Promise<void> };

type Validity = { readonly until: number; readonly etag: string | undefined; readonly modified: string | undefined };
const NOTHING_KNOWN: Validity = { until: 0, etag: undefined, modified: undefined };

const TIMEOUT_MS = 15_000;
const LONGEST_SAMPLES = 60 * 60 * SAMPLE_RATE;
/** What a server says nothing about is asked for anew after that long; no sound longer than the second without asking. */
const [FRESH_MS, FRESH_MS_MOST] = [60_000, 60 * 60_000];
/** Each may hold a whole file in memory. */
const [MOST_AT_ONCE_EACH, MOST_AT_ONCE] = [4, 16];
const MOST_KNOWN = 10_000;

/** Makes a fetcher; the thread that converts is started when there is something to convert. */
export function createSoundFetcher(get: FetchUrl, cache: Cache, max_bytes: number, now: () => number = Date.now): SoundFetcher {
  const share = createShare<Sound>();
  const enter = createLanes(MOST_AT_ONCE_EACH, MOST_AT_ONCE);
  const known = new Map<string, Validity>();
  let thread: Thread<FileAsked> | undefined;

  const note = (key: string, headers: Record<string, string>): void => {
    known.delete(key);
    known.set(key, { until: now() + freshFor(headers), etag: headers['etag'], modified: headers['last-modified'] });
    for (const oldest of known.keys()) {
      if (known.size <= MOST_KNOWN) break;
      known.delete(oldest);
    }
  };
  const ask = async (key: string, url: string, path: string | undefined, signal: AbortSignal): Promise<FetchAnswer | undefined> => {
    const { etag, modified } = (path !== undefined && known.get(key)) || NOTHING_KNOWN;
    const headers = { accept: 'audio/wav, audio/x-wav, */*;q=0.1', ...(etag && { 'if-none-match': etag }), ...(modified && { 'if-modified-since': modified }) };
    try {
      const answer = await get({ url, method: 'GET', headers, timeout_ms: TIMEOUT_MS, redirects: 3, max_bytes, signal });
      if (answer.status < 500 || path === undefined) return answer;
    } catch (error) {
      const failure = reasoned(error);
      // A server that is away for a moment: callers hear what it said before.
      if (path === undefined || failure.reason !== 'FETCH_FAILED' || signal.aborted) throw failure;
    }
    return undefined;
  };
  const download = async (customer_id: string, key: string, url: string, path: string | undefined, signal: AbortSignal): Promise<Sound> => {
    const answer = await ask(key, url, path, signal);
    if (path !== undefined && (answer === undefined || answer.status === 304)) {
      const { etag, modified } = known.get(key) ?? NOTHING_KNOWN;
      note(key, { ...(etag && { etag }), ...(modified && { 'last-modified': modified }), ...answer?.headers });
      return { kind: 'file', path };
    }
    if (answer?.status !== 200) throw new NoSound('FETCH_FAILED', `${originOf(url)} answered ${answer?.status} where a sound was asked for`);
    thread ??= startThread<FileAsked>('./wav-worker', import.meta.url);
    const samples = await thread.ask(customer_id, { bytes: answer.body, longest_samples: LONGEST_SAMPLES }, signal);
    const kept = await cache.put(key, samples);
    if (kept === undefined) return streamOf(samples);
    note(key, answer.headers);
    return { kind: 'file', path: kept };
  };

  return {
    fetch: async (customer_id, key, url, signal) => {
      const path = await cache.find(key);
      const { until } = known.get(key) ?? NOTHING_KNOWN;
      if (path !== undefined && now() < until) return { kind: 'file', path };
      return share(key, signal, async (wanted) => {
        const leave = await enter(customer_id, wanted);
        return download(customer_id, key, url, path, wanted).finally(leave);
      });
    },
    close: async () => {
      await thread?.close();
    },
  };
}

/** Heard by each who asked, from its beginning. */
function streamOf(samples: Int16Array): Sound {
  async function* all(): AsyncIterator<Int16Array> {
    yield samples;
  }
  return { kind: 'stream', chunks: { [Symbol.asyncIterator]: all } };
}

/** What the guarded client says keeps its reason. */
function reasoned(error: unknown): Error & { readonly reason: string } {
  const { reason } = error as { readonly reason?: unknown };
  return typeof reason === 'string' && reason !== '' ? (error as Error & { readonly reason: string }) : new NoSound('FETCH_FAILED', (error as Error).message);
}

function freshFor(headers: Record<string, string>): number {
  const said = headers['cache-control'] ?? '';
  if (/\bno-(store|cache)\b/i.test(said)) return 0;
  const [, seconds] = /\bmax-age\s?=\s?"?(\d{1,9})/i.exec(said) ?? [];
  return seconds === undefined ? FRESH_MS : Math.min(Number(seconds) * 1_000, FRESH_MS_MOST);
}

/** No more of a URL is shown than that: the rest may be a secret. */
const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : 'the URL');
