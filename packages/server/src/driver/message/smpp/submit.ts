// One message on its way to the SMSC, part by part. What is surely not taken is tried again; what may have been taken never is.
import { Permanent, Retryable } from '../../errors.js';
import type { Ears, Outgoing, Submitted } from '../provider.js';
import { cut, MOST_PARTS } from '../text/cut.js';
import { placeHeader } from '../text/header.js';
import { destinationOf, sourceOf, type SmppAddress } from './address.js';
import type { Ids } from './ids.js';
import type { Link } from './link.js';
import type { Pace } from './pace.js';
import { textOf, type Field, type Pdu } from './pdu.js';
import { errorOf, nameOf, verdictOf } from './status.js';

/** What is submitted with. */
export type SubmitParts = {
  readonly link: Link;
  readonly pace: Pace;
  readonly ids: () => Ids;
  readonly ears: Ears;
  /** Who sends where a message does not say. */
  readonly source: string;
  /** How long a part may wait for a connection and its turn. */
  readonly wait_ms: number;
};

/** What became of one part. */
type PartOutcome = { readonly id: string } | { readonly error: Retryable | Permanent } | { readonly uncertain: string };

/** A message is given back after so long, whatever is left of it. */
const LONGEST_MS = 45_000;
const UDH_INDICATOR = 0x40;
const UCS2 = 8;
/** A receipt of how it ended is wanted. */
const REGISTERED = 1;

/** Submits a message. See `MessageProvider.submit`. */
export async function submitMessage(parts: SubmitParts, message: Outgoing, signal: AbortSignal): Promise<Submitted> {
  const [source, destination] = [sourceOf(message.source || parts.source), destinationOf(message.destination)];
  const pdus = pdusOf(message, source, destination);
  const provider_ids = [...message.taken];
  const until = performance.now() + LONGEST_MS;
  for (let i = message.taken.length; i < pdus.length; i++) {
    const outcome = performance.now() > until ? { error: new Retryable('it takes too long') } : await submitPart(parts, pdus[i] ?? {}, { message, is_last: i === pdus.length - 1 }, signal);
    if ('id' in outcome) provider_ids.push(outcome.id);
    else if ('uncertain' in outcome) return { outcome: 'uncertain', provider_ids, parts: pdus.length, detail: outcome.uncertain };
    else if (provider_ids.length === 0) throw outcome.error;
    else return { outcome: 'partial', provider_ids, parts: pdus.length, error: outcome.error };
  }
  return { outcome: 'sent', provider_ids, parts: pdus.length };
}

type Fields = Readonly<Record<string, Field>>;

function pdusOf({ text, reference }: Outgoing, source: SmppAddress, destination: SmppAddress): readonly Fields[] {
  const { alphabet, parts } = cut(text);
  if (parts.length > MOST_PARTS) throw new Permanent('MESSAGE_TOO_LONG', `it would be ${parts.length} parts, and ${MOST_PARTS} can be numbered`);
  // The same at every try, so that the parts of two tries make one message.
  const number = octetOf(reference);
  return parts.map((octets, i) => ({
    source_addr_ton: source.ton, source_addr_npi: source.npi, source_addr: source.addr,
    dest_addr_ton: destination.ton, dest_addr_npi: destination.npi, destination_addr: destination.addr,
    esm_class: parts.length > 1 ? UDH_INDICATOR : 0, registered_delivery: REGISTERED, data_coding: alphabet === 'ucs2' ? UCS2 : 0,
    short_message: parts.length > 1 ? Buffer.concat([placeHeader({ reference: number, parts: parts.length, part: i + 1 }), octets]) : octets,
  }));
}

/** Eight bits of a text, well mixed (FNV-1a). */
function octetOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & 0xff;
}

async function submitPart(parts: SubmitParts, fields: Fields, about: { readonly message: Outgoing; readonly is_last: boolean }, signal: AbortSignal): Promise<PartOutcome> {
  const { link, pace, wait_ms } = parts;
  const until = performance.now() + wait_ms;
  for (;;) {
    const left_ms = Math.max(0, until - performance.now());
    if (!(await pace.turn(left_ms, signal))) return { error: new Retryable('the SMSC takes no more for now', 1_000, 'SMPP_BUSY') };
    try {
      const session = await link.ready(Math.max(0, until - performance.now()), signal);
      if (!session) return { error: new Retryable(`not bound: ${link.detail()}`, undefined, 'SMPP_NOT_BOUND') };
      const answer = await session.request('submit_sm', fields, (pdu) => { tellLate(parts, about, fields, pdu); });
      if (answer.was === 'lost') return { uncertain: answer.detail };
      // It never left: the next connection may take it.
      if (answer.was === 'unsent') continue;
      const { status } = answer.pdu;
      const verdict = verdictOf(status);
      if (verdict === 'taken') {
        pace.taken();
        return { id: takenId(parts, about.message, fields, answer.pdu) };
      }
      const pause_ms = verdict === 'full' ? pace.full() : undefined;
      if (pause_ms === undefined || performance.now() + pause_ms > until) return { error: errorOf(status, pause_ms) };
    } finally {
      pace.back();
    }
  }
}

const takenId = ({ ids }: SubmitParts, { reference, destination }: Outgoing, fields: Fields, pdu: Pdu): string => {
  const raw = textOf(pdu, 'message_id');
  return raw === '' ? '' : ids().taken(raw, { destination, reference, source: String(fields['source_addr'] ?? '') });
};

/** An answer to what was given up already: what was uncertain is known now, unless parts of it were never sent. */
function tellLate(parts: SubmitParts, { message, is_last }: { readonly message: Outgoing; readonly is_last: boolean }, fields: Fields, pdu: Pdu): void {
  const { status } = pdu;
  const id = status === 0 ? takenId(parts, message, fields, pdu) : '';
  if (status === 0 && !is_last) return;
  const said = status === 0 ? { status: 'sent', detail: '' } as const : { status: 'rejected', detail: `late: ${nameOf(status)}` } as const;
  // A loss of it leaves it uncertain, as it was.
  void parts.ears.onReceipt({ reference: message.reference, provider_id: id, ...said }).catch(() => undefined);
}
