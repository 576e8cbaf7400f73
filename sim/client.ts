// Whoever uses the API: starts activeflows, and sends commands when a run has come to a place, or at a time. Never gives up before an answer.
import type { Ask, Instant, State } from '@activeflow/engine';
import { NONE_ID } from '@activeflow/engine';
import type { Change, DocumentWrite, Store, StoredEffect } from 'activeflow/internal/store/store';
import type { Faults } from './faults.js';
import type { Parts, SimNode } from './node.js';
import { patiently } from './outside.js';
import type { Asked, Plan, Start } from './plan.js';
import type { Schedule } from './schedule.js';

/** A command that was answered: it was acknowledged. */
export type Acknowledged = {
  readonly key: string; readonly activeflow_id: string; readonly outcome: 'changed' | 'unchanged' | 'refused'; readonly version: number;
  /** It says that the run has ended. */
  readonly ends?: true;
};

/** What the client knows of the rest of the world. */
export type ClientSetting = {
  readonly plan: Plan;
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly nodes: () => readonly SimNode[];
  /** The truth, not what a node believes. */
  readonly store: Store;
  readonly acknowledged: (answer: Acknowledged) => void;
  readonly trace: (line: () => string) => void;
};

/** The client. */
export type Client = {
  readonly begin: () => void;
  /** Something was committed. */
  readonly committed: (change: Change) => void;
  readonly gate: (effect: StoredEffect) => Promise<void>;
  /** Commands that are not yet answered or not yet sent, but for those whose place may never come. */
  readonly pending: () => number;
};

type Place = { readonly step: number; open: boolean; readonly waiting: (() => void)[] };
type Followed = { rests: number; step: number; state: State };

/** Makes the client of a plan. */
export function createClient(setting: ClientSetting): Client {
  const { plan, schedule, faults, trace } = setting;
  const followed = new Map<string, Followed>();
  const places = new Map<string, Place>();
  const watchers = new Set<() => void>();
  let pending = 0;
  let commands = 0;

  const untilAnswered = async (activeflow_id: string, what: string, ask: (parts: Parts, key: string) => Promise<Acknowledged | undefined>): Promise<void> => {
    pending++;
    const key = `command-${commands++}`;
    let times = faults.random.chance(faults.profile.twice) ? 2 : 1;
    for (let tries = 0; times > 0; tries++) {
      const node = faults.random.pick(setting.nodes());
      trace(() => `the client asks ${node.name} to ${what} ${activeflow_id} (${key}, try ${tries + 1})`);
      const answer = await patiently(schedule, node.call((parts) => ask(parts, key))).catch(() => undefined);
      if (answer) {
        trace(() => `${key} is answered: ${answer.outcome}, version ${answer.version}`);
        times--;
        setting.acknowledged(answer);
      } else await schedule.pause(Math.min(1_000 * 2 ** tries, 2_000_000));
    }
    pending--;
  };

  const send = (activeflow_id: string, asked: Exclude<Asked, { type: 'settled' }>): Promise<void> => {
    if (asked.type === 'hangup') return untilAnswered(activeflow_id, 'hang up', async ({ host }, key) =>
      // A call that is not there yet cannot be hung up.
      ((await host.activeflow(activeflow_id)) && (await host.ended(activeflow_id, 'the caller hung up')) ? { key, activeflow_id, outcome: 'unchanged', version: 0, ends: true } : undefined));
    const ask: Ask = asked.type === 'go_on' ? { type: 'continue', action_id: followed.get(activeflow_id)?.state.current.action.id ?? NONE_ID } : asked;
    return untilAnswered(activeflow_id, ask.type, (parts, key) => command(parts, activeflow_id, ask, key));
  };

  /** The run has come to rest at a place where something is planned. */
  const play = async (activeflow_id: string, place: Place, asks: readonly Asked[]): Promise<void> => {
    pending++;
    const open = (): void => {
      place.open = true;
      for (const go of place.waiting.splice(0)) go();
    };
    for (const asked of asks) {
      if (asked.type === 'settled') {
        open();
        await new Promise<void>((resolve) => {
          const look = (): void => {
            const state = followed.get(activeflow_id)?.state;
            if (state?.status === 'running' && state.current.step === place.step && state.wait && !state.wait.result) return;
            watchers.delete(look);
            schedule.after(0, resolve);
          };
          watchers.add(look);
          look();
        });
      } else await send(activeflow_id, asked);
    }
    open();
    pending--;
  };

  const follow = (state: State): void => {
    const known = followed.get(state.id) ?? { rests: 0, step: 0, state };
    known.state = state;
    followed.set(state.id, known);
    if (state.status !== 'running' || state.wait === null || state.current.step <= known.step) return;
    known.step = state.current.step;
    const asks = plan.commandsAt(state, known.rests++);
    if (asks.length === 0) return;
    const place: Place = { step: state.current.step, open: false, waiting: [] };
    places.set(`${state.id}/${state.current.step}`, place);
    schedule.after(0, () => { void play(state.id, place, asks); });
  };

  const start = (one: Start): void => {
    pending++;
    schedule.after(one.at_us, () => {
      pending--;
      void untilAnswered(one.birth.id, 'start', async ({ runner }, key) => {
        await runner.start({ ...one.birth, cause: { by: 'api', ref: key } }, { lists: one.lists });
        return { key, activeflow_id: one.birth.id, outcome: 'changed', version: 1 };
      });
    });
  };

  return {
    begin() {
      for (const one of plan.starts) start(one);
      for (const { at_us, activeflow_id, asked } of plan.loose) {
        pending++;
        schedule.after(at_us, () => { pending--; void send(activeflow_id, asked); });
      }
    },
    committed({ activeflow }) {
      if (activeflow) follow(activeflow.state);
      for (const look of [...watchers]) look();
    },
    gate(effect) {
      const place = effect.deadline === null ? undefined : places.get(`${effect.activeflow_id}/${effect.step}`);
      return !place || place.open ? Promise.resolve() : new Promise((resolve) => { place.waiting.push(resolve); });
    },
    pending: () => pending,
  };
}

/** One command as the API carries it out: with a receipt in the same commit, so that the same key is carried out once. */
async function command({ runner, store, clock }: Parts, activeflow_id: string, ask: Ask, key: string): Promise<Acknowledged | undefined> {
  const known = await store.document('idempotency', key);
  if (known) return known.data as Acknowledged;
  const receipt = (answer: Acknowledged): readonly DocumentWrite[] => {
    const tm_create: Instant = clock.now();
    return [{ kind: 'idempotency', id: key, customer_id: '', parent: '', key: null, version: 1, tm_create, tm_update: null, tm_delete: null, data: answer }];
  };
  const handled = await runner.handle(activeflow_id, ask, {
    cause: { by: 'api', ref: key },
    also: ({ outcome, state: { version } }) => (outcome === 'refused' ? [] : receipt({ key, activeflow_id, outcome, version })),
  });
  // Not there yet, or the same command is being carried out elsewhere: ask again.
  if (handled === undefined || handled.outcome === 'stale') return undefined;
  return { key, activeflow_id, outcome: handled.outcome, version: handled.state.version };
}
