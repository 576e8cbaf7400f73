// Calls that a flow places. They are dialled at once, and the run that asked goes on; the effect stays open until each has been answered
// or given up.
// How a dialled call goes is told by the end of its target (the part before an `@`): `0001` is busy, `0002` does not answer, `0003` is a
// machine; anyone else answers.
import { address, deriveId, NONE_ID, type Action, type Address, type Instant } from '@activeflow/engine';
import { Permanent, type Performed } from '../driver.js';
import type { DocumentWrite, StoredEffect } from '../../store/store.js';
import {
  callEnded, isOver, NEW_CALL, NEW_PLAYED, newCall, nextCall, readCall, withChanges,
  type Call, type CallData, type Dial, type Played, type Room, type Run,
} from './call.js';
import { endCall } from './hangup.js';
import { ahead, answered, DIAL_MS, ringing } from './line.js';
import { choose, startRun, type Chosen } from './run.js';

type Payload = {
  readonly source: Address; readonly destinations: readonly Address[]; readonly flow_id: string; readonly actions: readonly Action[];
  readonly chained: boolean; readonly early_execution: boolean; readonly master_call_id: string;
};

/** The id of the call to the `i`-th destination of an effect: derived, so that a repetition dials nobody twice. */
export const dialledId = (effect: StoredEffect, i: number): string => deriveId(effect.activeflow_id, `${effect.id}/call/${i}`);

/** Performs `call.create`: dials every destination once, lets the run go on, and takes each call to its answer. */
export async function performCreate(room: Room, effect: StoredEffect): Promise<Performed> {
  const { destinations } = effect.payload as Payload;
  const ids = destinations.map((_, i) => dialledId(effect, i));
  const done = { ok: true, data: { call_ids: ids } } as const;
  if (ids[0] === undefined) return { done };
  if ((await readCall(room, ids[0])) === undefined) await dialAll(room, effect);
  await room.host.release(effect.id, done);
  const soonest: Instant[] = [];
  for (const id of ids) {
    const next = await advance(room, id);
    if (next !== undefined) soonest.push(next);
  }
  return soonest.length === 0 ? { done } : { open: true, again_at: Math.min(...soonest) };
}

/** All calls of an effect, and what their master must know of them, are one commit. */
async function dialAll(room: Room, effect: StoredEffect): Promise<void> {
  const { destinations, source, early_execution, master_call_id, ...asked } = effect.payload as Payload;
  const chained = asked.chained && master_call_id !== '';
  const { run, lists } = await runOf(room, effect);
  const now = room.host.clock.now();
  const dialling = { source, run, early_execution, master_call_id, chained };
  const calls = destinations.map((destination, i) => dialled(dialledId(effect, i), effect.customer_id, now, { ...dialling, destination }));
  for (;;) {
    const master = chained ? await readCall(room, master_call_id) : undefined;
    if (master && isOver(master)) throw callEnded(master);
    const chained_calls = [...(master?.data.played.chained_calls ?? []), ...calls.map(({ id }) => id)];
    const chain = master ? [nextCall(master, withChanges(master.data, {}, { chained_calls }), now)] : [];
    if (await room.host.write({ lists, documents: [...chain, ...calls] })) return;
    // Either the master has changed, or another node has dialled them.
    if ((await readCall(room, dialledId(effect, 0))) !== undefined) return;
  }
}

/** What the new calls run: the flow as it is now, or the actions of the option, stored under an id of the effect. */
async function runOf(room: Room, { id, customer_id, payload }: StoredEffect): Promise<Chosen> {
  const { flow_id, actions } = payload as Payload;
  const chosen = await choose(room, customer_id, flow_id === '' || flow_id === NONE_ID ? { actions } : { flow_id }, `${id}:actions`);
  if ('refused' in chosen) throw new Permanent(chosen.refused, chosen.message);
  return chosen;
}

/** What is known of a call as it is dialled. */
export type Dialling = {
  readonly source: Address;
  readonly destination: Address;
  readonly run: Run | null;
  readonly master_call_id: string;
  readonly early_execution?: boolean;
  readonly chained?: boolean;
  readonly connect_id?: string;
  readonly timeout_ms?: number;
};

/** A call that is being dialled from now on. */
export function dialled(id: string, customer_id: string, now: Instant, dialling: Dialling): DocumentWrite {
  const { source, destination, run, early_execution = false, master_call_id, chained = false, connect_id = '', timeout_ms } = dialling;
  const target = destination.target.split('@')[0] ?? '';
  const silent = target.endsWith('0002') || (timeout_ms ?? Infinity) < DIAL_MS.answered;
  const outcome: Dial['outcome'] = target.endsWith('0001') ? 'busy' : silent ? 'noanswer' : 'answer';
  const dial: Dial = { began: now, outcome, early_execution, run, connect_id, ...(timeout_ms === undefined ? {} : { timeout_ms }) };
  const played: Played = { ...NEW_PLAYED, machine: target.endsWith('0003'), master_call_id, chained, dial };
  const data: CallData = {
    ...NEW_CALL, flow_id: run?.flow_id ?? NONE_ID, source: address(source), destination: address(destination),
    status: 'dialing', direction: 'outgoing', played,
  };
  return newCall(id, customer_id, now, data);
}

/** Takes a dialled call as far as it has come by now. Gives when there is more to come; undefined where there is not. */
export async function advance(room: Room, id: string): Promise<Instant | undefined> {
  for (;;) {
    const call = await readCall(room, id);
    if (call === undefined) return undefined;
    if (isOrphan(call, await masterOf(room, call))) { await endCall(room, id, 'local', 'normal'); return undefined; }
    const next = ahead(call.data);
    const now = room.host.clock.now();
    if (next === undefined) return undefined;
    if (next.at > now) return next.at;
    if (next.to === 'busy' || next.to === 'noanswer') { await endCall(room, id, 'remote', next.to); return undefined; }
    await step(room, call, next.to, now);
  }
}

const masterOf = async (room: Room, { data: { played } }: Call): Promise<Call | undefined> =>
  (played.chained ? readCall(room, played.master_call_id) : undefined);

const isOrphan = (call: Call, master: Call | undefined): boolean => !isOver(call) && master !== undefined && isOver(master);

/** The next stage of a call; its run begins in the same commit, at the ringing or at the answer. */
async function step(room: Room, call: Call, to: 'ringing' | 'progressing', now: Instant): Promise<void> {
  const { dial } = call.data.played;
  const there = to === 'progressing' ? answered(call.data, now) : ringing(call.data, now);
  const begins = call.data.activeflow_id === NONE_ID && (to === 'progressing' || dial?.early_execution === true);
  const run = begins ? dial?.run : undefined;
  const data = run ? { ...there, activeflow_id: deriveId(call.id, 'activeflow') } : there;
  const also = { documents: [nextCall(call, data, now)] };
  if (run) await startRun(room, { ...call, data }, run, also);
  else await room.host.write(also);
}
