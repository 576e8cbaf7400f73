// A world: nodes over one store, a provider, a client, and time that passes as fast as the machine can think.
import type { Instant } from '@activeflow/engine';
import type { Clock } from 'activeflow/internal/clock';
import type { Driver } from 'activeflow/internal/driver/driver';
import type { Log } from 'activeflow/internal/log';
import type { Committer } from 'activeflow/internal/runner/committer';
import type { Runner } from 'activeflow/internal/runner/runner';
import type { Teller } from 'activeflow/internal/runner/tell';
import { openMemory } from 'activeflow/internal/store/memory';
import { StoreUnavailable, type Store, type StoredEffect } from 'activeflow/internal/store/store';
import { createClient, type Client } from './client.js';
import type { Faults } from './faults.js';
import { createChecks, Violation, type Checks, type Histories } from './invariants.js';
import { createNode, type Life, type SimNode } from './node.js';
import { createOutside, type Outside } from './outside.js';
import type { Plan } from './plan.js';
import { createSchedule, type Schedule } from './schedule.js';
import { createTold, type Told } from './told.js';

/** A deliberately broken part, to see that the checks notice. `store` stands between a node and the store, inside the faults. */
export type Mutation = {
  readonly store?: (store: Store, driver: Driver) => Store;
  readonly runner?: (runner: Runner) => Runner;
  readonly clock?: (clock: Clock) => Clock;
  readonly teller?: (teller: Teller, submit: Committer['submit']) => Teller;
  /** The driver of webhooks. */
  readonly deliver?: (driver: Driver) => Driver;
};

/** How to run a world. */
export type WorldSetting = { readonly plan: Plan; readonly faults: Faults; readonly mutation?: Mutation; readonly trace?: (line: string) => void };

/** What a world has come to. */
export type Came = { readonly store: Store; readonly histories: Histories; readonly writes: number; readonly effects: number; readonly deliveries: number };

type World = WorldSetting & {
  readonly schedule: Schedule; readonly store: Store; readonly checks: Checks; readonly client: Client; readonly outside: Outside; readonly told: Told | undefined; readonly nodes: readonly SimNode[];
  readonly broken: () => Error | undefined;
};

/** A world that takes longer than this does not come to rest. */
const MOST_STEPS = 60_000;
/** How long a world goes on after all is done, for what comes late. */
const AFTERWARDS_US = 17_000_000;

/** Runs a world until all is done. Throws `Violation` where a promise is broken. */
export async function runWorld(setting: WorldSetting): Promise<Came> {
  const world = await createWorld(setting);
  const { store, checks, client, outside, told, nodes } = world;
  for (const node of nodes) node.boot();
  client.begin();
  planFaults(world);
  await untilDone(world);
  return { store, histories: await checks.atTheEnd(outside.ledger, told), ...checks.stats };
}

async function createWorld(setting: WorldSetting): Promise<World> {
  const { plan, faults, mutation } = setting;
  const schedule = createSchedule(plan.begins);
  const store = openMemory();
  await store.commit(plan.stored);
  let broken: Error | undefined;
  const guarded = <A extends unknown[]>(check: (...args: A) => void) => (...args: A): void => {
    try { check(...args); } catch (error) { broken ??= error as Error; }
  };
  const trace = (line: () => string): void => {
    if (setting.trace) setting.trace(`${((schedule.now() - plan.begins) / 1_000_000).toFixed(6)} ${line()}`);
  };
  const nodes: SimNode[] = [];
  const common = { schedule, faults, trace, nodes: () => nodes };
  const checks = createChecks({ store, limits: plan.limits, now: schedule.now, ahead_us: () => Math.max(...nodes.map((node) => node.ahead_us())) });
  const client = createClient({ ...common, plan, store, acknowledged: guarded(checks.acknowledged) });
  const outside = createOutside({ ...common, answerOf: plan.answerOf, gate: client.gate, reached: guarded(checks.reached), acknowledged: guarded(checks.reported) });
  const told = plan.webhooked && createTold({
    ...common, webhooked: plan.webhooked, reached: guarded(checks.reached), holds: checks.holds, report: guarded((check: () => void) => { check(); }),
    deliver: mutation?.deliver ?? ((driver) => driver),
  });
  const noted: Client['committed'] = (change) => { guarded(() => told?.committed(change))(); client.committed(change); };
  const watch = (life: Life): Store => watched(store, life, { claimed: guarded(checks.claimed), committed: guarded(checks.committed) }, noted, trace, told !== undefined);
  for (let i = 1; i <= faults.profile.nodes; i++) {
    nodes.push(createNode({
      ...common, name: `node${i}`, limits: plan.limits,
      store: (life, clock) => (mutation?.store ? mutation.store(watch(life), outside.driver(life, clock)) : watch(life)),
      runner: mutation?.runner ?? ((runner) => runner),
      clock: mutation?.clock ?? ((clock) => clock),
      driver: outside.driver,
      told, teller: mutation?.teller ?? ((teller) => teller),
      log: (life) => logOf(life, trace, (error) => { broken ??= error; }),
      spare: () => nodes.some((node) => node.name !== `node${i}` && node.alive()),
    }));
  }
  return { ...setting, schedule, store, checks, client, outside, told, nodes, broken: () => broken };
}

