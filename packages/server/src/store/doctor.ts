// Examines what a store holds against what is promised of it (G1, G2, G4), activeflow by activeflow, also while a server writes to it.
import { isDeepStrictEqual } from 'node:util';
import type { Event, Instant, State } from '@activeflow/engine';
import type { EffectStatus, Finding, Kept, Placed, Store, StoredEffect } from './store.js';

/** The engine's rules that rows are held against: the state after an event, and when a state is due under the limit of age in force. */
export type Rules = {
  readonly evolve: (state: State | undefined, event: Event) => State;
  readonly dueAt: (state: State) => Instant | null;
};

type Reads = Pick<Store, 'walk' | 'events' | 'effects' | 'list'>;
type Report = (promise: string, message: string) => void;

/** Rows read at once: activeflows, and events of one. */
const BATCH = 200;
/** How often one that moves while it is read is read again, before it is taken for alive and well. */
const MOST_READS = 20;

const FINAL: ReadonlySet<EffectStatus> = new Set(['done', 'failed', 'dead', 'canceled']);

/** Walks over all activeflows of a store and tells, as it goes, everything that contradicts a promise. Changes nothing; holds one log at a time. */
export async function* examine(store: Reads, rules: Rules): AsyncGenerator<Finding, void, undefined> {
  const hasList = rememberLists(store);
  for (let after = 0, more = true; more;) {
    const batch = await store.walk(after, BATCH);
    for (const placed of batch) {
      yield* await examineOne(store, rules, hasList, placed);
      after = placed.ordinal;
    }
    more = batch.length === BATCH;
  }
}

/** A server may write between two reads: what was found counts if the row has not moved meanwhile. */
async function examineOne(store: Reads, rules: Rules, hasList: HasList, placed: Placed<Kept>): Promise<readonly Finding[]> {
  const { ordinal } = placed;
  let kept = placed.row;
  for (let reads = 0; reads < MOST_READS; reads++) {
    const findings: Finding[] = [];
    const { id } = kept.state;
    const report: Report = (promise, message) => { findings.push({ promise, activeflow_id: id, message }); };
    const reported = await checkLog(store, rules, kept.state, report);
    checkDue(kept, rules, report);
    checkEffects(kept.state, await store.effects(id), reported, report);
    for (const { id: frame_id, list_id } of kept.state.frames) {
      if (!(await hasList(list_id))) report('G4', `frame ${frame_id} runs the action list ${list_id}, which is not there`);
    }
    if (findings.length === 0) return findings;
    const [again] = await store.walk(ordinal - 1, 1);
    if (again === undefined || again.ordinal !== ordinal || again.row.state.version === kept.state.version) return findings;
    kept = again.row;
  }
  return [];
}

/** One record for each step and event, no gap, and the state is their fold. Gives the effects whose results the log tells of. */
async function checkLog(store: Reads, rules: Rules, state: State, report: Report): Promise<ReadonlySet<string>> {
  const reported = new Set<string>();
  let folded: State | undefined;
  let step = 0;
  let version = 0;
  let count = 0;
  for (let more = true; more;) {
    const events = await store.events(state.id, count - 1, BATCH);
    for (const event of events) {
      const wrong = checkEvent(event, { count, version, step }, state.version);
      for (const message of wrong.messages) report('G1', message);
      if (wrong.fatal) return reported;
      if (event.type === 'moved') step = event.entered.step;
      if (event.cause.by === 'driver' && event.cause.ref !== undefined) reported.add(event.cause.ref);
      version = event.version;
      count++;
      try {
        folded = rules.evolve(folded, event);
      } catch (error) {
        report('G1', `event ${event.n} cannot follow: ${error instanceof Error ? error.message : String(error)}`);
        return reported;
      }
    }
    more = events.length > 0;
  }
  const keys = Object.keys({ ...state, ...folded }) as (keyof State)[];
  const wrong = keys.filter((key) => !isDeepStrictEqual(folded?.[key], state[key]));
  if (count !== state.events) report('G1', `the log has ${count} events, the state says ${state.events}`);
  else if (wrong.length > 0) report('G1', `the state is not the fold of its ${count} events: ${wrong.join(', ')}`);
  return reported;
}

