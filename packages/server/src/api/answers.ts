// The shapes of the resources around flows and activeflows (wire.md §3, §6).
import { Type } from 'typebox';
import { AddressSchema } from '@activeflow/engine';
import { ActionAnswer, id, time, Times, words } from './schemas.js';

/** An address, every field present. */
export const AddressAnswer = Type.Object(
  Object.fromEntries(Object.keys(AddressSchema.properties).map((name) => [name, Type.String()])),
  { $id: 'Address', description: '`type` is `tel`, `sip`, `agent`, `extension`, `conference`, …' },
);

/** An address as requests write it. */
export const AddressBody = Type.Object(AddressSchema.properties, { $id: 'AddressInput', description: 'without a type, `+digits` is `tel`, and `sip:…` or `user@host` is `sip`' });

/** What a login answers. */
export const LoginAnswer = Type.Object({ username: Type.String(), token: Type.String({ description: 'a JWT, good for seven days' }) }, { $id: 'Login' });

/** What a ticket is exchanged for. */
export const TicketAnswer = Type.Object({ token: Type.String({ description: 'a JWT, good for seven days' }) }, { $id: 'Ticket' });

/** Whose credentials were sent. */
export const MeAnswer = Type.Object({
  customer_id: id('the customer'), kind: words(['accesskey', 'token'], 'what was sent'), username: Type.String({ description: 'of a token' }),
  accesskey_id: id('of an access key'), name: Type.String({ description: "the customer's" }), detail: Type.String(),
}, { $id: 'Me' });

/** A customer; what is secret about it is never shown. */
export const CustomerAnswer = Type.Object({
  id: id('the customer'), name: Type.String(), detail: Type.String(), username: Type.String(), webhook_uri: Type.String(), webhook_method: Type.String(),
  tm_webhook_off: time('when the receiver of webhooks answered 410, which switched them off until `webhook_uri` is set again'), ...Times,
}, { $id: 'Customer' });

/** A new secret for webhooks. */
export const WebhookSecretAnswer = Type.Object({
  webhook_secret: Type.String({ description: 'shown in this answer and never again' }), tm_old_expire: time('until when the one before signs beside it'),
}, { $id: 'WebhookSecret' });

/** Where a webhook delivery stands. */
export const DELIVERY_STATUS = ['pending', 'performing', 'done', 'failed', 'dead'] as const;

const delivery = {
  id: id('the delivery, and its `webhook-id`: the same with each try'), customer_id: id('whose it is'), type: Type.String({ description: 'what it tells, as `activeflow_updated`' }),
  status: words(DELIVERY_STATUS, '`pending` waits for its turn or its next try; `failed` will not be tried again, and `dead` was tried often enough'),
  activeflow_id: id('the activeflow it tells of'), resource_id: id('what it tells of'), receiver: words(['customer', 'activeflow'], 'whose webhook it is for'),
  webhook_uri: Type.String({ description: 'as it was when it happened; what is set when it is sent counts' }), webhook_method: Type.String(),
  attempts: Type.Integer({ description: 'tries that came to an end' }), last_status: Type.Integer({ description: 'the HTTP status that the last try was answered with; 0 for none' }),
  last_error: Type.String(), tm_next: time('when it is tried next'), ...Times,
};

/** A webhook delivery in a list. */
export const DeliveryAnswer = Type.Object(delivery, { $id: 'WebhookDelivery' });
/** A webhook delivery with what it says. */
export const FullDeliveryAnswer = Type.Object({ ...delivery, body: Type.Unknown({ description: 'what is sent: `type` and `data`; null where what it tells of is gone' }) }, { $id: 'FullWebhookDelivery' });

/** An access key. */
export const AccesskeyAnswer = Type.Object({
  id: id('the access key'), customer_id: id('whose it is'), name: Type.String(), detail: Type.String(),
  token: Type.String({ description: 'shown once, when it is made; `""` ever after' }), token_prefix: Type.String({ description: 'how the token begins' }), tm_expire: time('when it expires'), ...Times,
}, { $id: 'Accesskey' });

/** The states of a call. */
export const CALL_STATUS = ['dialing', 'ringing', 'progressing', 'terminating', 'canceling', 'hangup'] as const;
/** Why a call ended. */
export const HANGUP_REASONS = ['', 'normal', 'failed', 'busy', 'cancel', 'timeout', 'noanswer', 'dialout', 'amd'] as const;

/** A call. */
export const CallAnswer = Type.Object({
  id: id('the call'), customer_id: id('whose it is'), flow_id: id('the flow it runs'), activeflow_id: id('the activeflow it runs on; the none id until it has begun'),
  source: AddressAnswer, destination: AddressAnswer, status: words(CALL_STATUS, 'where it stands'), direction: words(['incoming', 'outgoing'], 'which way'),
  action: ActionAnswer, hangup_by: words(['', 'local', 'remote'], 'who hung up'), hangup_reason: words(HANGUP_REASONS, 'why it ended'),
  recording_ids: Type.Array(Type.String()), tm_ringing: time('when it rang'), tm_progressing: time('when it was answered'), tm_hangup: time('when it ended'), ...Times,
}, { $id: 'Call' });

/** A message. */
export const MessageAnswer = Type.Object({
  id: id('the message'), customer_id: id('whose it is'), type: Type.String({ description: '`sms`' }), activeflow_id: id('the activeflow that sent it, or that it started'), source: AddressAnswer,
  targets: Type.Array(Type.Object({
    destination: AddressAnswer,
    status: Type.String({ description: 'queued, sending, sent, delivered, undelivered, expired, failed, rejected, uncertain (it may have gone out and is not sent again), blocked (it said STOP), received' }),
    parts: Type.Integer(), provider: Type.String({ description: 'who carries it; empty before it is handed over' }),
    detail: Type.String({ description: 'why it stands so, or an empty text' }), tm_update: time('when its status last changed'),
  })),
  text: Type.String(), direction: words(['inbound', 'outbound'], 'which way'), ...Times,
}, { $id: 'Message' });

/** A number. */
export const NumberAnswer = Type.Object({
  id: id('the number'), customer_id: id('whose it is'), number: Type.String(), type: Type.String(), name: Type.String(), detail: Type.String(),
  call_flow_id: id('the flow of its incoming calls'), message_flow_id: id('the flow of its incoming messages'),
  message_policy: words(['wake', 'start', 'replace'], 'what a message does while the run of an earlier one is on: wakes it, or is kept for it; starts another; stops it and starts anew'),
  message_keywords: Type.Boolean({ description: 'STOP, START and HELP are handled before any flow sees them' }),
  message_answers: Type.Object({ stop: Type.String(), start: Type.String(), help: Type.String() }, { description: 'what is answered to them; an empty text: nothing' }), ...Times,
}, { $id: 'Number' });

/** A recording. */
export const RecordingAnswer = Type.Object({
  id: id('the recording'), customer_id: id('whose it is'), activeflow_id: id('the activeflow that asked for it'), reference_type: Type.String(), reference_id: id('what was recorded'),
  status: Type.String(), format: Type.String(), recording_name: Type.String(), filenames: Type.Array(Type.String()), tm_start: time('when it began'), tm_end: time('when it was over'), ...Times,
}, { $id: 'Recording' });
