// The inputs that name something else: an action of this flow, or another flow.
import { useState } from 'react';
import { NONE_ID } from '@activeflow/engine';
import { Button, IconButton } from './button.js';
import { Icon } from './icons.js';
import { isRecordValue } from './schema-form-values.js';
import type { FormChoice, InputProps } from './schema-form.js';

const VARIABLE = '${';

type PickProps = {
  readonly value: string; readonly pick: (value: string) => void; readonly choices: readonly FormChoice[]; readonly none: string; readonly disabled: boolean; readonly missing: string;
  readonly wired: Partial<InputProps['wired']> & { readonly 'aria-label'?: string };
  /** True where no placeholder is taken. */
  readonly plain?: boolean;
};

/** A picker of ids; what is not among them stays and says so. A placeholder is typed. */
export function Pick({ value, pick, choices, none, wired, disabled, missing, plain = false }: PickProps) {
  if (value.includes(VARIABLE)) {
    return (
      <div className="sform__with">
        <input {...wired} className="input mono" value={value} disabled={disabled} onChange={({ target }) => { pick(target.value); }} />
        <IconButton icon="cross" label="Choose from the list" disabled={disabled} onClick={() => { pick(''); }} />
      </div>
    );
  }
  const chosen = value === NONE_ID ? '' : value;
  const known = chosen === '' || choices.some(({ id }) => id.toLowerCase() === chosen.toLowerCase());
  return (
    <select {...wired} className="input" aria-invalid={known ? wired['aria-invalid'] : true} value={known ? choices.find(({ id }) => id.toLowerCase() === chosen.toLowerCase())?.id ?? '' : chosen} disabled={disabled} onChange={({ target }) => { pick(target.value); }}>
      <option value="">{none}</option>
      {!known && <option value={chosen}>{missing}: {chosen}</option>}
      {choices.map(({ id, label }) => <option key={id} value={id}>{label}</option>)}
      {!plain && <option value={'${variable}'}>From a variable…</option>}
    </select>
  );
}

/** An action to go to. */
export function TargetInput({ value, set, wired, offers, disabled }: InputProps) {
  return <Pick value={typeof value === 'string' ? value : ''} wired={wired} choices={offers.actions} none="Nowhere" missing="No such action" disabled={disabled} pick={(id) => { set(id === '' ? undefined : id); }} />;
}

/** Another flow. */
export function FlowInput({ value, set, wired, offers, disabled }: InputProps) {
  return <Pick value={typeof value === 'string' ? value : ''} wired={wired} choices={offers.flows} none="None" missing="Unknown flow" disabled={disabled} pick={(id) => { set(id === '' ? undefined : id); }} />;
}

type Row = readonly [key: string, id: string];
const rowsOf = (value: unknown): readonly Row[] => (isRecordValue(value) ? Object.entries(value).map(([key, id]): Row => [key, typeof id === 'string' ? id : '']) : []);
const mapOf = (rows: readonly Row[]): Readonly<Record<string, string>> => Object.fromEntries(rows);
const sorted = (value: unknown): string => JSON.stringify(rowsOf(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** From values to the actions that they lead to. Two rows with one value wait until one of them is another. */
export function TargetsInput({ value, set, offers, disabled, label }: InputProps) {
  const [typed, setTyped] = useState<readonly Row[]>([]);
  const rows = sorted(mapOf(typed)) === sorted(value) && typed.length > 0 ? typed : rowsOf(value);
  const change = (next: readonly Row[]): void => {
    setTyped(next);
    set(next.length === 0 ? undefined : mapOf(next));
  };
  const twice = rows.map(([key]) => key).find((key, index, keys) => keys.indexOf(key) !== index);
  return (
    <div className="sform__list">
      {rows.map(([key, id], index) => (
        <div key={index} className="sform__target">
          <input className="input mono" aria-label={`${label}: value ${index + 1}`} value={key} placeholder="value" disabled={disabled} aria-invalid={key === twice || undefined} onChange={({ target }) => { change(rows.with(index, [target.value, id])); }} />
          <Icon name="right" />
          <Pick value={id} wired={{ 'aria-label': `${label}: where ${key === '' ? 'it' : key} leads` }} choices={offers.actions} none="Choose an action" missing="No such action" disabled={disabled} pick={(next) => { change(rows.with(index, [key, next])); }} />
          <IconButton icon="trash" label={`Remove ${key === '' ? 'the empty value' : key}`} disabled={disabled} onClick={() => { change(rows.toSpliced(index, 1)); }} />
        </div>
      ))}
      {twice !== undefined && <p className="field__error" role="status">“{twice}” stands here twice: the last one holds.</p>}
      <Button small icon="plus" disabled={disabled} onClick={() => { change([...rows, [freeKey(rows), '']]); }}>Add a value</Button>
    </div>
  );
}

/** The next digit that is not there yet: most maps are menus. */
function freeKey(rows: readonly Row[]): string {
  const taken = new Set(rows.map(([key]) => key));
  return ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '*', '#'].find((key) => !taken.has(key)) ?? '';
}
