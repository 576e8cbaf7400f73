// What must hold, whatever goes wrong: looked at with every write, with every request to the provider, and at the end.
import { dueAt, fold, type Event, type Instant, type Limits, type State } from '@activeflow/engine';
import { isDeepStrictEqual } from 'node:util';
import type { ActiveflowWrite, Change, Committed, EffectWrite, Store, StoredEffect } from 'activeflow/internal/store/store';
import type { Acknowledged } from './client.js';
import type { Life } from './node.js';
import type { Entry } from './outside.js';
import type { Told } from './told.js';

/** A promise that was broken. */
export class Violation extends Error {
  readonly promise: string;
  constructor(promise: string, message: string) {
    super(message);
    this.promise = promise;
  }
}

/** What is checked, and when it is told. */
export type Checks = {
  readonly claimed: (life: Life, effects: readonly StoredEffect[]) => void;
  readonly committed: (life: Life, changes: readonly Change[], results: readonly Committed[]) => void;
  readonly reached: (effect: StoredEffect, what: 'perform' | 'cancel') => void;
  /** Whether a life holds the lease under which it performs. */
  readonly holds: (life: Life, effect: StoredEffect) => boolean;
  readonly acknowledged: (answer: Acknowledged) => void;
  readonly reported: (effect_id: string) => void;
  /** Activeflows that run, and effects that are not finished. */
  readonly running: () => number;
  readonly unfinished: () => number;
  /** Gives each activeflow's events. */
  readonly atTheEnd: (ledger: ReadonlyMap<string, Entry>, told?: Told) => Promise<Histories>;
  readonly stats: { writes: number; effects: number; deliveries: number };
};

/** The events of each activeflow. */
export type Histories = ReadonlyMap<string, readonly Event[]>;

/** Where the checks look. */
export type ChecksSetting = {
  /** The store itself, without faults. */
  readonly store: Store;
  readonly limits: Limits;
  readonly now: () => Instant;
  /** The most by which any clock has been ahead, in microseconds. */
  readonly ahead_us: () => number;
};

const FINAL = new Set(['done', 'failed', 'dead', 'canceled']);

/** What is known of an effect by what was written. */
type Intent = { readonly payload: string; status: string; holder: Life | undefined; attempt: number };

type Book = ChecksSetting & {
  readonly states: Map<string, State>;
  readonly intents: Map<string, Intent>;
  readonly unfinished: Set<string>;
  readonly acknowledged: Acknowledged[];
  readonly stats: Checks['stats'];
  running: number;
};

/** Makes the checks of one world. They throw `Violation`. */
export function createChecks(setting: ChecksSetting): Checks {
  const book: Book = { ...setting, states: new Map(), intents: new Map(), unfinished: new Set(), acknowledged: [], stats: { writes: 0, effects: 0, deliveries: 0 }, running: 0 };
  const { states, intents, stats } = book;
  return {
    stats,
    running: () => book.running,
    unfinished: () => book.unfinished.size,
    claimed(life, effects) {
      stats.writes++;
      for (const { id, attempt, status } of effects) Object.assign(intents.get(id) ?? {}, { attempt, holder: life, status });
    },
    committed(life, changes, results) {
      stats.writes++;
      changes.forEach((change, i) => {
        if (results[i] !== 'ok') return;
        for (const write of change.effects ?? []) checkEffectWrite(book, life, write);
        if (change.activeflow) checkActiveflowWrite(book, change.activeflow);
        for (const delivery of change.queued ?? []) intend(book, delivery);
        stats.deliveries += change.queued?.length ?? 0;
      });
    },
    reached({ id, payload }, what) {
      const intent = intents.get(id);
      must('G2', intent !== undefined, () => `${id}: the driver was asked to ${what} before its intent was stored`);
      must('G2', intent?.payload === JSON.stringify(payload), () => `${id}: one idempotency key, two payloads`);
    },
    holds(life, { id, attempt }) {
      const intent = intents.get(id);
      return intent?.attempt === attempt && intent.holder === life;
    },
    acknowledged(answer) {
      book.acknowledged.push(answer);
      must('G3', !answer.ends || states.get(answer.activeflow_id)?.status === 'ended', () => `${answer.activeflow_id}: its end was acknowledged, and it runs`);
    },
    reported(id) {
      const status = intents.get(id)?.status ?? 'unknown';
      must('G3', FINAL.has(status) || status === 'canceling', () => `${id}: its report was acknowledged, and it is ${status}`);
    },
    atTheEnd: (ledger, told) => checkTheEnd(book, ledger, told),
  };
}

