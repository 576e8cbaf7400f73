// The door of browsers, as the API opens it: an offer of sound is a call, and its answer comes once the call is taken (RFC 9725).
import type { RejectCause } from '../legs.js';

/** A call that a browser asks for. */
export type WhipAsked = {
  readonly customer_id: string;
  /** Whom the browser says it is; `''`: nobody in particular. */
  readonly source: string;
  /** A number as it would be dialled, or a flow. */
  readonly destination: { readonly number: string } | { readonly flow_id: string };
  /** The offer. */
  readonly sdp: string;
};

/** What became of it. */
export type WhipAnswer =
  | { readonly taken: true; readonly call_id: string; readonly sdp: string }
  | { readonly taken: false; readonly why: RejectCause | 'malformed' | 'not_acceptable'; readonly detail: string };

/** A STUN or TURN server that browsers may use to get here. */
export type IceServer = { readonly urls: string; readonly username?: string; readonly credential?: string };

/** The door. */
export type WhipDoors = {
  /** Settles when the call is taken, or is not; a call that nobody decides about is `unavailable` after the time to connect. */
  call(asked: WhipAsked): Promise<WhipAnswer>;
  /** Hangs up a browser's call; false where this customer has none of this id. */
  hangupBy(customer_id: string, call_id: string): Promise<boolean>;
  /** Whether a call of a browser is up and this customer's. */
  has(customer_id: string, call_id: string): boolean;
  readonly ice_servers: readonly IceServer[];
};