/** The store, and whoever wants to know what is written. */
function watched(store: Store, life: Life, checks: Pick<Checks, 'claimed' | 'committed'>, noted: Client['committed'], trace: (line: () => string) => void, tells: boolean): Store {
  const claimed = (effects: readonly StoredEffect[]): readonly StoredEffect[] => {
    checks.claimed(life, effects);
    if (effects.length > 0) trace(() => `${life.node} claims ${effects.map(({ id, attempt, status }) => `${id} (${status}, attempt ${attempt})`).join(', ')}`);
    return effects;
  };
  const claimQueued: Store['claimQueued'] = async (query) => {
    const deliveries = await store.claimQueued(query);
    // Where there was none, time may pass.
    return deliveries.length > 0 ? claimed(deliveries) : deliveries;
  };
  return {
    ...store,
    async commit(changes) {
      const results = await store.commit(changes);
      checks.committed(life, changes, results);
      changes.forEach((change, i) => {
        trace(() => `${life.node} commits ${describe(change)}: ${String(results[i])}`);
        if (results[i] === 'ok') noted(change);
      });
      return results;
    },
    claim: async (query) => claimed(await store.claim(query)),
    ...(tells ? { claimQueued } : {}),
  };
}

function describe({ activeflow, effects = [], documents = [], queued = [] }: Parameters<Store['commit']>[0][number]): string {
  const { state, events = [] } = activeflow ?? {};
  const moves = events.map((event) => (event.type === 'moved' ? event.entered.action.type || 'finish' : event.type)).join(' ');
  return [
    state ? `${state.id} v${state.version} [${moves}]` : '',
    ...(activeflow?.effects ?? []).map(({ id, kind }) => `+${kind} ${id}`), ...(activeflow?.cancels ?? []).map((id) => `-${id}`),
    ...effects.map(({ id, status, attempt }) => `${id}=${status}${attempt === undefined ? '' : `@${attempt}`}`), ...documents.map(({ kind, id }) => `${kind} ${id}`),
    ...queued.map(({ id, queue, label }) => `+${label} ${id} (${queue})`),
  ].filter(Boolean).join(', ');
}

/** What the log says of a programmer's error is one; that the store was away is our own doing. */
function logOf({ node }: Life, trace: (line: () => string) => void, report: (error: Error) => void): Log {
  const write = (level: string): Log['info'] => ({ err, ...fields }, message) => {
    trace(() => `${node} logs ${level}: ${message} ${JSON.stringify(fields)}${err instanceof Error ? ` ${err.message}` : ''}`);
    if (level === 'error' && !(err instanceof StoreUnavailable)) report(new Violation('log', `${message}: ${err instanceof Error ? (err.stack ?? err.message) : ''}`));
  };
  return { debug: () => undefined, info: write('info'), warn: write('warn'), error: write('error') };
}

/** Faults that come at a time and not at a write. */
function planFaults({ faults: { profile, random }, schedule, nodes }: World): void {
  const sometime = (run: (node: SimNode) => void) => schedule.after(random.int(0, 400_000) * 1_000, () => { run(random.pick(nodes)); });
  for (let i = 0; i < profile.crashes; i++) sometime((node) => { node.crash('at any moment'); });
  for (let i = 0; i < profile.freezes; i++) sometime((node) => { node.freeze(random.int(1_000, 60_000) * 1_000); });
  for (let i = 0; i < profile.jumps; i++) sometime((node) => { node.jump(random.pick([-1, 1]) * random.pick([50, 20_000, 3_600_000]) * 1_000); });
}

async function untilDone({ schedule, store, checks, client, outside, plan, broken }: World): Promise<void> {
  let last = { writes: 0, step: 0 };
  let until: Instant | undefined;
  for (let step = 1; ; step++) {
    const more = await schedule.step();
    const error = broken();
    if (error) throw error;
    const done = checks.running() === 0 && checks.unfinished() === 0 && client.pending() === 0 && outside.pending() === 0;
    until = done ? until ?? schedule.now() + AFTERWARDS_US : undefined;
    if (until !== undefined && (schedule.now() >= until || !more)) return;
    if (!more || step > MOST_STEPS) throw new Violation('G4', `stuck: ${await whatIsLeft(store, checks, client, outside)}`);
    if (checks.stats.writes !== last.writes) last = { writes: checks.stats.writes, step };
    if (step - last.step < IDLE_STEPS) continue;
    // Nothing but looks at the clock for a while: time may pass at once.
    last = { ...last, step };
    const next = await store.nextDue();
    if (client.pending() + outside.pending() === 0 && next !== null && next - schedule.now() > LONG_US) schedule.sleepUntil(Math.min(next, plan.begins + FURTHEST_US) - 1_000_000);
  }
}

const IDLE_STEPS = 24;
const LONG_US = 12_000_000;
const FURTHEST_US = 40 * 86_400_000_000;

async function whatIsLeft(store: Store, checks: Checks, client: Client, outside: Outside): Promise<string> {
  const kept = await store.walk(0, 1_000);
  const lines = await Promise.all(kept.map(async ({ row: { state, due_at } }) => {
    const effects = (await store.effects(state.id)).filter(({ status }) => !['done', 'failed', 'dead', 'canceled'].includes(status));
    const named = effects.map(({ id, kind, status, due_at: due, attempt }) => `${kind} ${id} ${status} due ${due} attempt ${attempt}`).join('; ');
    return state.status === 'ended' && effects.length === 0 ? [] : [`${state.id} is ${state.status} on ${state.current.action.type}, due ${due_at}; ${named}`];
  }));
  return [...lines.flat(), `${checks.running()} running, ${checks.unfinished()} effects, ${client.pending()} commands, ${outside.pending()} reports`].join('\n  ');
}
