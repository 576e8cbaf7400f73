// One INVITE of a call that goes out, and its answers (RFC 3261 §8.1.3, §13.2.2; PRACK: RFC 3262 §4). Pure bookkeeping and messages: what wins is uac.ts's.
import type { Originate } from '../legs.js';
import { requestIn, type Dialog } from './dialog.js';
import { cseq, header, tagOf, words } from './headers.js';
import { askInterval } from './interval.js';
import type { Target } from './route.js';
import { contactFor } from './session.js';
import { SDP_TYPE } from './session-media.js';
import { hostAndPort } from './trunk-client.js';
import type { ClientTransaction, HeaderList, Hop, SipRequest, SipResponse } from './types.js';
import { about, send, token, type Session, type Ua } from './ua.js';
import { parseUri, printNameAddress } from './uri.js';
import { hostOf } from './via.js';

/** A dialog that a response of a branch made; a proxy on the way may make several. */
export type Forked = { readonly dialog: Dialog; rseq: number; ack: SipRequest | undefined };

/** One far end that is being dialled. */
export type Branch = {
  readonly target: Target;
  readonly call_id: string;
  readonly from: string;
  readonly to: string;
  /** What a trunk is told of the caller besides (RFC 3323, RFC 3325). */
  readonly identity: HeaderList;
  readonly hops: readonly Hop[];
  place: number;
  cseq: number;
  tries: number;
  /** `calling` until its final response; `left`: nobody wants its answer any more. */
  state: 'calling' | 'left' | 'over';
  transaction: ClientTransaction | undefined;
  /** By To tag. */
  readonly forks: Map<string, Forked>;
};

/** A branch that has not been dialled yet. */
export function newBranch(ua: Ua, target: Target, hops: readonly Hop[], asked: Originate): Branch {
  const ours = hostOf(ua.transactions.contact(hops[0]?.transport ?? 'udp').address);
  const host = target.trunk === undefined ? ours : hostAndPort(target.trunk.uri);
  return {
    target, hops, ...callerOf(target, asked, host), call_id: `${token()}@${ours}`, to: `<${target.uri}>`,
    place: 0, cseq: 0, tries: 0, state: 'calling', transaction: undefined, forks: new Map(),
  };
}

function callerOf({ trunk }: Target, { source, anonymous }: Originate, host: string): Pick<Branch, 'from' | 'identity'> {
  const user = source.target.replace(/^sips?:/i, '').split('@', 1)[0] ?? '';
  // A trunk knows numbers: whoever has none calls by the trunk's own name.
  const shown = trunk !== undefined && source.type !== 'tel' ? trunk.username : user;
  const uri = parseUri(`sip:${encodeURIComponent(shown).replaceAll('%2B', '+') || 'unknown'}@${host}`);
  if (uri === undefined || anonymous) {
    // RFC 3323 §4.1.1.3; who it is, a trunk is told all the same, and bound to keep to itself (RFC 3325 §9.3).
    const asserted = uri === undefined || trunk === undefined ? [] : [['P-Asserted-Identity', printNameAddress({ display: '', uri, parameters: {} })] as const];
    return { from: `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=${token()}`, identity: [['Privacy', 'id'], ...asserted] };
  }
  const display = (source.target_name || source.name).replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, '').slice(0, 64);
  return { from: printNameAddress({ display, uri, parameters: { tag: token() } }), identity: [] };
}

/** The next INVITE of a branch: the first one, or again with credentials, another interval, at another place. */
export function inviteOf(ua: Ua, session: Session, branch: Branch, hop: Hop, body: Buffer): SipRequest {
  const { target } = branch;
  branch.cseq++;
  return {
    kind: 'request', method: 'INVITE', uri: target.uri,
    headers: [
      ...target.route.map((value) => ['Route', value] as const),
      ['Max-Forwards', '70'], ['From', branch.from], ['To', branch.to], ['Call-ID', branch.call_id], ['CSeq', `${branch.cseq} INVITE`],
      ['Contact', contactFor(ua, hop)], ...about(ua, session).slice(1), ...askInterval(session), ...branch.identity,
      ...target.answers.headers('INVITE', target.uri, body), ...SDP_TYPE,
    ],
    body,
  };
}

/** The ACK of a 2xx (§13.2.2.4): the number of its INVITE, and the same credentials (§22.1). */
export function ackOf(dialog: Dialog, invite: SipRequest): SipRequest {
  const credentials = invite.headers.filter(([name]) => name === 'Authorization' || name === 'Proxy-Authorization');
  return requestIn(dialog, 'ACK', credentials, undefined, cseq(invite)?.number ?? 1);
}

/** Whether a provisional response is one to be heard: not a repetition, nor one out of order (RFC 3262 §4). One that is to be is acknowledged. */
export function hear(ua: Ua, session: Session, fork: Forked | undefined, invite: SipRequest, response: SipResponse): boolean {
  if (!words(response, 'Require').includes('100rel')) return true;
  const rseq = Number(header(response, 'RSeq') ?? Number.NaN);
  if (fork === undefined || !Number.isInteger(rseq)) return false;
  if (fork.rseq !== -1 && rseq !== fork.rseq + 1) return false;
  fork.rseq = rseq;
  const prack = (): void => {
    const answers = session.answers.headers('PRACK', fork.dialog.target, NOTHING);
    send(ua, fork.dialog, requestIn(fork.dialog, 'PRACK', [['RAck', `${rseq} ${header(invite, 'CSeq') ?? ''}`], ...answers]), {
      onResponse(answer) { if (answer.status >= 300 && session.answers.learn(answer)) prack(); },
      onFailure: () => undefined,
    });
  };
  prack();
  return true;
}

const NOTHING = Buffer.alloc(0);

/** The fork that a response belongs to, if it made one before. */
export function forkOf(branch: Branch, response: SipResponse): Forked | undefined {
  return branch.forks.get(tagOf(response, 'To'));
}
