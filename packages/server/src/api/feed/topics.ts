// Topics (wire.md §7): what they look like, and who may listen to them.
import { isUuid } from '@activeflow/engine';

/** The resources that are told of, with the types of their events. */
export const EVENT_TYPES = {
  activeflow: ['activeflow_created', 'activeflow_updated', 'activeflow_deleted'],
  call: ['call_created', 'call_dialing', 'call_ringing', 'call_progressing', 'call_terminating', 'call_canceling', 'call_hangup', 'call_deleted'],
  message: ['message_created', 'message_updated', 'message_deleted'],
  recording: ['recording_started', 'recording_finished'],
} as const;

/** A topic that can be listened to: as the index knows it, and whether it names an event type, which decides what a frame looks like. */
export type Topic = { readonly text: string; readonly event_topic: boolean };
/** What is wrong with a topic: it cannot be read, or it is another customer's. */
export type TopicFault = { readonly fault: 'malformed' | 'forbidden'; readonly message: string };

/** The longest topic there is: a customer, a resource, an event type, an id. */
const LONGEST = 160;

/**
 * Reads a topic of a customer: `customer_id:<uuid>[:<resource>[:<id>]]`, `customer_id:<uuid>:<resource>:<event_type>[:<id>]`, or the older
 * `<resource>[:<id>]`, which means the customer's own.
 */
export function readTopic(text: unknown, customer_id: string): Topic | TopicFault {
  if (typeof text !== 'string' || text.length > LONGEST) return malformed(text, 'is no topic');
  const parts = text.split(':');
  if (parts[0] !== 'customer_id') return parts.length > 2 ? malformed(text, 'an older topic is <resource>[:<id>]') : ofResource(text, customer_id, parts);
  const [, customer = '', ...rest] = parts;
  if (!isUuid(customer)) return malformed(text, 'customer_id is followed by a UUID');
  if (customer.toLowerCase() !== customer_id) return { fault: 'forbidden', message: `${text}: another customer's` };
  return rest.length === 0 ? { text: customer_id, event_topic: false } : ofResource(text, customer_id, rest);
}

function ofResource(text: string, customer_id: string, [resource = '', name, id, ...more]: readonly string[]): Topic | TopicFault {
  const types: readonly string[] | undefined = Object.hasOwn(EVENT_TYPES, resource) ? EVENT_TYPES[resource as keyof typeof EVENT_TYPES] : undefined;
  if (!types) return malformed(text, `the resources are ${Object.keys(EVENT_TYPES).join(', ')}`);
  if (more.length > 0) return malformed(text, 'has more parts than a topic has');
  const kind = `${customer_id}:${resource}`;
  if (name === undefined) return { text: kind, event_topic: false };
  if (isUuid(name)) return id === undefined ? { text: `${kind}:${name.toLowerCase()}`, event_topic: false } : malformed(text, 'nothing follows an id');
  if (!types.includes(name)) return malformed(text, `"${name}" is neither an id nor one of ${types.join(', ')}`);
  if (id === undefined) return { text: `${kind}:${name}`, event_topic: true };
  return isUuid(id) ? { text: `${kind}:${name}:${id.toLowerCase()}`, event_topic: true } : malformed(text, `"${id}" is no id`);
}

const malformed = (text: unknown, why: string): TopicFault => ({ fault: 'malformed', message: `${String(typeof text === 'string' ? text : JSON.stringify(text)).slice(0, LONGEST)}: ${why}` });
