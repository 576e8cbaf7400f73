// A leg, as it begins.
import { NO_ANSWERS, type Answers } from './answers.js';
import { newLocal } from './session-media.js';
import type { Hop } from './types.js';
import type { Invited, Session, Ua } from './ua.js';
import { hostOf } from './via.js';

/** What is known of a leg at once. */
export type Beginning = {
  readonly leg_id: string; readonly customer_id: string; readonly port: number; readonly local_tag: string;
  /** Where the other end is: what it is told of us depends on the transport. */
  readonly hop: Hop;
  readonly invited?: Invited;
  readonly answers?: Answers;
};

/** A leg that nobody was told of yet. */
export function newSession(ua: Ua, { leg_id, customer_id, port, local_tag, hop, invited, answers = NO_ANSWERS }: Beginning): Session {
  const { session_expires_s, min_se_s, media_address } = ua.settings;
  return {
    leg_id, customer_id, state: 'early', local_tag,
    contact: contactFor(ua, hop),
    via: hop.address,
    local: newLocal(media_address === '' ? ua.transactions.contact(hop.transport).address : media_address, port),
    agreed: undefined, dialog: undefined, invited,
    provisional: { rseq: 0, waiting: undefined, queue: [] },
    accepting: undefined, bye_after_ack: undefined, asking: false, allows: new Set(),
    refresh: { interval_s: session_expires_s, min_se_s, by_us: true },
    answers, timers: new Map(), abandon: () => undefined,
  };
}

/** The Contact that reaches us from a place. */
export function contactFor(ua: Pick<Ua, 'transactions'>, { transport }: Hop, user = 'activeflow', parameters = ''): string {
  const { address, port } = ua.transactions.contact(transport);
  return `<sip:${user}@${hostOf(address)}:${port}${transport === 'udp' ? '' : `;transport=${transport}`}${parameters}>`;
}
