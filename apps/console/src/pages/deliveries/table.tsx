// The list itself.
import { Link } from 'wouter';
import type { WebhookDelivery } from '@activeflow/client';
import { NONE_ID } from '@activeflow/engine';
import { shortId } from '../../ui/copy.js';
import { When } from '../../ui/time.js';
import { DeliveryStatus } from './state.js';

/** The rows; `show` opens one. */
export function DeliveryTable({ rows, show }: { readonly rows: readonly WebhookDelivery[]; readonly show: (id: string) => void }) {
  return (
    <div className="table-box">
      <table className="table deliveries">
        <caption className="only-read">Deliveries, newest first</caption>
        <thead><tr><th scope="col">Event</th><th scope="col">Status</th><th scope="col">Activeflow</th><th scope="col">To</th><th scope="col" className="number">Tries</th><th scope="col">Last answer</th><th scope="col" className="number">Made</th></tr></thead>
        <tbody>
          {rows.map(({ id, type, status, attempts, activeflow_id, webhook_uri, receiver, last_status, last_error, tm_next, tm_create }) => (
            <tr key={id}>
              <td><button type="button" className="deliveries__open" aria-haspopup="dialog" onClick={() => { show(id); }}><code>{type}</code></button></td>
              <td><DeliveryStatus status={status} attempts={attempts} /></td>
              <td>{activeflow_id === '' || activeflow_id === NONE_ID ? <span className="soft">—</span> : <Link href={`/activeflows/${activeflow_id}`}><code>{shortId(activeflow_id)}</code></Link>}</td>
              <td className="deliveries__to"><div className="cut" title={`${webhook_uri} (webhook of the ${receiver})`}>{hostOf(webhook_uri)}</div></td>
              <td className="number">{attempts}</td>
              <td className="deliveries__answer"><div className="cut" title={last_error}>{answerOf(last_status, last_error)}{status === 'pending' && attempts > 0 && <span className="soft"> · again <When time={tm_next} /></span>}</div></td>
              <td className="number"><When time={tm_create} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const answerOf = (status: number, error: string): string => (status > 0 ? `HTTP ${status}` : error || '—');

const hostOf = (uri: string): string => (URL.canParse(uri) ? new URL(uri).host : uri);
