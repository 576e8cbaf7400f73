// A played call: a document of kind `call`. Everything the simulator knows about it is in there, so nothing is lost with the process. It plays neither `terminating` nor `canceling`.
import type { EffectKind, Instant } from '@activeflow/engine';
import { newDocument, type CallCommon, type CallOf, type Room as Shared } from '../call-document.js';
import { Permanent } from '../driver.js';
import type { Run } from '../run.js';
import type { StoredEffect } from '../../store/store.js';

export { isOver, NEW_CALL, newDocument, nextCall, type CallStatus, type HangupBy, type HangupReason } from '../call-document.js';
export type { Run } from '../run.js';

/** What the parts of the simulator work with; `heard` are those who hear that a call has ended. */
export type Room = Shared & { readonly heard?: ((call: CallOf<CallCommon>) => void)[] };

/** An effect that is open on the call. It is over at `until`, at a digit, or once its collection is complete. */
export type Wait = {
  readonly effect_id: string;
  readonly kind: EffectKind;
  /** Null: at no time by itself. */
  readonly until: Instant | null;
  /** A digit ends it, and stays in the buffer. */
  readonly digit_ends?: boolean;
  readonly length?: number;
  readonly key?: string;
  /** It has answered the call: its result says so. */
  readonly answered?: boolean;
};

/** How a dialled call goes: see `outgoing.ts`. Null on calls that came in. */
export type Dial = {
  readonly began: Instant;
  readonly outcome: 'answer' | 'busy' | 'noanswer';
  readonly early_execution: boolean;
  /** It is given up after so many milliseconds, if not before. */
  readonly timeout_ms?: number;
  /** What it runs; null for a leg that is to be bridged. */
  readonly run: Run | null;
  /** The `call.connect` effect that rings it; `''` for none. */
  readonly connect_id: string;
};

/** What is the simulator's own about a call; it is no part of the public form. */
export type Played = {
  /** False: prompts last until `mediaDone`. */
  readonly auto_play: boolean;
  /** True: `amd` finds a machine. */
  readonly machine: boolean;
  readonly muted: boolean;
  /** Digits typed and not yet collected. */
  readonly digits: string;
  readonly waits: readonly Wait[];
  /** The call whose run dialled this one; `''` for none. */
  readonly master_call_id: string;
  /** True: it ends with its master. */
  readonly chained: boolean;
  /** Calls that end with this one. */
  readonly chained_calls: readonly string[];
  readonly dial: Dial | null;
};

/** The data of a played call's document. */
export type CallData = CallCommon & { readonly played: Played };

/** The document of a call. */
export type Call = CallOf<CallData>;

/** A played call by id, of any customer; undefined where there is none, it is deleted or somebody else carries it. */
export async function readCall({ host }: Room, id: string): Promise<Call | undefined> {
  const document = await host.document('call', id);
  return document === undefined || document.tm_delete !== null || !('played' in document.data) ? undefined : (document as unknown as Call);
}

/** The call that an effect is about. Throws `Permanent` CALL_NOT_FOUND, also for another customer's. */
export async function callOf(room: Room, { customer_id }: StoredEffect, call_id: string): Promise<Call> {
  const call = await readCall(room, call_id);
  if (call?.customer_id !== customer_id) throw new Permanent('CALL_NOT_FOUND', `no call ${call_id.slice(0, 64)}`);
  return call;
}

/** The call that an effect is about; `''` where it is about none. */
export const callIdOf = ({ payload }: StoredEffect): string => (typeof payload['call_id'] === 'string' ? payload['call_id'] : '');

/** A new call's document, of which is told. */
export const newCall = (id: string, customer_id: string, now: Instant, data: CallData): Call =>
  ({ ...newDocument('call', { id, customer_id, parent: data.played.master_call_id }, now, data), data, told: 'call_created' });

/** The data with some of its fields changed, the simulator's own among them. */
export const withChanges = (data: CallData, changes: Partial<CallData>, played: Partial<Played> = {}): CallData =>
  ({ ...data, ...changes, played: { ...data.played, ...changes.played, ...played } });

/** What every played call begins with. */
export const NEW_PLAYED: Played = {
  auto_play: true, machine: false, muted: false, digits: '', waits: [], master_call_id: '', chained: false, chained_calls: [], dial: null,
};

/** The error of an effect on a call that has ended. */
export const callEnded = ({ id, data }: Call): Permanent => new Permanent('CALL_ENDED', `call ${id} has ended (${data.hangup_reason})`);
