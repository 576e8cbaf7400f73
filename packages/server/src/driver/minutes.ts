// A bound on what strangers can run up: minutes a day that a customer talks to the public network. Around the signalling that dials it.
import type { Instant } from '@activeflow/engine';
import type { Clock } from '../clock.js';
import { Permanent } from './errors.js';
import type { Originate, SignalFact, Signalling } from './legs.js';

/** What the bound works with. */
export type MinutesParts = {
  readonly clock: Clock;
  /** Minutes of a customer in a day (UTC); 0 is no bound. */
  readonly most: number;
  /** Microseconds that a customer has talked since an instant, as far as it is written: asked once, before the first call after a start. */
  readonly spent: (customer_id: string, since: Instant) => Promise<number>;
};

const MINUTE_US = 60_000_000;
const DAY_US = 86_400_000_000;

/** What a customer has talked today. */
type Book = { day: number; spent_us: number; readonly talking: Map<string, Instant>; wake: () => void };

/** True for what costs: numbers and addresses elsewhere. Phones of one's own do not. */
export const goesOut = ({ destination }: Pick<Originate, 'destination'>): boolean => destination.type === 'tel' || destination.type === 'sip';

/** The same signalling; where the minutes of a customer are used up, it dials nobody outside any more, and those calls that are up end as `timeout`. */
export function withMinutes(signalling: Signalling, { clock, most, spent }: MinutesParts): Signalling {
  if (most === 0) return signalling;
  const books = new Map<string, Promise<Book>>();
  const legs = new Map<string, Book>();
  const most_us = most * MINUTE_US;

  const bookOf = (customer_id: string): Promise<Book> => {
    const known = books.get(customer_id) ?? opened(customer_id);
    books.set(customer_id, known);
    // What could not be read is read again the next time.
    known.catch(() => { books.delete(customer_id); });
    return known;
  };
  const opened = async (customer_id: string): Promise<Book> => {
    const day = dayOf(clock.now());
    return { day, spent_us: await spent(customer_id, day * DAY_US), talking: new Map(), wake: () => undefined };
  };
  const left = (book: Book): number => most_us - usedBy(book, clock.now());
  const watch = (book: Book): void => {
    book.wake();
    book.wake = () => undefined;
    if (book.talking.size === 0) return;
    const left_us = left(book);
    if (left_us <= 0) {
      for (const leg_id of book.talking.keys()) void signalling.hangup(leg_id, 'timeout');
      return;
    }
    // All of them talk at once; a new day is looked at when it comes.
    const now = clock.now();
    book.wake = clock.at(Math.min(now + Math.ceil(left_us / book.talking.size), (dayOf(now) + 1) * DAY_US), () => { watch(book); });
  };
  const heard = (leg_id: string, fact: SignalFact): void => {
    const book = legs.get(leg_id);
    if (book === undefined || (fact.type !== 'answered' && fact.type !== 'ended')) return;
    const now = clock.now();
    usedBy(book, now);
    if (fact.type === 'answered') book.talking.set(leg_id, now);
    else {
      book.spent_us += Math.max(0, now - (book.talking.get(leg_id) ?? now));
      book.talking.delete(leg_id);
      legs.delete(leg_id);
    }
    watch(book);
  };

  return {
    ...signalling,
    listen: (listener) => { signalling.listen((leg_id, fact) => { heard(leg_id, fact); listener(leg_id, fact); }); },
    async originate(asked) {
      if (!goesOut(asked)) return signalling.originate(asked);
      const book = await bookOf(asked.customer_id);
      if (left(book) <= 0) throw new Permanent('OUTBOUND_MINUTES', `the ${most} minutes that the customer may talk to the outside today are used up`);
      legs.set(asked.leg_id, book);
      return signalling.originate(asked).catch((error: unknown) => { legs.delete(asked.leg_id); throw error; });
    },
    async close() {
      for (const book of await Promise.all([...books.values()].map((one) => one.catch(() => undefined)))) book?.wake();
      await signalling.close();
    },
  };
}

const dayOf = (at: Instant): number => Math.floor(at / DAY_US);

/** What was talked today by now. A new day begins with nothing, and those who talk over midnight begin with it. */
function usedBy(book: Book, now: Instant): number {
  if (dayOf(now) !== book.day) {
    book.day = dayOf(now);
    book.spent_us = 0;
    for (const [leg_id, since] of book.talking) book.talking.set(leg_id, Math.max(since, book.day * DAY_US));
  }
  return [...book.talking.values()].reduce((sum, since) => sum + Math.max(0, now - since), book.spent_us);
}
