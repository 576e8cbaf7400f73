// The HTTP server: routes, credentials, limits, errors. What a request may do is in the routes; how it gets there is here.
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ApiError, errorBody } from '../problem.js';
import { StoreUnavailable } from '../store/store.js';
import { closeUnused } from './connections.js';
import { findCredentials, readCookie } from './credentials.js';
import { encode } from './encode.js';
import { attempt, NO_KEY } from './idempotency.js';
import { routeUpgrades } from './feed/upgrade.js';
import type { Credentials, Identity } from './identity.js';
import { BODY_LIMITS, readJson } from './json.js';
import type { Parts } from './parts.js';
import { addProviders, PROVIDERS } from './providers.js';
import type { RateLimit } from './rate.js';
import { bodyCheck, checkIds, readIfMatch, type Call, type Exchange, type Route } from './route.js';

/** How the server is set up. */
export type AppOptions = {
  readonly query_credentials: boolean; readonly trust_proxy: boolean; readonly rate: RateLimit;
  /** Told of each answer of a route. */
  readonly observe?: (operation: string, status: number, milliseconds: number) => void;
};

/** The base of every route. */
export const BASE = '/v1.0';

type Request = FastifyRequest<{ Params: Record<string, string>; Querystring: Record<string, string>; Body: Body | undefined }>;
/** A body as it came and as it reads. */
type Body = { readonly raw: Buffer; readonly json: unknown };

/** Makes the server of the routes; `listen` is the caller's. */
export function createApp(parts: Parts, routes: readonly Route[], options: AppOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_LIMITS.bytes, trustProxy: options.trust_proxy, genReqId: requestId, logger: false, routerOptions: { maxParamLength: 200 },
    // A URL that cannot be read names no route. No hook has run by then.
    frameworkErrors: (_error, request, reply) => { void fail(parts, (reply as FastifyReply).header('x-request-id', request.id), NO_ROUTE()); },
    clientErrorHandler: refuseSocket,
  });
  readBodies(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    // A carrier brings the messages of everybody: its doors count those who show no proof.
    if (!request.url.startsWith(PROVIDERS)) options.rate.take('address', request.ip);
  });
  app.setReplySerializer(encode);
  app.setNotFoundHandler((_request, reply) => fail(parts, reply, NO_ROUTE()));
  app.setErrorHandler((error, _request, reply) => fail(parts, reply, error));
  for (const row of routes) addRoute(app, parts, row, options);
  addProviders(app, parts, options.rate);
  routeUpgrades(app);
  closeUnused(app);
  app.addHook('preClose', async () => { parts.hub.close(); });
  return app;
}

function addRoute(app: FastifyInstance, parts: Parts, row: Route, options: AppOptions): void {
  const path = row.path.replaceAll(/\{(\w+)\}/g, ':$1');
  const check = row.body ? bodyCheck(row.body) : undefined;
  const handler = async (request: Request, reply: FastifyReply): Promise<unknown> => {
    const { identity, credentials } = row.open ? NOBODY : await identify(parts, request, options);
    const { json, raw } = request.body ?? NO_BODY;
    check?.(json);
    const header = request.headers['idempotency-key'];
    const tried = row.method === 'POST' && !row.open && row.stream !== 'sdp' ? attempt(parts, typeof header === 'string' ? header : undefined, identity.customer_id, `${row.operation} ${request.url.split('?')[0] ?? ''}`, raw) : NO_KEY;
    const known = tried === NO_KEY ? undefined : await tried.known();
    if (known) return known;
    const call: Call = {
      params: checkIds(request.params), query: single(request.query), body: json, raw, has: (field) => Object.hasOwn(json as object, field), identity, request_id: request.id,
      if_version: readIfMatch(request.headers['if-match']), receipt: tried.receipt,
      peer: () => ({ address: request.ip, secure: request.protocol === 'https' }), header: (name, value) => { reply.header(name, value); },
      exchange: () => exchangeOf(request, reply, credentials),
    };
    try {
      return await row.handle(call as Call<never, never>);
    } catch (error) {
      // The same request twice at once: the other one won, and its answer is this one's.
      const answered = tried === NO_KEY ? undefined : await tried.known();
      if (answered) return answered;
      throw error;
    }
  };
  // How long somebody has listened is no latency.
  const observe = row.stream && row.stream !== 'sdp' ? undefined : options.observe;
  const onResponse = observe && ((_request: Request, reply: FastifyReply, done: () => void) => { observe(row.operation, reply.statusCode, reply.elapsedTime); done(); });
  const shared = { method: row.method, handler, ...(row.stream === 'sdp' || row.method === 'PATCH' ? { bodyLimit: SDP_BYTES, config: { sdp: true } } : {}), ...(onResponse ? { onResponse } : {}) };
  app.route({ url: `${BASE}${path}`, ...shared });
  if (row.at_root) app.route({ url: path, ...shared });
}

