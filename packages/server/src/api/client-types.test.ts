// The client's types are written by hand: here they are held against the schemas of the answers, name by name and type by type.
import type {
  AccessKey, Action, ActionList, Activeflow, Call, Contact, Customer, EffectEntry, Extension, Flow, FullWebhookDelivery, HistoryEntry, Log, Login, Me, Message, PhoneNumber, Queue, Recording, Stack, Trunk, Validation,
  WebhookDelivery, WebhookSecret,
} from '@activeflow/client';
import type { Static, TSchema } from 'typebox';
import { describe, expect, test } from 'vitest';
import {
  AccesskeyAnswer, CALL_STATUS, CallAnswer, CustomerAnswer, DeliveryAnswer, FullDeliveryAnswer, HANGUP_REASONS, LoginAnswer, MeAnswer, MessageAnswer, NumberAnswer, RecordingAnswer,
  WebhookSecretAnswer,
} from './answers.js';
import { ContactAnswer, ExtensionAnswer, QueueAnswer, TrunkAnswer } from './answers-phones.js';
import { ActionAnswer, ActiveflowAnswer, FlowAnswer, HistoryEntry as HistoryAnswer, ListAnswer, LogAnswer, StackAnswer, Validation as ValidationAnswer } from './schemas.js';

type Deep<T> = T extends object ? { readonly [K in keyof T]: Deep<T[K]> } : T;

/** Compiles where the client's type T fits the schema S, and every name of T is given. */
const fits = <T extends Deep<Static<S>>, S extends TSchema>(schema: S, names: Record<keyof T, true>) => ({ schema: schema as unknown as { properties: object }, names });

const times = { tm_create: true, tm_update: true, tm_delete: true } as const;
const owned = { id: true, customer_id: true, ...times } as const;

const DELIVERY = {
  ...owned, type: true, status: true, activeflow_id: true, resource_id: true, receiver: true, webhook_uri: true, webhook_method: true, attempts: true, last_status: true,
  last_error: true, tm_next: true,
} as const;

