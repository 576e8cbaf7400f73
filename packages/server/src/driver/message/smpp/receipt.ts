// A receipt, as SMSCs write them: optional parameters where they are sent, else the text of SMPP 3.4's appendix B.
import type { ReceiptStatus } from '../provider.js';
import { hasField, numberOf, octetsOf, textOf, type Pdu } from './pdu.js';

/** What a receipt says. `id`: the SMSC's id as it wrote it, `''` where it names none. */
export type ReadReceipt = { readonly id: string; readonly status: ReceiptStatus; readonly detail: string };

const STATES: readonly ReceiptStatus[] = ['sent', 'sent', 'delivered', 'expired', 'failed', 'undelivered', 'sent', 'failed', 'rejected', 'failed'];
/** The words of the text, of which some SMSCs write more letters than seven. */
const WORDS: readonly (readonly [beginning: string, ReceiptStatus])[] = [
  ['DELIV', 'delivered'], ['EXPIR', 'expired'], ['DELET', 'failed'], ['UNDEL', 'undelivered'], ['ACCEP', 'sent'], ['UNKNO', 'failed'], ['REJEC', 'rejected'], ['ENROU', 'sent'],
  ['SCHED', 'sent'], ['SKIPP', 'failed'], ['BUFFE', 'sent'], ['FAILE', 'failed'],
];

/** True where a PDU brings a receipt and no message. */
export function isReceipt(pdu: Pdu): boolean {
  const kind = numberOf(pdu, 'esm_class') & 0x3c;
  return kind === 0x04 || kind === 0x20 || (kind === 0 && hasField(pdu, 'receipted_message_id') && hasField(pdu, 'message_state'));
}

/** Reads it; undefined where it says nothing of how the message is. */
export function readReceipt(pdu: Pdu): ReadReceipt | undefined {
  const short = octetsOf(pdu, 'short_message');
  const text = (short.length > 0 ? short : octetsOf(pdu, 'message_payload')).toString('latin1');
  const word = (/\bstat:\s*([a-z]+)/i.exec(text)?.[1] ?? '').toUpperCase();
  const status = hasField(pdu, 'message_state') ? STATES[numberOf(pdu, 'message_state')] : WORDS.find(([beginning]) => word.startsWith(beginning))?.[1];
  const id = textOf(pdu, 'receipted_message_id').replace(/\0.*$/s, '').trim() || (/\bid: ?(?!sub:|dlvrd:|stat:)(\S+)/i.exec(text)?.[1] ?? '');
  const error = /\berr:\s*(\S+)/i.exec(text)?.[1] ?? '';
  if (status === undefined) return undefined;
  return { id, status, detail: ['delivered', 'sent'].includes(status) ? '' : [word, /^0*$/.test(error) ? '' : `error ${error}`].filter((part) => part !== '').join(', ') };
}

/** The state that an answer to `query_sm` names. */
export const stateOf = (message_state: number): ReceiptStatus | undefined => STATES[message_state];
