// What carries messages (RFC 3261 §18): one listening socket, and the connections it has.
import type { Hop, TransportName } from '../types.js';

/** Where to listen. Port 0 takes a free one; TLS and secure WebSocket need a key and a certificate (PEM). */
export type Listen = {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string; readonly verify?: boolean };
};

/** What a transport tells. */
export type TransportEvents = {
  /** One message, whole; or, of a datagram, whatever came. */
  readonly receive: (data: Buffer, source: Hop) => void;
  /** Whether whoever is at this address may cost us anything more. */
  readonly allow: (source: Hop) => boolean;
  /** A connection is gone, or never came to be: what waits for an answer on it waits in vain. */
  readonly closed: (flow: string) => void;
};

/** A transport. */
export type Transport = {
  readonly name: TransportName;
  readonly start: () => Promise<void>;
  /** What it is bound to, once it is started. */
  readonly bound: () => { readonly address: string; readonly port: number };
  /** Sends one message; gives the flow it goes by, `''` where there is none. `failed` is told at once or later, never during the call. */
  readonly send: (data: Buffer, hop: Hop, failed: (detail: string) => void) => string;
  readonly close: () => Promise<void>;
};
