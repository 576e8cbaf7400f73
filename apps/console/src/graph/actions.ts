// What the nodes of a graph can do, for whoever shows it.
import { createContext } from 'react';

/** `open`: somebody wants to know more of a node; `fold`: its box is to go. */
export type GraphCallbacks = { readonly open: (key: string, element: HTMLElement) => void; readonly fold?: ((key: string) => void) | undefined };

/** The callbacks of the graph that a node is in. */
export const GraphActions = createContext<GraphCallbacks>({ open: () => undefined });
