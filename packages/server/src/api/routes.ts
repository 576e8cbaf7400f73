// Every route there is.
import { accesskeyRoutes } from './accesskeys.js';
import { activeflowRoutes } from './activeflows.js';
import { callRoutes } from './calls.js';
import { controlRoutes } from './control.js';
import { customerRoutes } from './customers.js';
import { extensionRoutes } from './extensions.js';
import { feedRoutes } from './feed/routes.js';
import { deliveryRoutes } from './deliveries.js';
import { flowRoutes } from './flows.js';
import { historyRoutes } from './history.js';
import { logRoutes } from './log.js';
import { messageRoutes } from './messages.js';
import { numberRoutes } from './numbers.js';
import type { Parts } from './parts.js';
import { queueRoutes } from './queues.js';
import { recordingRoutes } from './recordings.js';
import type { Route } from './route.js';
import { simulatorRoutes } from './simulator.js';
import { whipRoutes } from './whip.js';
import { trunkRoutes } from './trunks.js';

/** The operations of the API, in the order of its documentation. */
export const allRoutes = (parts: Parts): readonly Route[] => [
  ...flowRoutes(parts), ...activeflowRoutes(parts), ...controlRoutes(parts), ...historyRoutes(parts), ...logRoutes(parts),
  ...callRoutes(parts), ...whipRoutes(parts), ...messageRoutes(parts), ...numberRoutes(parts), ...recordingRoutes(parts),
  ...extensionRoutes(parts), ...trunkRoutes(parts), ...queueRoutes(parts),
  ...customerRoutes(parts), ...accesskeyRoutes(parts), ...deliveryRoutes(parts), ...simulatorRoutes(parts), ...feedRoutes(parts),
];
