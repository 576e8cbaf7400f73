// Speech: how soon ten words are heard that nobody said before, and how soon those are there that somebody did.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSpeech } from 'activeflow/internal/speech/create';
import type { Speech } from 'activeflow/internal/speech/speech';
import type { SpeechSizes } from '../args.js';
import { RESULTS } from '../engine.js';
import { latenciesOf, machineOf, type Entry } from '../entry.js';
import type { Machine } from '../machine.js';

/** Milliseconds, sorted. `pace` is how many times faster sound is made than heard, `core` the CPU of this process for each text. */
export type SpeechMeasured = { readonly first: Float64Array; readonly cached: Float64Array; readonly cold_ms: number; readonly pace: number; readonly cpu_us: number };

const WORDS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const word = (n: number): string => WORDS[n % WORDS.length] ?? '';
/** Ten words, others for each number. */
const textOf = (n: number): string => `Please wait, caller ${word(n)} ${word(Math.floor(n / 10))}, you are now number ${word(Math.floor(n / 100))}.`;
const never = new AbortController().signal;

/** Says texts that were not said before, then the same again and again. The first one of all meets a server that has just started. */
export async function measureSpeech({ texts, again }: SpeechSizes): Promise<SpeechMeasured> {
  const directory = mkdtempSync(join(RESULTS, 'data', 'speech-'));
  const speech = createSpeech(
    { directory, most_bytes: 1 << 28, fetch_bytes: 0, order: ['flite'], espeak: '', openai: null },
    { fetch: () => Promise.reject(new Error('nothing is fetched')), log: { warn: (_fields, message) => { throw new Error(message); } } },
  );
  try {
    const cold = await say(speech, 0);
    const cpu = process.cpuUsage();
    const heard = [];
    for (let n = 1; n <= texts; n++) heard.push(await say(speech, n));
    const { user, system } = process.cpuUsage(cpu);
    const cached: number[] = [];
    for (let n = 0; n < again * texts; n++) cached.push(await find(speech, 1 + (n % texts)));
    return {
      first: Float64Array.from(heard, ({ first_ms }) => first_ms).sort(), cached: Float64Array.from(cached).sort(), cold_ms: cold.first_ms,
      pace: heard.reduce((sum, { sound_ms }) => sum + sound_ms, 0) / heard.reduce((sum, { all_ms }) => sum + all_ms, 0), cpu_us: (user + system) / texts,
    };
  } finally {
    await speech.close();
    rmSync(directory, { recursive: true });
  }
}

/** The lines of the result: latencies are until the first sound. */
export function speechEntries({ first, cached, cpu_us }: SpeechMeasured, machine: Machine): readonly Entry[] {
  const entry = (work: string, latencies: Float64Array, cpu: number | null): Entry => ({
    work, store: 'sqlite', conc: 1, unit: 'text', per_s: 1_000 / (latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length), ...latenciesOf(latencies), engine_cpu_us_per: cpu,
    disk_flushes_per: null, rss_mb: process.memoryUsage().rss / 1048576, ...machineOf(machine), load_cpu: null,
  });
  return [entry('ten words said by flite, first sound', first, cpu_us), entry('ten words said before', cached, null)];
}

const utterance = (n: number) => ({ customer_id: 'bench', text: textOf(n), language: 'en-US', gender: '', voice_id: '', provider: '' });

async function say(speech: Speech, n: number): Promise<{ readonly first_ms: number; readonly all_ms: number; readonly sound_ms: number }> {
  const began = performance.now();
  const sound = await speech.say(utterance(n), never);
  if (sound.kind !== 'stream') throw new Error(`a new text is a ${sound.kind}`);
  let [first_ms, samples] = [0, 0];
  for await (const chunk of sound.chunks) {
    if (samples === 0) first_ms = performance.now() - began;
    samples += chunk.length;
  }
  return { first_ms, all_ms: performance.now() - began, sound_ms: samples / 8 };
}

async function find(speech: Speech, n: number): Promise<number> {
  for (;;) {
    const began = performance.now();
    const { kind } = await speech.say(utterance(n), never);
    // The last one may still be being written.
    if (kind === 'file') return performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
