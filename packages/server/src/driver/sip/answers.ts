// Answering challenges of others (RFC 3261 §22.2, §22.3), once for each nonce.
import { answerChallenge, chooseChallenge, type Challenge } from './digest.js';
import { headers } from './headers.js';
import type { HeaderList, SipResponse } from './types.js';

/** Our credentials with a peer, and the challenges it has made so far. */
export type Answers = {
  /** Learns from a 401 or 407; whether asking again makes sense. */
  learn(response: SipResponse): boolean;
  /** The headers for a request: none before the first challenge. */
  headers(method: string, uri: string, body: Buffer): HeaderList;
};

const KINDS = { 401: ['WWW-Authenticate', 'Authorization'], 407: ['Proxy-Authenticate', 'Proxy-Authorization'] } as const;
/** Refusals in a row that are believed to be about the nonce only. */
const STALE = 3;

/** Makes the answers of one peer; without a user name nothing is answered. */
export function createAnswers(username: string, password: string, random: () => string): Answers {
  const known = new Map<string, { readonly challenge: Challenge; count: number; stale: number }>();
  return {
    learn(response) {
      const kind = response.status === 401 ? KINDS[401] : response.status === 407 ? KINDS[407] : undefined;
      const challenge = kind === undefined || username === '' ? undefined : chooseChallenge(headers(response, kind[0]));
      if (kind === undefined || challenge === undefined) return false;
      const before = known.get(kind[1]);
      const used = before !== undefined && before.count > 0;
      // A second challenge means that what was shown is wrong, unless it says that only the nonce is, or it is another realm's.
      const stale = used && challenge.realm === before.challenge.realm ? before.stale + 1 : 0;
      if (stale > 0 && (!challenge.stale || stale > STALE)) return false;
      known.set(kind[1], { challenge, count: 0, stale });
      return true;
    },
    headers(method, uri, body) {
      return [...known].map(([name, entry]) => [name, answerChallenge(entry.challenge, { username, password, method, uri, body, cnonce: random(), count: ++entry.count })] as const);
    },
  };
}

/** Nobody's credentials. */
export const NO_ANSWERS: Answers = { learn: () => false, headers: () => [] };
