// Played callers for tests: a world whose drivers are the local one and the simulator, and a look at what became of a call.
import type { State, Variables } from '@activeflow/engine';
import type { Document } from '../../store/store.js';
import { silent } from '../../log.js';
import { createLocal } from '../local/local.js';
import { createMessages, type MessageDoors } from '../message/message.js';
import { createPlayed } from '../message/played.js';
import { createQueues, type Queues } from '../queue/queue.js';
import type { Call } from '../simulator/call.js';
import type { CallAsked, Which } from '../simulator/doors.js';
import { createSimulator, type Doors } from '../simulator/simulator.js';
import { CUSTOMER, openWorld, parse, walk, type World } from './world.js';

/** A played caller: the call, and the activeflow that runs on it. */
export type Caller = { readonly which: Which; readonly run: string };

/** A world with played callers. */
export type Stage = {
  readonly world: World;
  /** The doors of the node of now. */
  readonly doors: Doors;
  readonly messages: MessageDoors;
  readonly queues: Queues;
  /** Plays an incoming call that runs these actions. */
  readonly play: (actions: readonly unknown[], more?: Partial<CallAsked>) => Promise<Caller>;
  readonly call: (id: string) => Promise<Call>;
  readonly callNow: (caller: Caller) => Promise<Call>;
  /** All calls, the oldest first. */
  readonly calls: () => Promise<readonly Call[]>;
  readonly documents: (kind: string) => Promise<readonly Document[]>;
  readonly line: (caller: Caller) => Promise<readonly string[]>;
  readonly state: (caller: Caller) => Promise<State>;
  readonly variables: (caller: Caller) => Promise<Variables>;
  readonly current: (caller: Caller) => Promise<string>;
};

/** Opens a stage. */
export async function openStage(): Promise<Stage> {
  let doors: Doors | undefined;
  let messages: MessageDoors | undefined;
  let queues: Queues | undefined;
  const world = await openWorld((host) => {
    const simulator = createSimulator(host);
    doors = simulator.doors;
    queues = createQueues({ host, desks: [simulator.desk], log: silent });
    const sending = createMessages({ host, log: silent, providers: [createPlayed()], routes: [], most_an_hour: 0, customer: async () => CUSTOMER });
    messages = sending.doors;
    return [simulator.driver, sending.driver, createLocal(host), queues.driver];
  });
  const open = (): Doors => { if (doors === undefined) throw new Error('no doors'); return doors; };
  const documents = async (kind: string) => (await world.store.documents({ kind, limit: 100 })).map(({ row }) => row).reverse();
  const call = async (id: string) => (await world.store.document('call', id)) as unknown as Call;
  const state = ({ run }: Caller) => world.state(run);
  return {
    world, documents, call, state,
    get doors() { return open(); },
    get messages() { if (messages === undefined) throw new Error('no doors'); return messages; },
    get queues() { if (queues === undefined) throw new Error('no queues'); return queues; },
    async play(actions, more = {}) {
      const made = await open().createCall({ customer_id: CUSTOMER, actions: parse(actions), source: { target: '+821100000001' }, destination: { target: '+821100000009' }, ...more });
      if ('refused' in made) throw new Error(made.message);
      await world.idle();
      return { which: { customer_id: CUSTOMER, call_id: made.call.id }, run: made.activeflow.id };
    },
    callNow: ({ which }) => call(which.call_id),
    calls: async () => (await documents('call')) as unknown as readonly Call[],
    line: async ({ run }) => walk(await world.events(run)),
    variables: async (caller) => (await state(caller)).variables,
    current: async (caller) => (await state(caller)).current.action.type,
  };
}

/** Why a door stayed shut; undefined where it did not. */
export const refusal = (answer: object): string | undefined => ('refused' in answer ? (answer as { refused: string }).refused : undefined);
