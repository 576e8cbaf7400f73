// Dialogs (RFC 3261 §12): what two ends of a call know of one another, and the requests made of it.
import { BlockList, isIP } from 'node:net';
import { cseq, header, headers, tagOf } from './headers.js';
import type { HeaderList, Hop, SipRequest, SipResponse } from './types.js';
import { parseNameAddress, parseUri, printUri, splitAddress } from './uri.js';

/** A dialog. `local` and `remote` are the values of From and To as they stand in requests of ours, tags included. */
export type Dialog = {
  readonly call_id: string;
  readonly local: string;
  readonly local_tag: string;
  readonly remote: string;
  readonly remote_tag: string;
  /** What we are reached by. */
  readonly contact: string;
  readonly route_set: readonly string[];
  /** Where requests go, by URI; what refreshes the target changes it (§12.2). */
  target: string;
  /** The number of our last request; 0: none yet. */
  local_cseq: number;
  /** The number of the last request that came; -1: none yet. */
  remote_cseq: number;
  /** Where the other end was last heard of, or dialled. */
  readonly origin: Hop;
  /** Whether requests go to `origin`, whatever the Contact says: a phone behind a router knows no address that could be reached. */
  readonly direct: boolean;
};

/** What tells dialogs apart (§12). */
export function dialogKey(call_id: string, local_tag: string, remote_tag: string): string {
  return `${call_id}\n${local_tag}\n${remote_tag}`;
}

/** The key of the dialog that a request which came in belongs to. */
export function keyOfRequest(request: SipRequest): string {
  return dialogKey(header(request, 'Call-ID') ?? '', tagOf(request, 'To'), tagOf(request, 'From'));
}

/** The URI of a Contact, as text; undefined where there is none, or more than one, or it is no SIP URI. */
export function contactOf(message: { readonly headers: HeaderList }): string | undefined {
  const values = headers(message, 'Contact');
  const [value] = values;
  if (value === undefined || values.length !== 1) return undefined;
  const address = parseNameAddress(value);
  return address === undefined || address.uri.scheme === 'tel' ? undefined : printUri(address.uri);
}

/** The dialog that an INVITE makes which came in (§12.1.1). */
export function dialogOfRequest(invite: SipRequest, local_tag: string, contact: string, origin: Hop, direct: boolean): Dialog {
  const to = header(invite, 'To') ?? '';
  return {
    call_id: header(invite, 'Call-ID') ?? '',
    local: `${to};tag=${local_tag}`, local_tag,
    remote: header(invite, 'From') ?? '', remote_tag: tagOf(invite, 'From'),
    contact,
    route_set: headers(invite, 'Record-Route'),
    target: contactOf(invite) ?? '',
    local_cseq: 0,
    remote_cseq: cseq(invite)?.number ?? -1,
    origin,
    // With a second Via there is a proxy between: what is told of the way is right.
    direct: headers(invite, 'Via').length === 1 && (direct || isHidden(contactOf(invite), origin)),
  };
}

/** The dialog that a response makes to an INVITE of ours (§12.1.2); undefined where it names none. */
export function dialogOfResponse(invite: SipRequest, response: SipResponse, origin: Hop, direct: boolean): Dialog | undefined {
  const remote_tag = tagOf(response, 'To');
  const target = contactOf(response);
  if (remote_tag === '' || target === undefined) return undefined;
  return {
    call_id: header(invite, 'Call-ID') ?? '',
    local: header(invite, 'From') ?? '', local_tag: tagOf(invite, 'From'),
    remote: header(response, 'To') ?? '', remote_tag,
    contact: header(invite, 'Contact') ?? '',
    route_set: headers(response, 'Record-Route').reverse(),
    target,
    local_cseq: cseq(invite)?.number ?? 0,
    remote_cseq: -1,
    origin,
    direct,
  };
}

/** Takes a request's place in the order of its dialog (§12.2.2); false: it is older than one that came before. */
export function takeCseq(dialog: Dialog, request: SipRequest): boolean {
  const number = cseq(request)?.number ?? -1;
  if (number < dialog.remote_cseq) return false;
  dialog.remote_cseq = number;
  return true;
}

/** What a target refresh request or its 2xx says of where to send from now on (§12.2.1.2, §12.2.2). */
export function refreshTarget(dialog: Dialog, message: { readonly headers: HeaderList }): void {
  dialog.target = contactOf(message) ?? dialog.target;
}

/** A request within a dialog (§12.2.1.1); it takes the next number, except an ACK, which has that of its INVITE. */
export function requestIn(dialog: Dialog, method: string, extra: HeaderList = [], body: Buffer = Buffer.alloc(0), number?: number): SipRequest {
  const sequence = number ?? ++dialog.local_cseq;
  const [first, ...others] = dialog.route_set;
  const strict = first !== undefined && !isLoose(first);
  // A strict router takes its own URI as the request's, and finds ours at the end of the route.
  const uri = strict ? (splitAddress(first)?.uri ?? dialog.target) : dialog.target;
  const route = strict ? [...others, `<${dialog.target}>`] : dialog.route_set;
  return {
    kind: 'request', method, uri,
    headers: [
      ...route.map((value) => ['Route', value] as const),
      ['Max-Forwards', '70'],
      ['From', dialog.local],
      ['To', dialog.remote],
      ['Call-ID', dialog.call_id],
      ['CSeq', `${sequence} ${method}`],
      ...(method === 'INVITE' || method === 'UPDATE' ? [['Contact', dialog.contact] as const] : []),
      ...extra,
    ],
    body,
  };
}

/** The URI whose host the next request of a dialog goes to (§12.2.1.1 with §8.1.2): the first of the route, or the target. */
export function nextHop(dialog: Dialog): string {
  const [first] = dialog.route_set;
  return first === undefined ? dialog.target : (splitAddress(first)?.uri ?? dialog.target);
}

function isLoose(route: string): boolean {
  const uri = parseUri(splitAddress(route)?.uri ?? '');
  return uri !== undefined && 'lr' in uri.parameters;
}

const PRIVATE = new BlockList();
for (const [base, bits] of [['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['100.64.0.0', 10], ['169.254.0.0', 16]] as const) PRIVATE.addSubnet(base, bits, 'ipv4');
const isPrivate = (address: string): boolean => isIP(address) === 4 && PRIVATE.check(address, 'ipv4');

/** Whether a Contact is an address of a private network that the message itself did not come from: nothing sent there arrives. */
function isHidden(contact: string | undefined, { address }: Hop): boolean {
  const host = parseUri(contact ?? '')?.host ?? '';
  return isPrivate(host) && !isPrivate(address);
}
