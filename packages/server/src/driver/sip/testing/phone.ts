// A far end that does what a script says, right or wrong, one message at a time: nothing is sent again and nothing is answered by itself.
import { createSocket } from 'node:dgram';
import { answerChallenge, chooseChallenge } from '../digest.js';
import { cseq, header, headers, tagOf } from '../headers.js';
import { phraseOf } from '../message.js';
import { parseMessage } from '../parse.js';
import { printMessage } from '../print.js';
import type { HeaderList, SipMessage, SipRequest, SipResponse } from '../types.js';
import { splitAddress } from '../uri.js';
import { eventually } from './world.js';

/** What a request of the phone says; everything else has a usual value. */
export type Asked = {
  readonly uri?: string;
  readonly from?: string;
  readonly to?: string;
  readonly call_id?: string;
  readonly cseq?: number;
  readonly branch?: string;
  readonly headers?: HeaderList;
  readonly sdp?: string;
  readonly body?: string;
  /** False: no Contact. */
  readonly contact?: boolean;
};

/** A dialog as the phone knows it. */
export type Line = { readonly call_id: string; readonly local: string; readonly remote: string; readonly target: string; cseq: number; readonly route: readonly string[] };

/** The phone. */
export type Phone = {
  readonly port: number;
  /** Everything that came, retransmissions too. */
  readonly inbox: readonly SipMessage[];
  readonly request: (method: string, asked?: Asked) => SipRequest;
  readonly send: (message: SipMessage) => void;
  /** Sends a request and gives its final response. */
  readonly ask: (method: string, asked?: Asked) => Promise<SipResponse>;
  /** The same, with credentials when it is asked for them. */
  readonly askAs: (user: string, password: string, method: string, asked?: Asked) => Promise<SipResponse>;
  readonly request_of: (method: string) => Promise<SipRequest>;
  readonly response_to: (request: SipRequest, status?: number) => Promise<SipResponse>;
  readonly respond: (request: SipRequest, status: number, more?: { readonly headers?: HeaderList; readonly sdp?: string; readonly tag?: string; readonly contact?: boolean }) => void;
  readonly ack: (invite: SipRequest, response: SipResponse, sdp?: string) => void;
  readonly line: (invite: SipRequest, response: SipResponse) => Line;
  /** The same where the INVITE came in; `tag` is what the phone answered with. */
  readonly line_in: (invite: SipRequest, tag: string) => Line;
  readonly within: (line: Line, method: string, asked?: Asked) => SipRequest;
  /** Resolves once all that was sent before, either way, has arrived: a question comes back behind it. */
  readonly settled: () => Promise<void>;
  readonly count: (match: (message: SipMessage) => boolean) => number;
  readonly close: () => Promise<void>;
};

/** A session description of the phone; whatever is given stands in place of the usual. */
export function sdp({ port = 6_000, address = '127.0.0.1', formats = '0 8 101', direction = 'sendrecv', extra = '', version = 1 } = {}): string {
  return [
    'v=0', `o=phone 1 ${version} IN IP4 127.0.0.1`, 's=-', `c=IN IP4 ${address}`, 't=0 0', `m=audio ${port} RTP/AVP ${formats}`, 'a=rtpmap:101 telephone-event/8000', `a=${direction}`,
    ...(extra === '' ? [] : [extra]), '',
  ].join('\r\n');
}

let numbers = 0;
const fresh = (): string => `p${process.pid}x${++numbers}`;

const bodyOf = ({ sdp: description, body }: { readonly sdp?: string; readonly body?: string }): { readonly body: Buffer; readonly type: HeaderList } =>
  ({ body: Buffer.from(description ?? body ?? ''), type: description === undefined ? [] : [['Content-Type', 'application/sdp']] });

