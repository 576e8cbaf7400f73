// openapi.json: the route rows, written as OpenAPI 3.1. Nothing is said here that a row, a schema or a register does not say.
import { createRequire } from 'node:module';
import { HTTP_STATUS, REASONS, type Reason } from '../problem.js';
import { actionSchemas, plain, type JsonSchema } from './action-schemas.js';
import { EXAMPLES } from './examples.js';
import type { Parts } from './parts.js';
import { byStatus, reasonsOf } from './reasons.js';
import type { Route } from './route.js';
import { allRoutes } from './routes.js';
import { ErrorAnswer } from './schemas.js';

const { version } = createRequire(import.meta.url)('activeflow/package.json') as { version: string };

/** What the tags stand for, in the order of the reference. */
const TAGS: Readonly<Record<string, string>> = {
  flows: 'Lists of actions, kept in revisions. A change makes a new revision; what runs keeps the one it began with.',
  activeflows: 'Flows that run: started, watched and controlled.',
  feed: 'What happens, told while it happens, numbered so that a gap shows.',
  calls: 'Phone calls, placed or received.', messages: 'Text messages.', numbers: 'Which flow an incoming call or message starts.', recordings: 'What was recorded.',
  extensions: 'Phones that may register.', trunks: 'Providers that bring calls of the public network and take ours.', queues: 'Where callers wait for one of several agents.',
  accounts: 'Logging in, and what the customer has set.', accesskeys: 'Keys for programs.', webhooks: 'What was told to whom: deliveries, and sending them again.',
  simulator: 'Played callers and senders, and the virtual clock. Only where the simulator is on.', server: 'The server itself.',
};

/** Every route there may be, for describing them: their handlers have nothing to work with. */
export const describedRoutes = (): readonly Route[] => allRoutes({ simulator: {}, virtual: {}, browsers: {} } as unknown as Parts);

/** The description of these routes. */
export function openapi(routes: readonly Route[]): JsonSchema {
  const schemas = new Map<string, JsonSchema>(Object.entries(actionSchemas()));
  const name = (schema: unknown): JsonSchema => named(plain(schema), schemas) as JsonSchema;
  name(ErrorAnswer);
  const paths: Record<string, Record<string, JsonSchema>> = {};
  const add = (path: string, method: string, operation: JsonSchema): void => { (paths[path] ??= {})[method.toLowerCase()] = operation; };
  for (const row of routes) {
    add(`/v1.0${row.path}`, row.method, operationOf(row, name));
    if (row.at_root) add(row.path, row.method, { ...operationOf(row, name), operationId: `${row.operation}AtRoot` });
  }
  for (const [path, operation] of Object.entries(ROOT)) add(path, 'get', operation);
  const used = new Set([...routes.map(({ tag }) => tag), 'server']);
  return {
    openapi: '3.1.0', jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: { title: 'activeflow', version, license: { name: 'MIT', identifier: 'MIT' }, description: 'Communication flows that run durably. Lists are newest first; times are UTC, `YYYY-MM-DD HH:MM:SS.ffffff`; an id that is not set is the UUID of zeros.' },
    servers: [{ url: '/' }], security: SECURITY,
    tags: Object.entries(TAGS).filter(([tag]) => used.has(tag)).map(([tag, description]) => ({ name: tag, description })),
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))), responses: RESPONSES, headers: HEADERS, parameters: PARAMETERS, securitySchemes: SCHEMES,
      'x-reasons': Object.fromEntries(Object.entries(REASONS).map(([reason, [, meaning]]) => [reason, meaning])),
    },
  };
}

/** Schemas with a name go to the components, and a reference takes their place. */
function named(schema: unknown, schemas: Map<string, JsonSchema>): unknown {
  if (Array.isArray(schema)) return schema.map((item) => named(item, schemas));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $id, ...rest } = schema as JsonSchema;
  const inner = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, named(value, schemas)]));
  if (typeof $id !== 'string') return inner;
  if (!schemas.has($id)) schemas.set($id, inner);
  return { $ref: `#/components/schemas/${$id}` };
}

