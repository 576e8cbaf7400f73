// Calls by the suite that is there for all of them: played ones, and those over legs that are played.
import { createLocal } from '../local/local.js';
import { createSimulator, type Doors } from '../simulator/simulator.js';
import { openCallStage } from '../testing/call-stage.js';
import { CUSTOMER, openWorld, type World } from '../testing/world.js';
import { callsConform, type CallGround } from './conformance.js';

const others = { answers: { target: '+821100000100' }, busy: { target: '+821100000001' }, silent: { target: '+821100000002' } };

/** What a world shows of itself, and how time passes in it until something is so. */
const shown = (world: World, pass: (milliseconds: number) => Promise<void>): Omit<CallGround, 'dial' | 'press' | 'hangUp' | 'hangUpHere' | 'survives'> => ({
  others, pass,
  flow: (actions) => world.flow(actions),
  stop: async (run) => {
    await world.node().runner.handle(run, { type: 'stop', reason: 'canceled' }, { cause: { by: 'api' } });
    await world.idle();
  },
  async until(what, check) {
    for (let turns = 0; !(await check()); turns++) {
      if (turns > 2_000) throw new Error(`for long, it is not so that ${what}`);
      await pass(50);
    }
  },
  state: (run) => world.store.load(run), events: (run) => world.events(run), document: (kind, id) => world.store.document(kind, id),
  documents: async (kind) => (await world.store.documents({ kind, limit: 100 })).map(({ row }) => row).reverse(),
  close: () => world.stop(),
});

const flowOf = async (world: World, actions: readonly unknown[], on_complete?: readonly unknown[]): Promise<string> =>
  world.flow(actions, on_complete ? { on_complete_flow_id: await world.flow(on_complete) } : {});

callsConform('the simulator', async () => {
  let doors: Doors | undefined;
  const world = await openWorld((host) => {
    const simulator = createSimulator(host);
    doors = simulator.doors;
    return [simulator.driver, createLocal(host)];
  });
  const open = (): Doors => { if (doors === undefined) throw new Error('no doors'); return doors; };
  const which = (call_id: string) => ({ customer_id: CUSTOMER, call_id });
  return {
    ...shown(world, world.pass),
    survives: true,
    async dial(actions, on_complete) {
      const made = await open().createCall({ customer_id: CUSTOMER, flow_id: await flowOf(world, actions, on_complete) });
      if ('refused' in made) throw new Error(made.message);
      await world.idle();
      return { call_id: made.call.id, run: made.activeflow.id };
    },
    press: async ({ call_id }, typed) => { await open().digits(which(call_id), typed); await world.idle(); },
    hangUp: async (call_id) => { await open().hangup(which(call_id), 'remote', 'normal'); await world.idle(); },
    hangUpHere: async (call_id) => { await open().hangup(which(call_id), 'local', 'normal'); await world.idle(); },
    restart: world.restart,
  };
});

for (const survives of [false, true]) callsConform(`played legs that ${survives ? 'outlive' : 'go with'} their process`, async () => {
  const stage = await openCallStage();
  const { world } = stage;
  return {
    ...shown(world, stage.pass),
    survives,
    close: stage.close,
    async dial(actions, on_complete) {
      const call_id = stage.legs.offer(CUSTOMER, { flow_id: await flowOf(world, actions, on_complete) });
      await world.idle();
      return { call_id, run: (await stage.call(call_id)).data.activeflow_id };
    },
    press: async ({ call_id }, typed) => { stage.legs.press(call_id, typed); await world.idle(); },
    hangUp: async (call_id) => { stage.legs.hangUp(call_id); await world.idle(); },
    hangUpHere: async (call_id) => { await stage.calls.doors.hangup({ customer_id: CUSTOMER, call_id }, 'local', 'normal'); await world.idle(); },
    restart: () => stage.restart(survives),
  };
});
