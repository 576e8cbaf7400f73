// Receipts of carriers: which message they are about, also where they come before we have written that it was taken.
import { deriveId, NONE_ID, type Instant } from '@activeflow/engine';
import type { Room } from '../call-document.js';
import type { Document, DocumentWrite } from '../../store/store.js';
import { messageOf, nextMessage, readReference, type Message } from './document.js';
import type { DeliveryReceipt } from './provider.js';
import { told } from './target.js';

/** Which part a carrier's id names; or what it said of an id that nobody here knew yet. */
type ReceiptData = { readonly message_id: string; readonly ordinal: number; readonly early: Pick<DeliveryReceipt, 'status' | 'detail'> | null };

const receiptId = (provider: string, provider_id: string): string => deriveId(NONE_ID, `${provider}/${provider_id}`);

/** A carrier's id, as it is to be remembered with the message that has it, and what was said of it before. */
export type Remembered = { readonly document: DocumentWrite; readonly early: ReceiptData['early']; readonly provider_id: string };

/** Remembers the carrier's ids of a target. */
export async function remember({ host }: Room, provider: string, provider_ids: readonly string[], of: { readonly message: Message; readonly ordinal: number }): Promise<readonly Remembered[]> {
  return Promise.all(provider_ids.map(async (provider_id) => {
    const id = receiptId(provider, provider_id);
    const found = await host.document('message_receipt', id);
    const data: ReceiptData = { message_id: of.message.id, ordinal: of.ordinal, early: null };
    return { provider_id, early: (found?.data as ReceiptData | undefined)?.early ?? null, document: receiptDocument(found, id, of.message.customer_id, data, host.clock.now()) };
  }));
}

const receiptDocument = (found: Document | undefined, id: string, customer_id: string, data: ReceiptData, now: Instant): DocumentWrite => (found
  ? { ...found, customer_id, version: found.version + 1, tm_update: now, data }
  : { kind: 'message_receipt', id, customer_id, parent: '', key: null, version: 1, tm_create: now, tm_update: null, tm_delete: null, data });

/** Writes what a carrier told. One for nobody is kept, for it may be early. */
export async function takeReceipt(room: Room, provider: string, receipt: DeliveryReceipt): Promise<void> {
  const { host } = room;
  for (;;) {
    const about = readReference(receipt.reference) ?? await lookUp(room, provider, receipt);
    if (about === 'kept') return;
    const message = about && messageOf(await host.document('message', about.message_id));
    const target = about && message?.data.targets[about.ordinal];
    // A carrier speaks of its own messages only.
    if (!about || !message || !target || target.provider !== provider) return;
    const now = host.clock.now();
    const next = told(target, receipt, now);
    if (next === target) return;
    const targets = message.data.targets.with(about.ordinal, next);
    if (await host.write({ documents: [nextMessage(message, { ...message.data, targets }, now)] })) return;
  }
}

/** By the carrier's own id. Undefined where somebody else wrote about it just now: look again. */
async function lookUp({ host }: Room, provider: string, { provider_id, status, detail }: DeliveryReceipt): Promise<Pick<ReceiptData, 'message_id' | 'ordinal'> | 'kept' | undefined> {
  if (provider_id === '') return 'kept';
  for (;;) {
    const id = receiptId(provider, provider_id);
    const found = await host.document('message_receipt', id);
    const data = found?.data as ReceiptData | undefined;
    if (data && data.message_id !== NONE_ID) return data;
    // Where two come before we know of it, the later one says more.
    const early: ReceiptData = { message_id: NONE_ID, ordinal: 0, early: { status, detail: detail.slice(0, 200) } };
    if (await host.write({ documents: [receiptDocument(found, id, found?.customer_id ?? NONE_ID, early, host.clock.now())] })) return 'kept';
  }
}
