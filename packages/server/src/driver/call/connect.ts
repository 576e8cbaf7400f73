// Two calls joined: all destinations ring, the first to answer is joined to the caller, and they stay until either of them goes. The legs are calls
// without runs of their own; what has become of them stands in their documents, so that a restart that they outlive finds them.
import { address, deriveId, type Address, type Result } from '@activeflow/engine';
import { isOver, type HangupReason } from '../call-document.js';
import type { Performed } from '../driver.js';
import type { Sound } from '../../media/sound.js';
import type { StoredEffect } from '../../store/store.js';
import { performOn } from './begin.js';
import { readCall, type Call, type CallData } from './document.js';
import { endCall } from './end.js';
import { settleOpen, takeUp, type Bridge, type Floor, type Line, type Open } from './line.js';
import { dial, dialled, type Born } from './outgoing.js';

type Payload = {
  readonly source: Address; readonly destinations: readonly Address[]; readonly early_media: boolean; readonly relay_reason: boolean;
  readonly anonymous: string; readonly timeout?: number;
};

/** What a caller hears while it rings (ITU-T E.180, North America). */
const RINGBACK: Sound = { kind: 'tone', frequencies_hz: [440, 480], on_ms: 2_000, off_ms: 4_000, repeat: null };
const RING_MS = 30_000;

/** A connection in the making, or made. */
type Joint = {
  readonly floor: Floor;
  readonly caller: Line;
  readonly open: Open;
  readonly payload: Payload;
  readonly ids: readonly string[];
  /** Legs that have ended, as their documents say. */
  readonly ended: Map<string, CallData>;
  /** The leg that answered. */
  winner?: string;
  /** The ringing leg that the caller hears. */
  early?: string;
};

/** The id of the leg to the `i`-th destination. */
const legId = ({ id, activeflow_id }: StoredEffect, i: number): string => deriveId(activeflow_id, `${id}/leg/${i}`);

/** Performs `call.connect`. The caller is answered once somebody else has answered. */
export function performConnect(floor: Floor, effect: StoredEffect): Promise<Performed> {
  const payload = effect.payload as Payload;
  const ids = payload.destinations.map((_, i) => legId(effect, i));
  let joint: Joint | undefined;
  return performOn(floor, effect, (caller) => ({
    unanswered: true,
    start: (open) => {
      joint = { floor, caller, open, payload, ids, ended: new Map() };
      return ring(joint);
    },
    undo: async () => { if (joint) await part(joint); },
  }));
}

/** Rings everybody, once. A result where nobody can answer any more. */
async function ring(joint: Joint): Promise<Result | undefined> {
  const { floor, caller, open, payload, ids } = joint;
  const bridge: Bridge = {
    rings: (leg, early_media) => rings(joint, leg, early_media), answers: (leg) => answers(joint, leg),
    ends: (leg_id, data) => ends(joint, leg_id, data), leaves: (leg_id) => leaves(joint, leg_id),
  };
  const known = (await Promise.all(ids.map((id) => readCall(floor, id)))).filter((leg) => leg !== undefined);
  const born = known.length > 0 ? [] : await writeLegs(joint);
  for (const leg of known) takeAgain(joint, leg, bridge);
  if (open.result !== undefined) return undefined;
  if (caller.up && joint.winner === undefined && ids.length > joint.ended.size) floor.legs.play(caller.id, ringbackId(open), [RINGBACK]);
  const { anonymous, timeout = RING_MS } = payload;
  for (const { call, leg } of born) dial(floor, call, leg, { anonymous, timeout_ms: timeout, bridge });
  return ids.length === joint.ended.size ? outcome(joint) : undefined;
}

async function writeLegs({ floor, caller, open: { effect }, payload: { source, destinations } }: Joint): Promise<readonly Born[]> {
  const now = floor.host.clock.now();
  const dialling = { source, run: null, master_call_id: caller.id, connect_id: effect.id };
  const born = destinations.map((to, i) => dialled(floor, legId(effect, i), effect.customer_id, now, { ...dialling, destination: address(to) }));
  if (born.length > 0) await floor.host.write({ documents: born.flatMap(({ call, leg }) => [call, leg]) });
  return born;
}

/** A leg that was rung before a restart that it outlived. */
function takeAgain(joint: Joint, leg: Call, bridge: Bridge): void {
  const line = joint.floor.lines.get(leg.id);
  if (line === undefined || isOver(leg)) { joint.ended.set(leg.id, leg.data); return; }
  line.bridge = bridge;
  if (line.up) joint.winner = leg.id;
}

