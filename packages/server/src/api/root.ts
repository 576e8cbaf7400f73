// What answers beside the API, at the root: is it alive, is it ready, its metrics, its description (wire.md §1).
import type { FastifyInstance } from 'fastify';
import { ApiError } from '../problem.js';
import { STYLE } from './docs-style.js';
import { docsPage } from './docs.js';
import type { Metrics } from './metrics.js';
import { openapi } from './openapi.js';
import type { Parts } from './parts.js';
import { createProbe } from './probe.js';
import type { Route } from './route.js';

/** Nothing from elsewhere, no script, no frame around it, nowhere to send a form. */
const POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Adds the routes at the root. */
export function addRoot(app: FastifyInstance, parts: Parts, routes: readonly Route[], metrics: Metrics): void {
  const ready = createProbe(parts);
  app.get('/healthz', async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'alive' }));
  app.get('/readyz', async (_request, reply) => {
    if (!(await ready())) throw new ApiError('SERVICE_UNAVAILABLE', 'the store cannot be written at the moment', { retry_after_s: 1 });
    return reply.header('cache-control', 'no-store').send({ status: 'ready' });
  });
  app.get('/metrics', async (_request, reply) => reply.header('content-type', metrics.content_type).send(await metrics.text()));
  addDescription(app, routes);
  app.addHook('onClose', async () => { metrics.close(); });
}

/** Made when first asked for: most servers are never asked. */
function addDescription(app: FastifyInstance, routes: readonly Route[]): void {
  let described: object | undefined;
  let page: string | undefined;
  const description = (): object => (described ??= openapi(routes));
  app.get('/openapi.json', async (_request, reply) => reply.header('cache-control', 'no-cache').send(description()));
  app.get('/docs', async (_request, reply) => {
    page ??= docsPage(description());
    return reply.headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }).send(page);
  });
  app.get('/docs/style.css', async (_request, reply) => reply.headers({ 'content-type': 'text/css; charset=utf-8', 'x-content-type-options': 'nosniff' }).send(STYLE));
}
