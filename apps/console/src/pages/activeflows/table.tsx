// The list itself.
import { memo } from 'react';
import { Link } from 'wouter';
import type { Activeflow, ReferenceType } from '@activeflow/client';
import { NONE_ID } from '@activeflow/engine';
import { actionWords, waitWords } from '../../data/words.js';
import { shortId } from '../../ui/copy.js';
import { Icon, type IconName } from '../../ui/icons.js';
import { ActiveflowStatus } from '../../ui/status.js';
import { Left, When } from '../../ui/time.js';

type Selection = { readonly selected: ReadonlySet<string>; readonly select: (ids: readonly string[], on: boolean) => void };

/** The rows; those that run can be selected. */
export function ActiveflowTable({ rows, names, selected, select }: Selection & { readonly rows: readonly Activeflow[]; readonly names: ReadonlyMap<string, string> | undefined }) {
  const running = rows.filter(({ status }) => status === 'running').map(({ id }) => id);
  const all = running.length > 0 && running.every((id) => selected.has(id));
  const some = !all && running.some((id) => selected.has(id));
  return (
    <div className="table-box">
      <table className="table runs">
        <caption className="only-read">Activeflows, newest first</caption>
        <thead>
          <tr>
            <th className="runs__check">
              <input type="checkbox" aria-label="Select all that run on this page" disabled={running.length === 0} checked={all} ref={(box) => { if (box) box.indeterminate = some; }} onChange={({ target }) => { select(running, target.checked); }} />
            </th>
            <th scope="col">Flow</th><th scope="col">Status</th><th scope="col">Reference</th><th scope="col">Current action</th><th scope="col">Waiting for</th><th scope="col" className="number">Started</th>
          </tr>
        </thead>
        <tbody>{rows.map((row) => <Row key={row.id} row={row} name={nameOf(row, names)} selected={selected.has(row.id)} select={select} />)}</tbody>
      </table>
    </div>
  );
}

function nameOf({ name, flow_id }: Activeflow, names: ReadonlyMap<string, string> | undefined): string {
  if (name !== '') return name;
  if (flow_id === NONE_ID) return 'Inline actions';
  return names?.get(flow_id) || `Flow ${shortId(flow_id)}`;
}

type RowProps = { readonly row: Activeflow; readonly name: string; readonly selected: boolean; readonly select: Selection['select'] };

/** Drawn again only when its activeflow is another: events change one row of many. */
const Row = memo(function Row({ row, name, selected, select }: RowProps) {
  const { type, detail } = actionWords(row.current_action);
  return (
    <tr aria-selected={selected}>
      <td className="runs__check">
        <input type="checkbox" aria-label={`Select ${name} ${shortId(row.id)}`} disabled={row.status !== 'running'} checked={selected} onChange={({ target }) => { select([row.id], target.checked); }} />
      </td>
      <td className="runs__name"><Link href={`/activeflows/${row.id}`}><span className="cut">{name}</span><code className="soft">{shortId(row.id)}</code></Link></td>
      <td><ActiveflowStatus activeflow={row} /></td>
      <td><Reference type={row.reference_type} id={row.reference_id} /></td>
      <td className="runs__action"><div><code>{type}</code>{detail !== '' && <span className="soft cut" title={detail}>{detail}</span>}</div></td>
      <td>{row.waiting_for === null ? <span className="soft">—</span> : <>{waitWords(row.waiting_for)} <span className="soft"><Left time={row.waiting_for.until} /></span></>}</td>
      <td className="number"><When time={row.tm_create} /></td>
    </tr>
  );
});

const REFERENCE_ICONS: Readonly<Partial<Record<ReferenceType, IconName>>> = { call: 'phone', sms: 'message', conversation: 'message', api: 'api' };

function Reference({ type, id }: { readonly type: ReferenceType; readonly id: string }) {
  if (type === '') return <span className="soft">—</span>;
  return <span className="reference" title={id}><Icon name={REFERENCE_ICONS[type] ?? 'link'} size={14} />{type}{id !== NONE_ID && <code className="soft">{shortId(id)}</code>}</span>;
}
