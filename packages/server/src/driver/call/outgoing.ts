// Calls that are dialled: their documents first, all of them in one commit, then their legs. What becomes of a leg is told by its facts.
import { address, deriveId, NONE_ID, type Action, type Address, type Instant } from '@activeflow/engine';
import { isOver, NEW_CALL, nextCall } from '../call-document.js';
import { Permanent, type Performed } from '../driver.js';
import { choose, startRunOf, type Chosen, type Run } from '../run.js';
import type { DocumentWrite, StoredEffect } from '../../store/store.js';
import { answered, callEnded, legDocument, newCall, readCall, ringing, type Call } from './document.js';
import { legEnded } from './end.js';
import { isFull } from './incoming.js';
import { newLine, steadily, type Bridge, type Floor, type Line } from './line.js';

type Payload = {
  readonly source: Address; readonly destinations: readonly Address[]; readonly flow_id: string; readonly actions: readonly Action[];
  readonly chained: boolean; readonly early_execution: boolean; readonly anonymous: string; readonly master_call_id: string;
};

/** The id of the call to the `i`-th destination of an effect: derived, so that a repetition dials nobody twice. */
export const dialledId = (effect: Pick<StoredEffect, 'id' | 'activeflow_id'>, i: number): string => deriveId(effect.activeflow_id, `${effect.id}/call/${i}`);

/** Performs `call.create`: every destination is dialled once, and the run that asked goes on. */
export async function performCreate(floor: Floor, effect: StoredEffect): Promise<Performed> {
  const { destinations, anonymous } = effect.payload as Payload;
  const ids = destinations.map((_, i) => dialledId(effect, i));
  const done = { ok: true, data: { call_ids: ids } } as const;
  if (ids[0] === undefined || (await readCall(floor, ids[0])) !== undefined) return { done };
  const calls = await writeCalls(floor, effect);
  for (const { call, leg } of calls) dial(floor, call, leg, { anonymous, timeout_ms: floor.settings.ring_timeout_ms });
  return { done };
}

/** A new call and the mark of its leg. */
export type Born = { readonly call: Call; readonly leg: DocumentWrite };

/** All calls of an effect, and what their master must know of them, are one commit. None where another attempt has written them. */
async function writeCalls(floor: Floor, effect: StoredEffect): Promise<readonly Born[]> {
  const { destinations, source, early_execution, master_call_id, chained } = effect.payload as Payload;
  const { run, lists } = await runOf(floor, effect);
  const now = floor.host.clock.now();
  const calls = destinations.map((destination, i) => dialled(floor, dialledId(effect, i), effect.customer_id, now, { source, destination, run, early_execution, master_call_id }));
  for (;;) {
    const master = chained && master_call_id !== '' ? await readCall(floor, master_call_id) : undefined;
    if (master && isOver(master)) throw callEnded(master.id);
    const chain = master ? [nextCall(master, { ...master.data, carried: { ...master.data.carried, chained_calls: [...master.data.carried.chained_calls, ...calls.map(({ call }) => call.id)] } }, now)] : [];
    if (await floor.host.write({ lists, documents: [...chain, ...calls.flatMap(({ call, leg }) => [call, leg])] })) return calls;
    if ((await readCall(floor, dialledId(effect, 0))) !== undefined) return [];
  }
}

/** What the new calls run: the flow as it is now, or the actions of the option, stored under an id of the effect. */
async function runOf(floor: Floor, { id, customer_id, payload }: StoredEffect): Promise<Chosen> {
  const { flow_id, actions } = payload as Payload;
  const chosen = await choose(floor, customer_id, flow_id === '' || flow_id === NONE_ID ? { actions } : { flow_id }, `${id}:actions`);
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
  readonly connect_id?: string;
};

/** A call that is to be dialled. */
export function dialled(floor: Floor, id: string, customer_id: string, now: Instant, dialling: Dialling): Born {
  const { source, destination, run, early_execution = false, master_call_id, connect_id = '' } = dialling;
  const call = newCall(id, customer_id, now, {
    ...NEW_CALL, flow_id: run?.flow_id ?? NONE_ID, source: address(source), destination: address(destination), status: 'dialing', direction: 'outgoing',
    carrier: floor.legs.name, carried: { master_call_id, chained_calls: [], dial: { run, early_execution, connect_id } },
  });
  return { call, leg: legDocument(floor, call, now) };
}

/** How a leg is dialled. */
export type Ringing = { readonly anonymous: string; readonly timeout_ms: number; readonly bridge?: Bridge };

/** Dials the leg of a call that is written. Where it cannot be reached, the call ends. */
export function dial(floor: Floor, call: Call, leg: DocumentWrite, { anonymous, timeout_ms, bridge }: Ringing): Line {
  const { id, customer_id, data: { source, destination } } = call;
  const line: Line = { ...newLine(id, customer_id, 'outgoing'), leg, who: destination, ...(bridge ? { bridge } : {}) };
  floor.lines.set(id, line);
  const hidden = anonymous === 'yes' || (anonymous === 'auto' && /^anonymous$/i.test(source.target));
  const asked = isFull(floor, customer_id)
    ? Promise.reject(new Error('the customer has as many calls up as it may'))
    : floor.legs.originate({ leg_id: id, customer_id, source, destination, anonymous: hidden, timeout_ms });
  asked.catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    line.chain = line.chain.then(async () => {
      if (floor.lines.get(id) === line) await legEnded(floor, line, error instanceof Permanent ? 'dialout' : 'failed', 'local', message);
    }).catch((broken: unknown) => { floor.log.error({ err: broken, call_id: id }, 'a call that could not be dialled could not be ended'); });
  });
  return line;
}

/** The far end of a dialled leg rings. */
export async function farRings(floor: Floor, line: Line, early_media: boolean): Promise<void> {
  await steadily(floor, () => step(floor, line, 'ringing'));
  await line.bridge?.rings(line, early_media);
}

/** The far end of a dialled leg has answered. */
export async function farAnswers(floor: Floor, line: Line): Promise<void> {
  if (line.direction === 'incoming') return;
  line.up = true;
  if (line.bridge) await line.bridge.answers(line);
  await steadily(floor, () => step(floor, line, 'progressing'));
}

/** The next stage of a call; its run begins in the same commit, at the ringing or at the answer. */
async function step(floor: Floor, { id }: Line, to: 'ringing' | 'progressing'): Promise<void> {
  const { host } = floor;
  for (;;) {
    const call = await readCall(floor, id);
    if (call === undefined || isOver(call)) return;
    const { dial: how, master_call_id } = call.data.carried;
    const now = host.clock.now();
    const there = to === 'progressing' ? answered(call.data, now) : ringing(call.data, now);
    const begins = call.data.activeflow_id === NONE_ID && (to === 'progressing' || how?.early_execution === true);
    const run = begins ? how?.run : undefined;
    const data = run ? { ...there, activeflow_id: deriveId(id, 'activeflow') } : there;
    if (data === call.data) return;
    const documents = [nextCall(call, data, now)];
    if (run ? await startRunOf(floor, { call: { ...call, data }, master_call_id }, run, { documents }) : await host.write({ documents })) return;
  }
}
