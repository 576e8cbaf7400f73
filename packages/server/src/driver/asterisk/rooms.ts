// Rooms: a mixing bridge for each, which is there as long as somebody is in it.
import { deriveId, NONE_ID } from '@activeflow/engine';
import type { JoinAsked } from '../../media/media.js';
import { AriError, isGone } from './ari.js';
import { inOrder, path, PREFIX, tell, type Exchange, type Leg } from './leg.js';
import type { Bridge } from './shapes.js';

const OURS = `${PREFIX}room-`;

/** How long a leg that has left its room unasked may take to end. */
const UNASKED_MS = 500;

/** The rooms. */
export type Rooms = {
  join(leg: Leg, room_id: string, asked: JoinAsked): void;
  leave(leg: Leg): void;
  /** Asterisk says that a channel came into a bridge, or left it. That a leg leaves its room with its own end is not told. */
  entered(bridge: Bridge, leg: Leg): void;
  left(bridge: Bridge, leg: Leg | undefined): void;
  /** Events may have been missed: who is where is read from the bridges that there are. */
  reviewed(bridges: readonly Bridge[]): void;
};

/** The id of a room's bridge: the same each time it is asked for, in every process. */
export const bridgeOf = (room_id: string): string => `${OURS}${deriveId(NONE_ID, room_id)}`;

/** A leg in a room; `gone` once it is known to have left it, and is still to be told. */
type Inside = { readonly bridge_id: string; readonly room_id: string; gone: boolean };

/** Makes the rooms. */
export function createRooms(exchange: Exchange): Rooms {
  const { ari } = exchange;
  /** Where a leg was asked to be, and where it is. */
  const wanted = new WeakMap<Leg, string>();
  const inside = new WeakMap<Leg, Inside>();
  const names = new Map<string, string>();

  const remove = (leg: Leg, bridge_id: string): Promise<unknown> => ari.post(path('bridges', bridge_id, 'removeChannel'), { channel: leg.channel_id }, 'again').catch(unlessNotIn);
  const tellLeft = (leg: Leg, at = inside.get(leg)): void => {
    if (at === undefined || inside.get(leg) !== at) return;
    inside.delete(leg);
    tell(exchange, leg, { type: 'left', room_id: at.room_id });
  };
  const entered = (bridge: Bridge, leg: Leg): void => {
    const room_id = names.get(bridge.id) ?? bridge.name;
    const before = inside.get(leg);
    if (!bridge.id.startsWith(OURS) || room_id === undefined || (before?.bridge_id === bridge.id && !before.gone)) return;
    tellLeft(leg);
    inside.set(leg, { bridge_id: bridge.id, room_id, gone: false });
    tell(exchange, leg, { type: 'joined', room_id });
  };
  const left = (bridge: Bridge, leg: Leg | undefined): void => {
    closeEmpty(exchange, names, bridge);
    const at = leg && inside.get(leg);
    if (leg === undefined || at?.bridge_id !== bridge.id || leg.hanging) return;
    at.gone = true;
    // Where nobody here has asked for it, it may be the first sign of the leg's end.
    if (wanted.get(leg) !== bridge.id) tellLeft(leg, at);
    else setTimeout(() => { if (inside.get(leg) === at) wanted.delete(leg); tellLeft(leg, at); }, UNASKED_MS).unref();
  };

  return {
    join(leg, room_id, asked) {
      const bridge_id = bridgeOf(room_id);
      if (wanted.get(leg) === bridge_id) return;
      wanted.set(leg, bridge_id);
      names.set(bridge_id, room_id);
      void inOrder(exchange, leg, 'join', async () => {
        const before = inside.get(leg);
        if (before !== undefined && before.bridge_id !== bridge_id) await remove(leg, before.bridge_id);
        await enter(exchange, leg, bridge_id, room_id, asked).catch((error: unknown) => { wanted.delete(leg); throw error; });
      });
    },
    leave(leg) {
      const bridge_id = wanted.get(leg) ?? inside.get(leg)?.bridge_id;
      wanted.delete(leg);
      if (bridge_id !== undefined) void inOrder(exchange, leg, 'leave', () => remove(leg, bridge_id));
    },
    entered,
    left,
    reviewed(bridges) {
      const at = new Map(bridges.flatMap((bridge) => bridge.channels.map((channel_id) => [channel_id, bridge] as const)));
      for (const leg of exchange.legs.values()) if (inside.has(leg) && at.get(leg.channel_id)?.id !== inside.get(leg)?.bridge_id) tellLeft(leg);
      for (const [channel_id, bridge] of at) {
        const leg = exchange.by_channel.get(channel_id);
        if (leg === undefined) continue;
        entered(bridge, leg);
        if (inside.has(leg)) wanted.set(leg, bridge.id);
      }
      for (const bridge of bridges) closeEmpty(exchange, names, bridge);
    },
  };
}

function closeEmpty({ ari, log }: Exchange, names: Map<string, string>, { id, channels }: Bridge): void {
  if (!id.startsWith(OURS) || channels.length > 0) return;
  void ari.delete(path('bridges', id)).then(() => { names.delete(id); }, (error: unknown) => { if (!isGone(error)) log.warn({ bridge: id }, 'asterisk: an empty room could not be closed'); });
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
