// One bound connection to an SMSC: requests and their answers by sequence number, the other side's requests, and a look whether it is still there.
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createFramer, decode, encode, type Field, type Pdu } from './pdu.js';
import { createRequests, type Answer } from './requests.js';
import { nameOf } from './status.js';

/** How to bind. */
export type BindKind = 'bind_transceiver' | 'bind_transmitter' | 'bind_receiver';

/** Where and as whom to bind. */
export type Account = {
  readonly host: string;
  readonly port: number;
  readonly system_id: string;
  readonly password: string;
  readonly system_type: string;
  /** Undefined: plain TCP. `ca`: certificates to trust, PEM; `''`: those that everybody trusts. */
  readonly tls: { readonly ca: string } | undefined;
};

/** How long is waited, in milliseconds. */
export type Patience = {
  /** For a connection and the answer to the bind. */
  readonly bind_ms: number;
  /** For the answer to a request. */
  readonly answer_ms: number;
  /** Silence before the other side is asked whether it is there. */
  readonly idle_ms: number;
};

/** What is answered to a request of the other side: a status, 0 where it is well. */
export type Reply = { readonly status: number; readonly fields?: Readonly<Record<string, Field>> };

/** Who is told. */
export type SessionEars = {
  /** A request of the other side, answered with what comes of it. Rejections are a temporary error of ours. */
  readonly request: (pdu: Pdu) => Promise<Reply>;
  /** It is over; called once, and never before `openSession` has resolved. */
  readonly ended: (detail: string) => void;
};

/** A bound connection. */
export type Session = {
  /** Sends and waits. `late` is given an answer that comes when nobody waits for it any more. */
  request(command: string, fields: Readonly<Record<string, Field>>, late?: (pdu: Pdu) => void): Promise<Answer>;
  readonly outstanding: () => number;
  /** False from the moment on that it takes no request. */
  readonly open: () => boolean;
  /** Says goodbye, and lets go. */
  close(): Promise<void>;
};

/** The bind was refused. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`the SMSC refused the bind: ${nameOf(status)}`);
    this.name = 'Refused';
    this.status = status;
  }
}

const GOODBYE_MS = 1_000;
/** ESME_RINVCMDLEN, ESME_RINVCMDID, ESME_RX_T_APPN, ESME_RX_P_APPN. */
const STATUS = { unreadable: 0x02, unknown: 0x03, temporary: 0x64, permanent: 0x65 } as const;

/** Connects and binds. Rejects, in one sentence, where that fails; `Refused` where the SMSC said no. */
export async function openSession(account: Account, kind: BindKind, patience: Patience, ears: SessionEars): Promise<Session> {
  const socket = dial(account);
  const session = converse(socket, patience, ears);
  const { system_id, password, system_type } = account;
  try {
    await arrived(socket, account, patience.bind_ms);
    const answer = await session.request(kind, { system_id, password, system_type, interface_version: 0x34 });
    if (answer.was !== 'answered') throw new Error(`no answer to the bind: ${answer.detail}`);
    if (answer.pdu.status !== 0) throw new Refused(answer.pdu.status);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  session.bound();
  return session;
}

function dial({ host, port, tls }: Account): Socket {
  const socket = tls ? connectTls({ host, port, servername: host, ...(tls.ca === '' ? {} : { ca: tls.ca }) }) : connectTcp({ host, port });
  socket.setNoDelay(true);
  return socket;
}

function arrived(socket: Socket, { host, port, tls }: Account, wait_ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { reject(new Error(`${host}:${port} does not answer`)); }, wait_ms);
    socket.once(tls ? 'secureConnect' : 'connect', () => { clearTimeout(timer); resolve(); });
    socket.once('error', (error: NodeJS.ErrnoException) => { clearTimeout(timer); reject(new Error(`${host}:${port}: ${error.code ?? error.message}`)); });
    socket.once('close', () => { clearTimeout(timer); reject(new Error(`${host}:${port} hung up`)); });
  });
}

type Conversation = Session & { bound(): void };

