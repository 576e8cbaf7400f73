// A request that asks for another protocol goes the way of all requests: the same routes, credentials, limits and errors.
import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ApiError, errorBody } from '../../problem.js';

/** The connection of a request that asks for another protocol; `head` is what has been read of that already. */
export type Upgrade = { readonly socket: Socket; readonly head: Buffer };

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** What was asked for, if the request is one that wants another protocol. */
export const upgradeOf = (request: IncomingMessage): Upgrade | undefined => upgrades.get(request);

/** Has such requests routed. A route that knows of no other protocol answers as it always does, which RFC 9110 §7.8 allows, and the connection ends. */
export function routeUpgrades(app: FastifyInstance): void {
  app.server.on('upgrade', (request: IncomingMessage, duplex, head: Buffer) => {
    const socket = duplex as Socket;
    socket.on('error', () => { socket.destroy(); });
    if (request.method !== 'GET') { refuse(socket); return; }
    upgrades.set(request, { socket, head });
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on('finish', () => { socket.destroySoon(); });
    app.routing(request, response);
  });
}

/** The body of such a request is not read: nobody knows where it would end. */
function refuse(socket: Socket): void {
  const body = JSON.stringify(errorBody(new ApiError('INVALID_ARGUMENT', 'only a GET can ask for another protocol'), ''));
  socket.end(`HTTP/1.1 400 Bad Request\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}
