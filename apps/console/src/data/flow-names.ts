// The names of the flows, to show in place of their ids.
import { useQuery } from '@tanstack/react-query';
import { useClient } from '../app/session.js';
import { keys } from './query.js';

/** How many are looked up; the others are shown by their id. */
const MOST = 1_000;

/** The name of each flow by its id, newest first; undefined while it is not known. */
export function useFlowNames(): ReadonlyMap<string, string> | undefined {
  const client = useClient();
  const { data } = useQuery({
    queryKey: keys.flowNames(), staleTime: 30_000,
    queryFn: async ({ signal }) => {
      const names = new Map<string, string>();
      for await (const { id, name } of client.flows.list({ page_size: 100 }, { signal })) {
        names.set(id, name);
        if (names.size >= MOST) break;
      }
      return names;
    },
  });
  return data;
}
