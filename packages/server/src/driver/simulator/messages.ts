// Played messages: what a flow sends is delivered at once, and what comes in starts a flow. Documents of kind `message`.
import { address, addressVariables, deriveId, NONE_ID, type Address, type AddressInput, type Instant, type State } from '@activeflow/engine';
import type { Performed } from '../driver.js';
import type { Document, DocumentWrite, StoredEffect } from '../../store/store.js';
import { newDocument, type Room } from './call.js';
import { choose, type Refusal, type Runnable } from './run.js';
import { slipOf, SPENT, type Receipt } from '../slip.js';

/** An incoming message to be played. `number` is what it was sent to, where no destination is given. */
export type MessageAsked = Runnable & {
  readonly customer_id: string;
  readonly source?: AddressInput;
  readonly destination?: AddressInput;
  readonly number?: string;
  readonly text: string;
};

/** The data of a message's document (wire.md §6); instants in microseconds. */
export type MessageData = {
  readonly source: Address; readonly direction: 'inbound' | 'outbound'; readonly text: string; readonly activeflow_id: string;
  readonly targets: readonly Target[];
};

type Target = { readonly destination: Address; readonly status: 'delivered' | 'received'; readonly parts: number; readonly tm_update: Instant };

/** A message comes in: its document and its activeflow, with reference type `sms`, are one commit. */
export async function receiveMessage(room: Room, asked: MessageAsked, receipt?: Receipt): Promise<{ readonly message: Document; readonly activeflow: State } | Refusal> {
  const { host, newId } = room;
  const [id, activeflow_id] = [newId(), newId()];
  const chosen = await choose(room, asked.customer_id, asked, `${activeflow_id}:0`);
  if ('refused' in chosen) return chosen;
  const { run: { flow_id, flow_revision, list_id, on_complete_flow_id }, lists } = chosen;
  const [source, destination] = [address(asked.source), address(asked.destination ?? { target: asked.number ?? '' })];
  const data = { source, direction: 'inbound', text: asked.text, activeflow_id, destinations: [destination], status: 'received' } as const;
  const message = written(host.clock.now(), id, asked.customer_id, data);
  const slip = slipOf(room, receipt);
  const activeflow = await host.start({
    id: activeflow_id, customer_id: asked.customer_id, name: '', flow_id, flow_revision, list_id,
    reference: { type: 'sms', id, activeflow_id: NONE_ID },
    configuration: { on_complete_flow_id, webhook_uri: '', webhook_method: '' },
    variables: {
      'voipbin.message.id': id, 'voipbin.message.text': asked.text,
      ...addressVariables('voipbin.message.source', source), ...addressVariables('voipbin.message.destination', destination),
    },
  }, { by: 'message', ref: id }, slip.with(message, { lists }));
  if (activeflow === undefined && await slip.isSpent()) return SPENT;
  if (activeflow === undefined) throw new Error(`the new id ${id} is taken`);
  return { message, activeflow };
}

/** Performs `message.send`: a document whose targets have all been reached. A repetition writes no other. */
export async function performMessage(room: Room, { id: effect_id, activeflow_id, customer_id, payload }: StoredEffect): Promise<Performed> {
  const { source, destinations, text } = payload as { source: Address; destinations: readonly Address[]; text: string };
  const id = deriveId(activeflow_id, `${effect_id}/message`);
  const done = { ok: true, data: { message_id: id, played: true } } as const;
  // Refused where an earlier attempt has written it.
  const data = { source, direction: 'outbound', text, activeflow_id, destinations, status: 'delivered' } as const;
  await room.host.write({ documents: [written(room.host.clock.now(), id, customer_id, data)] });
  return { done };
}

/** Performs `email.send` and `conversation.send`: nothing leaves. */
export const performNothing = async (): Promise<Performed> => ({ done: { ok: true, data: { played: true } } });

type Written = Omit<MessageData, 'targets'> & { readonly destinations: readonly Address[]; readonly status: Target['status'] };

function written(now: Instant, id: string, customer_id: string, { status, destinations, ...data }: Written): DocumentWrite {
  const parts = partsOf(data.text);
  const targets = destinations.map((destination) => ({ destination, status, parts, tm_update: now }));
  return { ...newDocument('message', { id, customer_id, parent: data.activeflow_id }, now, { ...data, targets }), told: 'message_created' };
}

/** Of how many short messages a text is made: 160 characters in one or 153 in each of several, 70 and 67 beyond ASCII (3GPP TS 23.038, 23.040). */
function partsOf(text: string): number {
  // eslint-disable-next-line no-control-regex -- ASCII as a whole is meant
  const [one, several] = /^[\u0000-\u007f]*$/.test(text) ? [160, 153] : [70, 67];
  return text.length <= one ? 1 : Math.ceil(text.length / several);
}
