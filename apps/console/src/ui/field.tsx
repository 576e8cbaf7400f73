// Fields of forms: a label, the input, and what is wrong with it or what it is for, tied together for whoever listens.
import { useId, type ComponentPropsWithRef, type ReactNode } from 'react';

type Around = { readonly label: string; readonly hint?: ReactNode; readonly error?: string | undefined };
type Wired = { readonly id: string; readonly 'aria-describedby': string | undefined; readonly 'aria-invalid': true | undefined };

function Around({ label, hint, error, children }: Around & { readonly children: (wired: Wired) => ReactNode }) {
  const id = useId();
  const said = error ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': said === undefined ? undefined : `${id}-said`, 'aria-invalid': error === undefined ? undefined : true })}
      {said !== undefined && <p id={`${id}-said`} className={error === undefined ? 'field__hint' : 'field__error'}>{said}</p>}
    </div>
  );
}

/** A line of text. */
export function TextField({ label, hint, error, ...rest }: Around & Omit<ComponentPropsWithRef<'input'>, 'className' | 'id'>) {
  return <Around label={label} hint={hint} error={error}>{(wired) => <input {...rest} {...wired} className="input" />}</Around>;
}

/** Several lines of text. */
export function TextArea({ label, hint, error, ...rest }: Around & Omit<ComponentPropsWithRef<'textarea'>, 'className' | 'id'>) {
  return <Around label={label} hint={hint} error={error}>{(wired) => <textarea {...rest} {...wired} className="input input--area" />}</Around>;
}

/** One of several. */
export function SelectField({ label, hint, error, options, ...rest }: Around & Omit<ComponentPropsWithRef<'select'>, 'className' | 'id' | 'children'> & {
  readonly options: readonly (readonly [value: string, word: string])[];
}) {
  return (
    <Around label={label} hint={hint} error={error}>
      {(wired) => <select {...rest} {...wired} className="input">{options.map(([value, word]) => <option key={value} value={value}>{word}</option>)}</select>}
    </Around>
  );
}
