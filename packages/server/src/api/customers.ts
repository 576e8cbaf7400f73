// Logging in, who one is, and what a customer has set (wire.md §3).
import { Type } from 'typebox';
import { NONE_ID } from '@activeflow/engine';
import { ApiError } from '../problem.js';
import { newSecret, oldSecretUntil, withSecret } from '../runner/webhooks.js';
import type { Document } from '../store/store.js';
import { loginBrake } from './brake.js';
import type { Parts } from './parts.js';
import { showInstant, showTimes, textOf } from './present.js';
import { changeDocument } from './resource.js';
import { route, type Call, type Route } from './route.js';
import { CustomerAnswer, LoginAnswer, MeAnswer, WebhookSecretAnswer } from './answers.js';
import { ticketRoute } from './tickets.js';
import { showTime } from './time.js';
import { readWebhook } from './webhook.js';

/** The routes of whoever asks. */
export function customerRoutes(parts: Parts): readonly Route[] {
  return [
    loginRoute(parts), ticketRoute(parts),
    route({
      method: 'GET', path: '/me', operation: 'getMe', tag: 'accounts', summary: 'Who the credentials belong to.', answer: MeAnswer, reasons: [],
      async handle({ identity }) {
        const { name, detail } = showCustomer(await ownDocument(parts, identity));
        return { customer_id: identity.customer_id, kind: identity.kind, username: identity.username, accesskey_id: identity.accesskey_id || NONE_ID, name, detail };
      },
    }),
    route({
      method: 'GET', path: '/customer', operation: 'getCustomer', tag: 'accounts', summary: 'Read the customer.', answer: CustomerAnswer, reasons: [],
      handle: async ({ identity }) => showCustomer(await ownDocument(parts, identity)),
    }),
    route({
      method: 'PUT', path: '/customer', operation: 'updateCustomer', tag: 'accounts', summary: 'Change the customer. Fields left out stay as they are.',
      body: Type.Object({
        name: Type.Optional(Type.String()), detail: Type.Optional(Type.String()), webhook_uri: Type.Optional(Type.String()), webhook_method: Type.Optional(Type.String()),
        webhook_secret: Type.Optional(Type.String({ maxLength: 256, description: 'signs webhooks; never shown again. The one before signs beside it for a day' })),
      }),
      answer: CustomerAnswer, reasons: ['INVALID_JSON_BODY', 'INVALID_WEBHOOK_URI', 'INVALID_WEBHOOK_METHOD', 'STATE_INVALID'],
      handle: async ({ body, identity }) => showCustomer(await changeDocument(parts, () => ownDocument(parts, identity), ({ data }) => {
        const { name, detail } = { ...data, ...body };
        const webhook = readWebhook({ ...(data as { webhook_uri?: string; webhook_method?: string }), ...body });
        // Whoever says where, wants to be told again.
        const next = { ...data, name, detail, ...webhook, ...(body.webhook_uri === undefined ? {} : { tm_webhook_off: null }) };
        return { data: body.webhook_secret ? withSecret(next, body.webhook_secret, parts.clock.now()) : next };
      })),
    }),
    secretRoute(parts),
  ];
}

function secretRoute(parts: Parts): Route {
  return route({
    method: 'POST', path: '/customer/webhook_secret', operation: 'rotateWebhookSecret', tag: 'accounts',
    summary: 'Make a new secret for webhooks. It is in this answer and never again, not even where an Idempotency-Key repeats it. The one before signs beside it for a day.',
    answer: WebhookSecretAnswer, reasons: ['STATE_INVALID'],
    async handle({ identity, receipt, header }) {
      const secret = newSecret();
      const now = parts.clock.now();
      const show = ({ data }: Pick<Document, 'data'>, webhook_secret: string) => ({ webhook_secret, tm_old_expire: showTime(oldSecretUntil(data, now)) });
      const changed = await changeDocument(parts, () => ownDocument(parts, identity), ({ data }) => ({ data: withSecret(data, secret, now) }), (next) => receipt({ body: show(next, '') }));
      header('cache-control', 'no-store');
      return show(changed, secret);
    },
  });
}

function loginRoute(parts: Parts): Route {
  const brake = loginBrake();
  return route({
    method: 'POST', path: '/auth/login', operation: 'login', tag: 'accounts', open: true, at_root: true,
    summary: 'Log in with a username and a password. The token is answered and set as the cookie `token`; it lasts seven days.',
    body: Type.Object({ username: Type.Optional(Type.String()), password: Type.Optional(Type.String()) }),
    answer: LoginAnswer, reasons: ['INVALID_JSON_BODY', 'INVALID_CREDENTIALS'],
    async handle({ body, peer, header }) {
      const { username = '', password = '' } = body;
      const { address, secure } = peer();
      const release = brake(address);
      // A name with U+0000 is nobody's, and no store could look for it.
      const found = await parts.identities.login(username.includes('\0') ? '' : username, password);
      if (!found) throw new ApiError('INVALID_CREDENTIALS', 'the username or the password is wrong');
      release();
      const seconds = Math.floor((found.expires - parts.clock.now()) / 1_000_000);
      header('set-cookie', `token=${found.token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`);
      header('cache-control', 'no-store');
      return { username, token: found.token };
    },
  });
}

async function ownDocument({ store }: Parts, { customer_id }: Call['identity']): Promise<Document> {
  const customer = await store.document('customer', customer_id);
  if (!customer || customer.tm_delete !== null) throw new ApiError('INVALID_CREDENTIALS', 'the customer is no longer there');
  return customer;
}

function showCustomer(customer: Document) {
  const text = (name: string): string => textOf(customer.data, name);
  return {
    id: customer.id, name: text('name'), detail: text('detail'), username: text('username'), webhook_uri: text('webhook_uri'), webhook_method: text('webhook_method'),
    tm_webhook_off: showInstant(customer.data['tm_webhook_off']), ...showTimes(customer),
  };
}
