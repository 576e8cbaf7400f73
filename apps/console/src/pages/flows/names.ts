// What a flow is called.
import type { Flow } from '@activeflow/client';

/** The name of a flow, or the beginning of its id where it has none. */
export const shortestName = ({ name, id }: Pick<Flow, 'name' | 'id'>): string => (name.trim() === '' ? id.slice(0, 8) : name);
