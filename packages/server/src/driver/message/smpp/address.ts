// Numbers and names as SMPP writes them: what kind they are stands beside them (SMPP 3.4 §5.2.5, 5.2.6).
import { Permanent } from '../../errors.js';

/** An address with its type of number and numbering plan. */
export type SmppAddress = { readonly ton: number; readonly npi: number; readonly addr: string };

const [INTERNATIONAL, ALPHANUMERIC] = [1, 5];
const ISDN = 1;
/** Longer numbers do not fit into a PDU. */
const MOST_DIGITS = 20;

/** Whom a message goes to. Throws `Permanent` where that is no number. */
export function destinationOf(target: string): SmppAddress {
  const number = numberOf(target);
  if (!number) throw new Permanent('INVALID_DESTINATION', `${JSON.stringify(target)} is no number that an SMSC can reach`);
  return number;
}

/** Who sends: a number, or a name of 1 to 11 letters. Throws `Permanent` where it is neither; `''` leaves it to the SMSC. */
export function sourceOf(source: string): SmppAddress {
  if (source === '') return { ton: 0, npi: 0, addr: '' };
  const number = numberOf(source);
  if (number) return number;
  if (/^[\x20-\x7e]{1,11}$/.test(source)) return { ton: ALPHANUMERIC, npi: 0, addr: source };
  throw new Permanent('INVALID_SOURCE', `${JSON.stringify(source)} is neither a number nor a name of at most 11 letters`);
}

/** A number without its ornaments; undefined where it is none. */
function numberOf(target: string): SmppAddress | undefined {
  const bare = target.trim().replace(/^tel:/i, '').replaceAll(/[\s().-]/g, '');
  const [, plus = '', digits] = /^(\+?)([0-9*#]+)$/.exec(bare) ?? [];
  if (digits === undefined || digits.length > MOST_DIGITS) return undefined;
  return { ton: plus === '+' ? INTERNATIONAL : 0, npi: ISDN, addr: digits };
}

/** An address that came in, as ours are written: with its `+` where it is international. */
export const textOfAddress = ({ ton, addr }: Pick<SmppAddress, 'ton' | 'addr'>): string => (ton === INTERNATIONAL && /^\d/.test(addr) ? `+${addr}` : addr);
