// What is asked of calls from outside, whoever carries them.
import type { HangupReason } from './call-document.js';
import type { Refusal } from './run.js';
import type { Receipt } from './slip.js';
import type { Document } from '../store/store.js';

/** What is handed in at a door, and why one stays shut. */
export type { Receipt, Refusal };

/** Which call, and whose it must be; another's is as good as none. */
export type Which = { readonly customer_id: string; readonly call_id: string };

/** The doors of calls. Unless it refuses, a door writes the receipt once, in the commit that does what was asked. */
export type CallDoors = {
  /** Ends a call, and its run with it. Once more changes nothing. */
  readonly hangup: (which: Which, by: 'local' | 'remote', reason: Exclude<HangupReason, ''>, receipt?: Receipt) => Promise<Document | Refusal>;
};

/** The doors of queues. */
export type QueueDoors = {
  /** Takes a call out of its queue, and its run goes on; whoever was rung or talked is hung up. Once more changes nothing. */
  readonly kick: (queuecall_id: string, receipt?: Receipt) => Promise<Document | Refusal>;
};
