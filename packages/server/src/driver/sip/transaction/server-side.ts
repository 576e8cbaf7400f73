// All server transactions: which of them a request belongs to, and what the layer answers by itself (RFC 3261 §17.2, §9.2, §8.2.2.2, §16.3).
import { randomBytes } from 'node:crypto';
import { inDialog, maxForwards, response as responseTo, tagged } from '../message.js';
import { markSource, returnPath, topVia, type Via } from '../via.js';
import { inviteServer, type InviteServerMachine } from './invite-server.js';
import { mergeKey, serverKey } from './keys.js';
import { server, type Arrival, type ServerMachine } from './server.js';
import { isReliable, type Ground } from './ground.js';
import type { Hop, ServerTransaction, SipRequest, TransactionUser } from '../types.js';

/** The server's half of the layer. */
export type ServerSide = {
  readonly setUser: (user: TransactionUser) => void;
  readonly receive: (request: SipRequest, source: Hop) => void;
  /** How many are kept. */
  readonly size: () => number;
  readonly stop: () => void;
};

/** The server's half; `most` transactions at a time. */
export function serverSide(ground: Ground, stats: { dropped: number }, most: number): ServerSide {
  const kept = keep(ground);
  let user: TransactionUser | undefined;
  const cancel = (transaction: ServerTransaction, invite: InviteServerMachine | undefined): void => {
    if (invite === undefined) {
      refuse(transaction, 481);
      return;
    }
    // §9.2: under the tag that the far end has heard already.
    refuse(transaction, 200, invite.tag() || undefined);
    if (invite.pending()) user?.onCancel(invite.transaction);
  };
  const arrive = (request: SipRequest, via: Via, source: Hop): void => {
    const marked = { ...request, headers: markSource(request.headers, via, source) };
    const status = user === undefined ? 503 : objection(marked, kept.merges);
    const transaction = kept.begin(serverKey(request, via, request.method), { request: marked, source, send: sender(ground, via, source) });
    if (request.method === 'CANCEL') cancel(transaction, kept.invites.get(serverKey(request, via, 'INVITE')));
    else if (status !== 0) refuse(transaction, status);
    else user?.onRequest(transaction);
  };
  return {
    setUser(given) { user = given; },
    receive(request, source) {
      const via = topVia(request);
      if (via === undefined) return;
      if (request.method === 'ACK') {
        const invite = kept.invites.get(serverKey(request, via, 'INVITE'));
        if (invite?.acknowledged() !== true) user?.onAck(request, source);
        return;
      }
      const known = (request.method === 'INVITE' ? kept.invites : kept.others).get(serverKey(request, via, request.method));
      if (known !== undefined) known.repeated();
      else if (kept.invites.size + kept.others.size >= most) stats.dropped++;
      else arrive(request, via, source);
    },
    // Never more merges than INVITEs: one without would be a leak, and shows.
    size: () => Math.max(kept.invites.size, kept.merges.size) + kept.others.size,
    stop() {
      for (const machine of [...kept.invites.values(), ...kept.others.values()]) machine.stop();
      for (const map of [kept.invites, kept.others, kept.merges]) map.clear();
    },
  };
}

type Kept = {
  readonly invites: Map<string, InviteServerMachine>;
  readonly others: Map<string, ServerMachine>;
  /** Of each INVITE under way, whichever way it came, its transaction. */
  readonly merges: Map<string, string>;
  readonly begin: (key: string, arrival: Arrival) => ServerTransaction;
};

function keep(ground: Ground): Kept {
  const invites: Kept['invites'] = new Map();
  const others: Kept['others'] = new Map();
  const merges: Kept['merges'] = new Map();
  const begin: Kept['begin'] = (key, arrival) => {
    if (arrival.request.method !== 'INVITE') {
      const machine = server(ground, arrival, () => { others.delete(key); });
      others.set(key, machine);
      return machine.transaction;
    }
    const merge = mergeKey(arrival.request);
    const machine = inviteServer(ground, arrival, () => {
      invites.delete(key);
      if (merges.get(merge) === key) merges.delete(merge);
    });
    invites.set(key, machine);
    if (!merges.has(merge)) merges.set(merge, key);
    return machine.transaction;
  };
  return { invites, others, merges, begin };
}

/** What a request is refused for before the UA sees it; 0: nothing. */
function objection(request: SipRequest, merges: ReadonlyMap<string, string>): number {
  if (inDialog(request)) return 0;
  if (request.method === 'INVITE' && merges.has(mergeKey(request))) return 482;
  // OPTIONS that has come to its last hop asks who is there (§11).
  return maxForwards(request) === 0 && request.method !== 'OPTIONS' ? 483 : 0;
}

function refuse(transaction: ServerTransaction, status: number, tag = randomBytes(6).toString('hex')): void {
  transaction.respond(tagged(responseTo(transaction.request, status), tag));
}

/** Sends responses where the Via wants them; where a connection has gone, by a new one to the place the Via names (§18.2.2). */
function sender(ground: Ground, via: Via, source: Hop): (data: Buffer) => void {
  const path = returnPath(via, source);
  const { flow: _gone, ...place } = source;
  const other: Hop = { ...place, port: via.port ?? (source.transport === 'tls' ? 5061 : 5060) };
  return (data) => {
    ground.send(data, path, () => {
      if (isReliable(source) && source.flow !== undefined) ground.send(data, other, () => undefined);
    });
  };
}
