// The doors of carriers, below /v1.0/providers/: what they tell of messages. They show a proof of their own and none of our tokens, so these are no
// operations of the API: what a request has to look like, its carrier says.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Door, MessageProvider } from '../driver/message/provider.js';
import { ApiError } from '../problem.js';
import { StoreUnavailable } from '../store/store.js';
import type { Parts } from './parts.js';
import type { RateLimit } from './rate.js';

/** The base of every door. */
export const PROVIDERS = '/v1.0/providers/';
/** A form of a message with everything around it is a few thousand bytes. */
const BODY_BYTES = 65_536;

/** Opens the doors of the providers that are set up. Without a proof a request counts against its address; with one it never does, for a carrier brings the messages of everybody. */
export function addProviders(app: FastifyInstance, { carriers, log }: Pick<Parts, 'carriers' | 'log'>, rate: RateLimit): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body); });
    for (const { name, doors } of carriers) {
      for (const door of doors) scope.route({ method: door.method, url: `${PROVIDERS}${name}/${door.path}`, bodyLimit: BODY_BYTES, handler: (request, reply) => open(door, name, log, rate, request, reply) });
    }
  });
}

async function open(door: Door, provider: MessageProvider['name'], log: Parts['log'], rate: RateLimit, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  try {
    const { status, headers = {}, body } = await door.handle({
      method: request.method, path: '', query: request.url.split('?').slice(1).join('?'), headers: headersOf(request), body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    });
    if (status === 403) rate.take('address', request.ip);
    return await reply.code(status).headers({ 'cache-control': 'no-store', ...headers }).send(Buffer.from(body));
  } catch (error) {
    // What we could not keep the carrier has to bring again.
    if (error instanceof StoreUnavailable || error instanceof ApiError) throw error;
    log.error({ err: error, request_id: request.id, provider, door: door.path }, 'what a carrier brought could not be taken');
    return reply.code(503).header('retry-after', '5').header('content-type', 'text/plain; charset=utf-8').send(Buffer.from('not now'));
  }
}

const headersOf = ({ headers }: FastifyRequest): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value ?? '']));
