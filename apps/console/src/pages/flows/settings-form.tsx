// What a flow is called, what it is for, and what starts when it is through.
import { useId } from 'react';
import type { FormChoice } from '../../ui/schema-form.js';
import { Pick } from '../../ui/schema-form-targets.js';
import { TextField } from '../../ui/field.js';
import type { Draft } from './draft.js';
import type { Found } from './use-validation.js';

type Props = { readonly draft: Draft; readonly flows: readonly FormChoice[]; readonly found: readonly Found[]; readonly disabled: boolean; readonly change: (settings: Partial<Omit<Draft, 'actions'>>) => void };

/** The form. */
export function SettingsForm({ draft: { name, detail, on_complete_flow_id }, flows, found, disabled, change }: Props) {
  const id = useId();
  const problem = found.find(({ pointer }) => pointer === '/on_complete_flow_id')?.message;
  return (
    <div className="settings-form">
      <TextField label="Name" value={name} disabled={disabled} autoComplete="off" placeholder="What people call it" onChange={({ target }) => { change({ name: target.value }); }} />
      <TextField label="Description" value={detail} disabled={disabled} autoComplete="off" placeholder="What it is for" onChange={({ target }) => { change({ detail: target.value }); }} />
      <div className="field" data-pointer="/on_complete_flow_id">
        <label htmlFor={id}>When it is through, start</label>
        <Pick wired={{ id, 'aria-invalid': problem === undefined ? undefined : true }} value={on_complete_flow_id} choices={flows} none="nothing" missing="Unknown flow" disabled={disabled} plain pick={(flow_id) => { change({ on_complete_flow_id: flow_id }); }} />
        {problem !== undefined && <p className="field__error">{problem}</p>}
      </div>
    </div>
  );
}
