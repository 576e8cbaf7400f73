// Which transaction a message belongs to (RFC 3261 §17.1.3, §17.2.3).
import { cseq, header, tagOf } from '../headers.js';
import { MAGIC, type Via } from '../via.js';
import type { SipMessage, SipRequest } from '../types.js';

/** The key of a client transaction: our branch and the method, since a CANCEL has the branch of its INVITE. */
export function clientKey(branch: string, method: string): string {
  return `${branch} ${method}`;
}

/** The key of the client transaction that a response answers. */
export function responseKey(response: SipMessage, via: Via): string {
  return clientKey(via.parameters['branch'] ?? '', cseq(response)?.method ?? '');
}

/**
 * The key of the server transaction that a request belongs to, as if its method were `method`: the INVITE's for its ACK and its CANCEL. `via` is
 * the top Via as it came. Without the magic cookie, or with nothing behind it, the rules of RFC 2543 hold; the To tag stays out, for the ACK has one
 * that its INVITE had not.
 */
export function serverKey(request: SipRequest, via: Via, method: string): string {
  const branch = via.parameters['branch'] ?? '';
  const sent = `${via.host}:${via.port ?? ''}`;
  if (branch.startsWith(MAGIC) && branch.length > MAGIC.length) return `${branch} ${sent} ${method}`;
  return ['2543', request.uri, tagOf(request, 'From'), header(request, 'Call-ID') ?? '', cseq(request)?.number ?? '', sent, branch, method].join(' ');
}

/** What copies of one request that came by several ways share (§8.2.2.2). */
export function mergeKey(request: SipRequest): string {
  return `${tagOf(request, 'From')} ${header(request, 'Call-ID') ?? ''} ${header(request, 'CSeq') ?? ''}`;
}
