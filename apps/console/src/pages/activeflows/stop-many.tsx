// Stopping several at once: first counted, then confirmed, then one by one with what became of them.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useClient } from '../../app/session.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { Failed, sentenceOf } from '../../ui/states.js';
import { tell } from '../../ui/toast.js';
import { queryOf, type Filters } from './filters.js';

/** Which: those that were selected, or all that run and match the filters. */
export type Which = { readonly ids: readonly string[] } | { readonly filters: Filters };

/** The most that are stopped in one go. */
const MOST = 1_000;
/** How many requests are under way at once. */
const AT_ONCE = 6;

/** Counts, asks, and stops. `close` is told whether anything was stopped. */
export function StopMany({ which, close }: { readonly which: Which; readonly close: (stopped: boolean) => void }) {
  const client = useClient();
  const found = useQuery({
    queryKey: ['stop-many', which], staleTime: Infinity, gcTime: 0,
    queryFn: async ({ signal }): Promise<readonly string[]> => {
      if ('ids' in which) return which.ids;
      const ids: string[] = [];
      for await (const { id } of client.activeflows.list({ ...queryOf(which.filters, Date.now()), status: 'running', page_size: 100 }, { signal })) {
        ids.push(id);
        if (ids.length > MOST) break;
      }
      return ids;
    },
  });
  if (found.error) return <Dialog title="Stop activeflows" close={() => { close(false); }}><Failed error={found.error} /></Dialog>;
  if (!found.data) return <Dialog title="Stop activeflows" close={() => { close(false); }} footer={<Button onClick={() => { close(false); }}>Cancel</Button>}><p role="status">Counting…</p></Dialog>;
  return <Ask ids={found.data.slice(0, MOST)} more={found.data.length > MOST} close={close} />;
}

function Ask({ ids, more, close }: { readonly ids: readonly string[]; readonly more: boolean; readonly close: (stopped: boolean) => void }) {
  const [done, setDone] = useState(0);
  const leaving = useRef(false);
  const queries = useQueryClient();
  const client = useClient();
  const stop = useMutation({
    mutationFn: async () => {
      const failures: unknown[] = [];
      const waiting = [...ids];
      const worker = async (): Promise<void> => {
        for (let id = waiting.shift(); id !== undefined && !leaving.current; id = waiting.shift()) {
          await client.activeflows.stop(id).catch((error: unknown) => { failures.push(error); });
          setDone((count) => count + 1);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      return failures;
    },
    onSuccess(failures) {
      void queries.invalidateQueries({ queryKey: ['activeflows'] });
      if (failures.length > 0) return;
      tell(`Stopped ${counted(ids.length)}.`);
      close(true);
    },
  });
  const leave = (): void => { leaving.current = true; close(done > 0); };
  const failures = stop.data ?? [];
  const what = counted(ids.length);
  return (
    <Dialog
      title={failures.length > 0 ? `${failures.length} of ${ids.length} could not be stopped` : `Stop ${what}?`} close={leave}
      footer={failures.length > 0 || ids.length === 0
        ? <Button onClick={leave}>Close</Button>
        : <><Button onClick={leave}>Cancel</Button><Button look="danger" icon="stopped" busy={stop.isPending} onClick={() => { stop.mutate(); }}>{stop.isPending ? `Stopped ${done} of ${ids.length}` : `Stop ${what}`}</Button></>}
    >
      {failures.length > 0
        ? <p role="alert">The first one: {sentenceOf(failures[0])}</p>
        : ids.length === 0 ? <p>Nothing that matches is running.</p> : <p>They end as <em>canceled</em> at the action they stand on, and their calls are hung up. This cannot be undone.</p>}
      {more && <p>There are more than {MOST.toLocaleString()}: these are the newest. Do it again for the others.</p>}
    </Dialog>
  );
}

const counted = (count: number): string => `${count.toLocaleString()} ${count === 1 ? 'activeflow' : 'activeflows'}`;
