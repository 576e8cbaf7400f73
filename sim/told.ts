// Who is told: the endpoints of webhooks, with a ledger of each request, and what must hold of it (promise G10). They outlive every node.
import type { Event, State } from '@activeflow/engine';
import type { Clock } from 'activeflow/internal/clock';
import { createBodies } from 'activeflow/internal/api/delivery-body';
import { createPublicForm } from 'activeflow/internal/api/public-form';
import { Retryable, type Driver } from 'activeflow/internal/driver/driver';
import { createWebhook, type Ask } from 'activeflow/internal/driver/webhook/webhook';
import type { Committer } from 'activeflow/internal/runner/committer';
import { createProjection } from 'activeflow/internal/runner/projection';
import type { Runner } from 'activeflow/internal/runner/runner';
import type { Delivery } from 'activeflow/internal/runner/tell';
import { createWebhooks } from 'activeflow/internal/runner/webhooks';
import type { Change, Document, Store, StoredEffect } from 'activeflow/internal/store/store';
import type { Faults } from './faults.js';
import { must } from './invariants.js';
import type { Life } from './node.js';
import type { Schedule } from './schedule.js';

/** Which of the two is told. */
export type Receiver = Delivery['to'];

/** How an endpoint answers one delivery. A fact of the plan: how often it first hangs, then fails, and how long it takes. */
export type Reply = { readonly hangs: number; readonly fails: number; readonly takes_us: number };

/** Who wants to be told in a plan. */
export type Webhooked = { readonly customer: Document; readonly replyOf: (delivery: Pick<StoredEffect, 'id' | 'payload'>) => Reply };

/** What the endpoints know of the rest of the world. */
export type ToldSetting = {
  readonly webhooked: Webhooked;
  readonly schedule: Schedule;
  readonly faults: Faults;
  /** Called before anything else at each delivery. */
  readonly reached: (delivery: StoredEffect, what: 'perform') => void;
  /** Whether a life holds the lease under which it delivers. */
  readonly holds: (life: Life, delivery: StoredEffect) => boolean;
  readonly report: (check: () => void) => void;
  readonly trace: (line: () => string) => void;
  /** Breaks the driver, where a test wants it. */
  readonly deliver: (driver: Driver) => Driver;
};

/** What the driver of a node is made of. */
export type Sender = { readonly store: Store; readonly runner: Runner; readonly committer: Committer; readonly clock: Clock };

/** The endpoints of a world. */
export type Told = {
  readonly driver: (life: Life, sender: Sender) => Driver;
  /** Something was committed. */
  readonly committed: (change: Change) => void;
  /** Throws `Violation` where an event that had to be told has not arrived. */
  readonly atTheEnd: (state: State, events: readonly Event[]) => void;
};

/** What is known of one told event at one receiver. */
type Entry = { readonly n: number; readonly before: Entry | undefined; id: string; body: string; asked: number; arrived: boolean };
/** One receiver of one activeflow: its events, the newest last, and the newest that it has seen. */
type Line = { readonly entries: Map<number, Entry>; last: Entry | undefined; seen: number };
type Book = ToldSetting & { readonly lines: Map<string, Line> };

/** Makes the endpoints. */
export function createTold(setting: ToldSetting): Told {
  const book: Book = { ...setting, lines: new Map() };
  return {
    driver: (life, sender) => {
      const { store, runner, clock } = sender;
      const bodies = createBodies(createProjection(store, (id) => runner.load(id)), createPublicForm({ runner, store }));
      const outlet = { ...createWebhooks(sender), body: (delivery: StoredEffect) => bodies(delivery, delivery.queued?.queue ?? '') };
      const driverOf = (ask: Ask): Driver => setting.deliver(createWebhook({ ask, clock, outlet }));
      return {
        ...driverOf(() => { throw new Error('it is asked in the name of a delivery'); }),
        perform(delivery, signal) {
          setting.reached(delivery, 'perform');
          return driverOf((request) => answer(book, life, delivery, request)).perform(delivery, signal);
        },
      };
    },
    committed({ queued = [] }) {
      for (const { activeflow_id, payload } of queued) {
        const { to, n } = payload as Delivery & { readonly n: number };
        const line = lineOf(book, to, activeflow_id);
        must('G10', !line.entries.has(n), () => `${activeflow_id}: event ${n} is told twice to the ${to}`);
        line.last = { n, before: line.last, id: '', body: '', asked: 0, arrived: false };
        line.entries.set(n, line.last);
      }
    },
    atTheEnd(state, events) { checkArrived(book, state, events); },
  };
}

