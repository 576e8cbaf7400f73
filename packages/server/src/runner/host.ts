// What drivers may ask: a thin door to the runner and the store.
import { flowListId, NONE_ID, type State } from '@activeflow/engine';
import type { Clock } from '../clock.js';
import type { AlsoOf, Host } from '../driver/driver.js';
import type { Store } from '../store/store.js';
import type { Committer } from './committer.js';
import type { Runner, With } from './runner.js';

const FINAL = new Set(['done', 'failed', 'dead', 'canceled', 'canceling']);

/** Makes the host of a runner. */
export function createHost({ runner, store, committer, clock }: { runner: Runner; store: Store; committer: Committer; clock: Clock }): Host {
  return {
    clock,
    async settle(effect_id, result, also) {
      const status = result.ok ? 'done' : 'failed';
      const effects = [{ id: effect_id, status, due_at: null, result, at: clock.now(), ...(result.ok ? {} : { error: result.message }) } as const];
      const handled = await runner.handle(activeflowOf(effect_id), { type: 'settle', effect_id, result }, { cause: { by: 'driver', ref: effect_id }, effects, ...withAlso(also) });
      return handled !== undefined && handled.outcome !== 'stale';
    },
    async release(effect_id, result) {
      await runner.handle(activeflowOf(effect_id), { type: 'settle', effect_id, result }, { cause: { by: 'driver', ref: effect_id } });
    },
    async ended(activeflow_id, detail, also) {
      const handled = await runner.handle(activeflow_id, { type: 'stop', reason: 'hangup', detail }, { cause: { by: 'call', ref: detail }, ...withAlso(also) });
      if (handled === undefined) return also === undefined || (await committer.submit(typeof also === 'function' ? also(undefined) : also)) === 'ok';
      return handled.outcome !== 'stale';
    },
    async stop(activeflow_id, detail) {
      await runner.handle(activeflow_id, { type: 'stop', reason: 'canceled', detail }, { cause: { by: 'driver', ref: detail } });
    },
    async forward(activeflow_id, action_id, also) {
      const handled = await runner.handle(activeflow_id, { type: 'forward', action_id, now: true }, { cause: { by: 'driver', ref: action_id }, ...withAlso(also) });
      return handled?.outcome === 'changed';
    },
    start: (birth, cause, also): Promise<State | undefined> => runner.start({ ...birth, cause }, also),
    // Not from the cache of this node: another may have moved it on.
    activeflow: (id) => store.load(id),
    async flow(customer_id, flow_id) {
      const document = await store.document('flow', flow_id);
      if (!document || document.customer_id !== customer_id || document.tm_delete !== null) return undefined;
      const { revision, on_complete_flow_id } = document.data as { revision: number; on_complete_flow_id?: string };
      return { list_id: flowListId(flow_id, revision), revision, on_complete_flow_id: on_complete_flow_id ?? NONE_ID };
    },
    document: (kind, id) => store.document(kind, id),
    find: (kind, key) => store.find(kind, key),
    documentsOf: async (kind, parent, before) => (await store.documents({ kind, parent, limit: 100, ...(before === undefined ? {} : { before: { tm: before } }) })).map(({ row }) => row),
    unfinished: async (activeflow_id) => (await store.effects(activeflow_id)).filter(({ status }) => !FINAL.has(status)),
    write: async (also) => (await committer.submit(also)) === 'ok',
  };
}

/** The activeflow that an effect belongs to: its id says so. */
const activeflowOf = (effect_id: string): string => effect_id.slice(0, effect_id.indexOf(':'));

const withAlso = (also: AlsoOf | undefined): Pick<With, 'also'> =>
  (also ? { also: typeof also === 'function' ? ({ state }) => also(state).documents ?? [] : also } : {});