/** Something is to be done, and nobody has begun. */
function intend({ intents, unfinished }: Book, { id, payload }: Pick<StoredEffect, 'id' | 'payload'>): void {
  intents.set(id, { payload: JSON.stringify(payload), status: 'pending', attempt: 0, holder: undefined });
  unfinished.add(id);
}

function checkActiveflowWrite(book: Book, { expected_version, state, due_at, events, effects, cancels }: ActiveflowWrite): void {
  const { states, intents, stats } = book;
  const { id, version, status } = state;
  const before = states.get(id);
  const [had_version, had_events] = [before?.version ?? 0, before?.events ?? 0];
  must('G1', expected_version === had_version, () => `${id}: committed on version ${expected_version}, the store had ${had_version}`);
  must('G1', version === expected_version + 1, () => `${id}: version ${version} follows ${expected_version}`);
  events.forEach((event, i) => { must('G1', event.n === had_events + i, () => `${id}: event ${event.n} follows ${had_events + i - 1}`); });
  must('G4', due_at === dueAt(state, book.limits.age_ms) && (due_at === null) === (status === 'ended'), () => `${id}: ${status}, due at ${due_at}`);
  must('final', before?.status !== 'ended' || events.every(({ type }) => type === 'deleted'), () => `${id}: went on after its end`);
  if (before) timely(before, events, book.now() + book.ahead_us());
  if (before?.status !== 'running' && status === 'running') book.running++;
  if (before?.status === 'running' && status === 'ended') book.running--;
  for (const effect of effects) {
    intend(book, effect);
    stats.effects++;
  }
  for (const intent of cancels.map((cancel) => intents.get(cancel))) {
    if (intent && !FINAL.has(intent.status)) Object.assign(intent, { status: 'canceling', attempt: 0, holder: undefined });
  }
  states.set(id, state);
}

function checkEffectWrite({ intents, unfinished }: Book, life: Life, { id, attempt, status }: EffectWrite): void {
  const intent = intents.get(id);
  if (!intent) throw new Violation('G2', `${id}: written without an intent`);
  must('once', !FINAL.has(intent.status), () => `${id}: became ${status} after it was ${intent.status}`);
  must('G7', attempt === undefined || (intent.attempt === attempt && intent.holder === life), () => `${id}: ${life.node} wrote ${status} with a lease that it had lost`);
  intent.status = status;
  if (FINAL.has(status)) unfinished.delete(id);
}

async function checkTheEnd({ store, states, intents, acknowledged }: Book, ledger: ReadonlyMap<string, Entry>, told: Told | undefined): Promise<Histories> {
  const histories = new Map<string, readonly Event[]>();
  const kept = await store.walk(0, 1_000_000);
  must('G1', kept.length === states.size, () => `${kept.length} activeflows are stored, ${states.size} were committed`);
  for (const { row: { state, due_at } } of kept) {
    must('G4', state.status === 'ended' && due_at === null, () => `${state.id}: still ${state.status} at the end, due at ${due_at}`);
    const events = await store.events(state.id, -1, 1_000_000);
    histories.set(state.id, events);
    checkHistory(state, events, states);
    checkEffects(await store.effects(state.id), ledger, states);
    told?.atTheEnd(state, events);
  }
  for (const answer of acknowledged) checkAcknowledged(histories, answer);
  for (const id of ledger.keys()) must('G2', intents.has(id), () => `${id}: performed, and never asked for`);
  return histories;
}

