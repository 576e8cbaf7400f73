// An SMSC for tests, played over the server side of npm's `smpp`: it does as it is told, and wrongly where it is told so.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createFramer, decode, encode, numberOf, octetsOf, textOf, type Field, type Pdu } from '../pdu.js';

/** A message as the SMSC took it. */
export type Submission = { readonly id: string; readonly source: string; readonly destination: string; readonly esm_class: number; readonly data_coding: number; readonly octets: Buffer; readonly pdu: Pdu };

/** How one request is treated: answered well where nothing is said; `silent`: not at all. */
export type Treatment =
  | { readonly status: number } | { readonly delay_ms: number } | { readonly twice: true } | { readonly silent: true } | { readonly cut: 'before' | 'after' } | { /** What is done right behind the answer. */ readonly then: () => void };

/** What an SMSC is told to do. */
export type Script = {
  /** Treats the n-th request of its kind, from 0. */
  readonly submit?: (submission: Submission, n: number) => Treatment | undefined;
  readonly bind?: (kind: string, n: number) => Treatment | undefined;
  readonly enquire?: () => Treatment | undefined;
  /** The ids it gives; hexadecimal counting from 1 where it is not said. */
  readonly idOf?: (n: number) => string;
  /** What it answers to `query_sm`. */
  readonly state?: (id: string) => number | undefined;
};

/** A played SMSC. */
export type Smsc = {
  readonly port: number;
  /** Everything that was taken: answered with 0, whether or not the answer arrived. */
  readonly taken: readonly Submission[];
  readonly requests: readonly Pdu[];
  /** How many are bound now. */
  readonly bound: () => number;
  /** Delivers, and resolves with the answer's status; rejects where the connection ends before it. */
  readonly deliver: (fields: Readonly<Record<string, Field>>, command?: string) => Promise<number>;
  /** Puts octets on the wire. */
  readonly raw: (octets: Buffer) => void;
  /** Tears every connection. */
  readonly cut: () => void;
  readonly unbind: () => void;
  script: Script;
  readonly close: () => Promise<void>;
};

type Peer = { readonly socket: Socket; readonly kind: string; sequence: number; readonly waiting: Map<number, { readonly resolve: (status: number) => void; readonly reject: (error: Error) => void }> };

type World = {
  readonly peers: Set<Peer>; readonly sockets: Set<Socket>; readonly taken: Submission[]; readonly requests: Pdu[]; readonly counts: { submit: number; bind: number }; readonly script: () => Script;
};

/** Starts one on a free port, or on a given one. */
export async function startSmsc(script: Script = {}, at = 0): Promise<Smsc> {
  const world: World = { peers: new Set(), sockets: new Set(), taken: [], requests: [], counts: { submit: 0, bind: 0 }, script: () => smsc.script };
  const { peers, sockets } = world;
  const receivers = (): readonly Peer[] => [...peers].filter(({ kind }) => kind !== 'bind_transmitter');
  const server = createServer((socket) => { attend(world, socket); });
  await new Promise<void>((resolve) => { server.listen(at, '127.0.0.1', resolve); });
  const smsc: Smsc = {
    port: (server.address() as AddressInfo).port, taken: world.taken, requests: world.requests, script, bound: () => peers.size,
    deliver(fields, command = 'deliver_sm') {
      const [peer] = receivers();
      if (!peer) return Promise.reject(new Error('nobody is bound'));
      peer.sequence += 1;
      const sequence = peer.sequence;
      peer.socket.write(encode(command, sequence, fields));
      return new Promise((resolve, reject) => { peer.waiting.set(sequence, { resolve, reject }); });
    },
    raw: (octets) => { for (const { socket } of receivers()) socket.write(octets); },
    cut: () => { for (const socket of sockets) socket.destroy(); },
    unbind: () => { for (const peer of peers) peer.socket.write(encode('unbind', peer.sequence += 1)); },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
  return smsc;
}

/** Talks with whoever has connected. */
function attend(world: World, socket: Socket): void {
  const { peers, sockets, counts } = world;
  sockets.add(socket);
  socket.setNoDelay(true);
  let peer: Peer | undefined;
  const framer = createFramer();
  socket.on('error', () => undefined);
  socket.on('close', () => {
    sockets.delete(socket);
    if (peer) peers.delete(peer);
    for (const { reject } of peer?.waiting.values() ?? []) reject(new Error('cut'));
  });
  socket.on('data', (chunk: Buffer) => {
    for (const frame of framer.take(chunk) ?? []) {
      const pdu = decode(frame);
      if ('unreadable' in pdu) throw new Error(`our side sent what cannot be read: ${pdu.command}`);
      world.requests.push(pdu);
      hear(pdu);
    }
  });
  const hear = (pdu: Pdu): void => {
    const { command } = pdu;
    if (command.endsWith('_resp') || command === 'generic_nack') {
      peer?.waiting.get(pdu.sequence)?.resolve(pdu.status);
      peer?.waiting.delete(pdu.sequence);
    } else if (command.startsWith('bind_')) {
      const treatment = world.script().bind?.(command, counts.bind++);
      answer(socket, pdu, treatment, { system_id: 'played' });
      if (!treatment || !('status' in treatment)) peers.add(peer = { socket, kind: command, sequence: 0, waiting: new Map() });
    } else if (command === 'submit_sm') takeSubmission(world, socket, pdu);
    else if (command === 'query_sm') {
      const id = textOf(pdu, 'message_id');
      const state = world.script().state?.(id);
      answer(socket, pdu, state === undefined ? { status: 0x67 } : undefined, { message_id: id, final_date: '', message_state: state ?? 0, error_code: 0 });
    } else answer(socket, pdu, command === 'enquire_link' ? world.script().enquire?.() : undefined);
    if (command === 'unbind') socket.end();
  };
}

function takeSubmission({ counts, taken, script }: World, socket: Socket, pdu: Pdu): void {
  const n = counts.submit++;
  const id = script().idOf?.(n) ?? (n + 1).toString(16).toUpperCase().padStart(8, '0');
  const submission = {
    id, source: textOf(pdu, 'source_addr'), destination: textOf(pdu, 'destination_addr'), esm_class: numberOf(pdu, 'esm_class'), data_coding: numberOf(pdu, 'data_coding'),
    octets: octetsOf(pdu, 'short_message'), pdu,
  };
  answer(socket, pdu, script().submit?.(submission, n), { message_id: id }, () => { taken.push(submission); });
}

function answer(socket: Socket, pdu: Pdu, treatment: Treatment | undefined, fields: Readonly<Record<string, Field>> = {}, taking?: () => void): void {
  const send = (status: number): void => { if (!socket.destroyed) socket.write(encode(`${pdu.command}_resp`, pdu.sequence, fields, status)); };
  if (treatment && 'status' in treatment) { send(treatment.status); return; }
  if (treatment && 'cut' in treatment) {
    if (treatment.cut === 'after') taking?.();
    socket.destroy();
    return;
  }
  taking?.();
  if (treatment && 'silent' in treatment) return;
  if (treatment && 'delay_ms' in treatment) { setTimeout(() => { send(0); }, treatment.delay_ms); return; }
  send(0);
  if (treatment && 'then' in treatment) treatment.then();
  else if (treatment) send(0);
}
