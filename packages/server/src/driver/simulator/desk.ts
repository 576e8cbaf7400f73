// Played calls as queues use them: agents are played, too, and answer by the rules of whoever is dialled (`outgoing.ts`).
import { address } from '@activeflow/engine';
import type { Desk, Ring, RingState } from '../desk.js';
import { callEnded, isOver, nextCall, readCall, type Room } from './call.js';
import { answered, upAt } from './line.js';
import { hangUp } from './connect.js';
import { advance, dialled } from './outgoing.js';

/** Makes the desk of the simulator. A played agent is busy with the calls of queues alone, and these know. */
export function createDesk(room: Room): Desk {
  return {
    call: (call_id) => readCall(room, call_id),
    answer: (call_id) => answer(room, call_id),
    reaches: () => Promise.resolve(true),
    isBusy: () => false,
    ring: (asked) => ring(room, asked),
    ringState: (leg_id) => ringState(room, leg_id),
    // There is no sound: whoever is up hears whoever is up.
    join: () => undefined,
    part: () => undefined,
    async hangUp(call_id, reason) { await hangUp(room, call_id, 'local', reason); },
    listen: (heard) => { room.heard?.push(heard); },
  };
}

async function answer(room: Room, call_id: string): Promise<boolean> {
  for (;;) {
    const call = await readCall(room, call_id);
    if (call === undefined) return false;
    if (isOver(call)) throw callEnded(call);
    const now = room.host.clock.now();
    if (upAt(call) > now) return false;
    const data = answered(call.data, now);
    if (data === call.data || (await room.host.write({ documents: [nextCall(call, data, now)] }))) return true;
  }
}

async function ring(room: Room, { leg_id, call, agent, timeout_ms }: Ring): Promise<void> {
  const { source } = call.data;
  await room.host.write({ documents: [dialled(leg_id, call.customer_id, room.host.clock.now(), { source, destination: address(agent), run: null, master_call_id: call.id, timeout_ms })] });
}

async function ringState(room: Room, leg_id: string): Promise<RingState> {
  const again_at = await advance(room, leg_id);
  const leg = await readCall(room, leg_id);
  if (leg === undefined) return { stands: 'none', reason: '' };
  if (isOver(leg)) return { stands: 'over', reason: leg.data.hangup_reason };
  return { stands: leg.data.status === 'progressing' ? 'up' : 'rings', reason: '', ...(again_at === undefined ? {} : { again_at }) };
}
