// The inputs of several values: texts, days of the week, addresses.
import { Button, IconButton } from './button.js';
import { isRecordValue, listOf } from './schema-form-values.js';
import type { InputProps } from './schema-form.js';

/** Texts, one after the other. */
export function TextsInput({ value, set, label, disabled }: InputProps) {
  const texts = listOf(value);
  const change = (next: readonly unknown[]): void => { set(next.length === 0 ? undefined : next); };
  return (
    <div className="sform__list">
      {texts.map((text, index) => (
        // The place is all that tells one from the other.
        <div key={index} className="sform__with">
          <input className="input" aria-label={`${label} ${index + 1}`} value={typeof text === 'string' ? text : JSON.stringify(text)} disabled={disabled} onChange={({ target }) => { change(texts.with(index, target.value)); }} />
          <IconButton icon="up" label={`Move ${label} ${index + 1} up`} disabled={disabled || index === 0} onClick={() => { change(texts.toSpliced(index, 1).toSpliced(index - 1, 0, text)); }} />
          <IconButton icon="trash" label={`Remove ${label} ${index + 1}`} disabled={disabled} onClick={() => { change(texts.toSpliced(index, 1)); }} />
        </div>
      ))}
      <Button small icon="plus" disabled={disabled} onClick={() => { set([...texts, '']); }}>Add</Button>
    </div>
  );
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
// The week as it is worked.
const ORDER = [1, 2, 3, 4, 5, 6, 0] as const;

/** Days of the week; 0 is Sunday. */
export function DaysInput({ value, set, disabled }: InputProps) {
  const days = listOf(value).filter((day): day is number => typeof day === 'number');
  const toggle = (day: number): void => {
    const next = days.includes(day) ? days.filter((one) => one !== day) : [...days, day].sort((a, b) => a - b);
    set(next.length === 0 ? undefined : next);
  };
  return (
    <div className="sform__days">
      {ORDER.map((day) => <button key={day} type="button" className="sform__day" aria-pressed={days.includes(day)} disabled={disabled} onClick={() => { toggle(day); }}>{DAYS[day]}</button>)}
    </div>
  );
}

const KINDS = ['tel', 'sip', 'agent', 'extension', 'conference', 'email', 'line', 'whatsapp'] as const;
const MORE = [['name', 'Name'], ['target_name', 'Target name'], ['detail', 'Detail']] as const;

/** One address: who, and of what kind. */
export function AddressInput({ value, set, label, disabled }: InputProps) {
  if (value !== undefined && !isRecordValue(value)) return <p className="soft">It is no address; change it in the JSON.</p>;
  return <AddressRow value={value ?? {}} label={label} disabled={disabled} set={(next) => { set(Object.keys(next).length === 0 ? undefined : next); }} />;
}

/** Addresses, one after the other. */
export function AddressesInput({ value, set, label, disabled }: InputProps) {
  const addresses = listOf(value);
  const change = (next: readonly unknown[]): void => { set(next.length === 0 ? undefined : next); };
  return (
    <div className="sform__list">
      {addresses.map((address, index) => (
        <div key={index} className="sform__card">
          <AddressRow value={isRecordValue(address) ? address : {}} label={`${label} ${index + 1}`} disabled={disabled} set={(next) => { change(addresses.with(index, next)); }} />
          <IconButton icon="trash" label={`Remove ${label} ${index + 1}`} disabled={disabled} onClick={() => { change(addresses.toSpliced(index, 1)); }} />
        </div>
      ))}
      <Button small icon="plus" disabled={disabled} onClick={() => { set([...addresses, { target: '' }]); }}>Add</Button>
    </div>
  );
}

type Row = { readonly value: Readonly<Record<string, unknown>>; readonly set: (value: Readonly<Record<string, unknown>>) => void; readonly label: string; readonly disabled: boolean };

function AddressRow({ value, set, label, disabled }: Row) {
  const textAt = (name: string): string => (typeof value[name] === 'string' ? value[name] : '');
  const put = (name: string, text: string): void => {
    const { [name]: _, ...rest } = value;
    set(text === '' && name !== 'target' ? rest : { ...rest, [name]: text });
  };
  const kind = textAt('type');
  return (
    <div className="sform__address">
      <div className="sform__with">
        <input className="input" aria-label={`${label}: target`} placeholder="+15551234567 or name@host" value={textAt('target')} disabled={disabled} onChange={({ target }) => { put('target', target.value); }} />
        <select className="input sform__kind" aria-label={`${label}: type`} value={kind} disabled={disabled} onChange={({ target }) => { put('type', target.value); }}>
          <option value="">by its form</option>
          {[...KINDS, ...(kind === '' || (KINDS as readonly string[]).includes(kind) ? [] : [kind])].map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
      </div>
      <details open={MORE.some(([name]) => textAt(name) !== '')}>
        <summary>More</summary>
        {MORE.map(([name, word]) => <input key={name} className="input" aria-label={`${label}: ${word.toLowerCase()}`} placeholder={word} value={textAt(name)} disabled={disabled} onChange={({ target }) => { put(name, target.value); }} />)}
      </details>
    </div>
  );
}