function operationOf(row: Route, name: (schema: unknown) => JsonSchema): JsonSchema {
  const { operation, tag, summary, body, answer, open } = row;
  const example = EXAMPLES[operation];
  return {
    operationId: operation, tags: [tag], summary, ...(open ? { security: [] } : {}), parameters: parametersOf(row),
    ...(row.stream === 'sdp' ? { requestBody: { required: true, content: { 'application/sdp': { schema: { type: 'string', description: 'the SDP offer, at most 64 KiB; it need not have candidates' } } } } } : {}),
    ...(body ? { requestBody: { required: false, content: { 'application/json': { schema: name(body), ...(example === undefined ? {} : { example }) } } } } : {}),
    responses: { ...answerOf(row, name(answer)), ...errorsOf(reasonsOf(row)) },
  };
}

/** What a path holds that is no UUID: a number, or the id of a list, which begins with that of its flow or activeflow. */
const PATTERNS: Readonly<Record<string, string>> = { n: '^\\d{1,15}$', list: '^[0-9a-f-]{36}(:\\d{1,15}){1,2}$' };

/** What an operation answers when all is well; a stream says what it is made of, since no schema does. */
function answerOf({ stream, path }: Route, schema: JsonSchema): JsonSchema {
  if (stream === 'socket') return { 101: { description: 'The WebSocket is open. See the guide for what is said on it.' } };
  if (stream === undefined) return { 200: { description: 'Done.', headers: REQUEST_ID, content: { 'application/json': { schema } } } };
  if (stream === 'file') {
    const file = (description: string) => ({ description, headers: REQUEST_ID, content: { 'audio/wav': { schema } } });
    return { 200: file('The file.'), 206: file('The part of it that was asked for.') };
  }
  if (stream === 'sdp') {
    const headers = { ...REQUEST_ID, Location: { $ref: '#/components/headers/Location' }, Link: { $ref: '#/components/headers/IceServers' } };
    return { 201: { description: 'The call is taken.', headers, content: { 'application/sdp': { schema } } } };
  }
  const events = { description: 'Events until one side has enough: `id` is the number, `event` the type, `data` the resource.', headers: REQUEST_ID, content: { 'text/event-stream': { schema } } };
  return { 200: events, ...(path.includes('{id}') ? { 204: { description: 'It has ended, and nothing is left to tell.', headers: REQUEST_ID } } : {}) };
}

function parametersOf({ method, path, query, open, stream }: Route): readonly JsonSchema[] {
  const ids = [...path.matchAll(/\{(\w+)\}/g)].map(([, of_path = '']) => ({
    name: of_path, in: 'path', required: true, schema: of_path.endsWith('id') ? { type: 'string', format: 'uuid' } : { type: 'string', pattern: PATTERNS[of_path] },
  }));
  const asked = Object.entries((query ? plain(query)['properties'] : {}) as Record<string, JsonSchema>).map(([of_query, { description, ...schema }]) =>
    ({ name: of_query, in: 'query', ...(description === undefined ? {} : { description }), schema }));
  const about = query ? plain(query)['description'] : undefined;
  const more = about === undefined ? [] : [{ name: 'variable', in: 'query', description: about, style: 'form', explode: true, schema: { type: 'object', additionalProperties: { type: 'string' } } }];
  const refs = [...(method === 'POST' && !open && stream !== 'sdp' ? ['IdempotencyKey'] : []), ...(method !== 'GET' && /^\/(activeflows|flows)\/\{id\}/.test(path) ? ['IfMatch'] : []), ...(stream === 'events' ? ['LastEventId'] : []), ...(stream === 'file' ? ['Range'] : [])];
  return [...ids, ...asked, ...more, ...refs.map((ref) => ({ $ref: `#/components/parameters/${ref}` }))];
}

