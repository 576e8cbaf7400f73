// The sound of legs, as the main thread asks for it. Everything that has to keep time happens in a worker thread: the main thread may stall, the sound may not.
import type { MessagePort } from 'node:worker_threads';
import type { Sound } from './sound.js';

/** How a leg's RTP travels: a socket of the worker's own, or another thread that brings plain RTP packets (Uint8Array) over a port, both ways. */
export type MediaTransport = { readonly kind: 'udp' } | { readonly kind: 'port'; readonly port: MessagePort };

/** What was agreed with the far end (RFC 3264): where to send, and how it is coded. Given anew at each agreement. */
export type MediaAgreement = {
  /** Where the far end wants its RTP; null: nowhere yet, or by a port. Symmetric RTP may find another source once, before the latch closes. */
  readonly remote: { readonly address: string; readonly port: number } | null;
  /** The address its signalling came from: where the remote is a private one behind NAT, RTP may come from here instead. Absent: from nowhere else. */
  readonly via?: string | null;
  readonly codec: 'PCMU' | 'PCMA';
  readonly payload_type: number;
  /** The payload type of telephone-event (RFC 4733); null: the far end has none, and digits are listened for in the sound. */
  readonly telephone_event: number | null;
  /** Seen from here. */
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
};

/** How a leg is recorded. Two channels: what the far end says is left, what it hears is right. */
export type RecordAsked = {
  readonly path: string;
  /** Milliseconds of silence of the far end that end it; 0 never. */
  readonly end_of_silence_ms: number;
  /** Any of these digits ends it. */
  readonly end_of_key: string;
  /** 0: as long as the leg. */
  readonly duration_ms: number;
};

/** What happens to the sound of a leg. `id` is that of the command it answers. */
export type MediaFact =
  /** Said once a digit, at its first packet. */
  | { readonly type: 'digit'; readonly digit: string }
  | { readonly type: 'playback_done'; readonly id: string; readonly how: 'end' | 'stopped' | 'failed'; readonly message?: string }
  | { readonly type: 'recording_done'; readonly id: string; readonly how: 'silence' | 'key' | 'duration' | 'stopped' | 'ended' | 'failed'; readonly duration_ms: number; readonly size_bytes: number; readonly message?: string }
  | { readonly type: 'digits_sent'; readonly id: string }
  /** A machine or a person answered; null: not told apart in time. */
  | { readonly type: 'detected'; readonly id: string; readonly machine: boolean | null; readonly detail: string }
  | { readonly type: 'joined'; readonly room_id: string }
  | { readonly type: 'left'; readonly room_id: string }
  /** No RTP has come for so long, said once until some comes again. */
  | { readonly type: 'silent'; readonly silent_ms: number };
/** A fact and its leg. */
export type MediaEvent = MediaFact & { readonly leg_id: string };

/** How an agreed leg joins a room. */
export type JoinAsked = {
  /** Digits of one member are sent on to the others, as two phones that talk would send them. */
  readonly relay_digits?: boolean;
  /** It hears and is not heard. */
  readonly muted?: boolean;
};

/** Where the sound of a leg is copied to: RTP, G.711 µ-law or linear 16 kHz big-endian as the codec says. */
export type ForkAsked = {
  readonly host: string;
  readonly port: number;
  readonly codec: 'ulaw' | 'alaw' | 'slin16';
  /** `in`: what the far end says; `out`: what it hears; `both`: mixed. What comes back by RTP is played to the far end where `duplex`. */
  readonly direction: 'in' | 'out' | 'both';
  readonly duplex: boolean;
};

/** What the worker has counted since the start. */
export type MediaStats = {
  readonly legs: number;
  readonly packets_in: number;
  readonly packets_out: number;
  /** Packets dropped because they came from another source or SSRC than the latched one. */
  readonly refused: number;
  /** Frames sent more than 10 ms after they were due. */
  readonly late: number;
};

/**
 * The media worker. Commands about a leg that is not open change nothing and throw nothing: it has ended, and whoever asked will hear so.
 * A repeated command with the same id changes nothing.
 */
export type Media = {
  /** Sets who hears of events. */
  listen(listener: (event: MediaEvent) => void): void;
  /** Opens a leg; of a `udp` one, gives the local RTP port. Throws where no port of the range is free. */
  open(leg_id: string, transport: MediaTransport): Promise<{ readonly port: number }>;
  agree(leg_id: string, agreement: MediaAgreement): void;
  /** Plays sounds one after the other, after what is being played; `loop`: over and over. */
  play(leg_id: string, id: string, sounds: readonly Sound[], loop?: boolean): void;
  stop(leg_id: string, id: string): void;
  /** Gives the far end back what it says. */
  echo(leg_id: string, on: boolean): void;
  /** What the far end says is heard by nobody: no room, no digit listener in the sound, no recording. */
  mute(leg_id: string, on: boolean): void;
  sendDigits(leg_id: string, id: string, digits: string, duration_ms: number, interval_ms: number): void;
  record(leg_id: string, id: string, asked: RecordAsked): void;
  stopRecording(leg_id: string, id: string): void;
  /** Listens whether a machine answered. */
  detect(leg_id: string, id: string): void;
  /** A leg is in one room at a time: joining another leaves the first. */
  join(leg_id: string, room_id: string, asked?: JoinAsked): void;
  leave(leg_id: string): void;
  fork(leg_id: string, id: string, asked: ForkAsked): void;
  unfork(leg_id: string, id: string): void;
  /** Ends everything about a leg; what was open on it is reported as ended first. */
  close(leg_id: string): void;
  stats(): Promise<MediaStats>;
  /** Ends the worker. */
  stopWorker(): Promise<void>;
};

/** What a media worker is started with. */
export type MediaSettings = {
  /** The address its sockets are bound to. */
  readonly host: string;
  /** First and last RTP port, both included; even ones are used, the odd one above is RTCP's. */
  readonly ports: readonly [number, number];
  /** Silence after which `silent` is said. */
  readonly silent_ms: number;
};
