// Connections at the end of a server. Node closes those that are between two requests; it takes one that has not asked anything yet for busy.
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Has the server, when it closes, end connections that were opened in advance: they would hold it up until their first request is overdue. */
export function closeUnused(app: FastifyInstance): void {
  const open = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => { open.delete(socket); });
  });
  app.addHook('preClose', async () => { for (const socket of open) if (socket.bytesRead === 0) socket.destroy(); });
}
