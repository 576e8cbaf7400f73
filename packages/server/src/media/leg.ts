// One leg: what comes in, what goes out, and what is done with both, frame by frame. Whoever calls `hear` of all legs before `speak` of any lets a
// room hear everybody of the same moment.
import { createDetector, type Detector } from './amd.js';
import type { DigitsAsked } from './dtmf.js';
import { createFork, type Fork } from './fork.js';
import { createToneListener, type ToneListener } from './goertzel.js';
import type { Source } from './latch.js';
import type { ForkAsked, MediaAgreement, MediaFact, RecordAsked } from './media.js';
import { createPlayer, type Player } from './player.js';
import { createReceiver, type Counters, type Receiver } from './receiver.js';
import { createRecorder, type Recorder } from './recorder.js';
import { createSender, type Wire } from './sender.js';
import { FRAME_SAMPLES } from './sound.js';

/** What carries a leg's packets. */
export type Carrier = { rtp(bytes: Uint8Array, size: number, target: Source | null): boolean; rtcp(bytes: Uint8Array, target: Source | null): void; close(): void };

/** A leg that is open. */
export type Leg = {
  readonly leg_id: string;
  /** What the far end says in this frame; zeros where it is quiet or muted. */
  readonly heard: Int16Array;
  readonly player: Player;
  /** False where the id was given before: a repeated command. */
  fresh(id: string): boolean;
  agree(agreement: MediaAgreement): void;
  packet(bytes: Uint8Array, address: string, port: number): void;
  /** Takes this frame's input. */
  hear(): void;
  /** Makes and sends this frame's output; `room` is what its room says without it, null where it is in none. */
  speak(room: Int16Array | null): void;
  skip(frames: number): void;
  echo(on: boolean): void;
  mute(on: boolean): void;
  digits(asked: DigitsAsked): void;
  record(id: string, asked: RecordAsked): void;
  stopRecording(id: string): void;
  detect(id: string): void;
  fork(id: string, asked: ForkAsked): void;
  unfork(id: string): void;
  say(fact: MediaFact): void;
  close(): void;
};

/** What a leg needs of the worker. */
export type LegParts = {
  readonly leg_id: string;
  readonly carrier: Carrier;
  readonly counters: Counters;
  /** The address that sockets are bound to. */
  readonly host: string;
  readonly silent_ms: number;
  readonly say: (fact: MediaFact) => void;
  readonly now: () => number;
};

/** A leg and what is going on with it. */
type State = LegParts & {
  readonly heard: Int16Array;
  readonly out: Int16Array;
  readonly receiver: Receiver;
  readonly sender: ReturnType<typeof createSender>;
  readonly player: Player;
  readonly recorders: Map<string, Recorder>;
  readonly detectors: Map<string, Detector>;
  readonly forks: Map<string, Fork>;
  echoes: boolean;
  muted: boolean;
  silent: boolean;
  /** Listens for digits in the sound; null where they come as events. */
  tones: ToneListener | null;
};

const SILENCE = new Int16Array(FRAME_SAMPLES);
/** A minute of standing still is as much as anybody wants to hear of it. */
const MOST_SKIPPED = 3_000;
/** So much of the room is heard under a prompt: 12 dB less. */
const DUCKED = 0.25;