const NO_ROUTE = (): ApiError => new ApiError('ROUTE_NOT_FOUND', 'no such route');
type Known = { readonly identity: Identity; readonly credentials: Credentials };
const NOBODY: Known = { identity: { customer_id: '', kind: 'token', accesskey_id: '', username: '' }, credentials: { kind: 'token', value: '' } };
const EMPTY = Buffer.alloc(0);
const NO_BODY: Body = { raw: EMPTY, json: {} };
/** An offer of a browser with all its codecs is a few thousand bytes. */
const SDP_BYTES = 65_536;

async function identify(parts: Parts, request: Request, { query_credentials, rate }: AppOptions): Promise<Known> {
  const credentials = findCredentials(request.headers, request.query, query_credentials);
  if (!credentials) throw new ApiError('AUTHENTICATION_REQUIRED', 'send an access key (`?accesskey=`) or a token (`Authorization: Bearer`)');
  const identity = await parts.identities.identify(credentials);
  rate.take('customer', identity.customer_id);
  return { identity, credentials };
}

const exchangeOf = (request: Request, reply: FastifyReply, credentials: Credentials): Exchange => ({
  request: request.raw, credentials, host: request.host,
  from_cookie: ['token', 'accesskey'].some((name) => readCookie(request.headers.cookie, name) === credentials.value),
  take: () => {
    reply.hijack();
    return { response: reply.raw, headers: { 'x-request-id': request.id } };
  },
});

/** Any content type is read as JSON: `curl -d` sends a form's, and older clients send none. What is to be SDP is left as it came. */
function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, raw, done) => {
    try {
      const { sdp = false } = request.routeOptions.config as { readonly sdp?: boolean };
      done(null, { raw: raw as Buffer, json: sdp ? {} : readJson(raw as Buffer) });
    } catch (error) {
      done(error as Error);
    }
  });
}

/** A query with each name once: the last of several counts. */
const single = (query: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(query).flatMap(([name, value]) => { const last: unknown = Array.isArray(value) ? value.at(-1) : value; return typeof last === 'string' ? [[name, last]] : []; }));

function requestId(request: { readonly headers: Readonly<Record<string, string | string[] | undefined>> }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(given) ? given : `req_${randomLetters()}`;
}

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
let pool = EMPTY;
let used = 0;

/** 26 letters of a 32-letter alphabet; random bytes are drawn in bulk, since every request needs some. */
function randomLetters(): string {
  if (used + 26 > pool.length) { pool = randomBytes(26 * 128); used = 0; }
  let out = '';
  for (const end = used + 26; used < end; used++) out += LETTERS[(pool[used] ?? 0) & 31] ?? '';
  return out;
}

function fail(parts: Parts, reply: FastifyReply, error: unknown): FastifyReply {
  const known = asApiError(error, reply.request.routeOptions?.bodyLimit);
  if (known.reason === 'INTERNAL') parts.log.error({ err: error, request_id: reply.request.id, method: reply.request.method, path: reply.request.url.split('?')[0] }, 'a request failed');
  if (known.retry_after_s !== undefined) reply.header('retry-after', String(known.retry_after_s));
  return reply.code(known.http_status).header('content-type', 'application/json; charset=utf-8').send(errorBody(known, reply.request.id));
}

function asApiError(error: unknown, body_limit = BODY_LIMITS.bytes): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof StoreUnavailable) return new ApiError('SERVICE_UNAVAILABLE', 'the store cannot write at the moment; nothing was changed', { retry_after_s: 1 });
  const { code = '', statusCode = 500, message = '' } = error as { code?: string; statusCode?: number; message?: string };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new ApiError('INVALID_JSON_BODY', `the body is larger than ${body_limit} bytes`);
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') return new ApiError('INVALID_JSON_BODY', 'the body is not as long as Content-Length says');
  if (statusCode >= 400 && statusCode < 500) return new ApiError('INVALID_ARGUMENT', message);
  return new ApiError('INTERNAL', 'a defect of the server; the request id finds it in the log');
}

/** What is no HTTP is answered as well as it can be, and the connection ends. */
function refuseSocket(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) { socket.destroy(); return; }
  const id = requestId({ headers: {} });
  const [line, message] = error.code === 'HPE_HEADER_OVERFLOW' ? ['431 Request Header Fields Too Large', 'the headers are too large'] : ['400 Bad Request', 'this is no HTTP request'];
  const body = JSON.stringify(errorBody(new ApiError('INVALID_ARGUMENT', message), id));
  socket.end(`HTTP/1.1 ${line}\r\nx-request-id: ${id}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}