const TYPES = {
  Action: fits<Action, typeof ActionAnswer>(ActionAnswer, { id: true, next_id: true, type: true, option: true, tm_execute: true }),
  Flow: fits<Flow, typeof FlowAnswer>(FlowAnswer, { ...owned, type: true, name: true, detail: true, actions: true, on_complete_flow_id: true, revision: true }),
  Validation: fits<Validation, typeof ValidationAnswer>(ValidationAnswer, { valid: true, errors: true, warnings: true }),
  Activeflow: fits<Activeflow, typeof ActiveflowAnswer>(ActiveflowAnswer, {
    ...owned, name: true, flow_id: true, flow_revision: true, status: true, paused: true, reference_type: true, reference_id: true, reference_activeflow_id: true,
    on_complete_flow_id: true, webhook_uri: true, webhook_method: true, current_action: true, forward_action_id: true, executed_actions: true, pending_actions: true,
    waiting_for: true, end_reason: true, end_detail: true, version: true,
  }),
  HistoryEntry: fits<HistoryEntry, typeof HistoryAnswer>(HistoryAnswer, {
    number: true, kind: true, step: true, frame_id: true, action: true, began: true, ended: true, result: true, cause: true, variables: true, error: true, detail: true, effects: true,
  }),
  EffectEntry: fits<EffectEntry, typeof HistoryAnswer.properties.effects.items>(HistoryAnswer.properties.effects.items, {
    id: true, kind: true, status: true, attempt: true, result: true, error: true, tm_create: true, tm_update: true,
  }),
  Log: fits<Log, typeof LogAnswer>(LogAnswer, { events: true, result: true }),
  ActionList: fits<ActionList, typeof ListAnswer>(ListAnswer, { id: true, actions: true }),
  Stack: fits<Stack, typeof StackAnswer>(StackAnswer, { frames: true, cursor: true, current_action: true, forward_action_id: true, pending_actions: true, limits: true }),
  Call: fits<Call, typeof CallAnswer>(CallAnswer, {
    ...owned, flow_id: true, activeflow_id: true, source: true, destination: true, status: true, direction: true, action: true, hangup_by: true, hangup_reason: true,
    recording_ids: true, tm_ringing: true, tm_progressing: true, tm_hangup: true,
  }),
  Message: fits<Message, typeof MessageAnswer>(MessageAnswer, { ...owned, type: true, activeflow_id: true, source: true, targets: true, text: true, direction: true }),
  PhoneNumber: fits<PhoneNumber, typeof NumberAnswer>(NumberAnswer, { ...owned, number: true, type: true, name: true, detail: true, call_flow_id: true, message_flow_id: true, message_policy: true, message_keywords: true, message_answers: true }),
  Recording: fits<Recording, typeof RecordingAnswer>(RecordingAnswer, {
    ...owned, activeflow_id: true, reference_type: true, reference_id: true, status: true, format: true, recording_name: true, filenames: true, tm_start: true, tm_end: true,
  }),
  Contact: fits<Contact, typeof ContactAnswer>(ContactAnswer, { uri: true, transport: true, address: true, user_agent: true, tm_expire: true }),
  Extension: fits<Extension, typeof ExtensionAnswer>(ExtensionAnswer, { ...owned, name: true, detail: true, extension: true, password: true, domain_name: true, registered_contacts: true }),
  Trunk: fits<Trunk, typeof TrunkAnswer>(TrunkAnswer, { ...owned, name: true, detail: true, uri: true, username: true, allowed_addresses: true, register: true, prefixes: true }),
  Queue: fits<Queue, typeof QueueAnswer>(QueueAnswer, {
    ...owned, name: true, detail: true, wait_flow_id: true, agents: true, routing: true, timeout_wait_ms: true, timeout_service_ms: true, ring_timeout_ms: true,
  }),
  AccessKey: fits<AccessKey, typeof AccesskeyAnswer>(AccesskeyAnswer, { ...owned, name: true, detail: true, token: true, token_prefix: true, tm_expire: true }),
  Customer: fits<Customer, typeof CustomerAnswer>(CustomerAnswer, { id: true, ...times, name: true, detail: true, username: true, webhook_uri: true, webhook_method: true, tm_webhook_off: true }),
  WebhookSecret: fits<WebhookSecret, typeof WebhookSecretAnswer>(WebhookSecretAnswer, { webhook_secret: true, tm_old_expire: true }),
  WebhookDelivery: fits<WebhookDelivery, typeof DeliveryAnswer>(DeliveryAnswer, DELIVERY),
  FullWebhookDelivery: fits<FullWebhookDelivery, typeof FullDeliveryAnswer>(FullDeliveryAnswer, { ...DELIVERY, body: true }),
  Me: fits<Me, typeof MeAnswer>(MeAnswer, { customer_id: true, kind: true, username: true, accesskey_id: true, name: true, detail: true }),
  Login: fits<Login, typeof LoginAnswer>(LoginAnswer, { username: true, token: true }),
};

describe('the types of the client', () => {
  test.each(Object.entries(TYPES))('%s has the names of its schema', (_, { schema, names }) => {
    expect(Object.keys(names).sort()).toEqual(Object.keys(schema.properties).sort());
  });

  test('a call stands where the schema says, and ends for its reasons', () => {
    const status: Record<Call['status'], true> = { dialing: true, ringing: true, progressing: true, terminating: true, canceling: true, hangup: true };
    const reasons: Record<Call['hangup_reason'], true> = { '': true, normal: true, failed: true, busy: true, cancel: true, timeout: true, noanswer: true, dialout: true, amd: true };
    expect(Object.keys(status).sort()).toEqual([...CALL_STATUS].sort());
    expect(Object.keys(reasons).sort()).toEqual([...HANGUP_REASONS].sort());
  });
});
