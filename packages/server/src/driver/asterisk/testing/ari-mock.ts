// A mock of Asterisk's REST interface: a real HTTP and WebSocket server that replays what the reference says, and doors for tests in place of telephones.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { DOORS, type Values } from './ari-doors.js';
import { createWorld, Refused, shape, type MockChannel } from './ari-world.js';

/** The credentials that the mock takes. */
export const ACCOUNT = { username: 'activeflow', password: 'opensesame-ari', app: 'activeflow' } as const;
/** The shared directory, as the mock names it. */
export const THEIRS = '/shared/sounds';

type Asked = { readonly method: string; readonly path: string; readonly values: Values; readonly authorized: boolean };

/** Opens a mock. `directory` is the shared one as the test names it; sounds pass `speed` times as fast as they would. */
export async function openAri({ directory, speed = 1 }: { readonly directory: string; readonly speed?: number }) {
  const sockets = new Set<WebSocket>();
  const asked: Asked[] = [];
  const refusals: { readonly path: RegExp; readonly status: number }[] = [];
  const say = (event: Readonly<Record<string, unknown>>): void => {
    for (const socket of sockets) socket.send(JSON.stringify({ ...event, timestamp: '2026-11-24T00:00:00.000+0000', asterisk_id: '00:00:5e:00:53:01', application: ACCOUNT.app }));
  };
  const world = createWorld(say, { directory, theirs: THEIRS, speed });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { path, values, authorized } = await reading(request);
    const method = request.method ?? '';
    asked.push({ method, path, values, authorized });
    const refusal = refusals.findIndex((one) => one.path.test(`${method} ${path}`));
    const [refused] = refusal >= 0 ? refusals.splice(refusal, 1) : [];
    if (refused?.status === 0) { request.socket.destroy(); return; }
    try {
      if (!authorized) throw new Refused(401, 'Authentication required');
      if (refused) throw new Refused(refused.status, 'refused by the test');
      const done = path === `/applications/${ACCOUNT.app}` ? application(sockets.size > 0, [...world.channels.keys()]) : open(world, method, path, values);
      if (done === undefined) response.writeHead(204).end();
      else if (Buffer.isBuffer(done)) response.writeHead(200, { 'content-type': 'audio/wav' }).end(done);
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(done));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      response.writeHead(error.status, { 'content-type': 'application/json' }).end(JSON.stringify({ message: error.message }));
    }
  };
  const server = createServer((request, response) => { void answer(request, response); });
  const upgrades = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    // A client that goes in the middle of it.
    socket.on('error', () => { socket.destroy(); });
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://mock');
    if (pathname !== '/ari/events' || searchParams.get('app') !== ACCOUNT.app || !isAuthorized(request)) { socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n'); return; }
    upgrades.handleUpgrade(request, socket, head, (ws) => { sockets.add(ws); ws.on('error', () => { ws.terminate(); }); ws.on('close', () => sockets.delete(ws)); });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    ...world, asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ari`,
    /** Resolves once every listener has read what was said: it has answered a ping that came after it. */
    heard: () => Promise.all([...sockets].map((socket) => new Promise((resolve) => { socket.once('pong', resolve); socket.ping(); }))),
    sockets,
    /** Somebody dials, and the dialplan hands the call over; where nobody listens, it hangs up. Gives the channel. */
    dial({ exten, number = '+15551234', name = '', args = [], variables = {}, up = false }: { readonly exten: string; readonly number?: string; readonly name?: string; readonly args?: readonly string[]; readonly variables?: Record<string, string>; readonly up?: boolean }): MockChannel {
      const channel = world.add({ state: up ? 'Up' : 'Ring', caller: { name, number }, dialplan: { context: 'default', exten, priority: 1 }, variables });
      if (sockets.size === 0) world.destroy(channel, 16);
      else world.enter(channel, args);
      return channel;
    },
    press(channel: MockChannel, digits: string): void { for (const digit of digits) say({ type: 'ChannelDtmfReceived', digit, duration_ms: 100, channel: shape(channel) }); },
    /** Whoever was dialled rings, answers, or does not. */
    ringing(channel: MockChannel): void { world.become(channel, 'Ringing'); },
    pickUp(channel: MockChannel): void { world.become(channel, 'Up'); world.enter(channel, [channel.asked['appArgs'] as string]); },
    /** The next request that matches `METHOD /path` is refused; with status 0 it gets no answer. */
    refuse(path: RegExp, status: number): void { refusals.push({ path, status }); },
    /** The event socket breaks, and can be opened again. */
    drop(): void { for (const socket of sockets) socket.terminate(); sockets.clear(); },
    async close(): Promise<void> {
      world.stop();
      for (const socket of sockets) socket.terminate();
      await new Promise<void>((resolve) => { server.close(() => { resolve(); }); server.closeAllConnections(); });
    },
  };
}

/** An open mock. */
export type AriMock = Awaited<ReturnType<typeof openAri>>;

function open(world: ReturnType<typeof createWorld>, method: string, path: string, values: Values): unknown {
  for (const [its, pattern, act] of DOORS) {
    const match = its === method ? pattern.exec(path) : null;
    if (match) return act(world, match.slice(1).map(decodeURIComponent), values);
  }
  throw new Refused(404, 'Resource not found');
}

function application(isThere: boolean, channel_ids: readonly string[]): unknown {
  if (!isThere) throw new Refused(404, 'Application does not exist');
  return { name: ACCOUNT.app, channel_ids, bridge_ids: [], endpoint_ids: [], device_names: [], events_allowed: [], events_disallowed: [] };
}

const isAuthorized = ({ headers }: IncomingMessage): boolean => headers.authorization === `Basic ${Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')}`;

async function reading(request: IncomingMessage): Promise<{ readonly path: string; readonly values: Values; readonly authorized: boolean }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://mock');
  return { path: pathname.replace(/^\/ari/, ''), values: { ...Object.fromEntries(searchParams), ...(body === '' ? {} : JSON.parse(body) as Values) }, authorized: isAuthorized(request) };
}
