// Digits as events of RTP (RFC 4733): their codes, one receiver and the pace of sending.
import { FRAME_MS, FRAME_SAMPLES } from './sound.js';
import { timestampAfter } from './rtp.js';

/** The digits in the order of their event codes (RFC 4733 §3.2). */
export const DIGITS = '0123456789*#ABCD';

/** Hears events: `take` gives the digit at the first packet of each, '' otherwise. */
export type EventReceiver = { take(bytes: Uint8Array, start: number, end: number, timestamp: number): string; reset(): void };

/** The longest duration that fits; a longer key press goes on in a new segment (RFC 4733 §2.5.1.3). */
const SEGMENT = 0xffff;

/**
 * Makes a receiver. An event is known by its timestamp: any of its packets may be the first to come, the repeated end says nothing new, and what
 * is older than the last event comes too late.
 */
export function createEventReceiver(): EventReceiver {
  let known = false;
  let last = 0;
  let code = -1;
  let duration = 0;
  return {
    reset() { known = false; },
    take(bytes, start, end, timestamp) {
      if (end - start < 4) return '';
      const event = bytes[start] ?? 0;
      const lasting = ((bytes[start + 2] ?? 0) << 8) | (bytes[start + 3] ?? 0);
      const after = known ? timestampAfter(timestamp, last) : 1;
      if (after < 0) return '';
      if (after === 0) { duration = Math.max(duration, lasting); return ''; }
      const goes_on = known && event === code && duration === SEGMENT && after === SEGMENT;
      known = true;
      last = timestamp;
      code = event;
      duration = lasting;
      return goes_on ? '' : DIGITS[event] ?? '';
    },
  };
}

/** Digits to be sent under one id. */
export type DigitsAsked = { readonly id: string | null; readonly digits: string; readonly duration_ms: number; readonly interval_ms: number };

/** What of a digit goes into a frame: its code while it sounds or its end is repeated, and for how many samples it has sounded. */
export type DigitStep = { code: number; sounding: boolean; first: boolean; end: boolean; duration: number };

/** Sends digits one after the other, a step each frame. */
export type DigitSender = {
  add(asked: DigitsAsked): void;
  /** The step of this frame; null: no digit is being sent. The object serves again. */
  step(): DigitStep | null;
  readonly ids: () => readonly string[];
};

/** The end is said three times (RFC 4733 §2.5.1.4): two frames after the digit at least. */
const END_REPEATS = 2;
const MOST_MS = 8_000;

/** Makes a sender; `done` is told the id once the last digit and the pause after it are over. */
export function createDigitSender(done: (id: string) => void): DigitSender {
  const queue: DigitsAsked[] = [];
  const step: DigitStep = { code: 0, sounding: false, first: false, end: false, duration: 0 };
  let at = 0;
  let frame = 0;

  const framesOf = (ms: number): number => Math.round(Math.min(MOST_MS, ms) / FRAME_MS);

  /** Leaves out what is no digit, and whose turn is over. */
  const current = (): DigitsAsked | undefined => {
    for (;;) {
      const asked = queue[0];
      if (asked === undefined) return undefined;
      while (at < asked.digits.length && !DIGITS.includes((asked.digits[at] ?? '').toUpperCase())) at++;
      if (at < asked.digits.length) return asked;
      queue.shift();
      at = frame = 0;
      if (asked.id !== null) done(asked.id);
    }
  };

  return {
    add(asked) { queue.push(asked); },
    ids: () => queue.flatMap(({ id }) => id ?? []),
    step() {
      const asked = current();
      if (asked === undefined) return null;
      const on = Math.max(2, framesOf(asked.duration_ms));
      const pause = Math.max(END_REPEATS, framesOf(asked.interval_ms));
      step.code = DIGITS.indexOf((asked.digits[at] ?? '').toUpperCase());
      step.first = frame === 0;
      step.sounding = frame < on;
      step.end = frame >= on - 1 && frame < on + END_REPEATS;
      step.duration = Math.min(frame + 1, on) * FRAME_SAMPLES;
      if (++frame >= on + pause) { at++; frame = 0; }
      return step;
    },
  };
}

/** Writes the payload of an event: code, end and volume, duration. */
export function writeEvent(bytes: Uint8Array, at: number, { code, end, duration }: DigitStep): void {
  bytes[at] = code;
  // -10 dBm0, as most phones do.
  bytes[at + 1] = (end ? 0x80 : 0) | 10;
  bytes[at + 2] = duration >> 8;
  bytes[at + 3] = duration;
}
/** Bytes of an event's payload. */
export const EVENT_BYTES = 4;
