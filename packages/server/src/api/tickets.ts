// One-use tickets: what `activeflow dev` puts into the link it prints, so that no key has to be typed and none stands in an address.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { Type } from 'typebox';
import { ApiError } from '../problem.js';
import { TicketAnswer } from './answers.js';
import { loginBrake } from './brake.js';
import { hashSecret } from './identity.js';
import type { Parts } from './parts.js';
import { route, type Route } from './route.js';

/** How long a ticket is good, and how many there are at most; the oldest goes first. */
const TICKETS = { good_for_ms: 600_000, at_most: 100 } as const;

/** Tickets that have not been used. They are in memory alone: a restart ends them. */
export type Tickets = {
  /** A new ticket for a customer. */
  issue(customer_id: string): string;
  /** Whose ticket it is, once; undefined for one that is unknown, used or too old. */
  redeem(ticket: string): string | undefined;
};

/** Makes the tickets of a server. Real time, whatever the clock says: who opens a link does not wait for a virtual one. */
export function createTickets(now_ms: () => number = () => performance.now()): Tickets {
  let open: readonly { readonly hash: Buffer; readonly customer_id: string; readonly until_ms: number }[] = [];
  return {
    issue(customer_id) {
      const ticket = randomBytes(32).toString('base64url');
      open = [...open.slice(1 - TICKETS.at_most), { hash: hashed(ticket), customer_id, until_ms: now_ms() + TICKETS.good_for_ms }];
      return ticket;
    },
    redeem(ticket) {
      const hash = hashed(ticket);
      open = open.filter(({ until_ms }) => until_ms > now_ms());
      // Each is compared, whichever it is, so that the time it takes says nothing.
      const [found] = open.filter((one) => timingSafeEqual(one.hash, hash));
      open = open.filter((one) => one !== found);
      return found?.customer_id;
    },
  };
}

const hashed = (ticket: string): Buffer => Buffer.from(hashSecret(ticket), 'hex');

/** The route that takes a ticket. */
export function ticketRoute(parts: Parts): Route {
  const brake = loginBrake();
  return route({
    method: 'POST', path: '/auth/ticket', operation: 'redeemTicket', tag: 'accounts', open: true,
    summary: 'Turn the ticket of the link that `activeflow dev` prints into a token. A ticket is good once, for ten minutes.',
    body: Type.Object({ ticket: Type.String({ description: 'what follows `#ticket=` in the link' }) }), answer: TicketAnswer, reasons: ['INVALID_JSON_BODY', 'INVALID_CREDENTIALS'],
    async handle({ body: { ticket }, peer, header }) {
      const release = brake(peer().address);
      const customer_id = parts.tickets.redeem(ticket);
      if (customer_id === undefined) throw new ApiError('INVALID_CREDENTIALS', 'the ticket is unknown, used or too old');
      release();
      header('cache-control', 'no-store');
      return { token: (await parts.identities.token(customer_id, '')).token };
    },
  });
}
