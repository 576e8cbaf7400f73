// Messages by SMPP 3.4: one account at one SMSC.
import { deriveId, NONE_ID } from '@activeflow/engine';
import type { Log } from '../../../log.js';
import type { Host } from '../../driver.js';
import type { Ears, MessageProvider } from '../provider.js';
import { createDeliveries, type Deliveries } from './deliver.js';
import { createIds, type Ids, type Spelling } from './ids.js';
import { createLink, type Link } from './link.js';
import { createPace } from './pace.js';
import { createShelf } from './parts.js';
import { numberOf, type Pdu } from './pdu.js';
import { stateOf } from './receipt.js';
import { openSession, type Account, type BindKind, type Patience, type Reply } from './session.js';
import { submitMessage } from './submit.js';

/** What an SMSC is reached with. */
export type SmppSettings = {
  readonly account: Account;
  /** One connection for both ways, or one for each. */
  readonly bind: 'transceiver' | 'separate';
  /** Submissions under way at once. */
  readonly window: number;
  /** Submissions a second at most; 0: as fast as it goes. */
  readonly rate: number;
  /** Who sends where a message does not say. */
  readonly source: string;
};

/** What tests shorten; milliseconds. */
export type SmppTimes = Patience & {
  /** How long a part waits for a connection and its turn. */
  readonly wait_ms: number;
  readonly pause_ms: readonly [first: number, longest: number];
  /** A connection that was cut is mended meanwhile: submissions wait for it here, and are not put off. */
  readonly mended_ms: number;
  /** How long the rest of a message is waited for, and how often that is looked at. */
  readonly parts_ms: number;
  readonly sweep_ms: number;
};

/** As it is in use. */
export const TIMES: SmppTimes = { bind_ms: 10_000, answer_ms: 20_000, idle_ms: 30_000, wait_ms: 20_000, pause_ms: [500, 60_000], mended_ms: 2_000, parts_ms: 600_000, sweep_ms: 30_000 };

/** ESME_RX_T_APPN: it is to be delivered again. */
const LATER: Reply = { status: 0x64 };
/** Before what is under way is left alone when it closes. */
const CLOSE_MS = 5_000;

/** What the provider is made with. */
export type SmppParts = { readonly settings: SmppSettings; readonly host: Host; readonly log: Log; readonly times?: SmppTimes };

/** Makes the provider; nothing is connected before `start`. */
export function createSmpp({ settings, host, log, times = TIMES }: SmppParts): MessageProvider {
  const { window, rate, source } = settings;
  const pace = createPace({ window, rate });
  let ids: Ids = createIds('same', () => undefined);
  let deliveries: Deliveries | undefined;
  let listener: Ears | undefined;
  let sweeping: NodeJS.Timeout | undefined;
  let closing = false;
  const linkOf = (kind: BindKind): Link => createLink({
    name: kind, log, pause_ms: times.pause_ms,
    open: (ended) => openSession(settings.account, kind, times, {
      request: async (pdu) => (closing ? LATER : await deliveries?.take(pdu) ?? LATER),
      ended(detail) { deliveries?.cut(); ended(detail); },
    }),
  });
  const [out, into] = settings.bind === 'transceiver' ? [linkOf('bind_transceiver')] : [linkOf('bind_transmitter'), linkOf('bind_receiver')] as const;
  return {
    name: 'smpp', repeatable: false, window, doors: [],
    submit(message, signal) {
      if (!listener) return Promise.reject(new Error('not started'));
      return submitMessage({ link: out, pace, ids: () => ids, ears: listener, source, wait_ms: times.wait_ms }, message, signal);
    },
    ask: (of) => query(out, ids, of.provider_id, source),
    health: () => ({ up: out.session() !== undefined || (!closing && out.down_ms() < times.mended_ms), detail: out.detail(), in_flight: pace.in_flight() }),
    async start(ears) {
      listener = ears;
      ids = await learnedIds(host);
      const shelf = createShelf(host, times.parts_ms);
      deliveries = createDeliveries({ ears, shelf, ids: () => ids, log });
      const pass = async ({ id, ...message }: { readonly id: string; readonly source: string; readonly destination: string; readonly text: string }): Promise<void> => { await ears.onMessage({ ...message, provider_id: id }); };
      sweeping = setInterval(() => { shelf.sweep(pass).catch((error: unknown) => { log.warn({ err: String(error) }, 'smpp: parts that are overdue could not be passed on'); }); }, times.sweep_ms);
      out.start();
      into?.start();
    },
    async close() {
      closing = true;
      clearInterval(sweeping);
      const until = performance.now() + CLOSE_MS;
      while (pace.in_flight() > 0 && performance.now() < until) await new Promise((resolve) => { setTimeout(resolve, 20); });
      await Promise.all([out.close(), into?.close()]);
    },
  };
}

const SPELLING_ID = deriveId(NONE_ID, 'smpp/spelling');

/** The ids, and how receipts spell them as far as an earlier process has learned it. */
async function learnedIds(host: Host): Promise<Ids> {
  const found = await host.document('message_part', SPELLING_ID);
  return createIds((found?.data['spelling'] as Spelling | undefined) ?? 'same', (spelling) => {
    void (async () => {
      const before = await host.document('message_part', SPELLING_ID);
      const now = host.clock.now();
      const base = before ?? { kind: 'message_part', id: SPELLING_ID, customer_id: NONE_ID, parent: '', key: null, version: 0, tm_create: now, tm_delete: null };
      await host.write({ documents: [{ ...base, version: base.version + 1, tm_create: now, tm_update: now, data: { spelling } }] });
    // It is learned anew at the next receipt.
    })().catch(() => undefined);
  });
}

/** `query_sm`: what the SMSC knows of a message it took. */
async function query(link: Link, ids: Ids, provider_id: string, usual_source: string): ReturnType<NonNullable<MessageProvider['ask']>> {
  const session = link.session();
  if (provider_id === '' || !session) return undefined;
  const known = ids.known(provider_id);
  const answer = await session.request('query_sm', { message_id: known?.raw ?? provider_id, source_addr: known?.source ?? usual_source.replace('+', '') });
  const pdu: Pdu | undefined = answer.was === 'answered' && answer.pdu.status === 0 ? answer.pdu : undefined;
  const status = pdu && stateOf(numberOf(pdu, 'message_state'));
  return status === undefined ? undefined : { provider_id, status };
}