/** What is wrong with an event that comes after `count` others; after a fatal fault the rest says nothing. */
function checkEvent(event: Event, before: { count: number; version: number; step: number }, newest: number): { messages: readonly string[]; fatal: boolean } {
  const { count, version, step } = before;
  if (event.n !== count) return { messages: [`event ${count} is missing: ${event.n} is in its place`], fatal: true };
  if ((event.type === 'created') !== (count === 0)) return { messages: [`event ${count} is "${event.type}"`], fatal: true };
  const messages: string[] = [];
  if (event.version < version || event.version > newest) messages.push(`event ${count} is of version ${event.version}, not between ${version} and ${newest}`);
  if (event.type === 'moved' && event.entered.step !== step + 1) messages.push(`event ${count} enters step ${event.entered.step} after step ${step}`);
  return { messages, fatal: false };
}

/** What runs owns an instant at which something happens; what has ended owns none. */
function checkDue({ state, version, due_at }: Kept, rules: Rules, report: Report): void {
  const { status, wait, paused } = state;
  if (version !== state.version) report('G1', `the row is at version ${version}, its state at ${state.version}: no command could ever be committed`);
  if (status === 'ended') {
    if (due_at !== null) report('G4', `it has ended, and is due at ${due_at}`);
    if (wait) report('G4', `it has ended, and waits for ${wait.kind}`);
    return;
  }
  const due = rules.dueAt(state);
  if (due_at === null) report('G4', 'it runs, and is never due');
  else if (due_at !== due) report('G4', `it is due at ${due_at}, and its state says ${due}`);
  if (!paused && wait === null) report('G4', `it runs, and waits for nothing, at step ${state.current.step}`);
  if (!paused && wait?.result !== undefined) report('G4', `what it waited for (${wait.kind}) has come, and it did not go on`);
}

function checkEffects(state: State, effects: readonly StoredEffect[], reported: ReadonlySet<string>, report: Report): void {
  const awaited = state.status === 'running' && state.wait?.result === undefined ? (state.wait?.effect_id ?? '') : '';
  for (const { id, step, status, due_at, deadline } of effects) {
    const final = FINAL.has(status);
    const version = Number(id.slice(state.id.length + 1).split(':')[0]);
    if (!id.startsWith(`${state.id}:`) || !(version >= 1 && version <= state.version)) report('G2', `effect ${id} was asked for by no commit of it`);
    if (step < 0 || step > state.current.step) report('G2', `effect ${id} belongs to step ${step} of ${state.current.step}`);
    if (final && due_at !== null) report('G2', `effect ${id} is ${status}, and due at ${due_at}`);
    if (!final && status !== 'open' && due_at === null) report('G4', `effect ${id} is ${status}, and never due`);
    // What has a deadline was waited for; whoever stops waiting cancels it, or its driver has let the activeflow go on before it is through.
    if (deadline !== null && !final && status !== 'canceling' && id !== awaited && !reported.has(id)) report('G4', `effect ${id} is ${status}, and nobody waits for it`);
  }
  if (awaited === '') return;
  const effect = effects.find(({ id }) => id === awaited);
  if (!effect) return report('G4', `it waits for effect ${awaited}, which is not there`);
  if (FINAL.has(effect.status) || effect.status === 'canceling') report('G4', `it waits for effect ${awaited}, which is ${effect.status}`);
  if (effect.deadline !== state.wait?.until) report('G4', `it waits until ${state.wait?.until}, and effect ${awaited} has until ${effect.deadline}`);
}

type HasList = (list_id: string) => Promise<boolean>;

/** Most activeflows share a few lists: those found are not read again. */
function rememberLists(store: Reads): HasList {
  const found = new Set<string>();
  return async (list_id) => {
    if (found.has(list_id)) return true;
    if ((await store.list(list_id)) === undefined) return false;
    if (found.size >= 10_000) found.clear();
    found.add(list_id);
    return true;
  };
}
