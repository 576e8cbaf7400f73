// A phone for tests that does what phones do: it registers, dials, is rung, presses keys and hangs up. Real SIP and real RTP over the loopback, of its own
// making: it shares with what it calls nothing but how a message is written.
import { openPhone as openSound, type Phone as Sound } from '../../../media/testing/phone.js';
import { cseq, header } from '../../sip/headers.js';
import { authorized, openPhone, sdp, type Line, type Phone } from '../../sip/testing/phone.js';
import type { SipMessage, SipRequest } from '../../sip/types.js';

/** What a phone does when it is rung. */
export type Manner = 'answers' | 'busy' | 'silent';

/** A phone. */
export type Softphone = {
  readonly register: () => Promise<void>;
  /** Dials; resolves once it is being dialled. */
  readonly dial: (target: string) => Promise<void>;
  /** Resolves once the call that it dialled is answered. */
  readonly answered: Promise<void>;
  readonly press: (digits: string) => Promise<void>;
  /** Ends the call that it is in, or takes back the one that it dials. */
  readonly hangUp: () => void;
  readonly sound: Sound;
  readonly close: () => Promise<void>;
};

const KEYS = '0123456789*#ABCD';
const LOOK_MS = 5;

/** What the phone knows of the call that it is in, or dials. */
type State = { line: Line | undefined; dialled: SipRequest | undefined };

/** Opens the phone of a user at the server that listens at `place` now. */
export async function openSoftphone(user: string, password: string, place: () => number, manner: Manner = 'answers'): Promise<Softphone> {
  const [phone, sound] = [await openPhone(place), await openSound()];
  const description = sdp({ port: sound.port });
  const state: State = { line: undefined, dialled: undefined };
  let up = (): void => undefined;
  const answered = new Promise<void>((resolve) => { up = resolve; });
  const listenTo = (message: SipMessage): void => { sound.to = Number(/m=audio (\d+)/.exec(message.body.toString())?.[1] ?? sound.to); };
  const asked = answering(phone, state, manner, description, listenTo);
  const take = (message: SipMessage): void => {
    const { dialled } = state;
    if (message.kind === 'request') {
      if (message.method !== 'ACK') asked(message);
    } else if (dialled && message.status >= 200 && cseq(message)?.method === 'INVITE' && cseq(message)?.number === cseq(dialled)?.number) {
      phone.ack(dialled, message);
      if (message.status > 299) return;
      listenTo(message);
      state.line ??= phone.line(dialled, message);
      up();
    }
  };
  let taken = 0;
  const timer = setInterval(() => { while (taken < phone.inbox.length) take(phone.inbox[taken++] as SipMessage); }, LOOK_MS);
  const from = `<sip:${user}@127.0.0.1>`;

  return {
    sound, answered,
    async register() {
      const { status } = await phone.askAs(user, password, 'REGISTER', { uri: 'sip:127.0.0.1', from, to: from });
      if (status !== 200) throw new Error(`${user} was not registered: ${status}`);
    },
    async dial(target) {
      const invite = { uri: `sip:${target}@127.0.0.1`, from, sdp: description };
      const first = phone.request('INVITE', invite);
      phone.send(first);
      const refused = await phone.response_to(first);
      phone.ack(first, refused);
      state.dialled = authorized(first, refused, user, password, invite, phone.request);
      phone.send(state.dialled);
    },
    async press(digits) {
      await answered;
      for (const digit of digits) await sound.press(KEYS.indexOf(digit));
    },
    hangUp() {
      if (state.line) phone.send(phone.within(state.line, 'BYE'));
      else if (state.dialled) phone.send(cancelOf(phone, state.dialled));
      state.line = undefined;
    },
    async close() {
      clearInterval(timer);
      sound.close();
      await phone.close();
    },
  };
}

/** What the phone does about requests; one that comes again is answered as it was. */
function answering(phone: Phone, state: State, manner: Manner, description: string, listenTo: (message: SipMessage) => void): (request: SipRequest) => void {
  const seen = new Map<string, () => void>();
  const rung = (invite: SipRequest): (() => void) => {
    const tag = `t${seen.size}`;
    listenTo(invite);
    if (manner === 'silent') return () => { phone.respond(invite, 180, { tag }); };
    if (manner === 'busy') return () => { phone.respond(invite, 486, { tag }); };
    state.line = phone.line_in(invite, tag);
    phone.respond(invite, 180, { tag });
    return () => { phone.respond(invite, 200, { tag, sdp: description }); };
  };
  return (request) => {
    const key = `${request.method} ${header(request, 'Via') ?? ''}`;
    const answer = seen.get(key) ?? (request.method === 'INVITE' ? rung(request) : () => { phone.respond(request, 200); });
    seen.set(key, answer);
    answer();
    if (request.method === 'BYE') state.line = undefined;
    if (request.method !== 'CANCEL') return;
    const invite = phone.inbox.find((one) => one.kind === 'request' && one.method === 'INVITE' && header(one, 'Call-ID') === header(request, 'Call-ID'));
    if (invite?.kind === 'request') phone.respond(invite, 487, { tag: 'gone' });
  };
}

/** The CANCEL of an INVITE: the same but for the method (RFC 3261 §9.1). */
function cancelOf(phone: Phone, invite: SipRequest): SipRequest {
  const branch = /branch=([^;]+)/.exec(header(invite, 'Via') ?? '')?.[1] ?? '';
  const same = { from: header(invite, 'From') ?? '', to: header(invite, 'To') ?? '', call_id: header(invite, 'Call-ID') ?? '', cseq: cseq(invite)?.number ?? 1 };
  return phone.request('CANCEL', { uri: invite.uri, branch, ...same });
}
