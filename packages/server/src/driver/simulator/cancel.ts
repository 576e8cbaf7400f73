// Nobody waits any more: what an effect has open on a call is taken back.
import type { StoredEffect } from '../../store/store.js';
import { isOver, nextCall, readCall, type Room } from './call.js';
import { without } from './waits.js';

/** Takes an effect's wait off its call. Once more, and on a call that has ended, changes nothing. */
export async function cancelWait(room: Room, { id, payload }: StoredEffect): Promise<void> {
  for (;;) {
    const call = await readCall(room, String(payload['call_id'] ?? ''));
    if (call === undefined || isOver(call) || !call.data.played.waits.some(({ effect_id }) => effect_id === id)) return;
    if (await room.host.write({ documents: [nextCall(call, without(call.data, id), room.host.clock.now())] })) return;
  }
}
