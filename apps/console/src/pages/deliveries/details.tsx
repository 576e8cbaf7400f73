// One delivery: what it said, and how it went.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { NONE_ID } from '@activeflow/engine';
import { useClient } from '../../app/session.js';
import { Button } from '../../ui/button.js';
import { Copyable, shortId } from '../../ui/copy.js';
import { Dialog } from '../../ui/dialog.js';
import { Failed, Loading } from '../../ui/states.js';
import { When } from '../../ui/time.js';
import { tell, tellError } from '../../ui/toast.js';
import { DeliveryStatus, isFinished } from './state.js';

/** The dialog of a delivery. */
export function Details({ id, close }: { readonly id: string; readonly close: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const queryKey = ['deliveries', 'one', id];
  const { data, error } = useQuery({ queryKey, queryFn: ({ signal }) => client.webhookDeliveries.get(id, { signal }) });
  const replay = useMutation({
    mutationFn: () => client.webhookDeliveries.replay(id),
    onSuccess() {
      tell('It is being sent again.');
      void queries.invalidateQueries({ queryKey: ['deliveries'] });
    },
    onError: tellError,
  });
  return (
    <Dialog
      title={data ? data.type : 'Delivery'} wide close={close}
      footer={<><Button onClick={close}>Close</Button><Button look="primary" icon="refresh" disabled={!data || !isFinished(data.status)} busy={replay.isPending} onClick={() => { replay.mutate(); }}>Send again</Button></>}
    >
      {data === undefined && (error ? <Failed error={error} /> : <Loading />)}
      {data && (
        <>
          <dl className="facts">
            <dt>Status</dt><dd><DeliveryStatus status={data.status} attempts={data.attempts} /></dd>
            <dt>To</dt><dd><code>{data.webhook_method} {data.webhook_uri}</code></dd>
            <dt>Id</dt><dd><Copyable text={data.id} label="the delivery's id" /></dd>
            {data.activeflow_id !== '' && data.activeflow_id !== NONE_ID && <><dt>Activeflow</dt><dd><Link href={`/activeflows/${data.activeflow_id}`}><code>{shortId(data.activeflow_id)}</code></Link></dd></>}
            <dt>Tries</dt><dd>{data.attempts}{data.last_status > 0 && `, the last one answered with HTTP ${data.last_status}`}</dd>
            {data.last_error !== '' && <><dt>Last error</dt><dd>{data.last_error}</dd></>}
            <dt>Made</dt><dd><When time={data.tm_create} /></dd>
            {data.status === 'pending' && <><dt>Next try</dt><dd><When time={data.tm_next} /></dd></>}
          </dl>
          {data.body === null
            ? <p className="soft">What it told of is gone, and so are its words.</p>
            : <pre className="deliveries__body" tabIndex={0} aria-label="Body">{JSON.stringify(data.body, null, 2)}</pre>}
        </>
      )}
    </Dialog>
  );
}
