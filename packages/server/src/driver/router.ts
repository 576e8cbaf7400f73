// Two ways to carry calls behind one driver: those that are played, and those that have legs. An effect goes to whoever carries its call.
import { deriveId, type Address, type EffectKind } from '@activeflow/engine';
import type { CallDoors } from './doors.js';
import { Permanent, type Driver, type Host } from './driver.js';
import type { StoredEffect } from '../store/store.js';

/** A way to carry calls. */
export type Carrier = { readonly driver: Driver; readonly doors: CallDoors };

/** What a router chooses between. */
export type RouterParts = {
  readonly host: Host;
  /** Calls that have legs, and whom these can dial. */
  readonly calls: Carrier & { readonly reaches: (customer_id: string, destination: Address) => Promise<boolean> };
  /** Calls that are played; undefined where the simulator is off. */
  readonly simulator: Carrier | undefined;
};

/** Makes one driver and one door of both. */
export function createRouter({ host, calls, simulator }: RouterParts): Carrier {
  if (simulator === undefined) return { driver: calls.driver, doors: calls.doors };
  const carrierOf = async (call_id: string): Promise<Carrier | undefined> => {
    const call = await host.document('call', call_id);
    return call && (typeof call.data['carrier'] === 'string' ? calls : simulator);
  };
  const of = async (effect: StoredEffect): Promise<Driver> => {
    const { driver } = (effect.kind === 'call.create' ? await ofNew(effect) : await carrierOf(text(effect, 'call_id'))) ?? simulator;
    return driver;
  };
  /** New calls: of whoever has dialled them, or carries the call that they end with, or can reach one of them; else they are played. */
  const ofNew = async (effect: StoredEffect): Promise<Carrier> => {
    const { destinations, chained } = effect.payload as { readonly destinations: readonly Address[]; readonly chained?: boolean };
    const known = await carrierOf(deriveId(effect.activeflow_id, `${effect.id}/call/0`)) ?? (chained === true ? await carrierOf(text(effect, 'master_call_id')) : undefined);
    if (known) return known;
    const reached = await Promise.all(destinations.map((destination) => calls.reaches(effect.customer_id, destination)));
    return reached.includes(true) ? calls : simulator;
  };
  return {
    driver: {
      name: 'calls',
      kinds: [...new Set<EffectKind>([...simulator.driver.kinds, ...calls.driver.kinds])],
      async perform(effect, signal) {
        const driver = await of(effect);
        if (!driver.kinds.includes(effect.kind)) throw new Permanent('NO_DRIVER', `${driver.name} does not perform ${effect.kind}`);
        return driver.perform(effect, signal);
      },
      cancel: async (effect) => (await of(effect)).cancel(effect),
    },
    doors: { hangup: async (which, ...how) => ((await carrierOf(which.call_id)) ?? simulator).doors.hangup(which, ...how) },
  };
}

const text = ({ payload }: StoredEffect, name: string): string => (typeof payload[name] === 'string' ? payload[name] : '');
