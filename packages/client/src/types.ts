// What answers look like, and what requests take: the wire as types. `packages/server/src/api/client-types.test.ts` compares them with the server's schemas.
import type { Address, AddressInput, BuiltAction, EndReason, Event, ReferenceType } from '@activeflow/engine';

export type { Address, AddressInput, BuiltAction, EndReason, ReferenceType } from '@activeflow/engine';

/** A time: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC; `9999-01-01 00:00:00.000000` where it has not come. */
export type Time = string;
type Times = { readonly tm_create: Time; readonly tm_update: Time; readonly tm_delete: Time };
type Owned = { readonly id: string; readonly customer_id: string };

/** An action as answers show it. */
export type Action = { readonly id: string; readonly next_id: string; readonly type: string; readonly option: Readonly<Record<string, unknown>>; readonly tm_execute: string };
/** An action as requests write it; what the engine's builder makes is one. */
export type ActionInput = { readonly id?: string; readonly next_id?: string; readonly type: string; readonly option?: Readonly<Record<string, unknown>> } | BuiltAction;

/** A flow, at one revision. */
export type Flow = Owned & {
  readonly type: string; readonly name: string; readonly detail: string; readonly actions: readonly Action[]; readonly on_complete_flow_id: string; readonly revision: number;
} & Times;
/** What a flow is made of; in an update, what is left out stays as it is. */
export type FlowInput = { readonly name?: string; readonly detail?: string; readonly actions?: readonly ActionInput[]; readonly on_complete_flow_id?: string };

/** What is wrong with a request, and where: a JSON pointer into its body. */
export type Problem = { readonly pointer: string; readonly reason: string; readonly message: string };
/** What `flows.validate` answers. */
export type Validation = { readonly valid: boolean; readonly errors: readonly Problem[]; readonly warnings: readonly Problem[] };

/** What would move an activeflow, and when it moves by itself. */
export type WaitingFor = { readonly kind: string; readonly action_id: string; readonly until: Time };

/** An activeflow: a flow that runs, or has run. */
export type Activeflow = Owned & {
  readonly name: string; readonly flow_id: string; readonly flow_revision: number; readonly status: '' | 'running' | 'ended'; readonly paused: boolean;
  readonly reference_type: ReferenceType; readonly reference_id: string; readonly reference_activeflow_id: string;
  readonly on_complete_flow_id: string; readonly webhook_uri: string; readonly webhook_method: string;
  readonly current_action: Action; readonly forward_action_id: string; readonly executed_actions: readonly Action[]; readonly pending_actions: readonly Action[];
  readonly waiting_for: WaitingFor | null; readonly end_reason: EndReason; readonly end_detail: string; readonly version: number;
} & Times;

/** What to start: a flow, or actions. */
export type ActiveflowInput = ({ readonly flow_id: string } | { readonly actions: readonly ActionInput[] }) & {
  readonly id?: string; readonly name?: string; readonly variables?: Readonly<Record<string, string>>; readonly webhook_uri?: string; readonly webhook_method?: string;
  readonly on_complete_flow_id?: string;
};
/** What can be changed while it runs. */
export type ActiveflowConfiguration = { readonly on_complete_flow_id?: string; readonly webhook_uri?: string; readonly webhook_method?: string };

/** Something a step asked of the outside. */
export type EffectEntry = {
  readonly id: string; readonly kind: string; readonly status: string; readonly attempt: number; readonly result: unknown; readonly error: string; readonly tm_create: Time; readonly tm_update: Time;
};
/** One entry of a history: a step, or what was done to the activeflow. */
export type HistoryEntry = {
  readonly number: number; readonly kind: string; readonly step: number; readonly frame_id: string; readonly action: Action | null; readonly began: Time; readonly ended: Time;
  readonly result: string; readonly cause: { readonly by: string; readonly ref: string }; readonly variables: Readonly<Record<string, string | null>>;
  readonly error: { readonly reason: string; readonly message: string } | null; readonly detail: string; readonly effects: readonly EffectEntry[];
};

/** A page of a log: events as the engine wrote them, oldest first, which the engine's `fold` makes a state of; `events` is how many there are by now. */
export type Log = { readonly events: number; readonly result: readonly Event[] };
/** A list of actions that a frame of an activeflow runs, as written. */
export type ActionList = { readonly id: string; readonly actions: readonly Action[] };

