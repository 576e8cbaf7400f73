// Rooms: a mixing bridge for each, which is there as long as somebody is in it.
import { deriveId, NONE_ID } from '@activeflow/engine';
import type { JoinAsked } from '../../media/media.js';
import { AriError, isGone } from './ari.js';
import { inOrder, path, PREFIX, tell, type Exchange, type Leg } from './leg.js';
import type { Bridge } from './shapes.js';

const OURS = `${PREFIX}room-`;

/** The rooms. */
export type Rooms = {
  join(leg: Leg, room_id: string, asked: JoinAsked): void;
  leave(leg: Leg): void;
  /** Asterisk says that a channel came into a bridge, or left it. */
  entered(bridge: Bridge, leg: Leg): void;
  left(bridge: Bridge, leg: Leg | undefined): void;
  /** Events may have been missed: who is where is read from the bridges that there are. */
  reviewed(bridges: readonly Bridge[]): void;
};

/** The id of a room's bridge: the same each time it is asked for, in every process. */
export const bridgeOf = (room_id: string): string => `${OURS}${deriveId(NONE_ID, room_id)}`;

/** Makes the rooms. */
export function createRooms(exchange: Exchange): Rooms {
  const { ari } = exchange;
  /** Where a leg was asked to be, and where it is. */
  const wanted = new WeakMap<Leg, string>();
  const inside = new Map<Leg, { readonly bridge_id: string; readonly room_id: string }>();
  const names = new Map<string, string>();

  const remove = (leg: Leg, bridge_id: string): Promise<unknown> => ari.post(path('bridges', bridge_id, 'removeChannel'), { channel: leg.channel_id }, 'again').catch(unlessNotIn);
  const left = (leg: Leg): void => {
    const at = inside.get(leg);
    if (at !== undefined && inside.delete(leg)) tell(exchange, leg, { type: 'left', room_id: at.room_id });
  };
  const closeEmpty = (bridge: Bridge): void => {
    if (!bridge.id.startsWith(OURS) || bridge.channels.length > 0) return;
    names.delete(bridge.id);
    void ari.delete(path('bridges', bridge.id)).catch((error: unknown) => { if (!isGone(error)) exchange.log.warn({ bridge: bridge.id }, 'asterisk: an empty room could not be closed'); });
  };
  const entered = (bridge: Bridge, leg: Leg): void => {
    const room_id = names.get(bridge.id) ?? bridge.name;
    if (!bridge.id.startsWith(OURS) || room_id === undefined || inside.get(leg)?.bridge_id === bridge.id) return;
    left(leg);
    inside.set(leg, { bridge_id: bridge.id, room_id });
    leg.at_end.add(() => { left(leg); });
    tell(exchange, leg, { type: 'joined', room_id });
  };

  return {
    join(leg, room_id, asked) {
      const bridge_id = bridgeOf(room_id);
      if (wanted.get(leg) === bridge_id) return;
      wanted.set(leg, bridge_id);
      names.set(bridge_id, room_id);
      void inOrder(exchange, leg, 'join', async () => {
        const before = inside.get(leg);
        if (before?.bridge_id === bridge_id) return;
        if (before !== undefined) await remove(leg, before.bridge_id);
        await enter(exchange, leg, bridge_id, room_id, asked).catch((error: unknown) => { wanted.delete(leg); throw error; });
      });
    },
    leave(leg) {
      const bridge_id = wanted.get(leg) ?? inside.get(leg)?.bridge_id;
      wanted.delete(leg);
      if (bridge_id !== undefined) void inOrder(exchange, leg, 'leave', () => remove(leg, bridge_id));
    },
    entered,
    left(bridge, leg) {
      if (leg !== undefined && inside.get(leg)?.bridge_id === bridge.id) left(leg);
      if (leg !== undefined && wanted.get(leg) === bridge.id) wanted.delete(leg);
      closeEmpty(bridge);
    },
    reviewed(bridges) {
      const at = new Map(bridges.flatMap((bridge) => bridge.channels.map((channel_id) => [channel_id, bridge] as const)));
      for (const [leg, { bridge_id }] of [...inside]) if (at.get(leg.channel_id)?.id !== bridge_id) left(leg);
      for (const [channel_id, bridge] of at) {
        const leg = exchange.by_channel.get(channel_id);
        if (leg === undefined) continue;
        entered(bridge, leg);
        if (inside.has(leg)) wanted.set(leg, bridge.id);
      }
      bridges.forEach(closeEmpty);
    },
  };
}

async function enter({ ari }: Exchange, leg: Leg, bridge_id: string, room_id: string, { relay_digits = false, muted = false }: JoinAsked): Promise<void> {
  for (let tried = 1; ; tried++) {
    // Events of digits: two phones that Asterisk has connected directly would keep them to themselves.
    await ari.post(path('bridges', bridge_id), { type: 'mixing,dtmf_events', name: room_id }, 'again');
    try {
      await ari.post(path('bridges', bridge_id, 'addChannel'), { channel: leg.channel_id, absorbDTMF: !relay_digits, mute: muted, inhibitConnectedLineUpdates: true }, 'again');
      return;
    } catch (error) {
      // The last one has just left, and the room was closed.
      if (!isGone(error) || tried === 2) throw error;
    }
  }
}

/** A channel that is not in the bridge, or not there at all, need not leave it. */
function unlessNotIn(error: unknown): void {
  if (!(error instanceof AriError && [400, 404, 409, 422].includes(error.status))) throw error;
}