/** What makes the requests of a phone at a port, to `place`. */
export const requestsOf = (port: number, place: () => number, transport = 'UDP') => (method: string, asked: Asked = {}): SipRequest => {
  const { body, type } = bodyOf(asked);
  const from = asked.from ?? '<sip:1000@127.0.0.1>';
  const uri = asked.uri ?? `sip:ivr@127.0.0.1:${place()}`;
  return {
    kind: 'request', method, uri, body,
    headers: [
      ['Via', `SIP/2.0/${transport} 127.0.0.1:${port};branch=${asked.branch ?? `z9hG4bK${fresh()}`};rport`], ['Max-Forwards', '70'],
      ['From', from.includes(';tag=') ? from : `${from};tag=${fresh()}`], ['To', asked.to ?? `<${uri}>`],
      ['Call-ID', asked.call_id ?? fresh()], ['CSeq', `${asked.cseq ?? 1} ${method}`], ...(asked.contact === false ? [] : [['Contact', contactAt(port)] as const]), ...(asked.headers ?? []), ...type,
    ],
  };
};

const contactAt = (port: number): string => `<sip:phone@127.0.0.1:${port}>`;

function ackOf(port: number, invite: SipRequest, answer: SipResponse, description?: string): SipRequest {
  const final = answer.status >= 300;
  const { body, type } = bodyOf(description === undefined ? {} : { sdp: description });
  const via = final ? (header(invite, 'Via') ?? '') : `SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${fresh()};rport`;
  return {
    kind: 'request', method: 'ACK', uri: final ? invite.uri : (splitAddress(header(answer, 'Contact') ?? '')?.uri ?? invite.uri), body,
    headers: [['Via', via], ['Max-Forwards', '70'], ['From', header(invite, 'From') ?? ''], ['To', header(answer, 'To') ?? ''], ['Call-ID', header(invite, 'Call-ID') ?? ''], ['CSeq', `${cseq(invite)?.number} ACK`], ...type],
  };
}

function responseOf(port: number, asked: SipRequest, status: number, more: Parameters<Phone['respond']>[2] = {}): SipResponse {
  const { body, type } = bodyOf(more.sdp === undefined ? {} : { sdp: more.sdp });
  const to = header(asked, 'To') ?? '';
  const copied = asked.headers.filter(([name]) => ['Via', 'From', 'Call-ID', 'CSeq', 'Record-Route'].includes(name));
  return {
    kind: 'response', status, phrase: phraseOf(status), body,
    headers: [...copied, ['To', status === 100 || to.includes(';tag=') ? to : `${to};tag=${more.tag ?? 'answer'}`], ...(more.contact === false ? [] : [['Contact', contactAt(port)] as const]), ...(more.headers ?? []), ...type],
  };
}

