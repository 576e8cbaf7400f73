// The four works of one request each: a run in one burst, an event to a waiting run, a start that waits, a read.
import type { Engine } from '../engine.js';
import { idOf, loop, oneWait, request, tenSteps } from '../flows.js';
import { openPool, type Next, type Pool } from '../load.js';

/** A kind of request, and what it is counted in. */
export type RequestWork = {
  readonly work: 'burst' | 'event' | 'start' | 'read';
  readonly unit: string;
  readonly units: number;
  /** Makes what the requests need, and gives them for `conc` connections. */
  prepare(engine: Engine, conc: number): Promise<Next>;
};

/** All of them. */
export const REQUEST_WORKS: readonly RequestWork[] = [
  { work: 'burst', unit: 'step', units: 10, prepare: async (engine) => constantly(await startOf(engine, tenSteps)) },
  { work: 'event', unit: 'event', units: 1, prepare: async (engine, conc) => prepareEvents(engine, conc) },
  { work: 'start', unit: 'run', units: 1, prepare: async (engine) => constantly(await startOf(engine, oneWait)) },
  { work: 'read', unit: 'read', units: 1, prepare: prepareReads },
];

const constantly = (what: Buffer): Next => () => what;

/** A flow as the API shows it, as far as the bench reads it. */
export type Flow = { readonly id: string; readonly actions: readonly { readonly id: string; readonly type: string }[] };

/** Registers a flow. */
export const makeFlow = (engine: Engine, actions: readonly object[]): Promise<Flow> => engine.call<Flow>('POST', '/flows', { name: 'bench', actions });

async function startOf(engine: Engine, actions: readonly object[]): Promise<Buffer> {
  const { id } = await makeFlow(engine, actions);
  return request('POST', '/activeflows', { flow_id: id });
}

/** No two series of ids of one engine meet. */
let series = 1;

/** Starts `count` activeflows of a flow at 64 at once; gives their ids. */
export async function startMany(engine: Engine, flow_id: string, count: number, shared?: Pool): Promise<readonly string[]> {
  const own = series++ + (Date.now() % 0x7fff) * 0x10000;
  const ids = Array.from({ length: count }, (_, i) => idOf(own, i));
  const pool = shared ?? await openPool(engine.port, 64);
  let sent = 0;
  await pool.run(() => {
    const id = ids[sent++];
    return id === undefined ? undefined : request('POST', '/activeflows', { id, flow_id });
  }, 3_600_000);
  if (!shared) pool.close();
  return ids;
}

/** Runs that each wait in one of two blocks, and the request that moves each on. */
export type Events = { readonly count: number; next(run: number): Buffer };

/** The `continue` requests of waiting runs, each time the one that fits. */
export function eventsOf(ids: readonly string[], flow: Flow): Events {
  const blocks = flow.actions.filter(({ type }) => type === 'block');
  const requests = ids.map((id) => blocks.map((block) => request('POST', `/activeflows/${id}/continue`, { current_action_id: block.id })));
  const turns = new Uint32Array(ids.length);
  return {
    count: ids.length,
    next(run) {
      const turn = turns[run] ?? 0;
      turns[run] = turn + 1;
      const buffer = requests[run]?.[turn % blocks.length];
      if (!buffer) throw new Error(`no run ${run}`);
      return buffer;
    },
  };
}

/** So many runs for each connection that histories stay short, and so few that all of them are live. */
const RUNS = { least: 256, of_connection: 16 } as const;

/** Requests that move different runs from each connection. Started here and now, so they are the newest of the table. */
export async function prepareEvents(engine: Engine, conc: number, runs?: number): Promise<Next> {
  const flow = await makeFlow(engine, loop);
  const each = Math.ceil((runs ?? Math.max(RUNS.least, conc * RUNS.of_connection)) / conc);
  const events = eventsOf(await startMany(engine, flow.id, each * conc), flow);
  const sent = new Uint32Array(conc);
  return (connection) => {
    const turn = sent[connection] ?? 0;
    sent[connection] = turn + 1;
    return events.next(connection * each + (turn % each));
  };
}

/** Reads of a thousand waiting runs that have two actions behind them. */
async function prepareReads(engine: Engine): Promise<Next> {
  const flow = await makeFlow(engine, loop);
  const ids = await startMany(engine, flow.id, 1_000);
  const events = eventsOf(ids, flow);
  const pool = await openPool(engine.port, 16);
  let moved = 0;
  await pool.run(() => (moved < ids.length * 2 ? events.next(moved++ % ids.length) : undefined), 60_000);
  pool.close();
  const requests = ids.map((id) => request('GET', `/activeflows/${id}`));
  let at = 0;
  return () => requests[at++ % requests.length];
}
