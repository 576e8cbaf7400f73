// What the main thread and the worker of browsers say to each other.
import type { MessagePort } from 'node:worker_threads';

/** What the worker is started with. */
export type WorkerSettings = {
  readonly host: string;
  readonly port: number;
  /** Milliseconds from the answer until it must be connected. */
  readonly connect_ms: number;
  /** Milliseconds of silence after which a browser is gone: while it is there, it asks every few seconds (RFC 7675). */
  readonly quiet_ms: number;
};

/** One browser, as the offer and our answer say. */
export type Opened = {
  readonly leg_id: string;
  readonly ice: { readonly ufrag: string; readonly password: string; readonly their_ufrag: string };
  readonly fingerprints: readonly { readonly algorithm: string; readonly value: string }[];
  readonly ssrc: number;
  /** Payload types that were agreed on; others are dropped. */
  readonly payload_types: readonly number[];
  /** Plain RTP, both ways: its other end is the media worker's. */
  readonly port: MessagePort;
};

/** To the worker. */
export type ToWorker = ({ readonly type: 'open' } & Opened) | { readonly type: 'close'; readonly leg_id: string } | { readonly type: 'stop' };

/** From the worker. */
export type FromWorker =
  | { readonly type: 'ready'; readonly port: number; readonly fingerprint: string }
  /** It cannot start: why. */
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'connected'; readonly leg_id: string }
  /** Said once for each that was opened and not closed. */
  | { readonly type: 'gone'; readonly leg_id: string; readonly how: 'closed' | 'timeout' | 'quiet' | 'failed'; readonly detail: string };