/** Opens a phone that talks to a port of this machine, or to whichever there is as it speaks. */
export async function openPhone(to: number | (() => number)): Promise<Phone> {
  const socket = createSocket('udp4');
  const inbox: SipMessage[] = [];
  const taken = new Set<SipMessage>();
  socket.on('message', (data) => {
    const { message } = parseMessage(data);
    if (message !== undefined) inbox.push(message);
  });
  await new Promise<void>((resolve) => { socket.bind(0, '127.0.0.1', () => { resolve(); }); });
  const { port } = socket.address();
  const place = typeof to === 'number' ? () => to : to;
  const request = requestsOf(port, place);
  const send = (message: SipMessage): void => { socket.send(printMessage(message), place(), '127.0.0.1'); };
  const next = async <Message extends SipMessage>(match: (message: SipMessage) => boolean, wanted: string): Promise<Message> => {
    const found = await eventually(() => inbox.find((message) => !taken.has(message) && match(message)), () => `${wanted}; there was ${inbox.map(titleOf).join(', ')}`);
    taken.add(found);
    return found as Message;
  };
  const response_to = (asked: SipRequest, status?: number): Promise<SipResponse> => next<SipResponse>((message) =>
    message.kind === 'response' && header(message, 'Call-ID') === header(asked, 'Call-ID') && header(message, 'CSeq') === header(asked, 'CSeq')
    && (status === undefined ? message.status >= 200 : message.status === status), `${status ?? 'final'} response to ${asked.method}`);
  const ask = (method: string, asked: Asked = {}): Promise<SipResponse> => { const sent = request(method, asked); send(sent); return response_to(sent); };
  const ack: Phone['ack'] = (invite, answer, description) => { send(ackOf(port, invite, answer, description)); };
  return {
    port, inbox, request, send, ask, response_to, ack,
    async askAs(user, password, method, asked = {}) {
      const call_id = asked.call_id ?? fresh();
      const first = request(method, { ...asked, call_id });
      send(first);
      const refused = await response_to(first);
      if (method === 'INVITE' && refused.status >= 300) ack(first, refused);
      if (refused.status !== 401) return refused;
      const again = authorized(first, refused, user, password, { ...asked, call_id }, request);
      send(again);
      return response_to(again);
    },
    request_of: (method) => next<SipRequest>((message) => message.kind === 'request' && message.method === method && ![...taken].some((other) => isSame(message, other)), `request ${method}`),
    respond(asked, status, more) { send(responseOf(port, asked, status, more)); },
    ...LINES,
    within(line, method, asked = {}) {
      const number = asked.cseq ?? (method === 'ACK' ? line.cseq : ++line.cseq);
      return request(method, { uri: line.target, from: line.local, to: line.remote, call_id: line.call_id, ...asked, cseq: number, headers: [...line.route.map((value) => ['Route', value] as const), ...(asked.headers ?? [])] });
    },
    settled: async () => { await ask('OPTIONS'); },
    count: (match) => inbox.filter(match).length,
    close: () => new Promise((resolve) => { socket.close(() => { resolve(); }); }),
  };
}

/** Whether a request is another one, sent again. */
const isSame = (a: SipRequest, b: SipMessage): boolean => b.kind === 'request' && b.method === a.method && header(a, 'Via') === header(b, 'Via');

const LINES: Pick<Phone, 'line' | 'line_in'> = {
  line: (invite, answer) => ({
    call_id: header(invite, 'Call-ID') ?? '', local: header(invite, 'From') ?? '', remote: header(answer, 'To') ?? '',
    target: splitAddress(header(answer, 'Contact') ?? '')?.uri ?? '', cseq: cseq(invite)?.number ?? 1, route: headers(answer, 'Record-Route').reverse(),
  }),
  line_in: (invite, tag) => ({
    call_id: header(invite, 'Call-ID') ?? '', local: `${header(invite, 'To')};tag=${tag}`, remote: header(invite, 'From') ?? '',
    target: splitAddress(header(invite, 'Contact') ?? '')?.uri ?? '', cseq: 100, route: headers(invite, 'Record-Route'),
  }),
};

/** A request once more, with an answer to the challenge; `count` is how often its nonce was used. */
export function authorized(first: SipRequest, refused: SipResponse, username: string, password: string, asked: Asked, make: Phone['request'], count = 1): SipRequest {
  const challenge = chooseChallenge(headers(refused, 'WWW-Authenticate'));
  if (challenge === undefined) throw new Error('there is no challenge to answer');
  const value = answerChallenge(challenge, { username, password, method: first.method, uri: first.uri, body: first.body, cnonce: 'abc', count });
  const from = header(first, 'From') ?? '';
  return make(first.method, { ...asked, from, call_id: header(first, 'Call-ID') ?? '', cseq: (cseq(first)?.number ?? 1) + 1, headers: [...(asked.headers ?? []), ['Authorization', value]] });
}

/** A message in few words, for what a test tells when it hangs. */
export function titleOf(message: SipMessage): string {
  return message.kind === 'request' ? message.method : `${message.status} to ${cseq(message)?.method} (${tagOf(message, 'To') === '' ? 'no' : 'a'} tag)`;
}
