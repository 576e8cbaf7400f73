// SIP over TCP and TLS (RFC 3261 §18, §26.2.1): connections are kept and used again, whoever made them (RFC 5923, RFC 5626).
import { connect as connectTcp, createServer as createTcp, isIP, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTls } from 'node:tls';
import { admission, plainAddress, type ConnectionLimits } from './admission.js';
import { frames } from './framing.js';
import type { Hop } from '../types.js';
import type { Listen, Transport, TransportEvents } from './transport.js';

type Connection = { readonly flow: string; readonly socket: Socket; readonly peer: string };
type Open = {
  readonly listen: Listen;
  readonly events: TransportEvents;
  readonly limits: ConnectionLimits;
  readonly index: number;
  readonly name: 'tcp' | 'tls';
  readonly flows: Map<string, Connection>;
  /** The newest connection with each peer. */
  readonly peers: Map<string, Connection>;
  count: number;
  closed: boolean;
};

/** A listening TCP or TLS socket and its connections; `index` begins the names of its flows. */
export function streamTransport(listen: Listen, events: TransportEvents, index: number, limits: ConnectionLimits): Transport {
  const name = listen.transport === 'tls' ? 'tls' : 'tcp';
  const open: Open = { listen, events, limits, index, name, flows: new Map(), peers: new Map(), count: 0, closed: false };
  const admit = admission(limits, (address, port) => !open.closed && events.allow({ transport: name, address, port }));
  const server = name === 'tls' ? createTls({ ...secrets(listen), handshakeTimeout: limits.message_ms }) : createTcp({ noDelay: true });
  // Of TLS the bare socket comes first: whoever is one too many gets no handshake.
  server.on('connection', (socket: Socket) => { if (admit(socket) && name === 'tcp') accept(open, socket); });
  if (name === 'tls') {
    server.on('secureConnection', (socket: Socket) => { accept(open, socket); });
    server.on('tlsClientError', (_error: Error, socket: Socket) => { socket.destroy(); });
  }
  return {
    name,
    start: () => new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(listen.port, listen.address, () => {
        server.off('error', reject);
        // Too many open files, say: this connection is lost, the next one may be had.
        server.on('error', () => undefined);
        resolve();
      });
    }),
    bound: () => { const { address, port } = server.address() as AddressInfo; return { address, port }; },
    send: (data, hop, failed) => send(open, data, hop, failed),
    close: () => new Promise((resolve) => {
      open.closed = true;
      for (const { socket } of open.flows.values()) socket.destroy();
      if (server.listening) server.close(() => { resolve(); });
      else resolve();
    }),
  };
}

function secrets({ tls }: Listen): { readonly key?: string; readonly cert?: string; readonly ca?: string } {
  return { ...(tls === undefined ? {} : { key: tls.key, cert: tls.cert }), ...(tls?.ca === undefined ? {} : { ca: tls.ca }) };
}

function send(open: Open, data: Buffer, hop: Hop, failed: (detail: string) => void): string {
  const known = hop.flow === undefined ? open.peers.get(peerOf(hop)) : open.flows.get(hop.flow);
  if (open.closed || (known === undefined && hop.flow !== undefined)) {
    queueMicrotask(() => { failed('The connection is closed'); });
    return '';
  }
  const { flow, socket } = known ?? dial(open, hop);
  socket.write(data);
  // Who takes nothing more is not waited for.
  if (socket.writableLength > open.limits.max_unsent_bytes) socket.destroy();
  return flow;
}

/** TLS that was proven to be one name is not another's. */
function peerOf(hop: Hop): string {
  return `${plainAddress(hop.address)} ${hop.port} ${hop.name ?? ''}`;
}

function dial(open: Open, hop: Hop): Connection {
  const place = { host: hop.address, port: hop.port };
  const name = hop.name ?? hop.address;
  const socket = open.name === 'tcp'
    ? connectTcp({ ...place, noDelay: true })
    : connectTls({ ...secrets(open.listen), ...place, rejectUnauthorized: open.listen.tls?.verify !== false, ...(isIP(name) === 0 ? { servername: name } : {}) });
  const late = setTimeout(() => { socket.destroy(); }, open.limits.connect_ms).unref();
  socket.once(open.name === 'tcp' ? 'connect' : 'secureConnect', () => { clearTimeout(late); });
  socket.once('close', () => { clearTimeout(late); });
  return attach(open, socket, { transport: open.name, address: hop.address, port: hop.port }, peerOf(hop));
}

function accept(open: Open, socket: Socket): void {
  const source: Hop = { transport: open.name, address: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 };
  const late = setTimeout(() => { socket.destroy(); }, open.limits.message_ms).unref();
  socket.once('close', () => { clearTimeout(late); });
  attach(open, socket, source, peerOf(source), () => { clearTimeout(late); });
}

/** Keeps a connection and reads it; `proven` is told of its first message. */
function attach(open: Open, socket: Socket, place: Hop, peer: string, proven: () => void = () => undefined): Connection {
  const { limits, events } = open;
  const flow = `${open.index}:${++open.count}`;
  const source: Hop = { ...place, flow };
  const connection: Connection = { flow, socket, peer };
  open.flows.set(flow, connection);
  open.peers.set(peer, connection);
  let slow: NodeJS.Timeout | undefined;
  const found = frames({
    message(data) {
      proven();
      clearTimeout(slow);
      slow = undefined;
      if (events.allow(source)) events.receive(data, source);
    },
    ping: () => { if (events.allow(source)) socket.write('\r\n'); },
  });
  socket.on('data', (chunk: Buffer) => {
    if (!found.push(chunk)) {
      // An answer that is on its way still gets there.
      socket.pause();
      socket.destroySoon();
    } else if (found.unfinished()) slow ??= setTimeout(() => { socket.destroy(); }, limits.message_ms).unref();
  });
  socket.setTimeout(limits.idle_ms, () => { socket.destroy(); });
  socket.setKeepAlive(true, 60_000);
  // 'close' follows; what went wrong makes no difference.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearTimeout(slow);
    open.flows.delete(flow);
    if (open.peers.get(peer) === connection) open.peers.delete(peer);
    events.closed(flow);
  });
  return connection;
}
