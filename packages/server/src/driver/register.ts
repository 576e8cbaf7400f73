// Which drivers there are. Each is a folder of its own; without its lines here it is gone.
import type { Driver, Host } from './driver.js';
import { createEgress, type Egress } from './http/egress.js';
import { createHttp } from './http/http.js';
import { createLocal } from './local/local.js';
import { createSimulator, type Doors } from './simulator/simulator.js';
import { createWebhook, type Outlet } from './webhook/webhook.js';

/** What decides on the drivers. */
export type DriverSettings = {
  /** Entries of ACTIVEFLOW_EGRESS_ALLOW. */
  readonly egress_allow: readonly string[];
  /** Whether calls and messages are played; without it nothing performs them, and their effects fail with NO_DRIVER. */
  readonly simulator: boolean;
  /** What webhook deliveries say, and where they go. */
  readonly outlet: Outlet;
};

/** The drivers of a node, and what else came of them. */
export type Drivers = {
  readonly drivers: readonly Driver[];
  /** The guarded client, for whatever else dials a URL. */
  readonly egress: Egress;
  /** The doors of the played callers; undefined where the simulator is off. */
  readonly doors: Doors | undefined;
  readonly close: () => Promise<void>;
};

/** Makes the drivers of a node. Throws an Error of one sentence at a bad entry of `egress_allow`. */
export function createDrivers({ egress_allow, simulator, outlet }: DriverSettings, host: Host): Drivers {
  const egress = createEgress({ allow: egress_allow });
  const played = simulator ? createSimulator(host) : undefined;
  const drivers = [
    createLocal(host), createHttp({ egress, clock: host.clock }), createWebhook({ ask: egress.request, clock: host.clock, outlet }),
    ...(played ? [played.driver] : []),
  ];
  return { drivers, egress, doors: played?.doors, close: () => egress.close() };
}
