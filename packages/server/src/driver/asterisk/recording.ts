// Recording: by a channel that listens to the leg, for a recording of the leg itself would keep Asterisk from playing anything to it.
import type { RecordAsked } from '../../media/media.js';
import { AriError, isGone } from './ari.js';
import type { Asides } from './aside.js';
import { inOrder, named, path, PREFIX, tell, text, within, type Exchange, type Leg } from './leg.js';
import { wavDuration } from './wav.js';

type How = 'silence' | 'key' | 'duration' | 'stopped' | 'ended';
type Recording = {
  readonly leg: Leg;
  readonly id: string;
  readonly asked: RecordAsked;
  readonly name: string;
  /** Why it ends, where that was us. */
  how?: How;
  started_at?: number;
  timer?: NodeJS.Timeout;
  /** Asterisk has finished it; with a reason, where it failed. */
  readonly over: (failed?: string) => void;
};

/** The recording part. */
export type Recorder = {
  record(leg: Leg, id: string, asked: RecordAsked): void;
  stop(id: string): void;
  /** A digit was pressed: it may end recordings. */
  digit(leg: Leg, digit: string): void;
  /** Asterisk says that a recording is over; `failed` says why, where it could not be made. */
  finished(name: string, failed?: string): void;
  /** Events may have been missed: what is over by now is found out. */
  reviewed(): Promise<void>;
};

const nameOf = (id: string): string => `${PREFIX}${named(id)}`;

/** How long a recording that was told to stop, or has lost its leg, may take to end. */
const END_MS = 3_000;

/** Makes the recording part. */
export function createRecorder(exchange: Exchange, asides: Asides): Recorder {
  const { ari } = exchange;
  const open = new Map<string, Recording>();
  const known = new Set<string>();

  const end = (recording: Recording, how: How): void => {
    if (recording.how !== undefined) return;
    recording.how = how;
    void inOrder(exchange, recording.leg, 'stop recording', () => ari.post(path('recordings', 'live', recording.name, 'stop'), undefined, 'again'))
      .then(() => { setTimeout(() => { recording.over(); }, END_MS).unref(); });
  };

  return {
    record(leg, id, asked) {
      if (known.has(id)) return;
      known.add(id);
      let over: Recording['over'] = () => undefined;
      const finished = new Promise<string | undefined>((resolve) => { over = resolve; });
      const recording: Recording = { leg, id, asked, name: nameOf(id), over };
      open.set(recording.name, recording);
      const done = run(exchange, asides, recording, finished).finally(() => { open.delete(recording.name); known.delete(id); });
      const atEnd = async (): Promise<void> => {
        // The channel that listens goes with its leg, and Asterisk says so of the recording; else it is over by itself.
        recording.how ??= 'ended';
        await within(finished, END_MS);
        recording.over();
        await done;
      };
      leg.at_end.add(atEnd);
      void done.then(() => { leg.at_end.delete(atEnd); });
      if (asked.duration_ms > 0) recording.timer = setTimeout(() => { end(recording, 'duration'); }, asked.duration_ms);
    },
    stop(id) {
      const recording = open.get(nameOf(id));
      if (recording) end(recording, 'stopped');
    },
    digit(leg, digit) {
      for (const recording of open.values()) if (recording.leg === leg && recording.asked.end_of_key.includes(digit)) end(recording, 'key');
    },
    finished(name, failed) { open.get(name)?.over(failed); },
    async reviewed() {
      for (const recording of open.values()) {
        if (recording.started_at !== undefined && await ari.get(path('recordings', 'live', recording.name)).then(() => false, isGone)) recording.over();
      }
    },
  };
}

/** One recording from its beginning to the fact that tells its end. */
async function run(exchange: Exchange, asides: Asides, recording: Recording, finished: Promise<string | undefined>): Promise<void> {
  const { leg, id, asked, name } = recording;
  const ended = { type: 'recording_done', id } as const;
  try {
    let failed: string | undefined;
    await inOrder(exchange, leg, 'record', () => begin(exchange, asides, recording).catch((error: unknown) => { failed = isGone(error) ? 'the call ended before it began' : text(error); }));
    const reason = failed ?? await finished;
    if (reason !== undefined) throw new Error(reason);
    const size_bytes = await fetched(exchange, name, asked.path);
    const duration_ms = await wavDuration(asked.path);
    tell(exchange, leg, { ...ended, how: recording.how ?? byItself(recording, duration_ms), duration_ms, size_bytes });
  } catch (error) {
    tell(exchange, leg, { ...ended, how: 'failed', duration_ms: 0, size_bytes: 0, message: text(error) });
  } finally {
    clearTimeout(recording.timer);
    await asides.end(name);
  }
}

async function begin({ ari }: Exchange, asides: Asides, recording: Recording): Promise<void> {
  const { leg, asked, name } = recording;
  const isThere = (error: unknown): void => { if (!(leg.adopted && error instanceof AriError && error.status === 409)) throw error; };
  // What an earlier process has begun goes on: Asterisk refuses the second of a name.
  await asides.snoop(leg, name, { spy: 'both', whisper: 'none' }).catch(isThere);
  await ari.post(path('channels', name, 'record'), {
    name, format: 'wav', ifExists: 'fail', beep: false, terminateOn: 'none',
    // Whole seconds. The exact end is ours; this is for when we are away.
    maxDurationSeconds: asked.duration_ms > 0 ? Math.ceil(asked.duration_ms / 1_000) + 1 : 0,
    maxSilenceSeconds: Math.ceil(asked.end_of_silence_ms / 1_000),
  }).catch(isThere);
  recording.started_at = Date.now();
}

/** Why a recording has ended that nobody has stopped. */
function byItself({ asked }: Recording, duration_ms: number): How {
  if (asked.duration_ms > 0 && duration_ms >= asked.duration_ms) return 'duration';
  return asked.end_of_silence_ms > 0 ? 'silence' : 'ended';
}

/** Fetches the file over ARI, so that no directory has to be shared for it, and takes it away there. Gives its bytes. */
async function fetched({ ari, log }: Exchange, name: string, file: string): Promise<number> {
  const stored = path('recordings', 'stored', name);
  const size_bytes = await ari.download(`${stored}/file`, file);
  await ari.delete(stored).catch((error: unknown) => { log.warn({ recording: name, err: text(error) }, 'asterisk: a recording that was fetched could not be removed'); });
  return size_bytes;
}
