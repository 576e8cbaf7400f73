// Access keys (wire.md §3): the token is shown once and stored as its hash; revoking one works at once.
import { Type } from 'typebox';
import { ApiError } from '../problem.js';
import type { Document } from '../store/store.js';
import { newAccessKeyOf } from './accounts.js';
import type { Parts } from './parts.js';
import { showInstant, showTimes } from './present.js';
import { changeDocument, documentRoutes, findDocument, type Resource } from './resource.js';
import { route, type Route } from './route.js';
import { AccesskeyAnswer } from './answers.js';
import { NEVER, readTime } from './time.js';

const Body = Type.Object({
  name: Type.Optional(Type.String()), detail: Type.Optional(Type.String()),
  expire: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_153_600_000, description: 'seconds until it expires; 0 is never' })),
  tm_expire: Type.Optional(Type.String({ description: 'when it expires, in place of `expire`' })),
});

const RESOURCE: Resource = {
  kind: 'accesskey', plural: 'accesskeys', noun: 'access key', missing: 'ACCESSKEY_NOT_FOUND', answer: AccesskeyAnswer, show: (document) => showKey(document),
};

/** The routes of access keys. */
export function accesskeyRoutes(parts: Parts): readonly Route[] {
  const [list, get, remove] = documentRoutes(parts, RESOURCE) as readonly [Route, Route, Route];
  return [
    list,
    route({
      method: 'POST', path: '/accesskeys', operation: 'createAccessKey', tag: 'accesskeys',
      summary: 'Make an access key. Its token is in this answer and never again, not even where an Idempotency-Key repeats it.',
      body: Body, answer: AccesskeyAnswer, reasons: ['INVALID_JSON_BODY', 'INVALID_ARGUMENT'],
      async handle({ body, identity, receipt, header }) {
        const now = parts.clock.now();
        const { document, token } = newAccessKeyOf(identity.customer_id, { name: body.name ?? '', detail: body.detail ?? '', expires_at: expiry(body, now) ?? null }, now);
        if ((await parts.committer.submit({ documents: [document, ...receipt({ body: showKey(document) })] })) !== 'ok') throw new ApiError('STATE_INVALID', 'the same request is being carried out');
        header('cache-control', 'no-store');
        return showKey(document, token);
      },
    }),
    get,
    route({
      method: 'PUT', path: '/accesskeys/{id}', operation: 'updateAccessKey', tag: 'accesskeys', summary: 'Rename an access key, or change when it expires. Fields left out stay as they are.',
      body: Body, answer: AccesskeyAnswer, reasons: ['INVALID_ID', 'INVALID_JSON_BODY', 'INVALID_ARGUMENT', 'ACCESSKEY_NOT_FOUND', 'STATE_INVALID'],
      async handle(call) {
        const { body } = call;
        const changed = await changeDocument(parts, () => findDocument(parts, RESOURCE, call), ({ data }) => {
          const expires_at = expiry(body, parts.clock.now());
          return { data: { ...data, name: body.name ?? data['name'], detail: body.detail ?? data['detail'], ...(expires_at === undefined ? {} : { expires_at }) } };
        });
        parts.identities.forget();
        return showKey(changed);
      },
    }),
    {
      ...remove,
      async handle(call) {
        const answer = await remove.handle(call);
        parts.identities.forget();
        return answer;
      },
    },
  ];
}

/** When the key is to expire: null for never, undefined where nothing was said. */
function expiry({ expire, tm_expire }: { readonly expire?: number; readonly tm_expire?: string }, now: number): number | null | undefined {
  if (tm_expire !== undefined && tm_expire !== '') {
    const at = readTime(tm_expire);
    if (at === undefined) throw new ApiError('INVALID_ARGUMENT', 'tm_expire must be a time', { details: [{ pointer: '/tm_expire', reason: 'INVALID_ARGUMENT', message: 'must be `YYYY-MM-DD HH:MM:SS.ffffff` or RFC 3339' }] });
    return tm_expire === NEVER ? null : at;
  }
  if (expire === undefined) return undefined;
  return expire === 0 ? null : now + expire * 1_000_000;
}

const showKey = (key: Document, token = '') => ({
  id: key.id, customer_id: key.customer_id, name: key.data['name'] as string, detail: key.data['detail'] as string,
  token, token_prefix: key.data['token_prefix'] as string, tm_expire: showInstant(key.data['expires_at']), ...showTimes(key),
});