/** Throws `Violation` where something does not hold. */
export function must(promise: string, holds: boolean, message: () => string): void {
  if (!holds) throw new Violation(promise, message());
}

/** A timer never fires early (G5). */
function timely({ id, wait, tm_create }: State, events: readonly Event[], latest: Instant): void {
  const [first] = events;
  if (first?.cause.by !== 'timer') return;
  const expired = events.some((event) => event.type === 'ended' && event.reason === 'expired');
  if (expired) return must('G5', first.at > tm_create, () => `${id}: expired at its birth`);
  must('G5', wait !== null && first.at >= wait.until && latest >= wait.until, () => `${id}: its timer fired ${((wait?.until ?? 0) - Math.min(first.at, latest)) / 1000} ms early`);
}

/** One record for each step, no gap, and the state is the fold (G1); one end, one on-complete. */
function checkHistory(state: State, events: readonly Event[], states: ReadonlyMap<string, State>): void {
  const { id } = state;
  must('G1', events.length === state.events && events.every(({ n }, i) => n === i), () => `${id}: the events have a gap`);
  const steps = events.flatMap((event) => (event.type === 'moved' ? [event.entered.step] : []));
  must('G1', steps.every((step, i) => step === i + 1), () => `${id}: steps ${steps.join(' ')}`);
  const versions = new Set(events.map(({ version }) => version));
  must('G1', versions.size === state.version + 1, () => `${id}: ${versions.size} versions in the events, the state has ${state.version}`);
  must('G1', isDeepStrictEqual(fold(events), state), () => `${id}: the state is not the fold of its events`);
  const ends = events.filter((event) => event.type === 'ended');
  must('once', ends.length === 1, () => `${id}: ended ${ends.length} times`);
  for (const { on_complete } of ends) {
    const children = [...states.values()].filter(({ reference }) => reference.activeflow_id === id);
    const wanted = on_complete && 'activeflow_id' in on_complete ? on_complete.activeflow_id : undefined;
    must('once', children.every((child) => child.id === wanted) && children.length <= 1, () => `${id}: ${children.length} on-complete activeflows`);
  }
}

/** How often a provider of the simulation says no before it says yes. */
const MOST_REFUSALS = 4;

/** No lost effect: all are finished, and what is done was performed. */
function checkEffects(effects: readonly StoredEffect[], ledger: ReadonlyMap<string, Entry>, states: ReadonlyMap<string, State>): void {
  for (const { id, kind, payload, deadline, status, result } of effects) {
    must('effects', FINAL.has(status), () => `${id} (${kind}): still ${status} at the end`);
    if (kind === 'activeflow.start') must('once', status !== 'done' || states.has(String(payload['activeflow_id'])), () => `${id}: done, and nothing was started`);
    if (kind === 'activeflow.start' || kind === 'flow.fetch') continue;
    const { performed, asked } = ledger.get(id) ?? { performed: 0, asked: 0 };
    must('effects', status !== 'dead' || deadline !== null || asked > MOST_REFUSALS, () => `${id} (${kind}): given up after ${asked} requests`);
    must('effects', status !== 'done' || (performed > 0 && result?.ok === true), () => `${id} (${kind}): done, and performed ${performed} times`);
  }
}

/** An acknowledged command is in the store, once (G3). */
function checkAcknowledged(histories: Histories, { key, activeflow_id, outcome, version }: Acknowledged): void {
  const events = histories.get(activeflow_id) ?? [];
  const versions = new Set(events.filter(({ cause }) => cause.ref === key).map((event) => event.version).filter((number) => number > 0));
  must('G3', outcome !== 'changed' || versions.has(version), () => `${activeflow_id}: ${key} was acknowledged as version ${version}, and is not in the store`);
  // One that is refused leaves no receipt: its copy may be carried out.
  must('G3', versions.size <= 1 && (outcome !== 'unchanged' || versions.size === 0), () => `${activeflow_id}: ${key} was carried out ${versions.size} times, answered ${outcome}`);
}
