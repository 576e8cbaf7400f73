// Calls that are carried for real as queues use them.
import { address, type Address } from '@activeflow/engine';
import { isOver } from '../call-document.js';
import type { Desk, Ring, RingState } from '../desk.js';
import { callEnded, readCall } from './document.js';
import { endCall } from './end.js';
import { takeUp, type Bridge, type Floor } from './line.js';
import { dial, dialled } from './outgoing.js';

/** Makes the desk of a floor. */
export function createDesk(floor: Floor): Desk {
  return {
    async call(call_id) {
      await floor.ready;
      return readCall(floor, call_id);
    },
    async answer(call_id) {
      const line = floor.lines.get(call_id);
      if (line === undefined || line.ending !== undefined) throw callEnded(call_id);
      if (!line.up && line.direction === 'outgoing') return false;
      await takeUp(floor, line);
      await line.answering?.written;
      return true;
    },
    reaches: (...asked) => floor.legs.reaches(...asked),
    isBusy: (customer_id, agent) => isBusy(floor, customer_id, agent),
    ring: (asked) => ring(floor, asked),
    ringState: (leg_id) => ringState(floor, leg_id),
    join(call_id, leg_id, room) {
      for (const line of [floor.lines.get(call_id), floor.lines.get(leg_id)]) {
        if (line === undefined || line.room === room) continue;
        line.room = room;
        floor.legs.join(line.id, room, { relay_digits: true });
      }
    },
    part(call_id, room) {
      const line = floor.lines.get(call_id);
      if (line?.room !== room) return;
      line.room = '';
      floor.legs.leave(call_id);
    },
    async hangUp(call_id, reason) { await endCall(floor, call_id, { by: 'local', reason }); },
    listen(heard) { floor.heard.push(heard); },
  };
}

/** What a phone is known by, whatever it was called in a call. */
const phone = ({ type, target }: Address): string => `${type}/${target.replace(/^sips?:/i, '').replaceAll(/[\s().-]/g, '').toLowerCase()}`;

/** True while a line with somebody is up, or rings. */
function isBusy({ lines }: Floor, customer_id: string, agent: Address): boolean {
  const wanted = phone(agent);
  for (const line of lines.values()) if (line.customer_id === customer_id && line.ending === undefined && line.who && phone(line.who) === wanted) return true;
  return false;
}

async function ring(floor: Floor, { leg_id, call, agent, timeout_ms }: Ring): Promise<void> {
  if ((await readCall(floor, leg_id)) !== undefined) return;
  const tell = async (): Promise<void> => {
    const leg = await readCall(floor, leg_id);
    if (leg) for (const heard of floor.heard) heard(leg);
  };
  const bridge: Bridge = {
    rings: () => Promise.resolve(), answers: tell, ends: () => Promise.resolve(),
    // Somebody has taken it elsewhere: then it is not the queue's any more.
    leaves: async () => { await endCall(floor, leg_id, { by: 'local', reason: 'normal' }); },
  };
  const { source } = call.data;
  const born = dialled(floor, leg_id, call.customer_id, floor.host.clock.now(), { source, destination: address(agent), run: null, master_call_id: call.id });
  if (await floor.host.write({ documents: [born.call, born.leg] })) dial(floor, born.call, born.leg, { anonymous: '', timeout_ms, bridge });
}

async function ringState(floor: Floor, leg_id: string): Promise<RingState> {
  const line = floor.lines.get(leg_id);
  const leg = await readCall(floor, leg_id);
  if (leg === undefined) return { stands: 'none', reason: '' };
  if (isOver(leg) || line === undefined || line.ending !== undefined) return { stands: 'over', reason: leg.data.hangup_reason };
  return { stands: line.up ? 'up' : 'rings', reason: '' };
}
