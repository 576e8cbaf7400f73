// A whole engine room for the tests of drivers: real runner, dispatcher and store, and a clock that is moved by hand.
import { defaultLimits, NONE_ID, parseActions, type Action, type Event, type Option, type State } from '@activeflow/engine';
import { virtualClock, type VirtualClock } from '../../clock.js';
import { silent } from '../../log.js';
import { createCommitter } from '../../runner/committer.js';
import { createDispatcher, type Dispatcher } from '../../runner/dispatcher.js';
import { createHost } from '../../runner/host.js';
import { createRunner, type Runner } from '../../runner/runner.js';
import { openMemory } from '../../store/memory.js';
import type { Store, StoredEffect } from '../../store/store.js';
import type { Driver, Host } from '../driver.js';

/** The customer of the tests. */
export const CUSTOMER = 'c0000000-0000-4000-8000-000000000001';

/** One node over a store. */
type Node = { readonly runner: Runner; readonly host: Host; readonly dispatcher: Dispatcher };

/** A store, a clock, and the node that works on them now. */
export type World = {
  readonly store: Store;
  readonly clock: VirtualClock;
  /** The node of now: another one after `restart`. */
  readonly node: () => Node;
  /** Waits until nothing is due any more. */
  readonly idle: () => Promise<void>;
  /** Lets time pass, stopping at everything that becomes due on the way. */
  readonly pass: (milliseconds: number) => Promise<void>;
  /** The node dies, and what it was performing with it; another takes over. */
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly state: (id: string) => Promise<State>;
  readonly events: (id: string) => Promise<readonly Event[]>;
  readonly effects: (id: string) => Promise<readonly StoredEffect[]>;
  /** Stores a flow; gives its id. */
  readonly flow: (actions: readonly unknown[], more?: Option) => Promise<string>;
};

let flows = 0;

/** Opens a world with the drivers that `drivers` makes for each node. In one whose outside keeps real time, the clock is real, and is not moved. */
export async function openWorld(drivers: (host: Host) => readonly Driver[], clock: VirtualClock = virtualClock(Date.UTC(2026, 0, 5, 9) * 1000)): Promise<World> {
  const store = openMemory();
  let node = await openNode(store, clock, drivers);
  // What goes over a socket takes longer than a turn.
  const tick = (turns: number) => new Promise((resolve) => { if (turns < 500) setImmediate(resolve); else setTimeout(resolve, 1); });
  const quiet = async () => node.dispatcher.stats.in_flight === 0 && ((await store.nextDue()) ?? Infinity) > clock.now();
  const idle = async () => {
    for (let still = 0, turns = 0; still < 6; turns++) {
      if (turns > 8_000) throw new Error('the world does not come to rest');
      await tick(turns);
      still = (await quiet()) ? still + 1 : 0;
    }
  };
  return {
    store, clock, idle,
    node: () => node,
    async pass(milliseconds) {
      const end = clock.now() + milliseconds * 1000;
      await idle();
      for (let next = await store.nextDue(); next !== null && next <= end; next = await store.nextDue()) {
        clock.set(Math.max(next, clock.now()));
        await idle();
      }
      clock.set(Math.max(end, clock.now()));
      await idle();
    },
    async restart() {
      await node.dispatcher.stop(0);
      node = await openNode(store, clock, drivers);
    },
    stop: () => node.dispatcher.stop(0),
    async state(id) {
      const state = await store.load(id);
      if (state === undefined) throw new Error(`no activeflow ${id}`);
      return state;
    },
    events: (id) => store.events(id, -1, 10_000),
    effects: (id) => store.effects(id),
    async flow(actions, more = {}) {
      const id = `f0000000-0000-4000-8000-${String(++flows).padStart(12, '0')}`;
      const tm_create = clock.now();
      const document = { kind: 'flow', id, customer_id: CUSTOMER, parent: '', key: null, version: 1, tm_create, tm_update: null, tm_delete: null };
      await store.commit([{
        documents: [{ ...document, data: { revision: 1, on_complete_flow_id: NONE_ID, ...more } }],
        lists: [{ id: `${id}:1`, actions: parse(actions) }],
      }]);
      return id;
    },
  };
}

async function openNode(store: Store, clock: VirtualClock, drivers: (host: Host) => readonly Driver[]): Promise<Node> {
  const committer = createCommitter(store, (change) => { dispatcher.committed(change); });
  const runner = createRunner({ store, committer, clock, limits: defaultLimits, log: silent });
  const host = createHost({ runner, store, committer, clock });
  const dispatcher: Dispatcher = createDispatcher({ store, runner, committer, clock, drivers: drivers(host), log: silent });
  await dispatcher.start();
  return { runner, host, dispatcher };
}

let ids = 0;

/** Actions as a client writes them, read as the API reads them. Throws where they are not valid. */
export function parse(actions: readonly unknown[]): readonly Action[] {
  const parsed = parseActions(actions, { newId: () => `a0000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`, limits: defaultLimits });
  if (parsed.problems.length > 0) throw new Error(JSON.stringify(parsed.problems));
  return parsed.actions;
}

/** Starts an activeflow over the API's kind of reference; gives its id. */
export async function startRun(world: World, actions: readonly unknown[], more: { id?: string; on_complete_flow_id?: string; variables?: Record<string, string> } = {}): Promise<string> {
  const id = more.id ?? `e0000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`;
  await world.node().host.start({
    id, customer_id: CUSTOMER, name: '', flow_id: NONE_ID, flow_revision: 0, list_id: `${id}:0`,
    reference: { type: 'api', id: NONE_ID, activeflow_id: NONE_ID }, variables: more.variables ?? {},
    configuration: { on_complete_flow_id: more.on_complete_flow_id ?? NONE_ID, webhook_uri: '', webhook_method: '' },
  }, { by: 'api' }, { lists: [{ id: `${id}:0`, actions: parse(actions) }] });
  return id;
}

/** What became of each action, in order: `type`, or `type:result` where it was not done, with the reason. */
export function walk(events: readonly Event[]): readonly string[] {
  let current = 'start';
  return events.flatMap((event) => {
    const left = event.type === 'moved' || event.type === 'ended' ? event.left : undefined;
    const line = left === undefined ? [] : [left.result === 'done' ? current : `${current}:${left.result}${left.reason ? `:${left.reason}` : ''}`];
    if (event.type === 'moved') current = event.entered.action.type || 'finish';
    return event.type === 'ended' ? [...line, `ended:${event.reason}`] : line;
  });
}