const ringbackId = ({ effect }: Open): string => `${effect.id}/ringback`;
const roomId = ({ effect }: Open): string => `${effect.id}/room`;

function join({ floor, caller, open }: Joint, leg: Line): void {
  const room = roomId(open);
  floor.legs.stop(caller.id, ringbackId(open));
  for (const line of [caller, leg]) {
    line.room = room;
    floor.legs.join(line.id, room, { relay_digits: true });
  }
}

async function rings(joint: Joint, leg: Line, early_media: boolean): Promise<void> {
  const { floor, caller, open, payload } = joint;
  if (!early_media || !payload.early_media || joint.winner !== undefined || joint.early !== undefined || open.result !== undefined) return;
  joint.early = leg.id;
  if (!caller.up) await floor.legs.ring(caller.id, true);
  join(joint, leg);
}

/** The first to answer is joined; whoever answers later is hung up. */
async function answers(joint: Joint, leg: Line): Promise<void> {
  const { floor, caller, open, ids, ended } = joint;
  if (open.result !== undefined || joint.winner !== undefined) { await endCall(floor, leg.id, { by: 'local', reason: 'cancel' }); return; }
  joint.winner = leg.id;
  if (await takeUp(floor, caller)) open.answered = true;
  join(joint, leg);
  const others = ids.filter((id) => id !== leg.id && !ended.has(id));
  await Promise.all(others.map((id) => endCall(floor, id, { by: 'local', reason: 'cancel' })));
}

async function ends(joint: Joint, leg_id: string, data: CallData): Promise<void> {
  const { floor, caller, open, ids, ended, payload } = joint;
  if (ended.has(leg_id)) return;
  ended.set(leg_id, data);
  if (open.result !== undefined) return;
  const over = joint.winner === undefined ? ended.size === ids.length : joint.winner === leg_id;
  if (!over) { if (joint.early === leg_id) soundAgain(joint); return; }
  const told = outcome(joint);
  silence(joint);
  if (payload.relay_reason) await endCall(floor, caller.id, { by: 'remote', reason: reasonOf(joint) });
  await settleOpen(floor, caller, open, told);
}

/** The leg that the caller heard before it answered is gone: it rings again. */
function soundAgain(joint: Joint): void {
  const { floor, caller, open } = joint;
  delete joint.early;
  leaveRoom(floor, caller);
  if (caller.up) floor.legs.play(caller.id, `${ringbackId(open)}/again`, [RINGBACK]);
}

/** The leg went elsewhere: then the caller is alone. */
async function leaves({ floor, open, winner }: Joint, leg_id: string): Promise<void> {
  if (open.result === undefined && winner === leg_id) await endCall(floor, leg_id, { by: 'local', reason: 'normal' });
}

/** Nobody waits for the connection any more: whoever rings or talks on it is hung up. */
async function part(joint: Joint): Promise<void> {
  const { floor, ids, ended, winner } = joint;
  silence(joint);
  const left = ids.filter((id) => !ended.has(id));
  await Promise.all(left.map((id) => endCall(floor, id, { by: 'local', reason: id === winner ? 'normal' : 'cancel' })));
}

function silence({ floor, caller, open }: Joint): void {
  floor.legs.stop(caller.id, ringbackId(open));
  floor.legs.stop(caller.id, `${ringbackId(open)}/again`);
  leaveRoom(floor, caller);
}

function leaveRoom({ legs }: Floor, line: Line): void {
  if (line.room === '') return;
  line.room = '';
  legs.leave(line.id);
}

/** The reason of the other side: of the leg that was joined, or else of the last that rang. */
function reasonOf({ ids, ended, winner }: Joint): Exclude<HangupReason, ''> {
  return ended.get(winner ?? ids.at(-1) ?? '')?.hangup_reason || 'normal';
}

function outcome({ ids, ended, winner }: Joint): Result {
  const data = winner === undefined ? undefined : ended.get(winner);
  if (winner !== undefined && data) return { ok: true, data: { call_id: winner, hangup_by: data.hangup_by, hangup_reason: data.hangup_reason } };
  const busy = ids.length > 0 && ids.every((id) => ended.get(id)?.hangup_reason === 'busy');
  return { ok: false, reason: busy ? 'BUSY' : 'NO_ANSWER', message: `none of ${ids.length} destinations answered` };
}
