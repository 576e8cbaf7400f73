// The media worker, as the main thread has it: commands become messages, chunks of streams follow them as they are needed.
import { Worker, type Transferable } from 'node:worker_threads';
import type { Media, MediaEvent, MediaSettings } from './media.js';
import { createPumps, type Pumps } from './pumps.js';
import type { Answer, Command } from './protocol.js';

/** What messages to the worker go by. */
type Link = { post(command: Command, transfer?: readonly Transferable[]): void; listen(heard: (answer: Answer) => void): void; end(): Promise<void> };

/** What a packet leaves behind dies young: with so much room for it, hardly anything is moved to where cleaning up takes long. */
const YOUNG_MB = 64;

/** Starts the worker thread. A mistake of ours in it ends the process, as it would in the main thread. */
export function createMedia(settings: MediaSettings): Media {
  // Tests run the sources (tools/threads), everything else what was built.
  const source = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
  const worker = new Worker(source, { workerData: settings, name: 'media', resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  return connectMedia({
    post(command, transfer) { worker.postMessage(command, transfer); },
    listen(heard) { worker.on('message', heard); },
    async end() { await worker.terminate(); },
  });
}

type Waiting = { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void };

function connectMedia(link: Link): Media {
  const calls = new Map<number, Waiting>();
  const pumps = createPumps((command) => { link.post(command); });
  let listener: (event: MediaEvent) => void = () => undefined;
  let call = 0;
  let stopped: Promise<void> | undefined;
  let ended = false;

  const ask = (command: (call: number) => Command, transfer?: readonly Transferable[]): Promise<Answer> => new Promise((resolve, reject) => {
    if (ended) { reject(new Error('The media worker is stopped.')); return; }
    calls.set(++call, { resolve, reject });
    link.post(command(call), transfer);
  });

  link.listen((answer) => {
    switch (answer.say) {
      case 'event': listener(answer.event); return;
      case 'taken': pumps.taken(answer.stream, answer.samples); return;
      case 'dropped': pumps.drop(answer.stream); return;
      case 'opened': case 'refused': case 'stats': case 'stopped': {
        const waiting = calls.get(answer.call);
        calls.delete(answer.call);
        if (answer.say === 'refused') waiting?.reject(new Error(answer.message));
        else waiting?.resolve(answer);
        return;
      }
      default: return answer satisfies never;
    }
  });

  const stop = async (): Promise<void> => {
    const answered = ask((number) => ({ do: 'stop_worker', call: number }));
    ended = true;
    await answered;
    pumps.close();
    await link.end();
  };

  return {
    ...commandsOf(link, pumps),
    listen(heard) { listener = heard; },
    async open(leg_id, transport) {
      const answer = await ask((number) => ({ do: 'open', call: number, leg_id, transport }), transport.kind === 'port' ? [transport.port] : []);
      return { port: answer.say === 'opened' ? answer.port : 0 };
    },
    async stats() {
      const answer = await ask((number) => ({ do: 'stats', call: number }));
      if (answer.say !== 'stats') throw new Error('the media worker answered something else');
      return answer.stats;
    },
    stopWorker() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** The commands nobody waits for. */
function commandsOf(link: Link, pumps: Pumps): Omit<Media, 'listen' | 'open' | 'stats' | 'stopWorker'> {
  const post = (command: Command): void => { link.post(command); };
  return {
    agree(leg_id, agreement) { post({ do: 'agree', leg_id, agreement }); },
    play(leg_id, id, sounds, loop = false) {
      const posted = sounds.map((sound) => (sound.kind === 'stream' ? { kind: sound.kind, stream: pumps.add(sound.chunks) } : sound));
      post({ do: 'play', leg_id, id, sounds: posted, loop });
      for (const sound of posted) if (sound.kind === 'stream') pumps.start(sound.stream);
    },
    stop(leg_id, id) { post({ do: 'stop', leg_id, id }); },
    echo(leg_id, on) { post({ do: 'echo', leg_id, on }); },
    mute(leg_id, on) { post({ do: 'mute', leg_id, on }); },
    sendDigits(leg_id, id, digits, duration_ms, interval_ms) { post({ do: 'send_digits', leg_id, id, digits, duration_ms, interval_ms }); },
    record(leg_id, id, asked) { post({ do: 'record', leg_id, id, asked }); },
    stopRecording(leg_id, id) { post({ do: 'stop_recording', leg_id, id }); },
    detect(leg_id, id) { post({ do: 'detect', leg_id, id }); },
    join(leg_id, room_id, asked = {}) { post({ do: 'join', leg_id, room_id, asked }); },
    leave(leg_id) { post({ do: 'leave', leg_id }); },
    fork(leg_id, id, asked) { post({ do: 'fork', leg_id, id, asked }); },
    unfork(leg_id, id) { post({ do: 'unfork', leg_id, id }); },
    close(leg_id) { post({ do: 'close', leg_id }); },
  };
}
