// Nobody waits any more: what an effect has open on a call is taken back.
import type { StoredEffect } from '../../store/store.js';
import { isOver, nextCall, callIdOf, readCall, type Room } from './call.js';
import { cancelConnect } from './connect.js';
import { without } from './waits.js';

/** Takes an effect's wait off its call, and ends the legs it rang. Once more, and on a call that has ended, changes nothing. */
export async function cancelEffect(room: Room, effect: StoredEffect): Promise<void> {
  if (effect.kind === 'call.connect') await cancelConnect(room, effect);
  for (;;) {
    const call = await readCall(room, callIdOf(effect));
    if (call === undefined || isOver(call) || !call.data.played.waits.some(({ effect_id }) => effect_id === effect.id)) return;
    if (await room.host.write({ documents: [nextCall(call, without(call.data, effect.id), room.host.clock.now())] })) return;
  }
}
