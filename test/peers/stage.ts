// What the tests of a file share: one server, and for each test phones of its own and numbers to dial.
import type { Activeflow, Call } from '@activeflow/client';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { startPhone, type Phone, type PhoneSetting } from './baresip.js';
import { PASSWORD, startServer, type Server, type ServerSetting } from './server.js';
import { sidesOf } from './wav.js';

/** An action as a client writes it. */
export type ActionInput = { readonly type: string; readonly option?: object; readonly id?: string; readonly next_id?: string };

/** See `useStage`. */
export type Stage = {
  readonly server: () => Server;
  /** A phone that is gone after the test; extension 1000, silent, unless told otherwise. */
  readonly phone: (setting?: Partial<PhoneSetting>) => Promise<Phone>;
  /** The same, and registered. */
  readonly ready: (setting?: Partial<PhoneSetting>) => Promise<Phone>;
  /** Binds a number to a flow of these actions. Gives the flow's id. */
  readonly number: (number: string, actions: readonly ActionInput[], on_complete?: readonly ActionInput[]) => Promise<string>;
  /** The newest run of a flow, once there is one. */
  readonly run: (flow_id: string) => Promise<Activeflow>;
  /** The newest run of a flow, once it stands on an action of this type. */
  readonly stands: (flow_id: string, type: string) => Promise<Activeflow>;
  /** The newest run of a flow, once it has ended. */
  readonly ended: (flow_id: string) => Promise<Activeflow>;
  /** The runs that a run's end has started, once they have ended. */
  readonly after: (run: Activeflow) => Promise<readonly Activeflow[]>;
  readonly call: (run: Activeflow) => Promise<Call>;
  /** What a recording of a run's call holds, once it is finished: what the far end said, and what it heard. */
  readonly recorded: (run: Activeflow) => Promise<readonly [Int16Array, Int16Array]>;
};

/** Starts a server before the tests of the block and stops it after them; phones are closed after each test. */
export function useStage(settings: Readonly<Record<string, string>> = {}, more: ServerSetting = {}): Stage {
  let running: Server | undefined;
  const phones: Phone[] = [];
  beforeAll(async () => { running = await startServer(settings, more); });
  afterAll(() => running?.close());
  afterEach(async () => { await Promise.all(phones.splice(0).map((phone) => phone.close())); });
  const server = (): Server => { if (!running) throw new Error('no server'); return running; };
  const phone: Stage['phone'] = async (setting = {}) => {
    const started = await startPhone({ user: '1000', password: PASSWORD, server: server().sip, tone_hz: 0, ...setting });
    phones.push(started);
    return started;
  };
  const newest = async (flow_id: string): Promise<Activeflow | undefined> => (await server().client.activeflows.list({ flow_id }).page()).result[0];
  const until = async (flow_id: string, what: (run: Activeflow) => unknown, value: unknown): Promise<Activeflow> => {
    await expect.poll(async () => { const run = await newest(flow_id); return run && what(run); }, { interval: 100 }).toEqual(value);
    return server().client.activeflows.get((await newest(flow_id))?.id ?? '');
  };
  return {
    server, phone,
    async ready(setting) {
      const started = await phone(setting);
      expect(await started.registered()).toBe(true);
      return started;
    },
    async number(number, actions, on_complete) {
      const { client } = server();
      const after = on_complete && await client.flows.create({ name: `${number}, after`, actions: on_complete as never });
      const { id } = await client.flows.create({ name: number, actions: actions as never, ...(after ? { on_complete_flow_id: after.id } : {}) });
      await client.numbers.create({ number, call_flow_id: id });
      return id;
    },
    run: (flow_id) => until(flow_id, () => true, true),
    stands: (flow_id, type) => until(flow_id, (run) => run.current_action.type, type),
    ended: (flow_id) => until(flow_id, (run) => run.status, 'ended'),
    async after({ id }) {
      const started = async (): Promise<readonly Activeflow[]> => (await server().client.activeflows.list({}).page()).result.filter(({ reference_activeflow_id }) => reference_activeflow_id === id);
      await expect.poll(async () => (await started()).map(({ status }) => status)).toContain('ended');
      return started();
    },
    call: (run) => server().client.calls.get(run.reference_id),
    async recorded(run) {
      const { recordings, calls } = server().client;
      const [id = ''] = (await calls.get(run.reference_id)).recording_ids;
      await expect.poll(async () => (await recordings.get(id)).status).toBe('ended');
      return sidesOf(Buffer.from(await (await recordings.file(id)).arrayBuffer()));
    },
  };
}
