// The process that is measured: the server as `activeflow start` runs it, with a door for measuring that costs nothing while nobody asks.
import { Session } from 'node:inspector/promises';
import type { Profiler } from 'node:inspector';
import { readConfig } from 'activeflow/internal/config';
import { hashSecret } from 'activeflow/internal/api/identity';
import { startServer } from 'activeflow/internal/main';
import { openStore } from 'activeflow/internal/store/register';
import type { Store } from 'activeflow/internal/store/store';
import { ACCESS_KEY, CUSTOMER_ID } from './flows.js';
import { monotonicUs } from './monotonic.js';

/** What the engine has used so far. */
export type Usage = {
  /** CPU of the whole process, all threads and the garbage collector included, in microseconds. */
  readonly cpu_us: number;
  /** Group commits, and the changes in them. */
  readonly groups: number;
  readonly changes: number;
  readonly rss_bytes: number;
  readonly heap_bytes: number;
};

/** A commit of an activeflow: its id, its version, and when it was durable (microseconds of the machine's monotonic clock). */
export type Commit = readonly [id: string, version: number, at_us: number];
/** What the feed has done: the commits it told of, and the bytes that wait for each listener for whom any do. */
export type FeedUsage = { readonly commits: readonly Commit[]; readonly waiting_bytes: readonly number[] };

/** What may be asked of the process. */
export type Question = 'feed' | 'usage' | 'collect' | 'profile' | 'profiled' | 'close';
/** What it says: once by itself when it answers requests, then to each question. */
export type Reply = { readonly ready?: { readonly port: number }; readonly usage?: Usage; readonly feed?: FeedUsage; readonly profile?: Profiler.Profile; readonly done?: Question };

const document = (kind: string, id: string, key: string | null, data: Record<string, unknown>) =>
  ({ kind, id, customer_id: CUSTOMER_ID, parent: '', key, version: 1, tm_create: Date.now() * 1000, tm_update: null, tm_delete: null, data });

/** A customer and a key of it; left alone where they are there. */
export async function makeCustomer(store: Store): Promise<void> {
  await store.commit([
    { documents: [document('customer', CUSTOMER_ID, 'bench', { name: 'bench' })] },
    { documents: [document('accesskey', '00000000-0000-4000-8000-0000000000aa', hashSecret(ACCESS_KEY), { name: 'bench' })] },
  ]);
}

/** The same store, its commits noted. */
const noting = (store: Store, commits: Commit[]): Store => ({
  ...store,
  async commit(changes) {
    const results = await store.commit(changes);
    const at_us = monotonicUs();
    for (const [i, { activeflow }] of changes.entries()) {
      if (activeflow && results[i] === 'ok') commits.push([activeflow.state.id, activeflow.state.version, at_us]);
    }
    return results;
  },
});

async function serve(): Promise<void> {
  const config = readConfig();
  const commits: Commit[] = [];
  // Only where the feed is measured: everybody else runs what users run.
  const given = process.env['BENCH_COMMITS'] === undefined ? {} : { store: noting(openStore(config.store, config.durability, Date.now() * 1000), commits) };
  const server = await startServer(config, given);
  const { store, committer } = server.parts;
  await makeCustomer(store);
  const session = new Session();
  const usage = (): Usage => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    return { cpu_us: user + system, groups: committer.stats.groups, changes: committer.stats.changes, rss_bytes: rss, heap_bytes: heapUsed };
  };
  const answer = async (question: Question): Promise<Reply> => {
    switch (question) {
      case 'usage': return { usage: usage() };
      case 'feed': return { feed: { commits: commits.splice(0), waiting_bytes: server.parts.hub.waiting_bytes() } };
      case 'collect': globalThis.gc?.(); globalThis.gc?.(); return { usage: usage() };
      case 'profile':
        session.connect();
        await session.post('Profiler.enable');
        await session.post('Profiler.setSamplingInterval', { interval: 200 });
        await session.post('Profiler.start');
        return { done: question };
      case 'profiled': {
        const { profile } = await session.post('Profiler.stop');
        session.disconnect();
        return { profile };
      }
      case 'close': await server.close(); return { done: question };
      default: return question satisfies never;
    }
  };
  process.on('message', (question: Question) => {
    void answer(question).then((reply) => process.send?.(reply, () => { if (question === 'close') process.exit(0); }));
  });
  // Never outlives the bench.
  process.on('disconnect', () => { process.exit(1); });
  process.send?.({ ready: { port: Number(new URL(server.url).port) } } satisfies Reply);
}

if (process.send && process.argv[2] === 'serve') await serve();
