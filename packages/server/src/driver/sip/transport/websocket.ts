// SIP over WebSocket (RFC 7118): the browser makes the connection, and everything for it goes back on it. One WebSocket message, one SIP message.
import { isUtf8 } from 'node:buffer';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { admission, plainAddress, type ConnectionLimits } from './admission.js';
import { MAX_MESSAGE_BYTES } from '../parse.js';
import type { Hop } from '../types.js';
import type { Listen, Transport, TransportEvents } from './transport.js';

/** How often a connection is asked whether it lives. */
const PING_MS = 30_000;

/** A listening WebSocket, plain or secure, for the subprotocol `sip`; `index` begins the names of its flows. */
export function webSocketTransport(listen: Listen, events: TransportEvents, index: number, limits: ConnectionLimits): Transport {
  const name = listen.transport === 'wss' ? 'wss' : 'ws';
  const flows = new Map<string, WebSocket>();
  let count = 0;
  let closed = false;
  const admit = admission(limits, (address, port) => !closed && events.allow({ transport: name, address, port }));
  const options = { headersTimeout: limits.message_ms, requestTimeout: limits.message_ms, connectionsCheckingInterval: Math.min(5_000, limits.message_ms) };
  const http = name === 'wss' ? createHttps({ ...options, key: listen.tls?.key ?? '', cert: listen.tls?.cert ?? '', handshakeTimeout: limits.message_ms }) : createHttp(options);
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false, handleProtocols: () => 'sip' });
  http.on('connection', (socket: Socket) => { admit(socket); });
  http.on('request', (_request, response) => { response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end(); });
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((word) => word.trim().toLowerCase());
    if (!offered.includes('sip')) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    server.handleUpgrade(request, socket, head, (websocket) => {
      const flow = `${index}:${++count}`;
      const source: Hop = { transport: name, address: plainAddress(request.socket.remoteAddress), port: request.socket.remotePort ?? 0, flow };
      flows.set(flow, websocket);
      attach(websocket, source, events, limits, () => { flows.delete(flow); });
    });
  });
  return {
    name,
    start: () => new Promise((resolve, reject) => {
      http.once('error', reject);
      http.listen(listen.port, listen.address, () => {
        http.off('error', reject);
        http.on('error', () => undefined);
        resolve();
      });
    }),
    bound: () => { const { address, port } = http.address() as AddressInfo; return { address, port }; },
    send(data, hop, failed) {
      const websocket = flows.get(hop.flow ?? '');
      // A browser cannot be dialled.
      if (closed || hop.flow === undefined || websocket === undefined) {
        queueMicrotask(() => { failed('The connection is closed'); });
        return '';
      }
      // Text, as browsers have it, but for a body that is none: a text message has to be UTF-8.
      websocket.send(data, { binary: !isUtf8(data) });
      if (websocket.bufferedAmount > limits.max_unsent_bytes) websocket.terminate();
      return hop.flow;
    },
    close: () => new Promise((resolve) => {
      closed = true;
      for (const websocket of flows.values()) websocket.terminate();
      http.closeAllConnections();
      if (http.listening) http.close(() => { resolve(); });
      else resolve();
    }),
  };
}

function attach(websocket: WebSocket, source: Hop, events: TransportEvents, limits: ConnectionLimits, gone: () => void): void {
  let alive = true;
  let heard = performance.now();
  const watch = setInterval(() => {
    if (!alive || performance.now() - heard > limits.idle_ms) {
      websocket.terminate();
      return;
    }
    alive = false;
    websocket.ping();
  }, Math.min(PING_MS, limits.idle_ms)).unref();
  websocket.on('pong', () => { alive = true; });
  websocket.on('message', (raw: RawData) => {
    alive = true;
    heard = performance.now();
    const data = Array.isArray(raw) ? Buffer.concat(raw) : Buffer.isBuffer(raw) ? raw : Buffer.from(raw);
    if (!events.allow(source)) return;
    // RFC 5626 §3.5.1 by way of RFC 7118 §6: an empty line asks whether we live.
    if (data.length <= 4) {
      if (data.toString('latin1') === '\r\n\r\n') websocket.send('\r\n');
      return;
    }
    events.receive(data, source);
  });
  // 'close' follows; what went wrong makes no difference.
  websocket.on('error', () => undefined);
  websocket.on('close', () => {
    clearInterval(watch);
    gone();
    events.closed(source.flow ?? '');
  });
}