/** Talks over a socket. Until `bound`, its end is nobody's business but the binder's. */
function converse(socket: Socket, patience: Patience, ears: SessionEars): Conversation {
  const send: Send = (command, number, fields, status = 0) => { if (socket.writable) socket.write(encode(command, number, fields, status)); };
  const requests = createRequests(patience.answer_ms, send);
  let [heard_at, open, bound, over, answering] = [performance.now(), true, false, '', 0];
  const finish = (detail: string): void => {
    open = false;
    over ||= detail;
    clearInterval(looking);
    socket.destroy();
    requests.lost(over);
    if (bound) ears.ended(over);
    bound = false;
  };
  /** No more requests; what is outstanding may still be answered. */
  const leave = (detail: string): void => {
    [open, over] = [false, over || detail];
    const until = performance.now() + patience.answer_ms;
    const look = setInterval(() => {
      if (requests.outstanding() + answering > 0 && performance.now() < until && !socket.destroyed) return;
      clearInterval(look);
      finish(detail);
    }, 20);
  };
  const hear = createHearing({
    send, leave, answered: requests.answered,
    async request(pdu) {
      answering += 1;
      const reply = await ears.request(pdu).catch((): Reply => ({ status: STATUS.temporary }));
      answering -= 1;
      send(`${pdu.command}_resp`, pdu.sequence, { message_id: '', ...reply.fields }, reply.status);
    },
  });
  const request: Session['request'] = (command, fields, late) =>
    (open && socket.writable ? requests.send(command, fields, late) : Promise.resolve({ was: 'unsent', detail: over || 'the connection is closed' }));
  const looking = setInterval(() => {
    const silent_ms = performance.now() - heard_at;
    if (silent_ms < patience.idle_ms || !bound) return;
    if (silent_ms > patience.idle_ms + patience.answer_ms) finish('the SMSC does not answer any more');
    else if (open) void request('enquire_link', {});
  }, Math.max(10, Math.min(patience.idle_ms, patience.answer_ms) / 2));
  const framer = createFramer();
  socket.on('data', (chunk: Buffer) => {
    heard_at = performance.now();
    const frames = framer.take(chunk);
    for (const frame of frames ?? []) hear(frame);
    if (!frames) finish('what the SMSC sends is no SMPP');
  });
  socket.on('error', (error: NodeJS.ErrnoException) => { over ||= `the connection broke: ${error.code ?? error.message}`; });
  socket.on('close', () => { finish('the connection was closed'); });
  return {
    request, outstanding: requests.outstanding, open: () => open && bound && socket.writable,
    bound() { bound = true; if (socket.destroyed) finish('the connection was closed'); },
    async close() {
      const goodbye = request('unbind', {});
      open = false;
      await within(GOODBYE_MS, goodbye);
      finish('closed');
    },
  };
}

async function within(most_ms: number, what: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([what, new Promise((resolve) => { timer = setTimeout(resolve, most_ms); })]);
  clearTimeout(timer);
}

type Send = (command: string, sequence: number, fields?: Readonly<Record<string, Field>>, status?: number) => void;
type Hearing = { readonly send: Send; readonly leave: (detail: string) => void; readonly answered: (pdu: Pdu) => void; readonly request: (pdu: Pdu) => Promise<void> };

/** What is done about each frame. */
function createHearing({ send, leave, answered, request }: Hearing): (frame: Buffer) => void {
  const answering = new Set<number>();
  return (frame) => {
    const pdu = decode(frame);
    if ('unreadable' in pdu) {
      const { command, sequence } = pdu;
      // An answer is one, whatever else is in it. A delivery that cannot be read now cannot be read later.
      if (command.endsWith('_resp')) answered({ command, status: 0, sequence, fields: {} });
      else if (command === 'deliver_sm') send('deliver_sm_resp', sequence, {}, STATUS.permanent);
      else send('generic_nack', sequence, {}, STATUS.unreadable);
    } else if (pdu.command === 'generic_nack' || pdu.command.endsWith('_resp')) answered(pdu);
    else if (pdu.command === 'deliver_sm' || pdu.command === 'data_sm') {
      // Sent once more while it is being dealt with: the answer is on its way.
      if (answering.has(pdu.sequence)) return;
      answering.add(pdu.sequence);
      void request(pdu).finally(() => { answering.delete(pdu.sequence); });
    } else if (pdu.command === 'enquire_link') send('enquire_link_resp', pdu.sequence);
    else if (pdu.command === 'unbind') {
      send('unbind_resp', pdu.sequence);
      leave('the SMSC said goodbye');
    } else if (pdu.command !== 'alert_notification' && pdu.command !== 'outbind') send('generic_nack', pdu.sequence, {}, STATUS.unknown);
  };
}
