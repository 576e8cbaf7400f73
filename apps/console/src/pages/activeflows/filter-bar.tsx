// The filters above the list.
import { useState, type FormEvent } from 'react';
import { useLocation } from 'wouter';
import { ActiveflowError } from '@activeflow/client';
import { useClient } from '../../app/session.js';
import { useFlowNames } from '../../data/flow-names.js';
import { Button, IconButton } from '../../ui/button.js';
import { shortId } from '../../ui/copy.js';
import { Icon } from '../../ui/icons.js';
import { tellError } from '../../ui/toast.js';
import { countOf, NO_FILTERS, REFERENCES, SPANS, type Filters } from './filters.js';

const STATUSES = [['', 'All'], ['running', 'Running'], ['ended', 'Ended']] as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Status, flow, reference and time, and a field to find one. `set` changes some of them, and goes to the first page. */
export function FilterBar({ filters, set }: { readonly filters: Filters; readonly set: (some: Partial<Filters>) => void }) {
  const names = useFlowNames();
  const flows = [...(names ?? [])];
  const known = filters.flow_id === '' || (names?.has(filters.flow_id) ?? false);
  return (
    <div className="filters" role="search" aria-label="Filter activeflows">
      <div className="segments" role="group" aria-label="Status">
        {STATUSES.map(([status, word]) => <button key={status} type="button" aria-pressed={filters.status === status} onClick={() => { set({ status }); }}>{word}</button>)}
      </div>
      <select className="input filters__select" aria-label="Flow" value={filters.flow_id} onChange={({ target }) => { set({ flow_id: target.value }); }}>
        <option value="">Any flow</option>
        {!known && <option value={filters.flow_id}>{shortId(filters.flow_id)}</option>}
        {flows.map(([id, name]) => <option key={id} value={id}>{name || shortId(id)}</option>)}
      </select>
      <select className="input filters__select" aria-label="Reference" value={filters.reference_type} onChange={({ target }) => { set({ reference_type: target.value as Filters['reference_type'] }); }}>
        <option value="">Any reference</option>
        {REFERENCES.map((type) => <option key={type} value={type}>{type}</option>)}
      </select>
      <select className="input filters__select" aria-label="Started" value={filters.since} onChange={({ target }) => { set({ since: target.value as Filters['since'] }); }}>
        <option value="">Any time</option>
        {Object.entries(SPANS).map(([span, [words]]) => <option key={span} value={span}>{words}</option>)}
      </select>
      <Find filters={filters} set={set} />
      <Chips filters={filters} set={set} />
    </div>
  );
}

/** Finds one by its id, those of a call or a message by its id, or those with a variable. */
function Find({ filters, set }: { readonly filters: Filters; readonly set: (some: Partial<Filters>) => void }) {
  const client = useClient();
  const [, go] = useLocation();
  const [text, setText] = useState('');
  const [hint, setHint] = useState('');
  const find = async (wanted: string): Promise<void> => {
    const [, name = '', value = ''] = /^([^=\s]+)=(.*)$/.exec(wanted) ?? [];
    if (name !== '') { set({ variables: { ...filters.variables, [name]: value } }); setText(''); return; }
    if (!UUID.test(wanted)) { setHint('Paste a whole id, or write variable=value.'); return; }
    try {
      await client.activeflows.get(wanted);
      go(`/activeflows/${wanted.toLowerCase()}`);
    } catch (error) {
      if (!(error instanceof ActiveflowError) || error.status !== 'NOT_FOUND') throw error;
      set({ reference_id: wanted.toLowerCase() });
      setText('');
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setHint('');
    if (text.trim() !== '') find(text.trim()).catch(tellError);
  };
  return (
    <form className="find" onSubmit={submit}>
      <Icon name="search" />
      <input className="input" aria-label="Find by id, reference id or variable=value" aria-describedby="find-hint" placeholder="Id, reference id or variable=value" value={text} spellCheck={false} onChange={({ target }) => { setText(target.value); setHint(''); }} />
      <span id="find-hint" className={hint === '' ? 'only-read' : 'find__hint'} role="status">{hint}</span>
    </form>
  );
}

/** What is filtered by that no other field shows. */
function Chips({ filters, set }: { readonly filters: Filters; readonly set: (some: Partial<Filters>) => void }) {
  const variables = Object.entries(filters.variables);
  return (
    <>
      {filters.reference_id !== '' && <Chip text={`reference ${shortId(filters.reference_id)}`} remove={() => { set({ reference_id: '' }); }} />}
      {variables.map(([name, value]) => (
        <Chip key={name} text={`${name}=${value}`} remove={() => { set({ variables: Object.fromEntries(variables.filter(([other]) => other !== name)) }); }} />
      ))}
      {countOf(filters) > 0 && <Button look="quiet" small icon="cross" onClick={() => { set(NO_FILTERS); }}>Clear filters</Button>}
    </>
  );
}

function Chip({ text, remove }: { readonly text: string; readonly remove: () => void }) {
  return <span className="chip"><code className="cut">{text}</code><IconButton icon="cross" label={`No longer filter by ${text}`} onClick={remove} /></span>;
}

