// What is to be done outside: an intent that is committed with the state and performed afterwards, at least once.
import type { Instant, Option } from './state.js';

/** The kinds of effects there are; a driver says which of them it performs. A `webhook.deliver` is asked for by no action: it tells of what was committed. */
export const EFFECT_KINDS = [
  'activeflow.start', 'flow.fetch', 'http.fetch', 'http.webhook_send', 'message.send', 'message.receive', 'email.send', 'conversation.send',
  'call.answer', 'call.hangup', 'call.talk', 'call.play', 'call.beep', 'call.digits_receive', 'call.digits_send', 'call.echo', 'call.mute',
  'call.recording_start', 'call.recording_stop', 'call.amd', 'call.create', 'call.connect', 'call.join', 'call.external_media_start', 'call.external_media_stop',
  'queue.join', 'queue.wait', 'queue.service',
  'webhook.deliver',
] as const;
/** One of `EFFECT_KINDS`. */
export type EffectKind = (typeof EFFECT_KINDS)[number];

/** An effect as the engine asks for it. */
export type Effect = {
  /** `<activeflow id>:<version>:<ordinal>`: derived, never random, so that every retry carries the same idempotency key. */
  readonly id: string;
  readonly kind: EffectKind;
  readonly activeflow_id: string;
  readonly customer_id: string;
  /** The step that asked for it. */
  readonly step: number;
  readonly payload: Option;
  /** When the wait it settles ends by itself; null where nobody waits. */
  readonly deadline: Instant | null;
};

/** The id of the `ordinal`-th effect of a commit. */
export const effectId = (activeflow_id: string, version: number, ordinal: number): string => `${activeflow_id}:${version}:${ordinal}`;