/** Makes a leg. */
export function createLeg(parts: LegParts): Leg {
  const { leg_id, say, now } = parts;
  const seen = new Set<string>();
  const pressed = (digit: string): void => {
    say({ type: 'digit', digit });
    for (const recorder of [...state.recorders.values()]) recorder.key(digit);
  };
  const receiver = createReceiver(parts.counters, { digit: pressed });
  const state: State = {
    ...parts, receiver, sender: createSender(wireOf(parts, receiver), (id) => { say({ type: 'digits_sent', id }); }), player: createPlayer((end) => { say({ type: 'playback_done', ...end }); }),
    heard: new Int16Array(FRAME_SAMPLES), out: new Int16Array(FRAME_SAMPLES), recorders: new Map(), detectors: new Map(), forks: new Map(), echoes: false, muted: false, silent: false, tones: null,
  };
  return {
    leg_id, heard: state.heard, player: state.player, say,
    fresh(id) {
      const known = seen.has(id);
      seen.add(id);
      return !known;
    },
    agree(agreement) {
      receiver.agree(agreement, now());
      state.sender.agree(agreement);
      state.tones = agreement.telephone_event === null ? state.tones ?? createToneListener() : null;
    },
    packet(bytes, address, port) { receiver.packet(bytes, address, port, now()); },
    hear() { hear(state, pressed); },
    speak(room) { speak(state, room); },
    skip(frames) {
      state.sender.skip(frames);
      // A recording is as long as the call was.
      for (let n = Math.min(frames, MOST_SKIPPED); n > 0; n--) for (const recorder of [...state.recorders.values()]) recorder.frame(SILENCE, SILENCE);
    },
    echo(on) { state.echoes = on; },
    mute(on) { state.muted = on; },
    digits(asked) { state.sender.digits(asked); },
    record(id, asked) { state.recorders.set(id, createRecorder(id, asked, () => { state.recorders.delete(id); }, say)); },
    stopRecording(id) { state.recorders.get(id)?.end('stopped'); },
    detect(id) { state.detectors.set(id, createDetector()); },
    fork(id, asked) { state.forks.set(id, createFork(asked, parts.host)); },
    unfork(id) {
      state.forks.get(id)?.close();
      state.forks.delete(id);
    },
    close() { close(state); },
  };
}

function hear(state: State, pressed: (digit: string) => void): void {
  const { heard, detectors } = state;
  const sounds = state.receiver.take(heard);
  if (state.muted && sounds) heard.fill(0);
  const digit = state.tones?.(heard) ?? '';
  if (digit !== '') pressed(digit);
  if (detectors.size > 0) {
    for (const [id, detector] of detectors) {
      const detected = detector(heard);
      if (detected === null) continue;
      detectors.delete(id);
      state.say({ type: 'detected', id, ...detected });
    }
  }
  watchSilence(state);
}

/** Says once that nothing has come for long, until something comes again. */
function watchSilence(state: State): void {
  const heard_ms = state.receiver.heard_ms();
  const quiet_ms = heard_ms === null ? 0 : state.now() - heard_ms;
  const said = state.silent;
  state.silent = quiet_ms >= state.silent_ms;
  if (state.silent && !said) state.say({ type: 'silent', silent_ms: Math.round(quiet_ms) });
}

const clamp = (sample: number): number => (sample > 32_767 ? 32_767 : sample < -32_768 ? -32_768 : sample);

/** What the far end hears in this frame, a digit aside: a prompt over the room, the room, or itself. Null: silence. */
function mixed({ player, out, heard, echoes, forks }: State, room: Int16Array | null): Int16Array | null {
  let sounds = player.read(out);
  if (room !== null && sounds) for (let i = 0; i < FRAME_SAMPLES; i++) out[i] = clamp((out[i] ?? 0) + DUCKED * (room[i] ?? 0));
  else if (room !== null || (echoes && !sounds)) {
    out.set(room ?? heard);
    sounds = true;
  }
  if (forks.size > 0) {
    if (!sounds) out.fill(0);
    for (const fork of forks.values()) sounds = fork.mixInto(out) || sounds;
  }
  return sounds ? out : null;
}

function speak(state: State, room: Int16Array | null): void {
  const { sender, out, heard, recorders, forks } = state;
  const sound = mixed(state, room);
  const said = sender.override(out) ? out : sound;
  sender.frame(said);
  if (recorders.size > 0) for (const recorder of recorders.values()) recorder.frame(heard, said ?? SILENCE);
  if (forks.size > 0) for (const fork of forks.values()) fork.frame(heard, said ?? SILENCE);
}

function close({ player, recorders, detectors, forks, sender, carrier, say }: State): void {
  player.close();
  for (const recorder of [...recorders.values()]) recorder.end('ended');
  for (const id of detectors.keys()) say({ type: 'detected', id, machine: null, detail: 'the call ended before' });
  for (const fork of forks.values()) fork.close();
  for (const id of sender.close()) say({ type: 'digits_sent', id });
  carrier.close();
}

function wireOf({ carrier, counters }: LegParts, receiver: Receiver): Wire {
  return {
    rtp(bytes, size) {
      const sent = carrier.rtp(bytes, size, receiver.target());
      if (sent) counters.packets_out++;
      return sent;
    },
    rtcp(bytes) { carrier.rtcp(bytes, receiver.target()); },
  };
}
