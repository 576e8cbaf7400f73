// What an SMSC answers, as the two errors that a provider throws (SMPP 3.4 §5.1.3).
import { Permanent, Retryable } from '../../errors.js';

/** What an answer means for what was asked. `full`: not now, and not so fast. `again`: not now. `never`: not at all. */
export type Verdict = 'taken' | 'full' | 'again' | 'never';

const NAMES: Readonly<Record<number, string>> = {
  0x01: 'RINVMSGLEN', 0x02: 'RINVCMDLEN', 0x03: 'RINVCMDID', 0x04: 'RINVBNDSTS', 0x05: 'RALYBND', 0x06: 'RINVPRTFLG', 0x07: 'RINVREGDLVFLG', 0x08: 'RSYSERR', 0x0a: 'RINVSRCADR',
  0x0b: 'RINVDSTADR', 0x0c: 'RINVMSGID', 0x0d: 'RBINDFAIL', 0x0e: 'RINVPASWD', 0x0f: 'RINVSYSID', 0x14: 'RMSGQFUL', 0x15: 'RINVSERTYP', 0x43: 'RINVESMCLASS', 0x45: 'RSUBMITFAIL',
  0x48: 'RINVSRCTON', 0x49: 'RINVSRCNPI', 0x50: 'RINVDSTTON', 0x51: 'RINVDSTNPI', 0x53: 'RINVSYSTYP', 0x58: 'RTHROTTLED', 0x61: 'RINVSCHED', 0x62: 'RINVEXPIRY', 0x64: 'RX_T_APPN',
  0x65: 'RX_P_APPN', 0x66: 'RX_R_APPN', 0x67: 'RQUERYFAIL', 0xc0: 'RINVOPTPARSTREAM', 0xc1: 'ROPTPARNOTALLWD', 0xc2: 'RINVPARLEN', 0xc3: 'RMISSINGOPTPARAM', 0xc4: 'RINVOPTPARAMVAL',
  0xfe: 'RDELIVERYFAILURE', 0xff: 'RUNKNOWNERR',
};
const FULL = new Set([0x14, 0x58]);
// The SMSC's own trouble, or our bind's; the message is as good as it was.
const AGAIN = new Set([0x04, 0x08, 0x0d, 0x45, 0x64, 0xfe, 0xff]);

/** How an answer is to be taken. */
export const verdictOf = (status: number): Verdict => (status === 0 ? 'taken' : FULL.has(status) ? 'full' : AGAIN.has(status) ? 'again' : 'never');

/** The name of a status, as `ESME_RTHROTTLED`; of an SMSC's own, its number. */
export const nameOf = (status: number): string => (NAMES[status] === undefined ? `0x${status.toString(16).padStart(8, '0')}` : `ESME_${NAMES[status]}`);

/** An answer that is not `taken`, as an error. `retry_after_ms`: what the SMSC needs, where that is known. */
export function errorOf(status: number, retry_after_ms?: number): Retryable | Permanent {
  const reason = NAMES[status] === undefined ? `SMPP_${status.toString(16).toUpperCase()}` : `SMPP_${NAMES[status].replace(/^R_?/, '')}`;
  const message = `the SMSC answered ${nameOf(status)}`;
  return verdictOf(status) === 'never' ? new Permanent(reason, message) : new Retryable(message, retry_after_ms, reason);
}
