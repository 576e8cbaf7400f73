// The inputs of single values. Wherever a value may be filled while a flow runs, a text with a placeholder is taken, too.
import { useState } from 'react';
import { IconButton } from './button.js';
import { holdsPlaceholder, inWords, readNumber } from './schema-form-model.js';
import { lineOfText } from './schema-form-values.js';
import type { InputProps } from './schema-form.js';

/** A text, in one line or in many. */
export function TextInput({ value, set, wired, schema, long, disabled, name }: InputProps & { readonly long: boolean }) {
  const text = lineOfText(value);
  const props = {
    ...wired, value: text, disabled, spellCheck: long, placeholder: textOf(schema.default),
    onChange: ({ target }: { readonly target: { readonly value: string } }) => { set(target.value === '' ? undefined : target.value); },
  };
  return long ? <textarea {...props} className="input sform__long" rows={2} name={name} /> : <input {...props} className="input" autoComplete="off" name={name} />;
}

/**
 * A text that stands for a value while somebody types it: `1.` is on the way to `1.5`. What comes from elsewhere replaces it.
 */
function useTyped<T>(value: T, show: (value: T) => string, read: (text: string) => T): readonly [text: string, type: (text: string) => T] {
  const [text, setText] = useState(() => show(value));
  const current = JSON.stringify(read(text)) === JSON.stringify(value) ? text : show(value);
  return [current, (typed) => { setText(typed); return read(typed); }];
}

/** A number, with what it comes to in the units of a clock. */
export function NumberInput({ value, set, wired, schema, unit, whole, disabled, name }: InputProps & { readonly unit: 'ms' | 's' | ''; readonly whole: boolean }) {
  const [text, type] = useTyped<unknown>(value, lineOfText, readNumber);
  const fallback = textOf(schema.default);
  const words = inWords(value ?? schema.default, unit);
  return (
    <div className="sform__with">
      <input {...wired} className="input mono" inputMode={whole ? 'numeric' : 'decimal'} autoComplete="off" name={name} value={text} disabled={disabled} placeholder={fallback} onChange={({ target }) => { set(type(target.value)); }} />
      {unit !== '' && <span className="sform__unit">{unit}{words !== '' && ` · ${words}`}</span>}
    </div>
  );
}

/** A yes or no; a placeholder that gives one is shown as text. */
export function FlagInput({ value, set, wired, label, schema, disabled, name }: InputProps) {
  if (value !== undefined && typeof value !== 'boolean') {
    return <><label htmlFor={wired.id}><span className="sform__label">{label}</span></label>
      <div className="sform__with"><input {...wired} className="input mono" name={name} value={lineOfText(value)} disabled={disabled} onChange={({ target }) => { set(target.value); }} />
        <IconButton icon="cross" label={`Clear ${label}`} disabled={disabled} onClick={() => { set(undefined); }} /></div></>;
  }
  const usual = schema.default === true;
  return (
    <label className="sform__flag">
      <input {...wired} type="checkbox" name={name} checked={value ?? usual} disabled={disabled} onChange={({ target }) => { set(target.checked === usual ? undefined : target.checked); }} />
      <span>{label}</span>
    </label>
  );
}

const PLACEHOLDER = '${';

/** One of a few words; or a placeholder that gives one. */
export function ChoiceInput({ value, set, wired, schema, values, disabled, name, label }: InputProps & { readonly values: readonly string[] }) {
  const fallback = textOf(schema.default);
  if (holdsPlaceholder(value) || value === PLACEHOLDER) {
    return (
      <div className="sform__with">
        <input {...wired} className="input mono" name={name} value={value} disabled={disabled} onChange={({ target }) => { set(target.value === '' ? undefined : target.value); }} />
        <IconButton icon="cross" label={`Choose ${label} from the list`} disabled={disabled} onClick={() => { set(undefined); }} />
      </div>
    );
  }
  const known = value === undefined || values.includes(lineOfText(value));
  return (
    <select {...wired} className="input" name={name} disabled={disabled} value={value === undefined ? '\u0000' : lineOfText(value)} onChange={({ target }) => { set(target.value === '\u0000' ? undefined : target.value === PLACEHOLDER ? '${variable}' : target.value); }}>
      <option value={'\u0000'}>{fallback === '' ? 'As usual' : `As usual: ${fallback}`}</option>
      {values.filter((word) => word !== '').map((word) => <option key={word} value={word}>{word}</option>)}
      {value === '' && <option value="">(empty)</option>}
      {!known && <option value={lineOfText(value)}>{lineOfText(value)} (not one of these)</option>}
      <option value={PLACEHOLDER}>From a variable…</option>
    </select>
  );
}

/** What has no form of its own, as JSON. It is taken over whenever it is JSON. */
export function JsonInput({ value, set, wired, disabled, name, schema }: InputProps) {
  const show = (one: unknown): string => (one === undefined ? '' : JSON.stringify(one, null, 2));
  const [typed, setTyped] = useState<{ readonly text: string; readonly of: unknown }>();
  const text = typed !== undefined && JSON.stringify(typed.of) === JSON.stringify(value) ? typed.text : show(value);
  const good = text.trim() === '' || parsed(text) !== undefined;
  const type = (next: string): void => {
    const read = next.trim() === '' ? { value: undefined } : parsed(next);
    setTyped({ text: next, of: read ? read.value : value });
    if (read) set(read.value);
  };
  return (
    <>
      <textarea {...wired} className="input sform__json mono" name={name} rows={3} spellCheck={false} disabled={disabled} placeholder={schema.type === 'array' ? '[]' : '{}'} value={text} aria-invalid={good ? wired['aria-invalid'] : true} onChange={({ target }) => { type(target.value); }} />
      {!good && <p className="field__error" role="status">This is no JSON yet; the last that was holds.</p>}
    </>
  );
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
