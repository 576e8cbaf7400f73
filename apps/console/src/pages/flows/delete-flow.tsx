// Deleting a flow, with what that means for what runs and for the numbers that start it.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Flow } from '@activeflow/client';
import { useClient } from '../../app/session.js';
import { keys } from '../../data/query.js';
import { Confirm } from '../../ui/dialog.js';
import { tell, tellError } from '../../ui/toast.js';
import { shortestName } from './names.js';

const MOST_COUNTED = 100;

/** Asks, and deletes. `deleted` is called once it is gone. */
export function DeleteFlow({ flow, numbers, close, deleted }: { readonly flow: Flow; readonly numbers: readonly string[]; readonly close: () => void; readonly deleted?: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const running = useQuery({
    queryKey: ['running', flow.id], staleTime: 0,
    queryFn: async ({ signal }) => (await client.activeflows.list({ status: 'running', flow_id: flow.id, page_size: MOST_COUNTED }, { signal }).page()).result.length,
  });
  const remove = useMutation({
    mutationFn: () => client.flows.delete(flow.id),
    onSuccess: () => {
      tell(`“${shortestName(flow)}” is deleted.`);
      void queries.invalidateQueries({ queryKey: keys.flows() });
      close();
      deleted?.();
    },
    onError: tellError,
  });
  const count = running.data ?? 0;
  return (
    <Confirm title={`Delete “${shortestName(flow)}”?`} yes="Delete" busy={remove.isPending} act={() => { remove.mutate(); }} close={close}>
      <p>Nothing can start it any more. This cannot be taken back.</p>
      <p role="status">{running.isPending ? 'Looking for what runs it…' : count === 0 ? 'Nothing runs it now.' : <><strong>{count}{count >= MOST_COUNTED && ' or more'} running</strong> {count === 1 ? 'activeflow goes' : 'activeflows go'} on to the end with the revision they began with.</>}</p>
      {numbers.length > 0 && <p><strong>{numbers.length === 1 ? numbers[0] : `${numbers.length} numbers`}</strong> {numbers.length === 1 ? 'starts' : 'start'} this flow: calls and messages to {numbers.length === 1 ? 'it' : 'them'} will start nothing.</p>}
    </Confirm>
  );
}
