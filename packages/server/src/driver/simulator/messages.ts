// Played messages: what a flow sends is delivered at once, and what comes in starts a flow. Documents of kind `message`.
import { address, addressVariables, deriveId, NONE_ID, type Address, type AddressInput, type State } from '@activeflow/engine';
import type { Performed } from '../driver.js';
import type { Document, DocumentWrite, StoredEffect } from '../../store/store.js';
import type { Room } from './call.js';
import { choose, type Refusal, type Runnable } from './run.js';

/** An incoming message to be played. `number` is what it was sent to, where no destination is given. */
export type MessageAsked = Runnable & {
  readonly customer_id: string; readonly source?: AddressInput; readonly destination?: AddressInput; readonly number?: string; readonly text: string;
};

/** The data of a message's document (wire.md §6); instants in microseconds. */
export type MessageData = {
  readonly source: Address; readonly direction: 'inbound' | 'outbound'; readonly text: string; readonly activeflow_id: string;
  readonly targets: readonly { readonly destination: Address; readonly status: 'delivered' | 'received'; readonly parts: number; readonly tm_update: number }[];
};

/** A message comes in: its document and its activeflow, with reference type `sms`, are one commit. */
export async function receiveMessage(room: Room, asked: MessageAsked): Promise<{ readonly message: Document; readonly activeflow: State } | Refusal> {
  const { host, newId } = room;
  const [id, activeflow_id] = [newId(), newId()];
  const chosen = await choose(room, asked.customer_id, asked, `${activeflow_id}:0`);
  if ('refused' in chosen) return chosen;
  const { run: { flow_id, flow_revision, list_id, on_complete_flow_id }, lists } = chosen;
  const [source, destination] = [address(asked.source), address(asked.destination ?? { target: asked.number ?? '' })];
  const message = written(room, id, asked.customer_id, { source, direction: 'inbound', text: asked.text, activeflow_id }, [destination], 'received');
  const activeflow = await host.start({
    id: activeflow_id, customer_id: asked.customer_id, name: '', flow_id, flow_revision, list_id,
    reference: { type: 'sms', id, activeflow_id: NONE_ID },
    configuration: { on_complete_flow_id, webhook_uri: '', webhook_method: '' },
    variables: {
      'voipbin.message.id': id, 'voipbin.message.text': asked.text,
      ...addressVariables('voipbin.message.source', source), ...addressVariables('voipbin.message.destination', destination),
    },
  }, { by: 'message', ref: id }, { documents: [message], lists });
  if (activeflow === undefined) throw new Error(`the new id ${id} is taken`);
  return { message, activeflow };
}

/** Performs `message.send`: a document whose targets have all been reached. A repetition writes no other. */
export async function performMessage(room: Room, { id: effect_id, activeflow_id, customer_id, payload }: StoredEffect): Promise<Performed> {
  const { source, destinations, text } = payload as { source: Address; destinations: readonly Address[]; text: string };
  const id = deriveId(activeflow_id, `${effect_id}/message`);
  const done = { ok: true, data: { message_id: id, played: true } } as const;
  // Refused where an earlier attempt has written it.
  await room.host.write({ documents: [written(room, id, customer_id, { source, direction: 'outbound', text, activeflow_id }, destinations, 'delivered')] });
  return { done };
}

/** Performs `email.send` and `conversation.send`: nothing leaves. */
export const performNothing = async (): Promise<Performed> => ({ done: { ok: true, data: { played: true } } });

function written({ host }: Room, id: string, customer_id: string, data: Omit<MessageData, 'targets'>, destinations: readonly Address[], status: 'delivered' | 'received'): DocumentWrite {
  const now = host.clock.now();
  const parts = partsOf(data.text);
  const targets = destinations.map((destination) => ({ destination, status, parts, tm_update: now }));
  return { kind: 'message', id, customer_id, parent: data.activeflow_id, key: null, version: 1, tm_create: now, tm_update: null, tm_delete: null, data: { ...data, targets } };
}

/** Of how many short messages a text is made: 160 characters in one or 153 in each of several, 70 and 67 beyond ASCII (3GPP TS 23.038, 23.040). */
function partsOf(text: string): number {
  // eslint-disable-next-line no-control-regex -- ASCII as a whole is meant
  const [one, several] = /^[\u0000-\u007f]*$/.test(text) ? [160, 153] : [70, 67];
  return text.length <= one ? 1 : Math.ceil(text.length / several);
}
