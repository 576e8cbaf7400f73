// What a queue asks of whoever carries a call: ring somebody for it, join the two, part them. The queue decides, and what it decided stands in
// documents; a desk does, and says where its calls stand.
import type { Address, Instant } from '@activeflow/engine';
import type { CallCommon, CallOf, HangupReason } from './call-document.js';

/** Somebody to be rung for a call. */
export type Ring = {
  /** Given by whoever asks, derived, so that a repetition rings nobody twice. */
  readonly leg_id: string;
  /** The call that it is rung for. */
  readonly call: CallOf<CallCommon>;
  readonly agent: Address;
  /** Ringing longer than this ends it as `noanswer`. */
  readonly timeout_ms: number;
};

/** Where the leg of somebody who was rung stands. `again_at`: when it must be looked at again, where nobody would tell. */
export type RingState = { readonly stands: 'none' | 'rings' | 'up' | 'over'; readonly reason: HangupReason; readonly again_at?: Instant };

/** Calls as queues use them. Every method may be called again with the same arguments and then changes nothing. */
export type Desk = {
  /** The call by id, of any customer, if it is carried here. Waits until what a crash left of calls has been ended. */
  readonly call: (call_id: string) => Promise<CallOf<CallCommon> | undefined>;
  /** Answers a call where it is not yet; false where that takes the other side. Throws `Permanent` where it has ended. */
  readonly answer: (call_id: string) => Promise<boolean>;
  /** Whether somebody can be dialled for a customer. */
  readonly reaches: (customer_id: string, agent: Address) => Promise<boolean>;
  /** True while a call with somebody is up, whoever made it. */
  readonly isBusy: (customer_id: string, agent: Address) => boolean;
  /** Dials. A call of its own, without a run; what becomes of it is told. */
  readonly ring: (asked: Ring) => Promise<void>;
  readonly ringState: (leg_id: string) => Promise<RingState>;
  /** Two calls hear each other, and nobody else, until one of them ends. */
  readonly join: (call_id: string, leg_id: string, room: string) => void;
  /** Takes a call out of a room. */
  readonly part: (call_id: string, room: string) => void;
  readonly hangUp: (call_id: string, reason: Exclude<HangupReason, ''>) => Promise<void>;
  /** Sets who hears that a call has ended, or that a leg that was rung has been answered. */
  readonly listen: (heard: (call: CallOf<CallCommon>) => void) => void;
};
