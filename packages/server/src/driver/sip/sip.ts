// Calls by SIP: the user agent over the transactions, the registrar of phones, and registrations with trunks. Reports facts and decides nothing.
import type { Log } from '../../log.js';
import type { SignalFact, Signalling } from '../legs.js';
import { createAuthenticate } from './auth.js';
import { keyOfRequest } from './dialog.js';
import type { Directory } from './directory.js';
import { createGuard, GUARD_SETTINGS } from './guard.js';
import { inDialog } from './message.js';
import { createNonces } from './nonces.js';
import { createRegistrar, type Registered } from './registrar.js';
import { createResolve, type Resolve } from './resolve.js';
import { routeOf, type RouteParts } from './route.js';
import { onAck } from './session-accept.js';
import { hangUp } from './session-end.js';
import { capabilities, onRequestWithin } from './session-requests.js';
import { realTimers, type Timers } from './timers.js';
import { createTrunkClient, type Registration } from './trunk-client.js';
import type { ServerTransaction, Transactions } from './types.js';
import { ALLOW, reply, SIP_SETTINGS, type Session, type SipSettings, type Ua } from './ua.js';
import { createUac } from './uac.js';
import { createUas, type Uas } from './uas.js';
import { parseUri } from './uri.js';

export { SIP_SETTINGS, type SipSettings } from './ua.js';

/** What the UA stands on. */
export type SipParts = {
  readonly transactions: Transactions;
  readonly media: Ua['media'];
  readonly directory: Directory;
  readonly log: Log;
  readonly settings?: Partial<SipSettings>;
  readonly timers?: Timers;
  readonly resolve?: Resolve;
};

/** The signalling of SIP, and what is shown of it. */
export type Sip = Signalling & {
  silent(leg_id: string): void;
  /** The phones of an extension that are registered. */
  registered(customer_id: string, extension: string): readonly Registered[];
  /** How registering with trunks goes. */
  registrations(): readonly Registration[];
  /** Reads anew which trunks register: to be called when one was changed. */
  refresh(): Promise<void>;
  /** For metrics. */
  counts(): { readonly legs: number; readonly dialogs: number; readonly phones: number };
};

/** How long the end waits for the other ends to hear of it. */
const FAREWELL_MS = 500;
/** Methods that are known and have no place outside a call here; any other is unknown (§8.2.1). */
const KNOWN = ['BYE', 'INFO', 'UPDATE', 'PRACK', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'MESSAGE', 'REFER'];

/** Makes the UA; the transactions are its own from here on: it starts and closes them. */
export function createSip(parts: SipParts): Sip {
  const timers = parts.timers ?? realTimers();
  const settings: SipSettings = { ...SIP_SETTINGS, ...parts.settings };
  const { transactions, media, directory, log } = parts;
  const resolve = parts.resolve ?? createResolve();
  let listener: (leg_id: string, fact: SignalFact) => void = () => undefined;
  const ua: Ua = {
    transactions, media, directory, settings, log, timers, resolve, sessions: new Map(), dialogs: new Map(),
    tell: (leg_id, fact) => { listener(leg_id, fact); },
  };
  const guards = { address: createGuard(timers, { ...GUARD_SETTINGS, free: 30 }), user: createGuard(timers) };
  const authenticate = createAuthenticate({ directory, nonces: createNonces(timers, settings.nonce_ms), guards, phones_from: settings.phones_from, digests: settings.digests, log });
  const registrar = createRegistrar({ directory, authenticate, settings, timers });
  const trunks = createTrunkClient({ transactions, directory, resolve, timers, log, user_agent: settings.user_agent });
  const isOurs: RouteParts['isOurs'] = (host, port) => transactions.bound().some((bound) => host === transactions.contact(bound.transport).address && (port ?? 5060) === bound.port);
  const routes: RouteParts = { isOurs, directory, registrar, resolve, settings };
  const uas = createUas(ua, authenticate, trunks);
  const uac = createUac(ua, routes);
  const of = (leg_id: string, run: (session: Session) => void): Promise<void> => {
    const session = ua.sessions.get(leg_id);
    if (session !== undefined) run(session);
    return Promise.resolve();
  };

  return {
    name: 'sip',
    listen(heard) { listener = heard; },
    async start() {
      transactions.setUser({
        onRequest: (transaction) => { onRequest(ua, uas, registrar.onRegister, transaction); },
        onAck(request) {
          const found = ua.dialogs.get(keyOfRequest(request));
          if (found !== undefined) onAck(ua, found.session, request);
        },
        onCancel: (invite) => { uas.onCancel(invite); },
      });
      await transactions.start();
      void trunks.refresh();
    },
    reaches: async (customer_id, destination) => (await routeOf(routes, customer_id, destination)) !== undefined,
    originate: (asked) => uac.originate(asked),
    ring: (leg_id, early_media = false) => of(leg_id, (session) => { uas.ring(session, early_media); }),
    answer: (leg_id) => of(leg_id, (session) => { uas.answer(session); }),
    reject: (leg_id, cause) => of(leg_id, (session) => { uas.reject(session, cause); }),
    hangup: async (leg_id, cause) => { if (!uac.giveUp(leg_id, cause)) await of(leg_id, (session) => { hangUp(ua, session, cause); }); },
    silent(leg_id) {
      const session = ua.sessions.get(leg_id);
      // On hold, or listening only, the other end need not send anything.
      if (session?.state === 'up' && session.agreed?.on_hold === false) hangUp(ua, session, 'timeout', 'no sound came for long');
    },
    registered: registrar.registered,
    registrations: trunks.registrations,
    refresh: trunks.refresh,
    counts: () => ({ legs: ua.sessions.size, dialogs: ua.dialogs.size, phones: registrar.count() }),
    async close() {
      const some = ua.sessions.size > 0;
      for (const session of [...ua.sessions.values()]) hangUp(ua, session, 'lost', 'the server stops');
      await Promise.all([trunks.close(), some ? new Promise<void>((done) => { timers.after(FAREWELL_MS, done); }) : undefined]);
      await transactions.close();
    },
  };
}

function onRequest(ua: Ua, uas: Uas, onRegister: (transaction: ServerTransaction) => Promise<void>, transaction: ServerTransaction): void {
  const { request } = transaction;
  if (inDialog(request)) {
    const found = ua.dialogs.get(keyOfRequest(request));
    if (found === undefined) reply(transaction, 481);
    else onRequestWithin(ua, found.session, found.dialog, transaction);
    return;
  }
  if (parseUri(request.uri) === undefined) { reply(transaction, 416); return; }
  switch (request.method) {
    case 'INVITE': void uas.onInvite(transaction); return;
    case 'REGISTER':
      onRegister(transaction).catch((error: unknown) => {
        ua.log.error({ error: String(error) }, 'a registration could not be taken');
        reply(transaction, 503, [['Retry-After', '10']]);
      });
      return;
    case 'OPTIONS': reply(transaction, 200, capabilities()); return;
    // Without a dialog there is nothing to end or to change (§15.1.2, RFC 6086 §4.2.2).
    case 'BYE': case 'INFO': case 'UPDATE': case 'PRACK': reply(transaction, 481); return;
    default: reply(transaction, KNOWN.includes(request.method) ? 405 : 501, [['Allow', ALLOW]]);
  }
}