/** The errors that come with a time to wait. */
const WAITS = new Set<number>([HTTP_STATUS.RESOURCE_EXHAUSTED, HTTP_STATUS.UNAVAILABLE]);

function errorsOf(reasons: readonly Reason[]): JsonSchema {
  return Object.fromEntries([...byStatus(reasons)].map(([status, of_status]) =>
    [status, { $ref: `#/components/responses/${WAITS.has(status) ? 'Wait' : 'Error'}`, description: of_status.map((reason) => `\`${reason}\``).join(', ') }]));
}

const REQUEST_ID = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };
const HEADERS = {
  RequestId: { description: 'finds the request in the log', schema: { type: 'string' } },
  RetryAfter: { description: 'seconds to wait', schema: { type: 'string' } },
  Location: { description: 'the call, as something to be deleted', schema: { type: 'string' } },
  IceServers: { description: 'STUN and TURN servers, one each: `<turn:host:3478>; rel="ice-server"; username="…"; credential="…"; credential-type="password"`', schema: { type: 'string' } },
};
const ERROR = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
const RESPONSES = {
  Error: { description: 'The request was refused; nothing was changed.', headers: REQUEST_ID, content: ERROR },
  Wait: { description: 'Not now.', headers: { ...REQUEST_ID, 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }, content: ERROR },
};

const PARAMETERS = {
  IdempotencyKey: { name: 'Idempotency-Key', in: 'header', description: 'the same key and body within 24 hours gives the first answer', schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' } },
  LastEventId: { name: 'Last-Event-ID', in: 'header', description: 'the number of the last event that was told: what came since is told first', schema: { type: 'string', pattern: '^\\d{1,15}$' } },
  Range: { name: 'Range', in: 'header', description: 'one range of bytes; any other gives the whole', schema: { type: 'string', pattern: '^bytes=\\d{0,15}-\\d{0,15}$' } },
  IfMatch: { name: 'If-Match', in: 'header', description: 'the version it must have (of a flow, the revision), in quotes', schema: { type: 'string', pattern: '^(\\*|(W/)?"?\\d{1,15}"?)$' } },
};

const SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'a token of /auth/login, or an access key' },
  token: { type: 'apiKey', in: 'query', name: 'token', description: 'a token; can be switched off' },
  accesskey: { type: 'apiKey', in: 'query', name: 'accesskey', description: 'an access key; can be switched off' },
  token_cookie: { type: 'apiKey', in: 'cookie', name: 'token' }, accesskey_cookie: { type: 'apiKey', in: 'cookie', name: 'accesskey' },
};
const SECURITY = Object.keys(SCHEMES).map((scheme) => ({ [scheme]: [] }));

const answered = (description: string, media: string, schema: JsonSchema) => ({ 200: { description, headers: REQUEST_ID, content: { [media]: { schema } } }, ...errorsOf(['RATE_LIMIT_EXCEEDED']) });
const rootOperation = (operationId: string, summary: string, responses: JsonSchema) => ({ operationId, tags: ['server'], summary, security: [], parameters: [], responses });
const STATUS = { type: 'object', required: ['status'], properties: { status: { type: 'string' } } };

/** What answers at the root: see `root.ts`. */
const ROOT: Readonly<Record<string, JsonSchema>> = {
  '/healthz': rootOperation('getHealth', 'Whether the server is alive.', answered('It is.', 'application/json', STATUS)),
  '/readyz': rootOperation('getReadiness', 'Whether the store can be written.', { ...answered('It can.', 'application/json', STATUS), ...errorsOf(['SERVICE_UNAVAILABLE']) }),
  '/metrics': rootOperation('getMetrics', 'Metrics for Prometheus.', answered('Text.', 'text/plain', { type: 'string' })),
  '/openapi.json': rootOperation('getOpenapi', 'This description.', answered('OpenAPI 3.1.', 'application/json', { type: 'object' })),
  '/docs': rootOperation('getDocs', 'The reference as a page.', answered('HTML.', 'text/html', { type: 'string' })),
};
