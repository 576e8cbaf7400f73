// Two calls joined: all destinations ring, the first to answer is bridged, and the bridge lasts until either side hangs up.
// A leg is a call without a run of its own. What has become of the legs is read from their documents, so that a hangup, the clock and a restart
// all lead to the same decision.
import { address, deriveId, type Address, type Instant, type Result } from '@activeflow/engine';
import { Permanent, type Performed } from '../driver.js';
import type { DocumentWrite, StoredEffect } from '../../store/store.js';
import {
  isOver, nextCall, readCall, withChanges, type Call, type CallData, type HangupBy, type HangupReason, type Room, type Wait,
} from './call.js';
import { endCall } from './hangup.js';
import { ahead, answered, ringing, upAt } from './line.js';
import { dialled } from './outgoing.js';
import { liveCall, settleWith } from './prompts.js';
import type { Slip } from '../slip.js';
import { without } from './waits.js';

type Payload = { readonly source: Address; readonly destinations: readonly Address[]; readonly relay_reason: boolean; readonly timeout?: number };

const legIds = ({ id, activeflow_id, payload }: StoredEffect): string[] =>
  (payload as Payload).destinations.map((_, i) => deriveId(activeflow_id, `${id}/leg/${i}`));

/** Performs `call.connect`: rings the legs once, and is done when the bridge has ended or nobody can answer any more. */
export async function performConnect(room: Room, effect: StoredEffect): Promise<Performed> {
  const ids = legIds(effect);
  for (;;) {
    const call = await liveCall(room, effect);
    const now = room.host.clock.now();
    if (upAt(call) > now) return { open: true, again_at: upAt(call) };
    const legs = await readLegs(room, ids);
    if (legs.length < ids.length) { await ring(room, effect, call, now); continue; }
    if (!call.data.played.waits.some(({ effect_id }) => effect_id === effect.id)) return { done: { ok: true } };
    const { writes, again_at } = moveLegs(legs, now);
    if (writes.length > 0) { await room.host.write({ documents: writes }); continue; }
    if (again_at !== undefined) return { open: true, again_at };
    if (legs.some((leg) => !isOver(leg))) return { open: true };
    const done = outcome(legs);
    if ((effect.payload as Payload).relay_reason) await endCall(room, call.id, 'remote', reasonOf(legs));
    else if (!(await settleWith(room, call, effect.id, done, nextCall(call, without(call.data, effect.id), now)))) continue;
    return { done };
  }
}

/** Ends the legs of a `call.connect` that nobody waits for any more. */
export async function cancelConnect(room: Room, effect: StoredEffect): Promise<void> {
  for (const leg of await readLegs(room, legIds(effect))) {
    if (!isOver(leg)) await endCall(room, leg.id, 'local', leg.data.status === 'progressing' ? 'normal' : 'cancel');
  }
}

/** Ends a call, and lets the one that it was bridged to know. As `endCall`, done twice it changes nothing more. */
export async function hangUp(room: Room, call_id: string, by: HangupBy, reason: HangupReason, slip?: Slip): Promise<Call | undefined> {
  const call = await endCall(room, call_id, by, reason, slip);
  const connect_id = call?.data.played.dial?.connect_id ?? '';
  const unfinished = connect_id === '' ? [] : await room.host.unfinished(connect_id.slice(0, connect_id.indexOf(':')));
  const connect = unfinished.find(({ id }) => id === connect_id);
  if (connect) await performConnect(room, connect).catch(unlessPermanent);
  return call;
}

/** The caller is gone as well: then there is nobody to tell. */
const unlessPermanent = (error: unknown): void => { if (!(error instanceof Permanent)) throw error; };

async function readLegs(room: Room, ids: readonly string[]): Promise<readonly Call[]> {
  const legs = await Promise.all(ids.map((id) => readCall(room, id)));
  return legs.filter((leg) => leg !== undefined);
}

/** The legs, and that the caller waits for them, are one commit. */
async function ring(room: Room, effect: StoredEffect, call: Call, now: Instant): Promise<void> {
  const { source, destinations, timeout } = effect.payload as Payload;
  const up = answered(call.data, now);
  const wait: Wait = { effect_id: effect.id, kind: effect.kind, until: null };
  const dialling = { source, run: null, master_call_id: call.id, connect_id: effect.id, ...(timeout === undefined ? {} : { timeout_ms: timeout }) };
  const legs = legIds(effect).map((id, i) => dialled(id, effect.customer_id, now, { ...dialling, destination: address(destinations[i]) }));
  await room.host.write({ documents: [nextCall(call, withChanges(up, {}, { waits: [...up.played.waits, wait] }), now), ...legs] });
}

/** What the clock does to the legs: the first in order to have answered is bridged, and the others need not ring any more. */
function moveLegs(legs: readonly Call[], now: Instant): { readonly writes: readonly DocumentWrite[]; readonly again_at?: Instant } {
  const due = legs.map((leg) => ({ leg, next: ahead(leg.data) }));
  const bridged = bridgedOf(legs) ?? due.find(({ next }) => next?.to === 'progressing' && next.at <= now)?.leg;
  const writes = due.flatMap(({ leg, next }) => {
    if (next === undefined) return [];
    if (leg === bridged) return [nextCall(leg, answered(leg.data, now), now)];
    if (bridged) return [nextCall(leg, over(leg, 'local', 'cancel', now), now)];
    if (next.at > now || next.to === 'progressing') return [];
    return [nextCall(leg, next.to === 'ringing' ? ringing(leg.data, now) : over(leg, 'remote', next.to, now), now)];
  });
  const times = due.flatMap(({ next }) => (next ? [next.at] : []));
  return { writes, ...(times.length > 0 ? { again_at: Math.min(...times) } : {}) };
}

const over = ({ data }: Call, hangup_by: HangupBy, hangup_reason: HangupReason, now: Instant): CallData =>
  withChanges(data, { status: 'hangup', hangup_by, hangup_reason, tm_hangup: now });

const bridgedOf = (legs: readonly Call[]): Call | undefined => legs.find(({ data }) => data.tm_progressing !== null);

/** The reason of the other side: of the leg that was bridged, or else of the last that rang. */
const reasonOf = (legs: readonly Call[]): HangupReason => (bridgedOf(legs) ?? legs.at(-1))?.data.hangup_reason ?? 'normal';

function outcome(legs: readonly Call[]): Result {
  const bridged = bridgedOf(legs);
  if (bridged) return { ok: true, data: { call_id: bridged.id, hangup_by: bridged.data.hangup_by, hangup_reason: bridged.data.hangup_reason } };
  const busy = legs.length > 0 && legs.every(({ data }) => data.hangup_reason === 'busy');
  return { ok: false, reason: busy ? 'BUSY' : 'NO_ANSWER', message: `none of ${legs.length} destinations answered` };
}
