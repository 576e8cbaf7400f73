// The composition root: the only place where rooms meet.
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { bootstrap } from './api/accounts.js';
import { createApp } from './api/app.js';
import { createHub } from './api/feed/hub.js';
import { createTells } from './api/feed/tells.js';
import { addConsole } from './api/console.js';
import { sweepOld } from './api/idempotency.js';
import { makeFirstPhones } from './api/first-phones.js';
import { createIdentities } from './api/identity.js';
import type { Parts } from './api/parts.js';
import { createMetrics } from './api/metrics.js';
import { sweepDeliveries } from './api/deliveries.js';
import { createBodies } from './api/delivery-body.js';
import { createPublicForm } from './api/public-form.js';
import { createRateLimit } from './api/rate.js';
import { addRoot } from './api/root.js';
import { allRoutes } from './api/routes.js';
import { createTickets } from './api/tickets.js';
import { realClock, virtualClock } from './clock.js';
import { limitsOf, type Config } from './config.js';
import { createEgress } from './driver/http/egress.js';
import { createDrivers } from './driver/register.js';
import { smtpSettings } from './driver/smtp/settings.js';
import type { Outlet } from './driver/webhook/webhook.js';
import { silent, type Log } from './log.js';
import { createCommitter } from './runner/committer.js';
import { createDispatcher, type Dispatcher } from './runner/dispatcher.js';
import { createFeed, type Feed } from './runner/feed.js';
import { createHost } from './runner/host.js';
import { createProjection } from './runner/projection.js';
import { createRunner } from './runner/runner.js';
import { createTeller } from './runner/tell.js';
import { createWebhooks } from './runner/webhooks.js';
import { openStore } from './store/register.js';
import type { Store } from './store/store.js';
import { carriersOf } from './messaging.js';
import { carriesCalls, createTelephony, hasLeft, type Telephony, type TelephonyParts } from './telephony.js';
import { createAsteriskTelephony } from './telephony-asterisk.js';

/** A running server. */
export type Server = { readonly url: string; readonly parts: Parts; readonly dispatcher: Dispatcher; /** Undefined where no calls are carried. */ readonly telephony: Telephony | undefined; close(): Promise<void> };

/** What a server can be given in place of what its settings name. */
export type Given = {
  readonly store?: Store;
  readonly log?: Log;
  /** Where the port of SIP is taken, a free one will do. */
  readonly any_sip_port?: boolean;
};

/** Starts everything. Throws, in one sentence, where the settings cannot be used. */
export async function startServer(config: Config, given: Given = {}): Promise<Server> {
  const log: Log = given.log ?? (config.log === 'silent' ? silent : pino({ level: config.log }, pino.destination({ fd: 2, sync: false })));
  const virtual = config.clock === 'virtual' ? virtualClock(Date.now() * 1000) : undefined;
  const clock = virtual ?? realClock();
  const limits = limitsOf(config);
  const store = given.store ?? openStore(config.store, config.durability, clock.now());
  if (config.access_key !== '') await bootstrap(store, clock.now(), config.access_key);
  await makeFirstPhones(store, clock.now(), config);
  const teller = createTeller({ store, clock });
  const committer = createCommitter(store, (change) => { teller.committed(change); dispatcher.committed(change); feed.wake(); }, { tell: teller.tell });
  const runner = createRunner({ store, committer, clock, limits, log, alone: true });
  const host = createHost({ runner, store, committer, clock });
  const projection = createProjection(store, (id) => runner.load(id));
  const form = createPublicForm({ runner, store });
  const feed: Feed = createFeed({ store, tells: createTells(projection, form), log });
  const bodies = createBodies(projection, form);
  const outlet: Outlet = { ...createWebhooks({ store, committer, runner, clock }), body: (delivery) => bodies(delivery, delivery.queued?.queue ?? '') };
  const egress = createEgress({ allow: config.egress_allow });
  const telephony = await telephonyOf(config, { host, store, egress, clock, log, any_sip_port: given.any_sip_port });
  const { drivers, doors, calls, queues, messages, closeMail } = createDrivers({ egress, simulator: config.simulator ?? false, calls: telephony?.calls, messages: carriersOf(config, { host, store, egress, log }), smtp: await smtpSettings(config), outlet, log }, host);
  const dispatcher: Dispatcher = createDispatcher({ store, runner, committer, clock, drivers, log });
  const identities = createIdentities({ store, clock, jwt_secret: config.jwt_secret || randomBytes(32).toString('hex') });
  const parts: Parts = {
    runner, store, committer, clock, limits, identities, tickets: createTickets(), log, hub: createHub({ feed, identities }), bodies, recordings_folder: config.recordings, calls, queues, messages: messages?.doors, carriers: messages?.providers ?? [], simulator: doors, virtual,
    registrations: telephony?.registrations ?? (() => []), trunksChanged: telephony?.trunksChanged ?? (() => undefined), browsers: telephony?.browsers,
  };
  const routes = allRoutes(parts);
  const metrics = createMetrics({ runner, committer, dispatcher, store, telephony: telephony?.stats, messages: messages?.health });
  const app = createApp(parts, routes, {
    query_credentials: config.query_credentials, trust_proxy: config.trust_proxy, rate: createRateLimit(config.rate_limit ?? 0), observe: metrics.observe,
  });
  addRoot(app, parts, routes, metrics);
  addConsole(app);
  const close = async (): Promise<void> => {
    await app.close();
    // Calls are hung up while what that leads to can still be carried out.
    await telephony?.close();
    await messages?.close();
    await dispatcher.stop(5_000);
    await Promise.all([closeMail(), egress.close()]);
    await store.close();
  };
  try {
    await app.listen({ host: config.host, port: config.port });
    await dispatcher.start();
    await telephony?.start();
    await messages?.start();
  } catch (error) {
    await close();
    throw error;
  }
  const stopSweeping = [sweepOld(parts), sweepDeliveries(parts)];
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`, parts, dispatcher, telephony,
    async close() {
      for (const stop of stopSweeping) stop();
      await close();
    },
  };
}

/** What carries calls, where the settings want that. */
async function telephonyOf(config: Config, parts: TelephonyParts): Promise<Telephony | undefined> {
  if (config.ari_url !== '') return createAsteriskTelephony(config, parts);
  // What was carried by an earlier process has to be ended, though nothing is carried any more.
  return carriesCalls(config) || (await hasLeft(parts.store)) ? createTelephony(config, parts) : undefined;
}
