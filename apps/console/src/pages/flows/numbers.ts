// Which numbers start which flow.
import { useQuery } from '@tanstack/react-query';
import { useClient } from '../../app/session.js';

const MOST = 1_000;

/** The numbers of each flow, by its id; undefined while nobody knows. */
export function useNumbersOf(): ReadonlyMap<string, readonly string[]> | undefined {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ['numbers'],
    queryFn: async ({ signal }) => {
      const of_flow = new Map<string, string[]>();
      let count = 0;
      for await (const { number, call_flow_id, message_flow_id } of client.numbers.list({ page_size: 100 }, { signal })) {
        for (const id of new Set([call_flow_id, message_flow_id])) of_flow.set(id, [...(of_flow.get(id) ?? []), number]);
        if (++count >= MOST) break;
      }
      return of_flow;
    },
  });
  return data;
}
