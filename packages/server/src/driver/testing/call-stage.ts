// Calls over played legs for tests: a world whose drivers are the local one, the simulator and calls, by the router as a server has it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NONE_ID, type Instant, type State, type Variables } from '@activeflow/engine';
import { silent } from '../../log.js';
import type { Document } from '../../store/store.js';
import { createCalls, type Calls, type CallSettings } from '../call/call.js';
import type { Call } from '../call/document.js';
import { Permanent } from '../driver.js';
import { createLocal } from '../local/local.js';
import { createQueues, type Queues } from '../queue/queue.js';
import { playedSpeech, playLegs, type Offered, type PlayedLegs } from './played-legs.js';
import { CUSTOMER, openWorld, walk, type World } from './world.js';

/** A caller on a played leg: its call, and the activeflow that runs on it. */
export type Dialled = { readonly id: string; readonly run: string };

/** A world with calls. */
export type CallStage = {
  readonly world: World;
  readonly legs: PlayedLegs;
  readonly calls: Calls;
  readonly queues: Queues;
  /** Binds a number to a flow of these actions. */
  readonly number: (number: string, actions: readonly unknown[], more?: Readonly<Record<string, unknown>>) => Promise<string>;
  /** A caller dials a number that runs these actions. */
  readonly dial: (actions: readonly unknown[], offered?: Offered) => Promise<Dialled>;
  /** Lets time pass, stopping at everything that becomes due on the way. */
  readonly pass: (milliseconds: number) => Promise<void>;
  /** The process dies, its legs with it unless they are kept, and another one starts. */
  readonly restart: (kept?: boolean) => Promise<void>;
  readonly call: (id: string) => Promise<Call>;
  readonly documents: (kind: string) => Promise<readonly Document[]>;
  readonly state: (dialled: Dialled) => Promise<State>;
  readonly variables: (dialled: Dialled) => Promise<Variables>;
  readonly line: (dialled: Dialled) => Promise<readonly string[]>;
  readonly current: (dialled: Dialled) => Promise<string>;
  /** The directory of recordings: nobody writes sound there. */
  readonly recordings: string;
  readonly close: () => Promise<void>;
  readonly document: (kind: string, id: string, data: Readonly<Record<string, unknown>>, key?: string) => Promise<void>;
};

const outside = async (host: string): Promise<string> => {
  if (host.startsWith('10.')) throw new Permanent('ADDRESS_FORBIDDEN', `${host} is private`);
  return host;
};

let numbers = 0;

function there<T>(what: T | undefined): T {
  if (what === undefined) throw new Error('not there');
  return what;
}

/** Opens a stage. */
export async function openCallStage(settings: Partial<CallSettings> = {}): Promise<CallStage> {
  let legs: PlayedLegs | undefined;
  let calls: Calls | undefined;
  let queues: Queues | undefined;
  const recordings = mkdtempSync(join(tmpdir(), 'activeflow-calls-'));
  const clockOf = (host: { readonly clock: unknown }) => host.clock as World['clock'];
  const world = await openWorld((host) => {
    legs ??= playLegs(clockOf(host));
    calls = createCalls({ host, legs: legs.legs, speech: playedSpeech, log: silent, settings: { recordings, max_calls: 0, ring_timeout_ms: 60_000, outside, ...settings } });
    queues = createQueues({ host, desks: [calls.desk], log: silent });
    return [calls.driver, createLocal(host), queues.driver];
  });
  const document: CallStage['document'] = async (kind, id, data, key) => {
    const whose = { kind, id, customer_id: CUSTOMER, parent: '', key: key ?? null, version: 1, tm_create: world.clock.now(), tm_update: null, tm_delete: null };
    await world.store.commit([{ documents: [{ ...whose, data }] }]);
  };
  const number: CallStage['number'] = async (named, actions, more) => {
    const call_flow_id = await world.flow(actions, more);
    await document('number', `b0000000-0000-4000-8000-${String(++numbers).padStart(12, '0')}`, { number: named, call_flow_id }, `${CUSTOMER}/${named}`);
    return call_flow_id;
  };
  const call = async (id: string) => (await world.store.document('call', id)) as unknown as Call;
  await there(calls).start();
  return {
    world, call, document, number, recordings, state: ({ run }) => world.state(run),
    async close() {
      await world.stop();
      rmSync(recordings, { recursive: true, force: true });
    },
    get legs() { return there(legs); },
    get calls() { return there(calls); },
    get queues() { return there(queues); },
    async dial(actions, offered = {}) {
      const flow_id = await world.flow(actions);
      const id = there(legs).offer(CUSTOMER, { flow_id, ...offered });
      await world.idle();
      return { id, run: (await call(id) as Call | undefined)?.data.activeflow_id ?? NONE_ID };
    },
    async pass(milliseconds) {
      const end = world.clock.now() + milliseconds * 1000;
      await world.idle();
      for (let next = await soonest(world, there(legs)); next <= end; next = await soonest(world, there(legs))) {
        world.clock.set(Math.max(next, world.clock.now()));
        await world.idle();
      }
      world.clock.set(Math.max(end, world.clock.now()));
      await world.idle();
    },
    async restart(kept = false) {
      if (!kept) legs = undefined;
      await world.restart();
      await there(calls).start();
      await world.idle();
    },
    documents: async (kind) => (await world.store.documents({ kind, limit: 100 })).map(({ row }) => row).reverse(),
    variables: async ({ run }) => (await world.state(run)).variables,
    line: async ({ run }) => walk(await world.events(run)),
    current: async ({ run }) => (await world.state(run)).current.action.type,
  };
}

const soonest = async ({ store }: World, legs: PlayedLegs): Promise<Instant> => Math.min((await store.nextDue()) ?? Infinity, legs.next() ?? Infinity);
