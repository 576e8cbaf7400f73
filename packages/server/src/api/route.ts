// A route: one row that says what comes in, what goes out and what can go wrong. The server, the checks and openapi.json are made of these.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Static, TObject, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { isUuid, type State } from '@activeflow/engine';
import type { DocumentWrite } from '../store/store.js';
import { ApiError, type Reason } from '../problem.js';
import type { Credentials, Identity } from './identity.js';

/** Makes the document that remembers the answer of a request with an Idempotency-Key; none without one. Written in the commit it is about. */
export type Receipt = (answer: Remembered) => readonly DocumentWrite[];
/** An answer as it is remembered: its body, or the activeflow it shows. */
export type Remembered = { readonly body: object } | { readonly state: State };

/** A request as it came, for an answer that is more than one JSON: what a stream or a socket needs to know of it. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly credentials: Credentials;
  /** True where a cookie brought them: then any page that a browser shows could have sent the request. */
  readonly from_cookie: boolean;
  /** The host that was asked; behind a trusted proxy, as the proxy says. */
  readonly host: string;
  /** Takes the answer over, headers of any answer beside it: from then on nobody else writes it, and no error is answered. */
  readonly take: () => { readonly response: ServerResponse; readonly headers: Readonly<Record<string, string>> };
};

/** A request as a handler gets it: checked. */
export type Call<B = unknown, Q = unknown> = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Q;
  readonly body: B;
  /** The body as it came. */
  readonly raw: Buffer;
  /** Whether a field was sent at all: what is missing is kept. */
  readonly has: (field: string) => boolean;
  readonly identity: Identity;
  readonly request_id: string;
  /** The version that `If-Match` asks for. */
  readonly if_version: number | undefined;
  readonly receipt: Receipt;
  /** Where the request comes from, and whether by TLS; behind a trusted proxy, as the proxy says. */
  readonly peer: () => { readonly address: string; readonly secure: boolean };
  /** Sets a header of the answer. */
  readonly header: (name: string, value: string) => void;
  readonly exchange: () => Exchange;
};

/** One operation of the API. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Under `/v1.0`, ids in braces. */
  readonly path: string;
  readonly operation: string;
  readonly tag: string;
  readonly summary: string;
  /** No credentials needed. */
  readonly open?: true;
  /** Also at the root, where older clients look. */
  readonly at_root?: true;
  /** It does not answer with one JSON: it opens a WebSocket, goes on as server-sent events, sends a file, or takes an SDP offer and answers with SDP. */
  readonly stream?: 'socket' | 'events' | 'file' | 'sdp';
  readonly query?: TObject;
  readonly body?: TObject;
  readonly answer: TSchema;
  /** What can go wrong beside credentials, rate limits and a failing store. */
  readonly reasons: readonly Reason[];
  readonly handle: (call: Call<never, never>) => Promise<unknown>;
};

/** A route with its types tied together. */
export function route<B extends TObject = TObject, Q extends TObject = TObject>(
  row: Omit<Route, 'handle' | 'body' | 'query'> & { readonly body?: B; readonly query?: Q; handle(call: Call<Static<B>, Static<Q>>): Promise<unknown> },
): Route {
  return row;
}

/** Checks a body against its schema. Gives a function that throws `INVALID_JSON_BODY` with a pointer for each field of a wrong type. */
export function bodyCheck(schema: TObject): (body: unknown) => void {
  const compiled = Compile(schema);
  return (body) => {
    if (compiled.Check(body)) return;
    if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new ApiError('INVALID_JSON_BODY', 'the body must be a JSON object');
    const seen = new Set<string>();
    const details = Value.Errors(schema, body).flatMap((error) => {
      const missing = error.keyword === 'required' ? (error.params as { requiredProperties?: string[] }).requiredProperties ?? [] : [];
      const pointers = missing.length > 0 ? missing.map((name) => `${error.instancePath}/${name}`) : [error.instancePath];
      return pointers.filter((pointer) => !seen.has(pointer) && seen.add(pointer)).map((pointer) => ({ pointer, reason: 'INVALID_JSON_BODY', message: error.message }));
    });
    const [first] = details;
    throw new ApiError('INVALID_JSON_BODY', first ? `${first.pointer}: ${first.message}` : 'the body has the wrong shape', { details });
  };
}

/** The ids of a path, lower-case. Throws `INVALID_ID`. */
export function checkIds(params: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => {
    if (!name.endsWith('id')) return [name, value];
    if (!isUuid(value)) throw new ApiError('INVALID_ID', `"${value.slice(0, 64)}" is not a UUID`);
    return [name, value.toLowerCase()];
  }));
}

/** The version that an `If-Match` header names, bare or quoted; undefined without one or with `*`. */
export function readIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const match = /^(?:W\/)?"?(\d{1,15})"?$/.exec(header.trim());
  if (!match) throw new ApiError('INVALID_REQUEST_PARAMETER', `If-Match must be a version in quotes, got ${header.slice(0, 40)}`);
  return Number(match[1]);
}