/** Where an activeflow stands, frame by frame, and how much of each limit it has used. */
export type Stack = {
  readonly frames: readonly {
    readonly id: string; readonly actions: readonly Action[]; readonly return_frame_id: string; readonly return_action_id: string; readonly gotos: Readonly<Record<string, number>>;
  }[];
  readonly cursor: { readonly frame_id: string; readonly action_id: string }; readonly current_action: Action; readonly forward_action_id: string;
  readonly pending_actions: readonly Action[]; readonly limits: Readonly<Record<string, { readonly used: number; readonly limit: number }>>;
};

/** A call. */
export type Call = Owned & {
  readonly flow_id: string; readonly activeflow_id: string; readonly source: Address; readonly destination: Address;
  readonly status: 'dialing' | 'ringing' | 'progressing' | 'terminating' | 'canceling' | 'hangup'; readonly direction: 'incoming' | 'outgoing'; readonly action: Action;
  readonly hangup_by: '' | 'local' | 'remote'; readonly hangup_reason: '' | 'normal' | 'failed' | 'busy' | 'cancel' | 'timeout' | 'noanswer' | 'dialout' | 'amd'; readonly recording_ids: readonly string[];
  readonly tm_ringing: Time; readonly tm_progressing: Time; readonly tm_hangup: Time;
} & Times;
/** Calls to make: one for each destination, each with an activeflow of its own. */
export type CallInput = {
  readonly source?: AddressInput; readonly destinations: readonly AddressInput[]; readonly flow_id?: string; readonly actions?: readonly ActionInput[];
  readonly variables?: Readonly<Record<string, string>>;
};

/** A text message. */
export type Message = Owned & {
  readonly type: string; readonly source: Address; readonly text: string; readonly direction: 'inbound' | 'outbound'; readonly activeflow_id: string;
  readonly targets: readonly { readonly destination: Address; readonly status: string; readonly parts: number; readonly provider: string; readonly detail: string; readonly tm_update: Time }[];
} & Times;
/** A text message to send. */
export type MessageInput = { readonly source?: AddressInput; readonly destinations: readonly AddressInput[]; readonly text: string };

/** A number, and the flows that calls and messages to it start. */
export type PhoneNumber = Owned & {
  readonly number: string; readonly type: string; readonly name: string; readonly detail: string; readonly call_flow_id: string; readonly message_flow_id: string;
  readonly message_policy: string; readonly message_keywords: boolean; readonly message_answers: MessageAnswers;
} & Times;
/** What is answered to STOP, START and HELP; an empty text: nothing. */
export type MessageAnswers = { readonly stop: string; readonly start: string; readonly help: string };
/** What a number is made of; in an update, what is left out stays as it is. */
export type PhoneNumberInput = {
  readonly number?: string; readonly type?: string; readonly name?: string; readonly detail?: string; readonly call_flow_id?: string; readonly message_flow_id?: string;
  readonly message_policy?: 'wake' | 'start' | 'replace'; readonly message_keywords?: boolean; readonly message_answers?: Partial<MessageAnswers>;
};

/** A recording of a call. */
export type Recording = Owned & {
  readonly activeflow_id: string; readonly reference_type: string; readonly reference_id: string; readonly status: string; readonly format: string;
  readonly recording_name: string; readonly filenames: readonly string[]; readonly tm_start: Time; readonly tm_end: Time;
} & Times;

/** A phone that is registered. */
export type Contact = { readonly uri: string; readonly transport: string; readonly address: string; readonly user_agent: string; readonly tm_expire: Time };
/** An extension: phones that register under one name. Its password is there once, in the answer to `extensions.create`, where the server made it. */
export type Extension = Owned & {
  readonly name: string; readonly detail: string; readonly extension: string; readonly password: string; readonly domain_name: string; readonly registered_contacts: readonly Contact[];
} & Times;
/** What an extension is made of; in an update, what is left out stays as it is, and `extension` cannot be changed. */
export type ExtensionInput = { readonly extension?: string; readonly name?: string; readonly detail?: string; readonly password?: string };

