// A real server for tests, and a client that checks every answer: its status, its reason and its shape must be the ones that the route's row says.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Compile } from 'typebox/compile';
import type { TSchema } from 'typebox';
import { readConfig } from '../../config.js';
import { HTTP_STATUS, REASONS, type Reason } from '../../problem.js';
import { startServer, type Given, type Server } from '../../main.js';
import { newAccessKeyOf, newCustomer } from '../accounts.js';
import { plain, type JsonSchema } from '../action-schemas.js';
import { reasonsOf } from '../reasons.js';
import type { Route } from '../route.js';
import { allRoutes } from '../routes.js';
import { ErrorAnswer } from '../schemas.js';

/** A body whose shape is what a test is about to assert. */
export type Body = any; // eslint-disable-line @typescript-eslint/no-explicit-any -- here, so that no test says it again
/** An answer as tests look at it. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: Body };
/** What a request may say. */
export type Asked = { readonly body?: unknown; readonly raw?: string | Uint8Array; readonly key?: string | null; readonly headers?: Readonly<Record<string, string>> };

/** A server, its first customer's key, and ways to ask it. */
export type Tested = {
  readonly server: Server; readonly url: string; readonly key: string; readonly customer_id: string; readonly routes: readonly Route[];
  /** Asks, with the first customer's key unless told, and checks the answer against its route. */
  ask(method: string, path: string, asked?: Asked): Promise<Answer>;
  /** Asks until `good` holds of the answer's body. */
  until(path: string, good: (body: Body) => boolean, asked?: Asked): Promise<Body>;
  /** Makes another customer. */
  customer(more?: { readonly username?: string; readonly password?: string }): Promise<{ readonly id: string; readonly key: string }>;
  close(): Promise<void>;
};

/** The stores that everything must work on. */
export const STORES = ['memory', 'sqlite'] as const;

/** An access key of forty times one letter. */
export const keyOf = (letter: string): string => `af_${letter.repeat(40)}`;

/** Starts a server on a free port. Settings are names without `ACTIVEFLOW_`. */
export async function startTest(store: (typeof STORES)[number] = 'memory', settings: Readonly<Record<string, string>> = {}, given: Given = {}): Promise<Tested> {
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-'));
  const environment = {
    PORT: '0', LOG: 'silent', SIMULATOR: 'true', CLOCK: 'virtual', ACCESS_KEY: keyOf('A'), JWT_SECRET: 'a secret of at least thirty-two bytes',
    STORE: store === 'memory' ? 'memory:' : `sqlite:${join(folder, 'a.db')}`, DURABILITY: 'os',
    RECORDINGS: join(folder, 'recordings'), SPEECH_CACHE: join(folder, 'speech'), ...settings,
  };
  const server = await startServer(readConfig(Object.fromEntries(Object.entries(environment).map(([name, value]) => [`ACTIVEFLOW_${name}`, value]))), given);
  const { parts } = server;
  const routes = allRoutes(parts);
  const check = checker(routes);
  const ask: Tested['ask'] = async (method, path, { body, raw, key = keyOf('A'), headers = {} } = {}) => {
    const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${server.url}${path.startsWith('/v1.0') || path.startsWith('//') ? path.replace('//', '/') : `/v1.0${path}`}`, {
      method, headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...(sent === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(sent === undefined ? {} : { body: sent as string }),
    });
    const text = response.headers.get('content-type')?.startsWith('text/event-stream') ? await firstOf(response) : await response.text();
    const answer = { status: response.status, headers: response.headers, text, body: response.headers.get('content-type')?.includes('json') ? JSON.parse(text) as unknown : text };
    check(method, new URL(response.url).pathname, answer);
    return answer;
  };
  const identity = await parts.identities.identify({ kind: 'accesskey', value: keyOf('A') });
  return {
    server, url: server.url, key: keyOf('A'), customer_id: identity.customer_id, routes, ask,
    async until(path, good, asked) {
      for (let tries = 0; tries < 5_000; tries++) {
        const answer = await ask('GET', path, asked);
        if (good(answer.body)) return answer.body as unknown;
        await new Promise((resolve) => { setTimeout(resolve, 5); });
      }
      throw new Error(`${path} did not come to what was waited for: ${JSON.stringify((await ask('GET', path, asked)).body).slice(0, 2000)}`);
    },
    async customer(more = {}) {
      const customer = await newCustomer({ name: 'another', ...more }, parts.clock.now());
      const { document, token } = newAccessKeyOf(customer.id, { name: 'key' }, parts.clock.now());
      await parts.store.commit([{ documents: [customer, document] }]);
      return { id: customer.id, key: token };
    },
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The beginning of an answer that does not end. */
async function firstOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return new TextDecoder().decode(first?.value as Uint8Array | undefined);
}

/** Throws where an answer is not what the row of its route says: a status, a reason or a field that nobody knows of. */
export function checker(routes: readonly Route[]): (method: string, path: string, answer: Answer) => void {
  const rows = routes.map((row) => ({ row, pattern: new RegExp(`^(/v1\\.0)${row.at_root ? '?' : ''}${row.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`), good: Compile(strict(plain(row.answer)) as TSchema) }));
  const bad = Compile(strict(plain(ErrorAnswer)) as TSchema);
  return (method, path, { status, headers, body, text }) => {
    // A literal path goes before one with an id in it.
    const found = rows.filter(({ row, pattern }) => row.method === method && pattern.test(path)).sort((a, b) => Number(a.row.path.includes('{')) - Number(b.row.path.includes('{')))[0];
    const say = (what: string): never => { throw new Error(`${method} ${path}: ${what}: ${status} ${text.slice(0, 2000)}`); };
    if (!headers.get('x-request-id')) say('no X-Request-Id');
    if (status === 206 && found?.row.stream === 'file') return;
    if (status === 204 && found?.row.stream === 'events') return;
    if (status === 201 && found?.row.stream === 'sdp') { if (!headers.get('location')?.startsWith('/v1.0/whip/calls/')) say('no Location'); return; }
    if (status === 200) {
      if (found && !found.good.Check(body)) say(`not as its schema says (${found.good.Errors(body).slice(0, 3).map(({ instancePath, message }) => `${instancePath} ${message}`).join('; ')})`);
      return;
    }
    if (!bad.Check(body)) say('an error of another shape');
    const { reason, status: name, request_id } = (body as { error: { reason: Reason; status: keyof typeof HTTP_STATUS; request_id: string } }).error;
    if (REASONS[reason]?.[0] !== name || HTTP_STATUS[name] !== status) say('reason, status and code do not go together');
    // No id is that long, and no route is looked for.
    const long = path.split('/').some((part) => part.replaceAll(/%[0-9A-F]{2}/gi, 'x').length > 200);
    if (found && !reasonsOf(found.row).includes(reason) && !(long && reason === 'ROUTE_NOT_FOUND')) say('a reason that the route does not name');
    if (!found && reason !== 'ROUTE_NOT_FOUND' && reason !== 'RATE_LIMIT_EXCEEDED' && reason !== 'SERVICE_UNAVAILABLE') say('an unknown route answers');
    if (request_id !== headers.get('x-request-id')) say('two request ids');
    if ((status === 429 || status === 503) && !/^[1-9]\d*$/.test(headers.get('retry-after') ?? '')) say('no Retry-After');
  };
}

/** The schema, refusing what it does not name. */
export function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $id: _, ...rest } = schema as JsonSchema;
  const inner = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, strict(value)]));
  return inner['type'] === 'object' && 'properties' in inner && !('additionalProperties' in inner) ? { ...inner, additionalProperties: false } : inner;
}
