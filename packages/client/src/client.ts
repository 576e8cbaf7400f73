// The client: one resource of the API, one property.
import { activeflowsOf } from './activeflows.js';
import { follow } from './events.js';
import type { FeedOptions, Topics } from './feed-types.js';
import { webhookDeliveriesOf } from './deliveries.js';
import { listOf, type List, type ListQuery } from './list.js';
import { followSocket, type SocketOptions } from './socket.js';
import { whipOf } from './whip.js';
import { createTransport, type ChangeOptions, type ClientOptions, type PostOptions, type RequestOptions, type Transport } from './transport.js';
import type {
  AccessKey, AccessKeyInput, Call, CallInput, Customer, CustomerInput, Extension, ExtensionInput, Flow, FlowInput, Login, Me, Message, MessageInput, PhoneNumber,
  PhoneNumberInput, PlayedCallInput, PlayedMessageInput, Queue, QueueInput, Recording, Time, Trunk, TrunkInput, Validation, WebhookSecret,
} from './types.js';

/** The API of a server. Every method throws `ActiveflowError`. */
export type Client = ReturnType<typeof createClient>;

/** Makes a client. Asks nothing yet; throws a `TypeError` where the options cannot be used. */
export function createClient(options: ClientOptions) {
  const transport = createTransport(options);
  return {
    flows: flowsOf(transport),
    activeflows: activeflowsOf(transport),
    calls: callsOf(transport),
    whip: whipOf(transport),
    messages: {
      ...readable<Message>(transport, 'messages'),
      /** Sends a message to each destination. */
      send: (input: MessageInput, asked?: PostOptions) => transport.json<Message>('POST', '/messages', { body: input, options: asked }),
    },
    numbers: {
      ...writable<PhoneNumber, PhoneNumberInput>(transport, 'numbers'),
      /** Says which flows a number starts. */
      setFlows: (id: string, flows: Pick<PhoneNumberInput, 'call_flow_id' | 'message_flow_id'>, asked?: ChangeOptions) =>
        transport.json<PhoneNumber>('PUT', `${pathOf('numbers', id)}/flow_ids`, { body: flows, options: asked }),
    },
    recordings: {
      ...readable<Recording>(transport, 'recordings'),
      /** The sound itself. */
      file: (id: string, asked?: RequestOptions) => transport.blob(pathOf('recordingfiles', id), asked),
    },
    extensions: writable<Extension, ExtensionInput>(transport, 'extensions'),
    trunks: writable<Trunk, TrunkInput>(transport, 'trunks'),
    queues: writable<Queue, QueueInput>(transport, 'queues'),
    accesskeys: writable<AccessKey, AccessKeyInput>(transport, 'accesskeys'),
    customer: {
      get: (asked?: RequestOptions) => transport.json<Customer>('GET', '/customer', { options: asked }),
      update: (input: CustomerInput, asked?: ChangeOptions) => transport.json<Customer>('PUT', '/customer', { body: input, options: asked }),
      /** Makes a new secret for webhooks, and shows it this once. */
      rotateWebhookSecret: (asked?: PostOptions) => transport.json<WebhookSecret>('POST', '/customer/webhook_secret', { options: asked }),
    },
    webhookDeliveries: webhookDeliveriesOf(transport),
    me: (asked?: RequestOptions) => transport.json<Me>('GET', '/me', { options: asked }),
    /** A token for a username and a password; give it to another client. */
    login: (username: string, password: string, asked?: RequestOptions) => transport.json<Login>('POST', '/auth/login', { body: { username, password }, options: asked }),
    /** A token for the ticket that `activeflow dev` prints; good once. */
    redeemTicket: (ticket: string, asked?: RequestOptions) => transport.json<{ readonly token: string }>('POST', '/auth/ticket', { body: { ticket }, options: asked }),
    simulator: simulatorOf(transport),
    /** Loops over what happens under topics, from now on or from after a number; comes back by itself. Over server-sent events: in browsers and Node alike. */
    events: ({ topics, ...asked }: Topics & FeedOptions) => follow(transport, { path: '/events', query: { topics: topics.join(',') }, ends: false }, asked),
    /** The same over a WebSocket, where the platform or the caller has one; the credentials, unless in a cookie, are in its address. */
    socket: (asked: SocketOptions) => followSocket(transport, asked),
  };
}

