// Callers and senders that are played: no network, no sound, and no time but the clock's. Everything is in the store, so a restart loses nothing.
import { randomUUID } from 'node:crypto';
import type { EffectKind } from '@activeflow/engine';
import { Permanent, type Driver, type Host, type Performed } from '../driver.js';
import type { Desk } from '../desk.js';
import type { StoredEffect } from '../../store/store.js';
import type { Room } from './call.js';
import { cancelEffect } from './cancel.js';
import { performConnect } from './connect.js';
import { createDesk } from './desk.js';
import * as doors from './doors.js';
import { performAmd, performAnswer, performHangup, performMedia, performMute } from './line_actions.js';
import { performNothing } from './nothing.js';
import { performCreate } from './outgoing.js';
import { performTimed } from './prompts.js';
import { performRecord, performStopRecording } from './record.js';
import type { Refusal } from './run.js';
import type { Receipt } from '../slip.js';
import { TIMED_KINDS } from './waits.js';

/** What is handed in at a door, and why one stays shut. */
export type { Receipt, Refusal };

type Perform = (room: Room, effect: StoredEffect) => Promise<Performed>;

const PERFORMS: Partial<Record<EffectKind, Perform>> = {
  ...Object.fromEntries(TIMED_KINDS.map((kind) => [kind, performTimed])),
  'call.answer': performAnswer, 'call.hangup': performHangup, 'call.mute': performMute, 'call.amd': performAmd,
  'call.recording_start': performRecord, 'call.recording_stop': performStopRecording, 'call.create': performCreate, 'call.connect': performConnect,
  'call.external_media_start': performMedia, 'call.external_media_stop': performMedia,
  'email.send': performNothing, 'conversation.send': performNothing,
};

/**
 * The doors of a simulator: what the played people do. Calls are documents (`call.ts`). Unless it refuses, a door
 * writes the receipt once, in the commit that does what was asked.
 */
export type Doors = {
  readonly createCall: (asked: doors.CallAsked, receipt?: Receipt) => ReturnType<typeof doors.createCall>;
  readonly digits: (which: doors.Which, typed: string, receipt?: Receipt) => ReturnType<typeof doors.digits>;
  readonly mediaDone: (which: doors.Which, action_id?: string, receipt?: Receipt) => ReturnType<typeof doors.mediaDone>;
  readonly hangup: (which: doors.Which, by: 'local' | 'remote', reason: Parameters<typeof doors.hangup>[3], receipt?: Receipt) => ReturnType<typeof doors.hangup>;
  readonly failEffect: (which: doors.Which, action_id: string, receipt?: Receipt) => ReturnType<typeof doors.failEffect>;
};

/** A simulator: what performs, and what is played at it. */
export type Simulator = { readonly driver: Driver; readonly doors: Doors; readonly desk: Desk };

/** Makes the simulator: a driver, and its doors. `newId` makes ids for what comes from outside; random ones unless told. */
export function createSimulator(host: Host, newId: () => string = randomUUID): Simulator {
  const room: Room = { host, newId, heard: [] };
  const driver: Driver = {
    name: 'simulator',
    kinds: Object.keys(PERFORMS) as EffectKind[],
    async perform(effect) {
      const perform = PERFORMS[effect.kind];
      if (perform === undefined) throw new Permanent('NO_DRIVER', `the simulator does not play ${effect.kind}`);
      return perform(room, effect);
    },
    cancel: (effect) => cancelEffect(room, effect),
  };
  return {
    driver,
    desk: createDesk(room),
    doors: {
      createCall: (asked, receipt) => doors.createCall(room, asked, receipt),
      digits: (which, typed, receipt) => doors.digits(room, which, typed, receipt),
      mediaDone: (which, action_id, receipt) => doors.mediaDone(room, which, action_id, receipt),
      hangup: (which, by, reason, receipt) => doors.hangup(room, which, by, reason, receipt),
      failEffect: (which, action_id, receipt) => doors.failEffect(room, which, action_id, receipt),
    },
  };
}