/** A provider that brings calls of the public network and takes ours. */
export type Trunk = Owned & {
  readonly name: string; readonly detail: string; readonly uri: string; readonly username: string; readonly allowed_addresses: readonly string[]; readonly register: boolean;
  readonly prefixes: readonly string[];
} & Times;
/** What a trunk is made of; in an update, what is left out stays as it is. The password is never shown. */
export type TrunkInput = {
  readonly name?: string; readonly detail?: string; readonly uri?: string; readonly username?: string; readonly password?: string; readonly allowed_addresses?: readonly string[];
  readonly register?: boolean; readonly prefixes?: readonly string[];
};

/** A queue: callers wait in it for the first agent that is free. */
export type Queue = Owned & {
  readonly name: string; readonly detail: string; readonly wait_flow_id: string; readonly agents: readonly Address[]; readonly routing: 'longest_idle';
  readonly timeout_wait_ms: number; readonly timeout_service_ms: number; readonly ring_timeout_ms: number;
} & Times;
/** What a queue is made of; in an update, what is left out stays as it is. */
export type QueueInput = {
  readonly name?: string; readonly detail?: string; readonly wait_flow_id?: string; readonly agents?: readonly AddressInput[]; readonly routing?: 'longest_idle';
  readonly timeout_wait_ms?: number; readonly timeout_service_ms?: number; readonly ring_timeout_ms?: number;
};

/** An access key. Its token is there once, in the answer to `accesskeys.create`. */
export type AccessKey = Owned & { readonly name: string; readonly detail: string; readonly token: string; readonly token_prefix: string; readonly tm_expire: Time } & Times;
/** What an access key is made of; without an end it is good for ever. */
export type AccessKeyInput = { readonly name?: string; readonly detail?: string; readonly expire?: number; readonly tm_expire?: string };

/** The customer that the credentials belong to. */
export type Customer = {
  readonly id: string; readonly name: string; readonly detail: string; readonly username: string; readonly webhook_uri: string; readonly webhook_method: string;
  /** When the receiver of webhooks answered 410, which switched them off until `webhook_uri` is set again. */
  readonly tm_webhook_off: Time;
} & Times;
/** What of it can be changed. The secret signs webhooks, and is never shown. */
export type CustomerInput = { readonly name?: string; readonly detail?: string; readonly webhook_uri?: string; readonly webhook_method?: string; readonly webhook_secret?: string };
/** A new secret for webhooks, shown once; the one before signs beside it until `tm_old_expire`. */
export type WebhookSecret = { readonly webhook_secret: string; readonly tm_old_expire: Time };
/** Where a webhook delivery stands: `failed` will not be tried again, `dead` was tried often enough. */
export type WebhookDeliveryStatus = 'pending' | 'performing' | 'done' | 'failed' | 'dead';
/** A webhook delivery. Its id is its `webhook-id`. */
export type WebhookDelivery = {
  readonly id: string; readonly customer_id: string; readonly type: string; readonly status: WebhookDeliveryStatus; readonly activeflow_id: string; readonly resource_id: string;
  /** Whose webhook it is for. */
  readonly receiver: 'customer' | 'activeflow';
  readonly webhook_uri: string; readonly webhook_method: string; readonly attempts: number;
  /** The HTTP status that the last try was answered with; 0 for none. */
  readonly last_status: number; readonly last_error: string; readonly tm_next: Time;
} & Times;
/** The same with what it says; null where what it tells of is gone. */
export type FullWebhookDelivery = WebhookDelivery & { readonly body: unknown };
/** Who the credentials are. */
export type Me = {
  readonly customer_id: string; readonly kind: 'accesskey' | 'token'; readonly username: string; readonly accesskey_id: string; readonly name: string; readonly detail: string;
};
/** What a login gives: a token, good for seven days. */
export type Login = { readonly username: string; readonly token: string };

/** A caller to play: at a flow, a number, or actions. `auto_play: false` has prompts last until `mediaDone`. */
export type PlayedCallInput = ({ readonly flow_id: string } | { readonly number: string } | { readonly actions: readonly ActionInput[] }) & {
  readonly source?: AddressInput; readonly destination?: AddressInput; readonly auto_play?: boolean; readonly machine?: boolean; readonly variables?: Readonly<Record<string, string>>;
};
/** A sender to play. */
export type PlayedMessageInput = ({ readonly flow_id: string } | { readonly number: string } | { readonly actions: readonly ActionInput[] }) & { readonly source?: AddressInput; readonly text: string };
