// The forms of control: a variable, and actions to be pushed.
import { useState, type FormEvent } from 'react';
import { actions as register, definitionOf } from '@activeflow/engine';
import type { Detail } from '@activeflow/client';
import { labelOf, typeWords } from '../../graph/label.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { SelectField, TextArea, TextField } from '../../ui/field.js';
import { SchemaForm, type FormChoice } from '../../ui/schema-form.js';
import { isOfSystem } from '../../run/track.js';

/** Sets a variable. `name` is empty for a new one. */
export function VariableDialog({ name, value, busy, save, close }: {
  readonly name: string; readonly value: string; readonly busy: boolean; readonly save: (name: string, value: string) => void; readonly close: () => void;
}) {
  const [asked, setAsked] = useState(name);
  const [text, setText] = useState(value);
  const problem = isOfSystem(asked.trim()) ? 'voipbin.* is set by the system only' : undefined;
  const submit = (event: FormEvent): void => { event.preventDefault(); if (problem === undefined && asked.trim() !== '') save(asked.trim(), text); };
  return (
    <Dialog
      title={name === '' ? 'Set a variable' : `Edit ${name}`} close={close}
      footer={<><Button onClick={close}>Cancel</Button><Button look="primary" type="submit" form="run-variable" busy={busy} disabled={asked.trim() === '' || problem !== undefined}>Set</Button></>}
    >
      <form id="run-variable" className="form" onSubmit={submit}>
        {name === '' && <TextField label="Name" value={asked} error={problem} autoFocus onChange={(event) => { setAsked(event.currentTarget.value); }} />}
        <TextArea label="Value" value={text} autoFocus={name !== ''} rows={4} hint="Text. The next action that names it gets the new value." onChange={(event) => { setText(event.currentTarget.value); }} />
      </form>
    </Dialog>
  );
}

const TYPES = Object.keys(register).filter((type) => definitionOf(type)?.unsupported !== true).map((type) => [type, typeWords(type)] as const);

/** Pushes an action, or adds it after the current one: a form made of the schema of its type. */
export function PushDialog({ busy, targets, flows, problems, push, close }: {
  readonly busy: boolean; readonly targets: readonly FormChoice[]; readonly flows: readonly FormChoice[]; readonly problems: readonly Detail[];
  readonly push: (how: 'push' | 'add', type: string, option: Readonly<Record<string, unknown>>) => void; readonly close: () => void;
}) {
  const [type, setType] = useState('talk');
  const [how, setHow] = useState<'push' | 'add'>('push');
  const [option, setOption] = useState<Readonly<Record<string, unknown>>>({});
  const definition = definitionOf(type);
  const submit = (event: FormEvent): void => { event.preventDefault(); push(how, type, option); };
  if (!definition) return null;
  return (
    <Dialog
      title="Push an action" close={close} wide
      footer={<><Button onClick={close}>Cancel</Button><Button look="primary" type="submit" form="run-push" busy={busy}>{how === 'push' ? 'Push' : 'Add'}</Button></>}
    >
      <form id="run-push" className="run-push" onSubmit={submit}>
        <div className="run-push__what">
          <SelectField label="Action" value={type} options={TYPES} hint={definition.summary} onChange={(event) => { setType(event.currentTarget.value); setOption({}); }} />
          <SelectField
            label="When" value={how} options={[['push', 'First, at the next move'], ['add', 'After the current action']]} onChange={(event) => { setHow(event.currentTarget.value as 'push' | 'add'); }}
            hint={how === 'push' ? 'In a list of its own, which returns here.' : 'In the list that is running, for this activeflow only.'}
          />
        </div>
        <SchemaForm schema={definition.option} facts={{ targets: definition.targets ?? [], lists: definition.lists ?? [], needs: definition.needs ?? [] }} value={option} change={setOption} offers={{ actions: targets, flows }} problems={problemsOf(problems)} />
        <p className="soft">{`It will be: ${labelOf({ type, option }).title} ${labelOf({ type, option }).detail}`}</p>
      </form>
    </Dialog>
  );
}

const AT = /^\/actions\/0\/option(\/.+)$/;

/** What the server said of the option, by the pointer into it. */
const problemsOf = (details: readonly Detail[]): ReadonlyMap<string, { readonly look: 'error'; readonly message: string }> =>
  new Map(details.flatMap(({ pointer = '', message = '' }) => { const [, at] = AT.exec(pointer) ?? []; return at === undefined ? [] : [[at, { look: 'error' as const, message }] as const]; }));
