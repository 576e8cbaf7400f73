// RTP that a leg sends: a packet each 20 ms of sound, of a digit, or of silence, under one SSRC whose numbers and timestamps never jump but for time left out.
import { randomBytes } from 'node:crypto';
import { createDigitSender, EVENT_BYTES, writeEvent, type DigitsAsked, type DigitSender, type DigitStep } from './dtmf.js';
import { encodeG711, LAWS } from './g711.js';
import type { MediaAgreement } from './media.js';
import { reportOf, REPORT_FRAMES } from './rtcp.js';
import { RTP_HEADER_BYTES, writeRtp } from './rtp.js';
import { FRAME_SAMPLES } from './sound.js';
import { wavesOfDigit, type Waves } from './tone.js';

/** What carries a leg's packets away; false: there was nowhere to send to. */
export type Wire = { rtp(bytes: Uint8Array, size: number): boolean; rtcp(bytes: Uint8Array): void };

/** The sending half of a leg. */
export type Sender = {
  agree(agreement: MediaAgreement): void;
  digits(asked: DigitsAsked): void;
  /** Begins a frame. Where it carries a digit instead of the leg's sound, writes its tone, or the silence of its event, into `out`; false: it carries none. */
  override(out: Int16Array): boolean;
  /** Sends a frame; null: silence. */
  frame(samples: Int16Array | null): void;
  /** Time went by without frames. */
  skip(frames: number): void;
  /** Says goodbye; the ids of digits that will not be sent any more. */
  close(): readonly string[];
};

const PACKET_BYTES = RTP_HEADER_BYTES + FRAME_SAMPLES;

type State = {
  readonly wire: Wire;
  readonly ssrc: number;
  /** Two in turn: one that the system could not take at once is not written to before the next frame. */
  packet: Uint8Array;
  other: Uint8Array;
  sequence: number;
  timestamp: number;
  agreed: MediaAgreement | null;
  marker: boolean;
  step: DigitStep | null;
  event_timestamp: number;
  waves: Waves | null;
  packets: number;
  payload_bytes: number;
  /** Frames until the next report. */
  report_in: number;
};

/** Makes it. `sent` is told the ids of digits that were sent. */
export function createSender(wire: Wire, sent: (id: string) => void): Sender {
  const random = randomBytes(10);
  const digits = createDigitSender(sent);
  const state: State = {
    wire, ssrc: random.readUInt32BE(0), packet: new Uint8Array(PACKET_BYTES), other: new Uint8Array(PACKET_BYTES), sequence: random.readUInt16BE(4), timestamp: random.readUInt32BE(6),
    // Legs that begin together do not report together.
    agreed: null, marker: true, step: null, event_timestamp: 0, waves: null, packets: 0, payload_bytes: 0, report_in: 1 + Math.floor(Math.random() * REPORT_FRAMES),
  };
  return {
    agree(agreement) {
      if (state.agreed?.codec !== agreement.codec || state.agreed.payload_type !== agreement.payload_type) state.marker = true;
      state.agreed = agreement;
    },
    digits(asked) { digits.add(asked); },
    override: (out) => override(state, digits, out),
    frame(samples) { sendFrame(state, samples); },
    skip(frames) {
      state.timestamp = (state.timestamp + frames * FRAME_SAMPLES) >>> 0;
      state.marker = true;
    },
    close() {
      report(state, true);
      return digits.ids();
    },
  };
}

function override(state: State, digits: DigitSender, out: Int16Array): boolean {
  const step = digits.step();
  state.step = step;
  if (step === null) return false;
  if (state.agreed?.telephone_event != null || !step.sounding) { out.fill(0); return true; }
  if (step.first) state.waves = wavesOfDigit(step.code);
  state.waves?.write(out, 0, FRAME_SAMPLES);
  return true;
}

function sendFrame(state: State, samples: Int16Array | null): void {
  const { agreed, step } = state;
  if (agreed !== null && (agreed.direction === 'sendrecv' || agreed.direction === 'sendonly')) {
    if (step !== null && agreed.telephone_event !== null && (step.sounding || step.end)) sendEvent(state, agreed.telephone_event, step);
    else sendSound(state, agreed, samples);
    if (--state.report_in === 0) {
      state.report_in = REPORT_FRAMES;
      report(state, false);
    }
  } else state.marker = true;
  state.timestamp = (state.timestamp + FRAME_SAMPLES) >>> 0;
}

function send(state: State, size: number): void {
  const { packet } = state;
  if (!state.wire.rtp(packet, size)) return;
  state.packet = state.other;
  state.other = packet;
  state.sequence = (state.sequence + 1) & 0xffff;
  state.packets = (state.packets + 1) >>> 0;
  state.payload_bytes = (state.payload_bytes + size - RTP_HEADER_BYTES) >>> 0;
}

function sendEvent(state: State, type: number, event: DigitStep): void {
  if (event.first) state.event_timestamp = state.timestamp;
  writeRtp(state.packet, type, event.first, state.sequence, state.event_timestamp, state.ssrc);
  writeEvent(state.packet, RTP_HEADER_BYTES, event);
  send(state, RTP_HEADER_BYTES + EVENT_BYTES);
  // What follows a digit is a new talkspurt.
  state.marker = true;
}

function sendSound(state: State, { codec, payload_type }: MediaAgreement, samples: Int16Array | null): void {
  const { packet } = state;
  const law = LAWS[codec];
  writeRtp(packet, payload_type, state.marker, state.sequence, state.timestamp, state.ssrc);
  if (samples === null) packet.fill(law.silence, RTP_HEADER_BYTES);
  else encodeG711(law, samples, FRAME_SAMPLES, packet, RTP_HEADER_BYTES);
  state.marker = false;
  send(state, PACKET_BYTES);
}

function report({ wire, ssrc, timestamp, packets, payload_bytes }: State, goodbye: boolean): void {
  if (packets > 0) wire.rtcp(reportOf({ ssrc, timestamp, packets, payload_bytes }, Date.now(), goodbye));
}
