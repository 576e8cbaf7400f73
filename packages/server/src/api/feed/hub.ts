// Everybody who listens: counted, looked at now and then, and sent away where their credentials are good no longer, or the server ends.
import { ApiError } from '../../problem.js';
import type { Feed } from '../../runner/feed.js';
import type { Credentials, Identities } from '../identity.js';

/** One connection that listens. */
export type Member = {
  readonly customer_id: string;
  readonly credentials: Credentials;
  /** How many bytes wait for it. */
  waiting_bytes(): number;
  /** Called every ten seconds: a sign of life goes out, and who gives none is sent away. */
  tick(): void;
  /** It has to go: its credentials are good no longer, or the server ends. */
  dismiss(why: 'credentials' | 'end'): void;
};

/** Those who listen to a feed. */
export type Hub = {
  readonly feed: Feed;
  /** Lets somebody in, the feed running; gives the function that takes it out. Throws `RATE_LIMIT_EXCEEDED` where the customer has too many. */
  enter(member: Member): Promise<() => void>;
  /** Whose credentials are good no longer goes now, not with the next look. */
  check(): Promise<void>;
  readonly size: number;
  /** How many bytes wait, for each of them for whom any do. */
  waiting_bytes(): readonly number[];
  /** Sends everybody away. */
  close(): void;
};

/** How often a sign of life goes out, after how long a silence the other side counts as gone, and how long one may take to leave. */
export const HEARTBEAT = { every_ms: 10_000, silence_ms: 60_000, leaving_ms: 1_000 } as const;
/** How often credentials are looked at again. */
const CHECK_MS = 5_000;
/** The most connections of one customer that listen. */
export const MOST_LISTENERS = 10_000;
/** Signs of life go out in so many portions, so that thousands of them hold up nothing. */
const PORTIONS = 20;

/** Makes the hub of a feed. */
export function createHub({ feed, identities }: { readonly feed: Feed; readonly identities: Pick<Identities, 'identify'> }): Hub {
  const members = new Map<Member, number>();
  const counts = new Map<string, number>();
  let entered = 0;
  let portion = 0;
  let timers: readonly NodeJS.Timeout[] = [];

  const tick = (): void => {
    portion = (portion + 1) % PORTIONS;
    for (const [member, its] of members) if (its === portion) member.tick();
  };

  const check = async (): Promise<void> => {
    const known = new Map<string, Promise<boolean>>();
    const isGood = (credentials: Credentials): Promise<boolean> => {
      const name = `${credentials.kind} ${credentials.value}`;
      const before = known.get(name);
      if (before) return before;
      // A store that is away is no reason to send anybody away.
      const good = identities.identify(credentials).then(() => true, (error: unknown) => !(error instanceof ApiError));
      known.set(name, good);
      return good;
    };
    for (const member of [...members.keys()]) if (!(await isGood(member.credentials)) && members.has(member)) member.dismiss('credentials');
  };

  const start = (): void => {
    timers = [setInterval(tick, HEARTBEAT.every_ms / PORTIONS), setInterval(() => { void check(); }, CHECK_MS)];
  };

  return {
    feed, check,
    get size() { return members.size; },
    waiting_bytes: () => [...members.keys()].map((member) => member.waiting_bytes()).filter((bytes) => bytes > 0),
    async enter(member) {
      const { customer_id } = member;
      const count = counts.get(customer_id) ?? 0;
      if (count >= MOST_LISTENERS) {
        throw new ApiError('RATE_LIMIT_EXCEEDED', `at most ${MOST_LISTENERS} connections that listen for each customer`, { details: [{ limited_by: 'customer' }], retry_after_s: 10 });
      }
      counts.set(customer_id, count + 1);
      const left = (): void => {
        const now = (counts.get(customer_id) ?? 1) - 1;
        if (now > 0) counts.set(customer_id, now);
        else counts.delete(customer_id);
      };
      const close = await feed.open().catch((error: unknown) => { left(); throw error; });
      members.set(member, entered++ % PORTIONS);
      if (members.size === 1) start();
      return () => {
        if (!members.delete(member)) return;
        left();
        close();
        if (members.size === 0) for (const timer of timers) clearInterval(timer);
      };
    },
    close() {
      for (const member of [...members.keys()]) member.dismiss('end');
      feed.close();
    },
  };
}
