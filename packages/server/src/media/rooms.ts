// Rooms: everybody in one hears all the others and not itself. Two who talk are a room of two.
import type { JoinAsked, MediaFact } from './media.js';
import { FRAME_SAMPLES } from './sound.js';

/** Who can be in a room. */
export type Guest = {
  readonly leg_id: string;
  /** What it says in this frame. */
  readonly heard: Int16Array;
  say(fact: MediaFact): void;
  /** Sends a digit to its far end. */
  relay(digit: string): void;
};

/** All rooms; one is there while somebody is in it. */
export type Rooms = {
  join(guest: Guest, room_id: string, asked: JoinAsked): void;
  leave(leg_id: string): void;
  /** Mixes this frame in every room, once everybody's input has been taken. */
  mix(): void;
  /** What a guest hears of its room; null: it is in none. */
  frameOf(leg_id: string): Int16Array | null;
  /** A guest pressed a key. */
  digit(leg_id: string, digit: string): void;
};

type Member = { readonly guest: Guest; readonly room: Room; readonly hears: Int16Array; asked: JoinAsked };
type Room = { readonly room_id: string; readonly members: Set<Member>; readonly sum: Int32Array };

/** Sums of 32 bits, brought back to 16: at the edge, not around it. */
const clamp = (sample: number): number => (sample > 32_767 ? 32_767 : sample < -32_768 ? -32_768 : sample);

/** Mixes a room: all of it once, and for each member without itself. */
function mixRoom({ members, sum }: Room): void {
  sum.fill(0);
  for (const { guest: { heard }, asked } of members) {
    if (asked.muted !== true) for (let i = 0; i < FRAME_SAMPLES; i++) sum[i] = (sum[i] ?? 0) + (heard[i] ?? 0);
  }
  for (const { guest: { heard }, asked, hears } of members) {
    const own = asked.muted === true ? 0 : 1;
    for (let i = 0; i < FRAME_SAMPLES; i++) hears[i] = clamp((sum[i] ?? 0) - own * (heard[i] ?? 0));
  }
}

/** Makes the rooms. */
export function createRooms(): Rooms {
  const rooms = new Map<string, Room>();
  const members = new Map<string, Member>();

  const leave = (leg_id: string): void => {
    const member = members.get(leg_id);
    if (member === undefined) return;
    const { room, guest } = member;
    members.delete(leg_id);
    room.members.delete(member);
    if (room.members.size === 0) rooms.delete(room.room_id);
    guest.say({ type: 'left', room_id: room.room_id });
  };

  return {
    leave,
    join(guest, room_id, asked) {
      const member = members.get(guest.leg_id);
      if (member?.room.room_id === room_id) { member.asked = asked; return; }
      leave(guest.leg_id);
      const room = rooms.get(room_id) ?? { room_id, members: new Set(), sum: new Int32Array(FRAME_SAMPLES) };
      rooms.set(room_id, room);
      const joined: Member = { guest, room, hears: new Int16Array(FRAME_SAMPLES), asked };
      room.members.add(joined);
      members.set(guest.leg_id, joined);
      guest.say({ type: 'joined', room_id });
    },
    mix() { for (const room of rooms.values()) mixRoom(room); },
    frameOf: (leg_id) => members.get(leg_id)?.hears ?? null,
    digit(leg_id, digit) {
      const member = members.get(leg_id);
      if (member?.asked.relay_digits !== true) return;
      for (const { guest } of member.room.members) if (guest.leg_id !== leg_id) guest.relay(digit);
    },
  };
}
