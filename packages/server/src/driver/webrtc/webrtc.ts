// Browsers as a signalling: a leg is a peer connection in a worker thread, whose sound goes as plain RTP to the media worker and back.
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { MessageChannel } from 'node:worker_threads';
import { address } from '@activeflow/engine';
import type { Log } from '../../log.js';
import type { Media } from '../../media/media.js';
import { Permanent } from '../driver.js';
import type { HangupCause, SignalFact, Signalling } from '../legs.js';
import { candidateAddresses } from './addresses.js';
import { createBrowserLegs, type BrowserLegs, type Ending } from './browser-legs.js';
import { readOffer, writeAnswer, type BrowserOffer } from './sdp.js';
import { keepThread, type Thread } from './thread.js';
import type { IceServer, WhipAnswer, WhipAsked, WhipDoors } from './whip.js';

/** How browsers are reached. */
export type WebrtcSettings = {
  /** The address that the one UDP socket is bound to, and its port; 0 takes a free one. */
  readonly host: string;
  readonly port: number;
  /** What browsers are told to send to, where that is another address; `''`: the one that is bound. */
  readonly public_address: string;
  readonly ice_servers: readonly IceServer[];
  /** Browser calls at once. */
  readonly at_most: number;
  /** Milliseconds until a browser must be connected, and of its silence until it is gone. */
  readonly connect_ms?: number;
  readonly quiet_ms?: number;
};

/** What it is made of. */
export type WebrtcParts = { readonly media: Pick<Media, 'open' | 'agree' | 'close'>; readonly settings: WebrtcSettings; readonly log: Log };

/** Why a leg that the worker gave up has ended. */
const CAUSES = { closed: 'normal', timeout: 'timeout', quiet: 'timeout', failed: 'failed' } as const satisfies Record<string, HangupCause>;

/** Makes the signalling of browsers, and its door. A browser calls; nobody can call it, so `reaches` is never true. */
export function createWebrtc({ media, settings, log }: WebrtcParts): Signalling & WhipDoors {
  let listener: (leg_id: string, fact: SignalFact) => void = () => undefined;
  const tell = (leg_id: string, fact: SignalFact): void => { listener(leg_id, fact); };
  const legs: BrowserLegs = createBrowserLegs(tell, (leg_id) => { thread.tell({ type: 'close', leg_id }); media.close(leg_id); });
  const thread = keepThread({ host: settings.host, port: settings.port, connect_ms: settings.connect_ms ?? 15_000, quiet_ms: settings.quiet_ms ?? 15_000 }, (fact) => {
    if (fact.type === 'connected') legs.connected(fact.leg_id);
    if (fact.type === 'gone') legs.end(fact.leg_id, ending(CAUSES[fact.how], fact.how === 'closed' ? 'remote' : 'local', fact.detail));
  }, (message) => {
    log.error({ message }, 'the worker thread of browsers ended');
    endAll('the worker thread of browsers ended');
  });
  const endAll = (detail: string): void => { for (const leg_id of legs.ids()) legs.end(leg_id, ending('lost', 'local', detail)); };
  return {
    name: 'webrtc',
    ice_servers: settings.ice_servers,
    listen(heardBy) { listener = heardBy; },
    async start() { await thread.running(); },
    reaches: () => Promise.resolve(false),
    originate: () => Promise.reject(new Permanent('NO_ROUTE', 'a browser calls; it cannot be called')),
    async ring(leg_id) { legs.take(leg_id); },
    answer: (leg_id) => legs.answer(leg_id),
    async reject(leg_id, cause) { legs.end(leg_id, { cause: 'failed', by: 'local', detail: `rejected: ${cause}`, refusal: refused(cause, REFUSALS[cause]) }); },
    async hangup(leg_id, cause) { legs.end(leg_id, ending(cause, 'local', '')); },
    // Whether a browser is still there, its own requests tell: one that only listens sends no sound.
    silent() { /* nothing */ },
    async call(asked) {
      const offer = readOffer(asked.sdp);
      if ('bad' in offer) return refused(offer.bad, offer.detail);
      if (legs.ids().length >= settings.at_most) return refused('overloaded', `${settings.at_most} browser calls are up, and no more are allowed at once`);
      const leg_id = randomUUID();
      const leg = legs.add(leg_id, asked.customer_id);
      try {
        leg.sdp = await openSound(leg_id, offer, settings, media, await thread.running());
      } catch (error) {
        legs.forget(leg_id);
        media.close(leg_id);
        log.error({ err: error }, 'the sound of a browser could not be opened');
        return refused('unavailable', 'its sound cannot be carried at the moment');
      }
      // It may have been closed meanwhile.
      if (legs.get(leg_id) === undefined) { media.close(leg_id); return refused('unavailable', REFUSALS.unavailable); }
      return new Promise((resolve) => {
        leg.decide = resolve;
        tell(leg_id, offered(asked));
      });
    },
    has: (customer_id, call_id) => legs.get(call_id)?.customer_id === customer_id,
    async hangupBy(customer_id, call_id) {
      if (legs.get(call_id)?.customer_id !== customer_id) return false;
      legs.end(call_id, ending('normal', 'remote', 'the browser hung up'));
      return true;
    },
    async close() {
      endAll('the server stops');
      await thread.stop();
    },
  };
}

/** Opens a leg in both workers; gives the answer. */
async function openSound(leg_id: string, offer: BrowserOffer, { host, public_address }: WebrtcSettings, media: WebrtcParts['media'], thread: Thread): Promise<string> {
  const { port1, port2 } = new MessageChannel();
  await media.open(leg_id, { kind: 'port', port: port1 });
  media.agree(leg_id, { ...offer.agreement, remote: null });
  const ice = { ufrag: randomBytes(6).toString('hex'), password: randomBytes(18).toString('hex') };
  const ssrc = randomInt(1, 2 ** 32);
  const { payload_type, telephone_event } = offer.agreement;
  thread.tell({ type: 'open', leg_id, ice: { ...ice, their_ufrag: offer.ice.ufrag }, fingerprints: offer.fingerprints, ssrc, payload_types: [payload_type, telephone_event ?? []].flat(), port: port2 }, [port2]);
  return writeAnswer(offer, { ice, fingerprint: thread.fingerprint, addresses: candidateAddresses(host, public_address), port: thread.port, ssrc });
}

const REFUSALS = {
  not_found: 'nothing is called by this number or flow', forbidden: 'this call is not allowed', busy: 'busy', unavailable: 'not possible at the moment', overloaded: 'too many calls at once',
} as const;

const ending = (cause: HangupCause, by: 'local' | 'remote', detail: string): Ending => ({ cause, by, detail, refusal: refused('unavailable', detail || `hung up: ${cause}`) });

const refused = (why: Extract<WhipAnswer, { taken: false }>['why'], detail: string): WhipAnswer => ({ taken: false, why, detail });

function offered({ customer_id, source, destination }: WhipAsked): SignalFact {
  const called = 'number' in destination ? address({ target: destination.number }) : address({ type: 'flow', target: destination.flow_id });
  return {
    type: 'offered', customer_id, source: address({ type: 'sip', target: source || 'browser', target_name: 'Browser' }), destination: called, via: { kind: 'browser', id: source },
    ...('flow_id' in destination ? { flow_id: destination.flow_id } : {}),
  };
}
