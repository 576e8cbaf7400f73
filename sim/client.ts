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

/** Where a run rests while something is planned: the answer that it waits for comes once the place is open. */
type Place = { readonly step: number; open: boolean; readonly waiting: (() => void)[] };

type Desk = ClientSetting & {
  readonly followed: Map<string, { rests: number; step: number; state: State }>;
  readonly places: Map<string, Place>;
  readonly watchers: Set<() => void>;
  pending: number;
  commands: number;
};

/** Makes the client of a plan. */
export function createClient(setting: ClientSetting): Client {
  const { plan, schedule } = setting;
  const desk: Desk = { ...setting, followed: new Map(), places: new Map(), watchers: new Set(), pending: 0, commands: 0 };
  const at = (delay_us: number, send: () => Promise<void>): void => {
    desk.pending++;
    schedule.after(delay_us, () => { desk.pending--; void send(); });
  };
  return {
    begin() {
      for (const one of plan.starts) at(one.at_us, () => start(desk, one));
      for (const { at_us, activeflow_id, asked } of plan.loose) at(at_us, () => send(desk, activeflow_id, asked));
    },
    committed({ activeflow }) {
      if (activeflow) follow(desk, activeflow.state);
      for (const look of [...desk.watchers]) look();
    },
    gate(effect) {
      const place = effect.deadline === null ? undefined : desk.places.get(`${effect.activeflow_id}/${effect.step}`);
      return !place || place.open ? Promise.resolve() : new Promise((resolve) => { place.waiting.push(resolve); });
    },
    pending: () => desk.pending,
  };
}

/** Asks one node after the other until one has answered; at times once more after that. */
async function untilAnswered(desk: Desk, activeflow_id: string, what: string, ask: (parts: Parts, key: string) => Promise<Acknowledged | undefined>): Promise<void> {
  const { schedule, faults, trace } = desk;
  const key = `command-${desk.commands++}`;
  let times = faults.random.chance(faults.profile.twice) ? 2 : 1;
  desk.pending++;
  for (let tries = 0; times > 0; tries++) {
    const node = faults.random.pick(desk.nodes());
    trace(() => `the client asks ${node.name} to ${what} ${activeflow_id} (${key}, try ${tries + 1})`);
    const answer = await patiently(schedule, node.call((parts) => ask(parts, key))).catch(() => undefined);
    if (answer) {
      trace(() => `${key} is answered: ${answer.outcome}, version ${answer.version}`);
      times--;
      desk.acknowledged(answer);
    } else await schedule.pause(Math.min(1_000 * 2 ** tries, 2_000_000));
  }
  desk.pending--;
}

const start = (desk: Desk, { birth, lists }: Start): Promise<void> => untilAnswered(desk, birth.id, 'start', async ({ runner }, key) => {
  await runner.start({ ...birth, cause: { by: 'api', ref: key } }, { lists });
  return { key, activeflow_id: birth.id, outcome: 'changed', version: 1 };
});

function send(desk: Desk, activeflow_id: string, asked: Exclude<Asked, { type: 'settled' }>): Promise<void> {
  if (asked.type === 'hangup') {
    return untilAnswered(desk, activeflow_id, 'hang up', async ({ host }, key) => {
      // A call that is not there yet cannot be hung up.
      const over = (await host.activeflow(activeflow_id)) !== undefined && (await host.ended(activeflow_id, 'the caller hung up'));
      return over ? { key, activeflow_id, outcome: 'unchanged', version: 0, ends: true } : undefined;
    });
  }
  const ask: Ask = asked.type === 'go_on' ? { type: 'continue', action_id: desk.followed.get(activeflow_id)?.state.current.action.id ?? NONE_ID } : asked;
  return untilAnswered(desk, activeflow_id, ask.type, (parts, key) => command(parts, activeflow_id, ask, key));
}

/** Notes where a run has come to; where it rests and something is planned, begins that. */
function follow(desk: Desk, state: State): void {
  const known = desk.followed.get(state.id) ?? { rests: 0, step: 0, state };
  known.state = state;
  desk.followed.set(state.id, known);
  if (state.status !== 'running' || state.wait === null || state.current.step <= known.step) return;
  known.step = state.current.step;
  const asks = desk.plan.commandsAt(state, known.rests++);
  if (asks.length === 0) return;
  const place: Place = { step: state.current.step, open: false, waiting: [] };
  desk.places.set(`${state.id}/${state.current.step}`, place);
  desk.pending++;
  desk.schedule.after(0, () => { void play(desk, state.id, place, asks).then(() => { desk.pending--; }); });
}

async function play(desk: Desk, activeflow_id: string, place: Place, asks: readonly Asked[]): Promise<void> {
  const open = (): void => {
    place.open = true;
    for (const go of place.waiting.splice(0)) go();
  };
  for (const asked of asks) {
    if (asked.type !== 'settled') { await send(desk, activeflow_id, asked); continue; }
    open();
    await untilSettled(desk, activeflow_id, place);
  }
  open();
}

/** Waits until what the run waits for has come, or it is somewhere else. */
const untilSettled = ({ followed, watchers, schedule }: Desk, activeflow_id: string, place: Place): Promise<void> => new Promise((resolve) => {
  const look = (): void => {
    const state = followed.get(activeflow_id)?.state;
    if (state?.status === 'running' && state.current.step === place.step && state.wait && !state.wait.result) return;
    watchers.delete(look);
    schedule.after(0, resolve);
  };
  watchers.add(look);
  look();
});

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
