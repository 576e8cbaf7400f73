// One leg: what comes in, what goes out, and what is done with both, frame by frame. Whoever calls `hear` of all legs before `speak` of any lets a
// room hear everybody of the same moment.
import type { MediaAgreement, MediaFact } from './media.js';
import { createPlayer, type Player } from './player.js';
import { createReceiver, type Counters, type Receiver } from './receiver.js';
import { createSender, type Wire } from './sender.js';
import { FRAME_SAMPLES } from './sound.js';
import type { DigitsAsked } from './dtmf.js';
import type { Source } from './latch.js';

/** What carries a leg's packets. */
export type Carrier = { rtp(bytes: Uint8Array, size: number, target: Source | null): boolean; rtcp(bytes: Uint8Array, target: Source | null): void; close(): void };

/** A leg that is open. */
export type Leg = {
  readonly leg_id: string;
  /** What the far end says in this frame; zeros where it is quiet or muted. */
  readonly heard: Int16Array;
  agree(agreement: MediaAgreement): void;
  packet(bytes: Uint8Array, address: string, port: number): void;
  /** Takes this frame's input. */
  hear(): void;
  /** Makes and sends this frame's output. */
  speak(): void;
  skip(frames: number): void;
  readonly player: Player;
  /** False where the id was given before: a repeated command. */
  fresh(id: string): boolean;
  echo(on: boolean): void;
  mute(on: boolean): void;
  digits(asked: DigitsAsked): void;
  close(): void;
};

/** What a leg needs of the worker. */
export type LegParts = {
  readonly leg_id: string;
  readonly carrier: Carrier;
  readonly counters: Counters;
  readonly silent_ms: number;
  readonly say: (fact: MediaFact) => void;
  readonly now: () => number;
};

/** Makes a leg. */
export function createLeg(parts: LegParts): Leg {
  const { leg_id, carrier, say, now } = parts;
  const heard = new Int16Array(FRAME_SAMPLES);
  const out = new Int16Array(FRAME_SAMPLES);
  const seen = new Set<string>();
  const receiver = createReceiver(parts.counters, { digit(digit) { say({ type: 'digit', digit }); } });
  const sender = createSender(wireOf(parts, receiver), (id) => { say({ type: 'digits_sent', id }); });
  const player = createPlayer((end) => { say({ type: 'playback_done', ...end }); });
  const watchSilence = silenceWatch(parts, receiver);
  let echoes = false;
  let muted = false;

  /** Fills `out`; false: silence. */
  const mix = (): boolean => {
    const plays = player.read(out);
    if (sender.override(out)) return true;
    if (plays || !echoes) return plays;
    out.set(heard);
    return true;
  };

  return {
    leg_id, heard, player,
    agree(agreement) {
      receiver.agree(agreement, now());
      sender.agree(agreement);
    },
    packet(bytes, address, port) { receiver.packet(bytes, address, port, now()); },
    hear() {
      receiver.take(heard);
      if (muted) heard.fill(0);
      watchSilence();
    },
    speak() { sender.frame(mix() ? out : null); },
    skip(frames) { sender.skip(frames); },
    fresh(id) {
      const known = seen.has(id);
      seen.add(id);
      return !known;
    },
    echo(on) { echoes = on; },
    mute(on) { muted = on; },
    digits(asked) { sender.digits(asked); },
    close() {
      player.close();
      for (const id of sender.close()) say({ type: 'digits_sent', id });
      carrier.close();
    },
  };
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

/** Says once that nothing has come for long, until something comes again. */
function silenceWatch({ silent_ms, say, now }: LegParts, receiver: Receiver): () => void {
  let silent = false;
  return () => {
    const heard_ms = receiver.heard_ms();
    const quiet_ms = heard_ms === null ? 0 : now() - heard_ms;
    const said = silent;
    silent = quiet_ms >= silent_ms;
    if (silent && !said) say({ type: 'silent', silent_ms: Math.round(quiet_ms) });
  };
}