function lineOf({ lines }: Book, to: Receiver, activeflow_id: string): Line {
  const key = `${to} ${activeflow_id}`;
  const line = lines.get(key) ?? { entries: new Map(), last: undefined, seen: -1 };
  lines.set(key, line);
  return line;
}

/** A request at its endpoint. */
async function answer(book: Book, life: Life, delivery: StoredEffect, { url, headers, body, signal }: Parameters<Ask>[0]): ReturnType<Ask> {
  const { schedule, faults, webhooked, trace } = book;
  await life.pause(faults.latency());
  const { to, n } = delivery.payload as Delivery & { readonly n: number };
  const line = lineOf(book, to, delivery.activeflow_id);
  const entry = line.entries.get(n);
  trace(() => `the ${to} is told by ${life.node} of event ${n} of ${delivery.activeflow_id}`);
  book.report(() => { checkSeen(book, life, delivery, line, n, headers['webhook-id'] ?? '', body); });
  if (!entry) throw new Retryable('never told');
  const { hangs, fails, takes_us } = webhooked.replyOf(delivery);
  const turn = entry.asked++;
  line.seen = Math.max(line.seen, n);
  if (turn < hangs) return hang(signal, turn % 2 === 0);
  await schedule.pause(takes_us);
  const status = turn < hangs + fails ? 503 : 200;
  if (status === 200) entry.arrived = true;
  await life.pause(faults.latency());
  return { status, headers: turn % 2 === 0 ? {} : { 'retry-after': '7' }, url };
}

/** A request that gets no answer: over when whoever asked gives up, if they can. */
const hang = (signal: AbortSignal, heeds: boolean): Promise<never> => new Promise((_resolve, reject) => {
  if (heeds) signal.addEventListener('abort', () => { reject(new Retryable('given up')); }, { once: true });
});

/** One id and one body for each event; nothing before what came before it has arrived, and nothing earlier after something later. */
function checkSeen(book: Book, life: Life, delivery: StoredEffect, line: Line, n: number, id: string, body: string): void {
  const entry = line.entries.get(n);
  const name = (): string => `${delivery.activeflow_id}: event ${n}`;
  if (!entry) return must('G10', false, () => `${name()} is told, and was never to be told`);
  must('G10', entry.asked === 0 || (entry.id === id && entry.body === body), () => `${name()} is told under ${entry.id} and ${id}, ${entry.body === body ? 'the same' : 'with two bodies'}`);
  Object.assign(entry, { id, body });
  must('G10', entry.before?.arrived ?? true, () => `${name()} is told before ${entry.before?.n} has arrived`);
  // Who has lost the lease does not know it: such a copy may come late, under its old id.
  must('G10', n >= line.seen || !book.holds(life, delivery), () => `${name()} is told after ${line.seen}`);
}

/** Every event but `settled` is told (wire.md §7), to the customer, and to the activeflow's own endpoint. */
function checkArrived(book: Book, { id, configuration }: State, events: readonly Event[]): void {
  const to: readonly Receiver[] = [...(book.webhooked.customer.data['webhook_uri'] ? ['customer'] as const : []), ...(configuration.webhook_uri ? ['activeflow'] as const : [])];
  for (const receiver of to) {
    const { entries } = lineOf(book, receiver, id);
    const told = events.filter(({ type }) => type !== 'settled');
    for (const { n, type } of told) must('G10', entries.get(n)?.arrived === true, () => `${id}: event ${n} (${type}) has not arrived at the ${receiver}`);
    must('G10', entries.size === told.length, () => `${id}: ${entries.size} events were to be told to the ${receiver}, ${told.length} have happened`);
  }
}
