// Every route there is.
import { activeflowRoutes } from './activeflows.js';
import { controlRoutes } from './control.js';
import { flowRoutes } from './flows.js';
import { historyRoutes } from './history.js';
import type { Parts } from './parts.js';
import type { Route } from './route.js';

/** The operations of the API, in the order of its documentation. */
export const allRoutes = (parts: Parts): readonly Route[] => [
  ...flowRoutes(parts), ...activeflowRoutes(parts), ...controlRoutes(parts), ...historyRoutes(parts),
];