const pathOf = (plural: string, id: string): string => `/${plural}/${encodeURIComponent(id)}`;

/** What every resource has that can only be looked at and deleted. */
function readable<T>(transport: Transport, plural: string) {
  return {
    list: (query: ListQuery = {}, options?: RequestOptions): List<T> => listOf(transport, `/${plural}`, query, options),
    get: (id: string, options?: RequestOptions) => transport.json<T>('GET', pathOf(plural, id), { options }),
    delete: (id: string, options?: ChangeOptions) => transport.json<T>('DELETE', pathOf(plural, id), { options }),
  };
}

/** What every resource has that can also be made and changed. */
function writable<T, Input>(transport: Transport, plural: string) {
  return {
    ...readable<T>(transport, plural),
    create: (input: Input, options?: PostOptions) => transport.json<T>('POST', `/${plural}`, { body: input, options }),
    /** Changes it; what is left out stays as it is. */
    update: (id: string, input: Input, options?: ChangeOptions) => transport.json<T>('PUT', pathOf(plural, id), { body: input, options }),
  };
}

function flowsOf(transport: Transport) {
  return {
    ...writable<Flow, FlowInput>(transport, 'flows'),
    /** Checks a flow without storing it. */
    validate: (input: FlowInput, options?: RequestOptions) => transport.json<Validation>('POST', '/flows/validate', { body: input, options, repeatable: true }),
    revisions: (id: string, query: ListQuery = {}, options?: RequestOptions): List<Flow> => listOf(transport, `${pathOf('flows', id)}/revisions`, query, options),
    revision: (id: string, revision: number, options?: RequestOptions) => transport.json<Flow>('GET', `${pathOf('flows', id)}/revisions/${revision}`, { options }),
  };
}

function callsOf(transport: Transport) {
  return {
    ...readable<Call>(transport, 'calls'),
    /** Calls each destination. */
    create: (input: CallInput, options?: PostOptions) =>
      transport.json<{ readonly calls: readonly Call[]; readonly groupcalls: readonly unknown[] }>('POST', '/calls', { body: input, options }),
    hangup: (id: string, options?: PostOptions) => transport.json<Call>('POST', `${pathOf('calls', id)}/hangup`, { options, repeatable: true }),
  };
}

/** The doors of the played callers and senders (only where the server has its simulator on). */
function simulatorOf(transport: Transport) {
  const door = (id: string, what: string, body: unknown, options?: PostOptions) => transport.json<Call>('POST', `${pathOf('simulator/calls', id)}/${what}`, { body, options });
  return {
    /** An incoming call, played. */
    call: (input: PlayedCallInput, options?: PostOptions) => transport.json<Call>('POST', '/simulator/calls', { body: input, options }),
    digits: (id: string, digits: string, options?: PostOptions) => door(id, 'digits', { digits }, options),
    /** The prompt that is played ends now; of an action, where one is named. */
    mediaDone: (id: string, { action_id, ...options }: PostOptions & { readonly action_id?: string } = {}) => door(id, 'media_done', { action_id }, options),
    hangup: (id: string, options?: PostOptions) => door(id, 'hangup', {}, options),
    /** The action that the call's run stands on fails. */
    fail: (id: string, action_id: string, options?: PostOptions) => door(id, 'fail', { action_id }, options),
    /** An incoming message, played. */
    message: (input: PlayedMessageInput, options?: PostOptions) => transport.json<Message>('POST', '/simulator/messages', { body: input, options }),
    /** Moves a virtual clock. */
    clock: (input: { readonly advance_ms: number } | { readonly set: string }, options?: PostOptions) => transport.json<{ readonly now: Time }>('POST', '/simulator/clock', { body: input, options }),
  };
}
