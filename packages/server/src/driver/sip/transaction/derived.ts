// The requests that a client transaction makes of its INVITE by itself: ACK of a refusal, and CANCEL (RFC 3261 §9.1, §17.1.1.3).
import { header } from '../headers.js';
import type { HeaderList, SipRequest, SipResponse } from '../types.js';

const NOTHING = Buffer.alloc(0);

/** The ACK of a final response that is no 2xx: the INVITE's branch, the response's To. */
export function ackOf(invite: SipRequest, response: SipResponse): SipRequest {
  return derived(invite, 'ACK', header(response, 'To') ?? '');
}

/** The CANCEL of an INVITE: its branch, its To, and why. */
export function cancelOf(invite: SipRequest, reason = ''): SipRequest {
  const cancel = derived(invite, 'CANCEL', header(invite, 'To') ?? '');
  return reason === '' ? cancel : { ...cancel, headers: [...cancel.headers, ['Reason', reason]] };
}

function derived(invite: SipRequest, method: string, to: string): SipRequest {
  const via = invite.headers.find(([name]) => name === 'Via');
  const kept = invite.headers.filter(([name]) => name === 'From' || name === 'Call-ID' || name === 'Max-Forwards' || name === 'Route');
  const cseq = (header(invite, 'CSeq') ?? '').replace(/\S+$/, method);
  const headers: HeaderList = [...(via === undefined ? [] : [via]), ...kept, ['To', to], ['CSeq', cseq]];
  return { kind: 'request', method, uri: invite.uri, headers, body: NOTHING };
}
