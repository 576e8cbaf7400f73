// Messages (wire.md §6): list, read, send, delete.
import { Type } from 'typebox';
import { address, deriveId, type AddressInput } from '@activeflow/engine';
import { ApiError } from '../problem.js';
import type { Document } from '../store/store.js';
import { AddressBody, MessageAnswer } from './answers.js';
import { carry } from './carry.js';
import type { Parts } from './parts.js';
import { showInstant, showTimes, textOf } from './present.js';
import { documentRoutes, type Resource } from './resource.js';
import { route, type Call, type Route } from './route.js';

const SendBody = Type.Object({ source: Type.Optional(AddressBody), destinations: Type.Optional(Type.Array(AddressBody)), text: Type.Optional(Type.String({ description: 'at most 10,000 characters' })) });
type SendInput = { readonly source?: AddressInput; readonly destinations?: readonly AddressInput[]; readonly text?: string };

const MOST = { destinations: 100, characters: 10_000 } as const;

const RESOURCE: Resource = { kind: 'message', plural: 'messages', noun: 'message', missing: 'MESSAGE_NOT_FOUND', answer: MessageAnswer, show: (document) => showMessage(document), told_deleted: 'message_deleted' };

/** The routes of messages. */
export function messageRoutes(parts: Parts): readonly Route[] {
  const [list, get, remove] = documentRoutes(parts, RESOURCE) as readonly [Route, Route, Route];
  const send = route({
    method: 'POST', path: '/messages', operation: 'sendMessage', tag: 'messages', summary: 'Send a text message. It is sent by an activeflow of one action.',
    body: SendBody, answer: MessageAnswer, reasons: ['INVALID_JSON_BODY', 'INVALID_ARGUMENT', 'MISSING_REQUEST_PARAMETER', 'STATE_INVALID'],
    handle: (call) => sendMessage(parts, call),
  });
  return [list, send, get, remove];
}

async function sendMessage(parts: Parts, call: Call<SendInput>) {
  const { body: { source = {}, destinations = [], text = '' }, identity: { customer_id } } = call;
  const missing = destinations.length === 0 ? 'destinations' : text === '' ? 'text' : undefined;
  if (missing) throw new ApiError('MISSING_REQUEST_PARAMETER', `/${missing}: is needed`, { details: [{ pointer: `/${missing}`, reason: 'MISSING_REQUEST_PARAMETER', message: 'is needed' }] });
  if (destinations.length > MOST.destinations || text.length > MOST.characters) throw new ApiError('INVALID_ARGUMENT', `at most ${MOST.destinations} destinations and ${MOST.characters} characters`);
  // The text goes by a variable: what looks like a placeholder in it stays as it is.
  const { activeflow_id, effect_id, send } = carry(parts, call, 'POST /messages', { type: 'message_send', option: { source, destinations, text: '${text}' }, variables: { text }, by: parts.messages });
  const at = parts.clock.now();
  // Whoever drives messages names the one that an effect sends after the effect.
  const answer = showMessage({
    kind: 'message', id: deriveId(activeflow_id, `${effect_id}/message`), customer_id, parent: activeflow_id, key: null, version: 1, tm_create: at, tm_update: null, tm_delete: null,
    data: { source: address(source), direction: 'outbound', text, activeflow_id, targets: destinations.map((destination) => ({ destination: address(destination), status: 'queued', parts: 0, tm_update: at })) },
  });
  await send(answer);
  return answer;
}

type Target = { readonly destination: AddressInput; readonly status: string; readonly parts: number; readonly provider?: string; readonly detail?: string; readonly tm_update: number };

/** A message as the wire shows it. */
export function showMessage(message: Document) {
  const { data } = message;
  const targets = (data['targets'] as readonly Target[] | undefined) ?? [];
  return {
    id: message.id, customer_id: message.customer_id, type: 'sms', activeflow_id: textOf(data, 'activeflow_id'), source: address(data['source'] as AddressInput),
    targets: targets.map(({ destination, status, parts, provider = '', detail = '', tm_update }) => ({ destination: address(destination), status, parts, provider, detail, tm_update: showInstant(tm_update) })),
    text: textOf(data, 'text'), direction: textOf(data, 'direction'), ...showTimes(message),
  };
}
