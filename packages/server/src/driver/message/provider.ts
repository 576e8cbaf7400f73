// What carries messages, as the message driver sees it: SMPP, HTTP APIs, and what is played. A provider reports facts and keeps nothing that must last.
import type { Permanent, Retryable } from '../errors.js';

/** One message to one destination. Nothing in it is to be interpreted: the text goes out as it is, cut into parts by the provider. */
export type Outgoing = {
  /** Our id of this message to this destination (`<message id>.<ordinal>`): the key of everything the carrier lets us name, the same over every try. */
  readonly reference: string;
  /** Who sends: a number, a short code or a name of letters; `''`: whatever the provider is set to. */
  readonly source: string;
  /** Who gets it, as it was written: mostly `+` and digits. */
  readonly destination: string;
  /** 1 to 10,000 UTF-16 units. */
  readonly text: string;
  /** The carrier's ids of the first parts, taken at an earlier try: go on behind them. */
  readonly taken: readonly string[];
};

/** What became of a submission. Where nothing was taken and that is known, `submit` throws `Retryable` or `Permanent` instead. */
export type Submitted =
  /** All parts were taken. `provider_ids`: the carrier's ids of all parts, in order. `delivered`: no receipt will follow, for it has arrived. */
  | { readonly outcome: 'sent' | 'delivered'; readonly provider_ids: readonly string[]; readonly parts: number }
  /** The first parts were taken, and then one was surely not: what `provider_ids` name is not sent again, the rest is, or never will be. */
  | { readonly outcome: 'partial'; readonly provider_ids: readonly string[]; readonly parts: number; readonly error: Retryable | Permanent }
  /** A part has left and nobody knows whether it was taken: never sent again. `provider_ids`: what is known of them. */
  | { readonly outcome: 'uncertain'; readonly provider_ids: readonly string[]; readonly parts: number; readonly detail: string };

/** How a carrier says that it went on: final but for `sent`. `rejected`: the carrier refused it after all. */
export type ReceiptStatus = 'sent' | 'delivered' | 'undelivered' | 'expired' | 'rejected' | 'failed';

/** What a carrier tells of a message that it took, or of a part of it. */
export type DeliveryReceipt = {
  /** Our id, where the carrier gives it back; else the carrier's own, of one part. At least one of them is not `''`. */
  readonly reference: string;
  readonly provider_id: string;
  readonly status: ReceiptStatus;
  /** The carrier's word for what went wrong, or `''`. At most 200 characters are kept. */
  readonly detail: string;
};

/** A message that came in, whole: parts are put together by the provider. */
export type Incoming = {
  /** The carrier's id, the same where it delivers again; `''`: it has none, and repetitions cannot be told. */
  readonly provider_id: string;
  readonly source: string;
  readonly destination: string;
  readonly text: string;
};

/** What a provider tells. It acknowledges to the carrier only after the promise is kept; where it is broken, the carrier is to deliver again. */
export type Ears = {
  /** `unknown`: no number of ours. It is acknowledged all the same: delivering again would not help. */
  onMessage(incoming: Incoming): Promise<'taken' | 'repeated' | 'unknown'>;
  /** A receipt for nobody is kept for a while, for it may be early; then it is forgotten. */
  onReceipt(receipt: DeliveryReceipt): Promise<void>;
};

/** A request at a door, as it came. */
export type DoorRequest = {
  readonly method: string;
  /** Behind the door's own path, without query. */
  readonly path: string;
  /** The query as it came, without `?`. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/** What is answered at a door. */
export type DoorAnswer = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string };

/** A door below `/v1.0/providers/<provider>/`: the carrier shows proof of its own there, none of our tokens. Throws only where we are at fault (then 503). */
export type Door = {
  readonly method: 'GET' | 'POST';
  /** One word: `messages`, `receipts`. */
  readonly path: string;
  handle(request: DoorRequest): Promise<DoorAnswer>;
};

/** How a provider is, for readiness and metrics. */
export type ProviderHealth = {
  /** It can submit now. */
  readonly up: boolean;
  /** One sentence for people where it is not. */
  readonly detail: string;
  /** Submissions under way. */
  readonly in_flight: number;
};

/** One way for messages to leave and to come in. */
export type MessageProvider = {
  /** As routes and settings name it: lower-case letters. */
  readonly name: string;
  /** A submission may be repeated under its reference without a second message: then a crash in the midst of one leaves nothing uncertain. */
  readonly repeatable: boolean;
  /** Submissions that may be under way at once; the driver asks for no more. */
  readonly window: number;
  /** Settles when the carrier has answered, or is given up: within a minute. `signal`: nobody listens any more. */
  submit(message: Outgoing, signal: AbortSignal): Promise<Submitted>;
  /** What the carrier knows of a message that may have been submitted; undefined: it does not know, or cannot be asked. */
  ask?(of: { readonly reference: string; readonly provider_id: string }): Promise<{ readonly provider_id: string; readonly status: ReceiptStatus } | undefined>;
  readonly doors: readonly Door[];
  health(): ProviderHealth;
  /** Begins to hear and to connect; settles at once: what is down is tried until it is up. */
  start(ears: Ears): Promise<void>;
  /** Takes nothing any more, waits for what is under way for a moment, and lets go. */
  close(): Promise<void>;
};
