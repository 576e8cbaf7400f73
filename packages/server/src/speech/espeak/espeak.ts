// eSpeak NG, where the operator has installed it: some hundred languages. A program of its own with a licence of its own, started for each phrase and never linked.
// It gets the text by its standard input; no shell is involved, and no name of a voice reaches it that it did not list itself.
import { spawn } from 'node:child_process';
import { NoSound } from '../errors.js';
import { createLanes } from '../gate.js';
import type { Phrase, TtsProvider, VoiceAsked } from '../speech.js';
import { createDecoder } from '../wav.js';

type Voices = { readonly languages: ReadonlySet<string>; readonly others: ReadonlyMap<string, string> };

const [MOST_AT_ONCE_EACH, MOST_AT_ONCE] = [4, 16];
const PATIENCE_MS = 60_000;
/** A program that was not there may be installed while we run. */
const LOOK_AGAIN_MS = 60_000;
const [SLOWEST, NORMAL, FASTEST] = [80, 175, 450];
/** What it calls otherwise than others do. */
const CALLED: Readonly<Record<string, string>> = { 'zh': 'cmn', 'zh-cn': 'cmn', 'zh-tw': 'cmn', 'zh-hk': 'yue', 'no': 'nb', 'iw': 'he', 'in': 'id' };

/** Speaks by the program of this name or path. */
export function createEspeak(command: string): TtsProvider {
  const enter = createLanes(MOST_AT_ONCE_EACH, MOST_AT_ONCE);
  const closing = new AbortController();
  let known: { readonly voices: Promise<Voices>; readonly at: number } | undefined;

  const voices = async (): Promise<Voices> => {
    if (known === undefined) known = { voices: readVoices(command, closing.signal), at: performance.now() };
    const found = await known.voices;
    if (found.languages.size === 0 && performance.now() - known.at > LOOK_AGAIN_MS) known = undefined;
    return found;
  };
  return {
    name: 'espeak',
    takes: 'sentence',
    longest_chars: 400,
    voice: async (asked) => voiceOf(await voices(), asked),
    async *speak(phrase, signal) {
      const leave = await enter(phrase.customer_id, signal);
      try {
        yield* speak(command, phrase, AbortSignal.any([signal, closing.signal]));
      } finally {
        leave();
      }
    },
    close: async () => closing.abort(),
  };
}

async function* speak(command: string, { text, voice, rate }: Phrase, signal: AbortSignal): AsyncIterable<Int16Array> {
  const pace = Math.round(Math.max(SLOWEST, Math.min(FASTEST, NORMAL * rate)));
  const { output, end } = run(command, ['--stdout', '--stdin', '-b', '1', '-v', voice, '-s', String(pace)], text, signal);
  const decoder = createDecoder();
  try {
    for await (const bytes of output) yield decoder.push(bytes);
    await end();
    yield decoder.end();
  } finally {
    await end(true);
  }
}

type Running = { readonly output: AsyncIterable<Buffer>; readonly end: (kill?: boolean) => Promise<void> };

/** Starts the program. `end` waits for its end and throws `TTS_FAILED` where it failed; with `kill` it ends it and throws nothing. */
function run(command: string, args: readonly string[], input: string, signal: AbortSignal): Running {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL', timeout: PATIENCE_MS });
  let said = '';
  let failure = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, 200);
  });
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      failure = error.code === 'ENOENT' ? `there is no program ${command}` : error.message;
      resolve();
    });
    child.on('close', (code, by) => {
      if (code !== 0 && failure === '') failure = `${command} ended with ${by ?? `code ${code}`}: ${said.trim()}`;
      resolve();
    });
  });
  // It may end before it has read all; what became of it is told by its end.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return {
    output: child.stdout as AsyncIterable<Buffer>,
    end: async (kill = false) => {
      if (kill) child.kill('SIGKILL');
      await ended;
      if (!kill && failure !== '') throw new NoSound(signal.aborted ? 'CANCELED' : 'TTS_FAILED', failure);
    },
  };
}

/** What languages it has; none where it is not there. */
async function readVoices(command: string, signal: AbortSignal): Promise<Voices> {
  const { output, end } = run(command, ['--voices'], '', signal);
  let list = '';
  try {
    for await (const bytes of output) list = (list + bytes.toString()).slice(0, 262_144);
    await end();
  } catch {
    list = '';
  }
  const rows = list.split('\n').flatMap((line) => {
    // Voices of mbrola are listed whether or not there is their data.
    const [, language] = /\smb\//.test(line) ? [] : (/^\s*\d+\s+([a-z][\w-]*)\s/i.exec(line) ?? []);
    const others = [...line.matchAll(/\(([\w-]+) \d+\)/g)].map(([, other]) => (other as string).toLowerCase());
    return language === undefined ? [] : [{ language: language.toLowerCase(), others }];
  });
  return {
    languages: new Set(rows.map(({ language }) => language)),
    others: new Map(rows.flatMap(({ language, others }) => others.map((other) => [other, language] as const))),
  };
}

/** `de`, or `de+f3` for another throat. */
function voiceOf({ languages, others }: Voices, { language, gender, voice_id }: VoiceAsked): string | undefined {
  const [, base, variant = ''] = /^([a-z][\w-]*)(\+[mf]\d)?$/.exec(voice_id.toLowerCase()) ?? [];
  if (base !== undefined && languages.has(base)) return base + variant;
  const asked = (language === '' ? 'en-us' : language).toLowerCase().replaceAll('_', '-');
  const [primary = ''] = asked.split('-');
  const names = [asked, CALLED[asked], others.get(asked), primary, CALLED[primary], others.get(primary)];
  const found = names.find((name) => name !== undefined && languages.has(name)) ?? [...languages].find((name) => name.startsWith(`${primary}-`));
  return found === undefined ? undefined : found + (gender === 'female' ? '+f3' : '');
}
