// One end of a call, whoever carries it: embedded SIP, a browser, an Asterisk. What carries legs reports facts and decides nothing.
import type { Address } from '@activeflow/engine';
import type { ForkAsked, JoinAsked, RecordAsked } from '../media/media.js';
import type { Sound } from '../media/sound.js';

/** Why a leg ended: the reasons of a hangup on the wire, and `lost`: it went with the process that carried it. */
export type HangupCause = 'normal' | 'failed' | 'busy' | 'cancel' | 'timeout' | 'noanswer' | 'dialout' | 'amd' | 'lost';
/** Why an offered leg is not taken. */
export type RejectCause = 'not_found' | 'forbidden' | 'busy' | 'unavailable' | 'overloaded';

/** A leg that came in, before anybody has decided about it. */
export type Offer = {
  readonly customer_id: string;
  readonly source: Address;
  readonly destination: Address;
  /** What it came by: a registered extension, a trunk, a browser. A call of a trunk reaches numbers only. */
  readonly via: { readonly kind: 'extension' | 'trunk' | 'browser' | 'channel'; readonly id: string };
  /** A flow asked for by id, where whoever calls may choose: browsers. */
  readonly flow_id?: string;
};

/** What the signalling of a leg tells. */
export type SignalFact =
  | ({ readonly type: 'offered' } & Offer)
  /** The far end of an originated leg rings; with `early_media` there is sound already. */
  | { readonly type: 'ringing'; readonly early_media: boolean }
  | { readonly type: 'answered' }
  /** A digit that came by signalling (SIP INFO). */
  | { readonly type: 'digit'; readonly digit: string }
  /** The last fact of a leg; said exactly once, whoever ended it. */
  | { readonly type: 'ended'; readonly cause: HangupCause; readonly by: 'local' | 'remote'; readonly detail: string };

/** What happens to a leg. */
export type LegFact =
  | SignalFact
  | { readonly type: 'playback_done'; readonly id: string; readonly how: 'end' | 'stopped' | 'failed'; readonly message?: string }
  | { readonly type: 'recording_done'; readonly id: string; readonly how: 'silence' | 'key' | 'duration' | 'stopped' | 'ended' | 'failed'; readonly duration_ms: number; readonly size_bytes: number; readonly message?: string }
  | { readonly type: 'digits_sent'; readonly id: string }
  | { readonly type: 'detected'; readonly id: string; readonly machine: boolean | null; readonly detail: string }
  | { readonly type: 'joined'; readonly room_id: string }
  | { readonly type: 'left'; readonly room_id: string };
/** A fact, its leg, and its number: 1, 2, 3, … for each leg, so that a gap shows. */
export type LegEvent = LegFact & { readonly leg_id: string; readonly number: number };

/** A leg to be dialled. */
export type Originate = {
  /** Given by whoever asks, derived, so that a repetition dials nobody twice. */
  readonly leg_id: string;
  readonly customer_id: string;
  readonly source: Address;
  readonly destination: Address;
  readonly anonymous: boolean;
  /** Ringing longer than this ends it as `noanswer`. */
  readonly timeout_ms: number;
};

/**
 * The signalling of legs. Every method may be called again with the same arguments and then changes nothing; for a leg that has ended or never
 * was, nothing happens: its `ended` was, or will never be, said. `originate` throws `Permanent` where the destination cannot be reached at all.
 */
export type Signalling = {
  readonly name: string;
  listen(listener: (leg_id: string, fact: SignalFact) => void): void;
  start(): Promise<void>;
  /** Whether a destination can be dialled for a customer. */
  reaches(customer_id: string, destination: Address): Promise<boolean>;
  originate(asked: Originate): Promise<void>;
  /** Tells the far end that it rings here; with `early_media`, that there is sound to be heard before the answer. */
  ring(leg_id: string, early_media?: boolean): Promise<void>;
  answer(leg_id: string): Promise<void>;
  reject(leg_id: string, cause: RejectCause): Promise<void>;
  hangup(leg_id: string, cause: HangupCause): Promise<void>;
  /** No sound has come from a leg for long (`silent` of media.ts): one that is not on hold is hung up as `timeout`. */
  silent?(leg_id: string): void;
  close(): Promise<void>;
};

/** Legs with their sound: what plays calls. The commands are those of `media.ts`, ids are effect ids, and a repeated one changes nothing. */
export type Legs = Omit<Signalling, 'listen' | 'silent'> & {
  /** Sets who hears of events, in the order of their numbers. */
  listen(listener: (event: LegEvent) => void): void;
  /** The legs that are up: after a start, those that outlived the process. */
  alive(): Promise<readonly string[]>;
  play(leg_id: string, id: string, sounds: readonly Sound[], loop?: boolean): void;
  stop(leg_id: string, id: string): void;
  echo(leg_id: string, on: boolean): void;
  mute(leg_id: string, on: boolean): void;
  sendDigits(leg_id: string, id: string, digits: string, duration_ms: number, interval_ms: number): void;
  record(leg_id: string, id: string, asked: RecordAsked): void;
  stopRecording(leg_id: string, id: string): void;
  detect(leg_id: string, id: string): void;
  join(leg_id: string, room_id: string, asked?: JoinAsked): void;
  leave(leg_id: string): void;
  fork(leg_id: string, id: string, asked: ForkAsked): void;
  unfork(leg_id: string, id: string): void;
};
