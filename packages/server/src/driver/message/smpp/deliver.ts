// What an SMSC brings: messages, parts of messages, receipts. Each is acknowledged after it is committed, and no sooner.
import { randomUUID } from 'node:crypto';
import type { Log } from '../../../log.js';
import type { Ears } from '../provider.js';
import { codingOf, decode } from '../text/decode.js';
import { placeOf, takeHeader, type Place } from '../text/header.js';
import { textOfAddress } from './address.js';
import type { Ids } from './ids.js';
import type { PartShelf, Whole } from './parts.js';
import { numberOf, octetsOf, textOf, type Pdu } from './pdu.js';
import { isReceipt, readReceipt } from './receipt.js';
import type { Reply } from './session.js';

/** Whom deliveries go to. */
export type DeliverParts = { readonly ears: Ears; readonly shelf: PartShelf; readonly ids: () => Ids; readonly log: Log };

/** Takes what is delivered. */
export type Deliveries = {
  /** Rejects where it could not be kept: the SMSC is to deliver it again. */
  readonly take: (pdu: Pdu) => Promise<Reply>;
  /** A connection has ended: what was acknowledged last may not have been heard. */
  readonly cut: () => void;
};

const TAKEN: Reply = { status: 0 };
/** ESME_RMSGQFUL. */
const FULL: Reply = { status: 0x14 };
const UDH_INDICATOR = 0x40;
/** Deliveries being dealt with at once; an SMSC that sends more is told to wait. */
const AT_MOST = 2_000;
/** How long before a cut an acknowledgement may have got lost, and for how long after it a repetition is expected. */
const [DOUBTFUL_MS, REPEATED_MS] = [15_000, 600_000];

/** Makes it. */
export function createDeliveries({ ears, shelf, ids, log }: DeliverParts): Deliveries {
  const doubts = createDoubts();
  const queues = new Map<string, Promise<unknown>>();
  let under_way = 0;

  const receipt = async (pdu: Pdu): Promise<Reply> => {
    const read = readReceipt(pdu);
    const about = textOf(pdu, 'source_addr');
    if (!read || read.id === '') log.warn({ about }, 'smpp: a receipt that names no message');
    else await ears.onReceipt({ reference: '', provider_id: ids().named(read.id, about), status: read.status, detail: read.detail });
    return TAKEN;
  };
  const whole = async ({ id, ...message }: Whole): Promise<void> => { await ears.onMessage({ ...message, provider_id: id }); };
  const message = async (pdu: Pdu): Promise<Reply> => {
    const { octets, place } = contentOf(pdu);
    const stretch = { octets, coding: codingOf(numberOf(pdu, 'data_coding')) };
    const [source, destination] = [addressOf(pdu, 'source'), addressOf(pdu, 'dest')];
    if (place) {
      await shelf.put({ source, destination, place, stretch }, whole);
      return TAKEN;
    }
    const key = `${source}\0${destination}\0${stretch.coding}\0${octets.toString('base64')}`;
    const id = doubts.idOf(key);
    await ears.onMessage({ provider_id: id, source, destination, text: decode([stretch]) });
    doubts.acknowledged(key);
    return TAKEN;
  };
  return {
    cut() { doubts.cut(); },
    async take(pdu) {
      if (under_way >= AT_MOST) return FULL;
      under_way += 1;
      // One phone's messages in the order in which they came; one message's receipts, too.
      const queue = isReceipt(pdu) ? `${textOf(pdu, 'receipted_message_id')}/${textOf(pdu, 'source_addr')}` : `${textOf(pdu, 'source_addr')}>${textOf(pdu, 'destination_addr')}`;
      // A receipt may stand right behind the answer that has its id: whoever waited for that one goes first.
      const turn = (queues.get(queue) ?? new Promise((resolve) => { setImmediate(resolve); })).then(() => (isReceipt(pdu) ? receipt(pdu) : message(pdu)));
      const settled = turn.catch((error: unknown) => { log.error({ err: error instanceof Error ? error.message : String(error) }, 'smpp: a delivery could not be kept'); });
      queues.set(queue, settled);
      try {
        return await turn;
      } finally {
        under_way -= 1;
        if (queues.get(queue) === settled) queues.delete(queue);
      }
    },
  };
}

function addressOf(pdu: Pdu, side: 'source' | 'dest'): string {
  const addr = textOf(pdu, side === 'source' ? 'source_addr' : 'destination_addr');
  return textOfAddress({ ton: numberOf(pdu, `${side}_addr_ton`), addr });
}

/** The octets of the text, and where they belong. */
function contentOf(pdu: Pdu): { readonly octets: Buffer; readonly place: Place | undefined } {
  const short = octetsOf(pdu, 'short_message');
  const octets = short.length > 0 ? short : octetsOf(pdu, 'message_payload');
  if ((numberOf(pdu, 'esm_class') & UDH_INDICATOR) !== 0) return takeHeader(octets);
  return { octets, place: placeOf(numberOf(pdu, 'sar_msg_ref_num'), numberOf(pdu, 'sar_total_segments'), numberOf(pdu, 'sar_segment_seqnum')) };
}

/** Names for messages that have none: the same for one that comes again because its acknowledgement was lost, another for one that merely says the same. */
function createDoubts() {
  type Doubt = { readonly id: string; readonly at: number; acknowledged: boolean; doubted: boolean };
  const recent = new Map<string, Doubt>();
  const forget = (now: number): void => {
    for (const [key, { at }] of recent) {
      if (now - at < REPEATED_MS) return;
      recent.delete(key);
    }
  };
  return {
    idOf(key: string): string {
      const now = performance.now();
      forget(now);
      const before = recent.get(key);
      if (before && (before.doubted || !before.acknowledged)) {
        before.doubted = false;
        return before.id;
      }
      const id = randomUUID();
      // Behind the others, so that they are in the order of their time.
      recent.delete(key);
      recent.set(key, { id, at: now, acknowledged: false, doubted: false });
      return id;
    },
    acknowledged(key: string): void {
      const doubt = recent.get(key);
      if (doubt) doubt.acknowledged = true;
    },
    cut(): void {
      const now = performance.now();
      for (const doubt of recent.values()) if (now - doubt.at < DOUBTFUL_MS) doubt.doubted = true;
    },
  };
}
