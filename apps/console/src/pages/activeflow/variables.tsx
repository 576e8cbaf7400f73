// The variables as they were at the event that is looked at, with what differs from the one before.
import { useMemo, useState } from 'react';
import type { State } from '@activeflow/engine';
import { Button, IconButton } from '../../ui/button.js';
import { Icon } from '../../ui/icons.js';
import { differences, isOfSystem, type Difference } from '../../run/track.js';

const CHANGES = { new: ['plus', 'new'], changed: ['edit', 'changed'], gone: ['minus', 'removed'] } as const;

type Props = {
  readonly before: State | undefined; readonly state: State;
  /** Opens the form for a variable; `""` for a new one. Undefined where nothing can be changed. */
  readonly edit: ((name: string) => void) | undefined; readonly remove: ((name: string) => void) | undefined;
};

/** The variables: those of the flow before those of the system. */
export function VariablesPanel({ before, state, edit, remove }: Props) {
  const [find, setFind] = useState('');
  const all = useMemo(() => differences(before?.variables ?? {}, state.variables), [before, state]);
  const wanted = find.trim().toLowerCase();
  const shown = wanted === '' ? all : all.filter(({ name, value = '' }) => `${name} ${value}`.toLowerCase().includes(wanted));
  const own = shown.filter(({ name }) => !isOfSystem(name));
  const system = shown.filter(({ name }) => isOfSystem(name));
  return (
    <div className="run-variables">
      <div className="run-variables__head">
        <input className="input" type="search" placeholder="Find a variable" aria-label="Find a variable" value={find} onChange={(event) => { setFind(event.currentTarget.value); }} />
        {edit && <Button small icon="plus" onClick={() => { edit(''); }}>Set a variable</Button>}
      </div>
      {own.length === 0 && <p className="soft run-variables__none">{wanted === '' ? 'The flow has set none yet.' : 'None of the flow’s own is like that.'}</p>}
      <Table rows={own} edit={edit} remove={remove} label="Variables of the flow" />
      {system.length > 0 && <details className="run-variables__system" open={own.length === 0 || system.some(({ change }) => change !== 'same') || wanted !== ''}><summary>{system.length} of the system</summary><Table rows={system} label="Variables of the system" /></details>}
    </div>
  );
}

function Table({ rows, label, edit, remove }: { readonly rows: readonly Difference[]; readonly label: string; readonly edit?: Props['edit']; readonly remove?: Props['remove'] }) {
  if (rows.length === 0) return null;
  return (
    <table className="run-values" aria-label={label}>
      <thead className="only-read"><tr><th>Name</th><th>Value</th><th>Change</th>{edit && <th>Edit</th>}</tr></thead>
      <tbody>
        {rows.map(({ name, value, before, change }) => (
          <tr key={name} className={`run-value run-value--${change}`} data-variable={name}>
            <th scope="row"><code title={name}>{isOfSystem(name) ? name.slice('voipbin.'.length) : name}</code></th>
            <td>{change === 'changed' && <del className="run-value__before" title={before}>{before === '' ? '""' : before}</del>}{value === undefined ? <del>{before}</del> : <code className="run-value__now" title={value}>{value === '' ? '""' : value}</code>}</td>
            <td className="run-value__change">{change !== 'same' && <span><Icon name={CHANGES[change][0]} size={12} />{CHANGES[change][1]}</span>}</td>
            {edit && remove && <td className="run-value__tools">{value !== undefined && <><IconButton icon="edit" label={`Edit ${name}`} onClick={() => { edit(name); }} /><IconButton icon="trash" label={`Remove ${name}`} onClick={() => { remove(name); }} /></>}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
