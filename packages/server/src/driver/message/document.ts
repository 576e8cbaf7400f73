// A message: a document of kind `message` (wire.md §6), with what became of it at each of its targets.
import { addressVariables, deriveId, type Address, type Instant, type Variables } from '@activeflow/engine';
import type { Document, DocumentWrite } from '../../store/store.js';

/**
 * Where a message stands with one of its targets. `sending`: it is being handed to a provider; `sent`: a carrier took it; `uncertain`: it may
 * have gone out, and is not sent again; `blocked`: the target said STOP; `received`: it came in.
 */
export const TARGET_STATUSES = ['queued', 'sending', 'sent', 'delivered', 'undelivered', 'expired', 'failed', 'rejected', 'uncertain', 'blocked', 'received'] as const;
/** One of `TARGET_STATUSES`. */
export type TargetStatus = (typeof TARGET_STATUSES)[number];

/** One destination of a message. What is behind `tm_update` is ours: it is no part of the public form, but for `detail` and `provider`. */
export type Target = {
  readonly destination: Address;
  readonly status: TargetStatus;
  readonly parts: number;
  readonly tm_update: Instant;
  /** Why it stands so, for people; `''` where that is plain. */
  readonly detail: string;
  /** Whom it was handed to, or came from; `''` for nobody yet. */
  readonly provider: string;
  /** The carrier's ids of its parts. */
  readonly provider_ids: readonly string[];
  /** Those of them that are said to have arrived. */
  readonly arrived: readonly string[];
  readonly tries: number;
  /** It is not tried before. */
  readonly again_at: Instant | null;
};

/** The data of a message's document; instants in microseconds. */
export type MessageData = {
  readonly source: Address;
  readonly direction: 'inbound' | 'outbound';
  readonly text: string;
  readonly activeflow_id: string;
  readonly targets: readonly Target[];
};

/** The document of a message. */
export type Message = Omit<DocumentWrite, 'data'> & { readonly data: MessageData };

/** A message by its document; undefined where there is none. */
export const messageOf = (document: Document | undefined): Message | undefined => document as unknown as Message | undefined;

/** A new message, of which is told. */
export const newMessage = (id: string, customer_id: string, now: Instant, data: MessageData): Message => ({
  kind: 'message', id, customer_id, parent: data.activeflow_id, key: null, version: 1, tm_create: now, tm_update: null, tm_delete: null, data, told: 'message_created',
});

/** The next version of a message. One that was deleted goes on unseen. */
export function nextMessage({ told: _, ...message }: Message, data: MessageData, now: Instant): Message {
  return { ...message, version: message.version + 1, tm_update: now, data, ...(message.tm_delete === null ? { told: 'message_updated' } : {}) };
}

/** A target at its beginning. */
export const newTarget = (destination: Address, now: Instant): Target =>
  ({ destination, status: 'queued', parts: 0, tm_update: now, detail: '', provider: '', provider_ids: [], arrived: [], tries: 0, again_at: null });

/** The id of the message that an effect sends: whoever asked for the effect knows it before it is sent. */
export const messageIdOf = ({ id, activeflow_id }: { readonly id: string; readonly activeflow_id: string }): string => deriveId(activeflow_id, `${id}/message`);

/** What a run knows of a message that came to it (engine.md §4). */
export const messageVariables = (id: string, { text, source, destination }: { readonly text: string; readonly source: Address; readonly destination: Address }): Variables => ({
  'voipbin.message.id': id, 'voipbin.message.text': text,
  ...addressVariables('voipbin.message.source', source), ...addressVariables('voipbin.message.destination', destination),
});

/** A number or name as it is compared: carriers write the same number with and without its `+`. */
export const plain = (target: string): string => (/^\+?\d+$/.test(target) ? target.replace('+', '') : target);

/** Our id of a message to one of its targets, as a provider gets it. */
export const referenceOf = (message_id: string, ordinal: number): string => `${message_id}.${ordinal}`;

/** The message and target that a reference names; undefined where it is none of ours. */
export function readReference(reference: string): { readonly message_id: string; readonly ordinal: number } | undefined {
  const [, message_id, ordinal] = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,3})$/.exec(reference) ?? [];
  return message_id === undefined ? undefined : { message_id, ordinal: Number(ordinal) };
}

/** Of how many short messages a text is made: 160 characters in one or 153 in each of several, 70 and 67 beyond ASCII (3GPP TS 23.038, 23.040). */
export function partsOf(text: string): number {
  // eslint-disable-next-line no-control-regex -- ASCII as a whole is meant
  const [one, several] = /^[\u0000-\u007f]*$/.test(text) ? [160, 153] : [70, 67];
  return text.length <= one ? 1 : Math.ceil(text.length / several);
}
