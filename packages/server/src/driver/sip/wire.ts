// Transports and transactions, put together: everything under the UA (RFC 3261 §17, §18).
import { networkInterfaces } from 'node:os';
import { randomBytes } from 'node:crypto';
import { parseMessage } from './parse.js';
import { printMessage } from './print.js';
import { rateOf, type RateLimits } from './limits.js';
import { realTimers, type Timers } from './timers.js';
import { response as responseTo, tagged } from './message.js';
import { hostOf, MAGIC, markSource, printVia, pushVia, returnPath, topVia } from './via.js';
import { DEFAULT_CONNECTIONS, type ConnectionLimits } from './transport/admission.js';
import { openTransport, type OpenTransport } from './transport/open.js';
import { clientSide } from './transaction/client-side.js';
import { serverSide } from './transaction/server-side.js';
import type { Ground, TimerValues } from './transaction/ground.js';
import type { Listen, Transport, TransportEvents } from './transport/transport.js';
import type { Hop, SipRequest, Transactions, TransactionUser, TransportName } from './types.js';

/** How the wire is set up. */
export type WireSettings = {
  readonly listen: readonly Listen[];
  /** What others reach us by, where it is not what we are bound to: goes into Via and Contact. */
  readonly public_address?: string;
  readonly timers?: Partial<TimerValues>;
  /** What one source address may send; generous enough for a trunk. */
  readonly rate?: RateLimits;
  /** Asked of each message before it is read, after the rate: false drops it. */
  readonly allow?: (source: Hop) => boolean;
  readonly connections?: Partial<ConnectionLimits>;
  /** The most server transactions at a time; a request above it is dropped, and its sender tries again. */
  readonly max_transactions?: number;
};

/** What tests put in the place of the machine. */
export type WireParts = { readonly timers?: Timers; readonly transport?: OpenTransport };

/** Transactions, and how many of them are kept at the moment: for metrics. */
export type Wire = Transactions & { readonly open: () => number };

const DEFAULT_TIMERS: TimerValues = { t1_ms: 500, t2_ms: 4_000, t4_ms: 5_000, trying_ms: 200 };
const DEFAULT_RATE: RateLimits = { per_second: 4_000, burst: 8_000 };

/** Makes the transports and the transactions above them; nothing is bound before `start`. Throws where a port cannot be had. */
export function createTransactions(settings: WireSettings, parts: WireParts = {}): Wire {
  const timers = parts.timers ?? realTimers();
  const stats = { requests: 0, responses: 0, retransmissions: 0, bad: 0, dropped: 0 };
  const within = rateOf(settings.rate ?? DEFAULT_RATE, timers);
  const events: TransportEvents = {
    allow(source) {
      const fine = within(source.address) && (settings.allow?.(source) ?? true);
      if (!fine) stats.dropped++;
      return fine;
    },
    receive: (data, source) => { receive(data, source); },
    closed: (flow) => { clients.closed(flow); },
  };
  const transports = settings.listen.map((listen, index) => remembering((parts.transport ?? openTransport)(listen, events, index, { ...DEFAULT_CONNECTIONS, ...settings.connections })));
  const send = (data: Buffer, hop: Hop, failed: (detail: string) => void): string => {
    const transport = transportFor(transports, hop);
    if (transport !== undefined) return transport.send(data, hop, failed);
    queueMicrotask(() => { failed(`No transport ${hop.transport}`); });
    return '';
  };
  const ground: Ground = { ...DEFAULT_TIMERS, ...settings.timers, timers, send, again: () => { stats.retransmissions++; } };
  const contact = (transport: TransportName) => contactOf(transports, transport, settings.public_address);
  const newVia = (hop: Hop): string => {
    const { address, port } = contact(hop.transport);
    return printVia({ transport: hop.transport.toUpperCase(), host: hostOf(address), port, parameters: { branch: MAGIC + randomBytes(15).toString('base64url'), rport: '' } });
  };
  const clients = clientSide(ground, newVia);
  const servers = serverSide(ground, stats, settings.max_transactions ?? 50_000);

  function receive(data: Buffer, source: Hop): void {
    const parsed = parseMessage(data);
    if (parsed.message === undefined) {
      stats.bad++;
      if (parsed.answerable !== undefined) answerBad(send, parsed.answerable, parsed.status, parsed.reason, source);
    } else if (parsed.message.kind === 'response') {
      stats.responses++;
      clients.receive(parsed.message, source);
    } else {
      stats.requests++;
      servers.receive(parsed.message, source);
    }
  }

  return {
    setUser: (user: TransactionUser) => { servers.setUser(user); },
    start: async () => { await Promise.all(transports.map((transport) => transport.start())); },
    request: clients.request,
    ack(request, hop) { send(printMessage({ ...request, headers: pushVia(request, newVia(hop)) }), hop, () => undefined); },
    contact,
    bound: () => transports.map((transport) => ({ transport: transport.name, ...transport.bound() })),
    stats,
    open: () => clients.size() + servers.size(),
    async close() {
      clients.stop();
      servers.stop();
      await Promise.all(transports.map((transport) => transport.close()));
    },
  };
}

/** A transport that still knows what it was bound to when it is closed: a request that meets its end is told so, and nothing is thrown. */
function remembering(transport: Transport): Transport {
  let at: ReturnType<Transport['bound']> | undefined;
  return {
    ...transport, bound: () => at ?? transport.bound(),
    async start() {
      await transport.start();
      at = transport.bound();
    },
  };
}

// Without a transaction: the answer is as good as the request was.
function answerBad(send: Transport['send'], request: SipRequest, status: 400 | 505, reason: string, source: Hop): void {
  const via = topVia(request);
  const marked = via === undefined ? request : { ...request, headers: markSource(request.headers, via, source) };
  const answer = tagged(responseTo(marked, status, status === 400 ? reason : undefined), randomBytes(6).toString('hex'));
  send(printMessage(answer), via === undefined ? source : returnPath(via, source), () => undefined);
}

/** A flow's name begins with the number of its transport; without a flow, the first that speaks the protocol and the address's family. */
function transportFor(transports: readonly Transport[], hop: Hop): Transport | undefined {
  if (hop.flow !== undefined) return transports[Number.parseInt(hop.flow, 10)];
  const fitting = transports.filter((transport) => transport.name === hop.transport);
  if (fitting.length < 2) return fitting[0];
  const six = hop.address.includes(':');
  return fitting.find((transport) => transport.bound().address.includes(':') === six) ?? fitting[0];
}

function contactOf(transports: readonly Transport[], name: TransportName, public_address: string | undefined): { readonly address: string; readonly port: number } {
  const found = (transports.find((transport) => transport.name === name) ?? transports[0])?.bound();
  const port = found?.port ?? 5060;
  if (public_address !== undefined && public_address !== '') return { address: public_address, port };
  const address = found?.address ?? '127.0.0.1';
  return { address: address === '0.0.0.0' || address === '::' ? ownAddress(address === '::') : address, port };
}

/** An address that others may reach this machine by; loopback where it has no other. */
function ownAddress(six: boolean): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = all.find(({ family, internal, address }) => !internal && family === (six ? 'IPv6' : 'IPv4') && !address.startsWith('fe80'));
  return outside?.address ?? (six ? '::1' : '127.0.0.1');
}
