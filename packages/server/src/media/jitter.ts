// What came by RTP, put in order and evened out: packets in, in any order and at any pace; frames of 20 ms out, one each time. Two frames are held back.
import { FRAME_SAMPLES } from './sound.js';
import { sequenceAfter } from './rtp.js';

/** Turns a payload into samples at `out[at …]`; gives how many. */
export type Decode = (bytes: Uint8Array, start: number, end: number, out: Int16Array, at: number) => number;

/** A jitter buffer. */
export type Jitter = {
  /** Takes a packet of sound. */
  put(sequence: number, bytes: Uint8Array, start: number, end: number): void;
  /** A packet that took a number and is no sound: an event. */
  pass(sequence: number): void;
  /** Gives the next 160 samples; false: it is quiet, and they are zeros. */
  take(out: Int16Array): boolean;
  /** A new stream begins. */
  reset(): void;
};

const SLOTS = 32;
/** As far as packets of 120 ms of G.711, or of 40 ms of 16 kHz linear. */
const SLOT_BYTES = 1_280;
const TARGET_SAMPLES = 2 * FRAME_SAMPLES;
/** More than this came in a burst, after a stall: what is older is dropped. */
const MOST_SAMPLES = 12 * FRAME_SAMPLES;
/** How often it is looked at whether more is held back than needed, in frames. */
const LOOK_FRAMES = 25;
/** So many packets that all come too late are a stream that began anew. */
const LATE_MOST = 8;
/** A frame that is missing is the one before, fading away. */
const FADES: readonly number[] = [0.75, 0.4, 0.15];
/** So far back may lie a packet that came after the first. */
const FRESH_BACK = 4;
const EMPTY = -1;
const PASSED = 0;

type State = {
  readonly decode: Decode;
  readonly bytes: Uint8Array;
  /** Of each slot its payload's bytes, EMPTY or PASSED. */
  readonly sizes: Int32Array;
  /** Decoded and not taken yet. */
  readonly left: Int16Array;
  readonly last: Int16Array;
  left_samples: number;
  /** The sequence number whose turn it is. */
  next: number;
  /** Packets of sound in the slots, and samples of the last one. */
  held: number;
  packet_samples: number;
  started: boolean;
  /** Nothing of this stream was taken yet. */
  fresh: boolean;
  /** Enough was held back to begin. */
  primed: boolean;
  waited: number;
  missed: number;
  late: number;
  least: number;
  looked: number;
};

/** Makes an empty one. */
export function createJitter(decode: Decode): Jitter {
  const state: State = {
    decode, bytes: new Uint8Array(SLOTS * SLOT_BYTES), sizes: new Int32Array(SLOTS).fill(EMPTY), left: new Int16Array(MOST_SAMPLES), last: new Int16Array(FRAME_SAMPLES), left_samples: 0,
    next: 0, held: 0, packet_samples: FRAME_SAMPLES, started: false, fresh: true, primed: false, waited: 0, missed: FADES.length, late: 0, least: MOST_SAMPLES, looked: 0,
  };
  return {
    reset() { reset(state); },
    put(sequence, from, start, end) {
      const size = end - start;
      if (size <= 0 || size > SLOT_BYTES) return;
      const slot = slotOf(state, sequence);
      if (slot < 0) return;
      const base = slot * SLOT_BYTES - start;
      for (let i = start; i < end; i++) state.bytes[base + i] = from[i] ?? 0;
      state.sizes[slot] = size;
      state.held++;
    },
    pass(sequence) {
      const slot = slotOf(state, sequence);
      if (slot >= 0) state.sizes[slot] = PASSED;
    },
    take: (out) => take(state, out),
  };
}

function reset(state: State): void {
  state.sizes.fill(EMPTY);
  Object.assign(state, { left_samples: 0, held: 0, waited: 0, late: 0, looked: 0, started: false, fresh: true, primed: false, missed: FADES.length, least: MOST_SAMPLES });
}

/** Finds the slot of a number; -1: it came too late, or twice. */
function slotOf(state: State, sequence: number): number {
  if (!state.started) { state.started = true; state.next = sequence; }
  let ahead = sequenceAfter(sequence, state.next);
  // Before anything was heard, the first to come need not be the first that was sent.
  if (ahead < 0 && state.fresh && ahead > -FRESH_BACK) { state.next = sequence; ahead = 0; }
  if (ahead >= SLOTS || (ahead < 0 && ++state.late >= LATE_MOST)) {
    reset(state);
    state.started = true;
    state.next = sequence;
    ahead = 0;
  }
  if (ahead < 0) return -1;
  state.late = 0;
  const slot = sequence % SLOTS;
  return state.sizes[slot] === EMPTY ? slot : -1;
}

const buffered = ({ left_samples, held, packet_samples }: State): number => left_samples + held * packet_samples;

/** Decodes the packet whose turn it is onto what is left; false: it is not there. */
function pull(state: State): boolean {
  const slot = state.next % SLOTS;
  const size = state.sizes[slot] ?? EMPTY;
  if (size === EMPTY) return false;
  state.sizes[slot] = EMPTY;
  state.next = (state.next + 1) & 0xffff;
  // An event sounds like nothing: what is missing after it is silence.
  if (size === PASSED) { state.missed = FADES.length; return true; }
  state.held--;
  state.packet_samples = state.decode(state.bytes, slot * SLOT_BYTES, slot * SLOT_BYTES + size, state.left, state.left_samples);
  state.left_samples += state.packet_samples;
  return true;
}

/** Has a whole frame in `left`, where there is one to be had. A packet that is missing while later ones are there is lost. */
function advance(state: State): boolean {
  while (state.left_samples < FRAME_SAMPLES) {
    if (pull(state)) continue;
    if (state.held === 0) return false;
    state.next = (state.next + 1) & 0xffff;
    if (state.left_samples === 0) return false;
    state.left.fill(0, state.left_samples, FRAME_SAMPLES);
    state.left_samples = FRAME_SAMPLES;
  }
  return true;
}

function shift(state: State): void {
  const samples = Math.min(FRAME_SAMPLES, state.left_samples);
  if (state.left_samples > samples) state.left.copyWithin(0, samples, state.left_samples);
  state.left_samples -= samples;
}

/** The far end's clock runs faster, or there was a jam: frames are left out. */
function shrink(state: State): void {
  while (buffered(state) > MOST_SAMPLES && advance(state)) shift(state);
  state.least = Math.min(state.least, buffered(state));
  if (++state.looked < LOOK_FRAMES) return;
  if (state.least >= TARGET_SAMPLES + FRAME_SAMPLES && advance(state)) shift(state);
  state.looked = 0;
  state.least = MOST_SAMPLES;
}

function conceal({ last }: State, fade: number, out: Int16Array): void {
  for (let i = 0; i < FRAME_SAMPLES; i++) out[i] = (last[i] ?? 0) * fade;
}

function take(state: State, out: Int16Array): boolean {
  if (!state.primed) {
    if (state.held === 0 || (buffered(state) < TARGET_SAMPLES && ++state.waited <= 2)) { out.fill(0); return false; }
    state.primed = true;
    state.fresh = false;
    state.waited = 0;
  }
  shrink(state);
  if (advance(state)) {
    for (let i = 0; i < FRAME_SAMPLES; i++) state.last[i] = out[i] = state.left[i] ?? 0;
    shift(state);
    state.missed = 0;
    return true;
  }
  const fade = FADES[state.missed++];
  if (fade !== undefined) { conceal(state, fade, out); return true; }
  // Quiet for long: what comes next is held back anew.
  if (state.held === 0) state.primed = false;
  out.fill(0);
  return false;
}
