// One action as a form: its option by the schema of its type, its id, and where it goes next.
import { useEffect, useId, useRef, useState } from 'react';
import { definitionOf } from '@activeflow/engine';
import { ActionIcon } from '../../graph/action-icon.js';
import { typeWords } from '../../graph/label.js';
import { Button, IconButton } from '../../ui/button.js';
import { SchemaForm, type FormOffers, type FormProblem } from '../../ui/schema-form.js';
import { Pick } from '../../ui/schema-form-targets.js';
import type { FormFacts, FormSchema } from '../../ui/schema-form-model.js';
import { keyOf, type DraftAction } from './draft.js';
import { wrongId } from './edit.js';
import type { Found } from './use-validation.js';

type Props = {
  readonly actions: readonly DraftAction[]; readonly index: number; readonly offers: FormOffers; readonly found: readonly Found[]; readonly disabled: boolean;
  /** A field to go to, by JSON pointer within the action; each object once. */
  readonly focus: { readonly pointer: string } | undefined;
  readonly change: (change: Partial<DraftAction>) => void; readonly rename: (id: string) => void;
  readonly act: (what: 'up' | 'down' | 'copy' | 'remove' | 'add' | 'back') => void;
};

const NO_SCHEMA: FormSchema = { type: 'object', properties: {} };
const NO_FACTS: FormFacts = {};

/** The form. */
export function ActionForm({ actions, index, offers, found, disabled, focus, change, rename, act }: Props) {
  const action = actions[index];
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!focus) return;
    const input = fieldFor(form.current, focus.pointer);
    input?.focus();
    input?.scrollIntoView({ block: 'center' });
  }, [focus]);
  if (!action) return null;
  const definition = definitionOf(action.type);
  const own = found.filter((one) => one.index === index);
  const problems = new Map<string, FormProblem>(own.filter(({ at }) => at.startsWith('/option/')).map(({ at, look, message }) => [at.slice('/option'.length), { look, message }]));
  const others = own.filter(({ at }) => !at.startsWith('/option/') && at !== '/next_id' && at !== '/id');
  const problemAt = (at: string): string | undefined => own.find((one) => one.at === at)?.message;
  return (
    <div className="aform" ref={form} role="group" aria-label={`Action ${index + 1}: ${typeWords(action.type)}`}>
      <header className="aform__head">
        <IconButton icon="left" label="Back to all actions" onClick={() => { act('back'); }} />
        <span className="aform__icon"><ActionIcon type={action.type} size={18} /></span>
        <div className="aform__title"><h2>{index + 1} · {typeWords(action.type)}</h2><code className="soft">{action.type}</code></div>
        <span className="aform__tools">
          <IconButton icon="up" label="Move up" disabled={disabled || index === 0} onClick={() => { act('up'); }} />
          <IconButton icon="down" label="Move down" disabled={disabled || index === actions.length - 1} onClick={() => { act('down'); }} />
          <IconButton icon="copy" label="Duplicate" disabled={disabled} onClick={() => { act('copy'); }} />
          <IconButton icon="trash" label="Remove" disabled={disabled} onClick={() => { act('remove'); }} />
        </span>
      </header>
      <p className="aform__about">{definition?.summary ?? 'This type is unknown here.'} {MEDIA[definition?.medium ?? 'any']}</p>
      {others.map(({ pointer, look, message }) => <p key={pointer + message} className={look === 'error' ? 'field__error' : 'sform__warning'} role="status">{message}</p>)}
      <SchemaForm
        schema={(definition?.option as unknown as FormSchema | undefined) ?? NO_SCHEMA} facts={definition ?? NO_FACTS}
        value={action.option ?? {}} offers={offers} problems={problems} disabled={disabled} change={(option) => { change({ option }); }}
      />
      <NextField key={`next-${keyOf(action, index)}`} action={action} last={index === actions.length - 1} offers={offers} disabled={disabled} problem={problemAt('/next_id')} change={change} />
      <IdField key={keyOf(action, index)} actions={actions} index={index} disabled={disabled} problem={problemAt('/id')} rename={rename} />
      <div className="aform__foot"><Button small icon="plus" disabled={disabled} onClick={() => { act('add'); }}>Add an action after this</Button></div>
    </div>
  );
}

const MEDIA = { rtc: 'Runs on calls; elsewhere it is skipped.', non_rtc: 'Runs on anything but calls.', any: '' } as const;

/** The input of a pointer, or of the nearest field around it. */
function fieldFor(form: HTMLElement | null, pointer: string): HTMLElement | null {
  const path = pointer.replace(/^\/option/, '');
  for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const row = form?.querySelector<HTMLElement>(`[data-pointer="${CSS.escape(at)}"]`);
    const inputs = row?.querySelectorAll<HTMLElement>('input, textarea, select, button');
    if (!inputs || inputs.length === 0) continue;
    // Of a map, the input that is wrong where one says so.
    return row?.querySelector<HTMLElement>('[aria-invalid]') ?? inputs[0] ?? null;
  }
  return form?.querySelector<HTMLElement>('input, textarea, select, button') ?? null;
}

type Field = { readonly disabled: boolean; readonly problem: string | undefined };

function NextField({ action, last, offers, disabled, problem, change }: Field & { readonly action: DraftAction; readonly last: boolean; readonly offers: FormOffers; readonly change: Props['change'] }) {
  const id = useId();
  return (
    <div className="sform__row aform__next" data-pointer="/next_id">
      <label htmlFor={id}><span className="sform__label">Then</span></label>
      <Pick
        wired={{ id, 'aria-invalid': problem === undefined ? undefined : true }} value={action.next_id ?? ''} choices={offers.actions} none={last ? 'the end: it is the last' : 'the next in order'} missing="No such action" disabled={disabled} plain
        pick={(next_id) => { change({ next_id: next_id === '' ? undefined : next_id } as Partial<DraftAction>); }}
      />
      {problem !== undefined && <p className="field__error">{problem}</p>}
    </div>
  );
}

function IdField({ actions, index, disabled, problem, rename }: Field & { readonly actions: readonly DraftAction[]; readonly index: number; readonly rename: Props['rename'] }) {
  const current = actions[index]?.id ?? '';
  const [text, setText] = useState(current);
  const id = useId();
  const wrong = text === current ? problem : wrongId(actions, index, text);
  const take = (): void => { if (text !== current && wrong === undefined) rename(text); else setText(current); };
  return (
    <div className="sform__row" data-pointer="/id">
      <label htmlFor={id}><span className="sform__label">Id</span></label>
      <input
        id={id} className="input mono" value={text} disabled={disabled} autoComplete="off" spellCheck={false} aria-invalid={wrong === undefined ? undefined : true} aria-describedby={`${id}-said`}
        onChange={({ target }) => { setText(target.value); }} onBlur={take} onKeyDown={({ key }) => { if (key === 'Enter') take(); if (key === 'Escape') setText(current); }}
      />
      <p id={`${id}-said`} className={wrong === undefined ? 'field__hint' : 'field__error'}>{wrong ?? 'Whatever leads here follows when it is renamed. A word will do: it becomes a UUID when the flow is published.'}</p>
    </div>
  );
}
