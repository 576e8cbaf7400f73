// A form made from a JSON schema: one input for each property, its description as help, what is wrong with it below.
import { useId, type ReactNode } from 'react';
import type { Option } from '@activeflow/engine';
import { ChoiceInput, FlagInput, JsonInput, NumberInput, TextInput } from './schema-form-inputs.js';
import { AddressesInput, AddressInput, DaysInput, TextsInput } from './schema-form-lists.js';
import { FlowInput, TargetInput, TargetsInput } from './schema-form-targets.js';
import { inputOf, needOf, titleOf, withProperty, type FormFacts, type FormSchema, type Input } from './schema-form-model.js';
import { Icon } from './icons.js';
import './schema-form.css';

/** Something that can be picked: an action or a flow. */
export type FormChoice = { readonly id: string; readonly label: string };
/** What is wrong with a value. */
export type FormProblem = { readonly look: 'error' | 'warning'; readonly message: string };

/** What an input gets. `set(undefined)` takes the value out, and the default holds. */
export type InputProps = {
  readonly name: string; readonly schema: FormSchema; readonly value: unknown; readonly set: (value: unknown) => void;
  /** Ties the input to its label and to what is said of it. */
  readonly wired: { readonly id: string; readonly 'aria-describedby': string | undefined; readonly 'aria-invalid': true | undefined };
  readonly label: string; readonly offers: FormOffers; readonly disabled: boolean;
};

/** What can be picked in a form. */
export type FormOffers = { readonly actions: readonly FormChoice[]; readonly flows: readonly FormChoice[] };

type Props = {
  readonly schema: FormSchema; readonly facts: FormFacts; readonly value: Option; readonly change: (value: Option) => void; readonly offers: FormOffers;
  /** What is wrong, by JSON pointer into the value. */
  readonly problems: ReadonlyMap<string, FormProblem>; readonly disabled?: boolean;
};

/** The form. Each property stands in an element with its JSON pointer as `data-pointer`. What the schema does not know is listed and kept. */
export function SchemaForm({ schema, facts, value, change, offers, problems, disabled = false }: Props) {
  const properties = Object.entries(schema.properties ?? {});
  const unknown = Object.keys(value).filter((name) => !properties.some(([known]) => known === name));
  return (
    <div className="sform">
      {properties.map(([name, property]) => (
        <Property
          key={name} name={name} schema={property} input={inputOf(name, property, facts)} need={needOf(name, facts.needs)} value={value[name]} offers={offers} disabled={disabled}
          problem={problemOf(problems, `/${name}`)} set={(one) => { change(withProperty(value, name, one)); }}
        />
      ))}
      {properties.length === 0 && unknown.length === 0 && <p className="soft">There is nothing to set.</p>}
      {unknown.length > 0 && (
        <p className="sform__unknown soft"><Icon name="info" /><span>Kept, though this action does not use it: {unknown.map((name, index) => <span key={name}>{index > 0 && ', '}<code>{name}</code></span>)}</span></p>
      )}
    </div>
  );
}

/** The problem of a property, or the first of what is in it. */
function problemOf(problems: ReadonlyMap<string, FormProblem>, pointer: string): FormProblem | undefined {
  const own = problems.get(pointer);
  if (own) return own;
  const inner = [...problems].find(([at]) => at.startsWith(`${pointer}/`));
  return inner && { look: inner[1].look, message: `${inner[0].slice(pointer.length + 1)}: ${inner[1].message}` };
}

function Property({ name, schema, input, need, value, set, problem, offers, disabled }: {
  readonly name: string; readonly schema: FormSchema; readonly input: Input; readonly need: string | undefined; readonly value: unknown; readonly set: (value: unknown) => void;
  readonly problem: FormProblem | undefined; readonly offers: FormOffers; readonly disabled: boolean;
}) {
  const id = useId();
  const help = schema.description === undefined ? undefined : helpOf(schema.description);
  const said = [help === undefined ? '' : `${id}-help`, problem === undefined ? '' : `${id}-said`].join(' ').trim();
  const label = titleOf(name);
  const props: InputProps = {
    name, schema, value, set, label, offers, disabled,
    wired: { id, 'aria-describedby': said === '' ? undefined : said, 'aria-invalid': problem?.look === 'error' ? true : undefined },
  };
  const one = ['text', 'number', 'choice', 'target', 'flow', 'json'].includes(input.kind);
  const heading = <span className="sform__label" title={name}>{label}{need !== undefined && <span className="sform__need">{need}</span>}</span>;
  const rest = <>
    {help !== undefined && <p id={`${id}-help`} className="field__hint">{help}</p>}
    {problem !== undefined && <p id={`${id}-said`} className={problem.look === 'error' ? 'field__error sform__said' : 'sform__warning sform__said'}><Icon name="warning" size={14} />{problem.message}</p>}
  </>;
  if (input.kind === 'flag') return <div className="sform__row" data-pointer={`/${name}`}><FlagInput {...props} />{rest}</div>;
  if (one) return <div className="sform__row" data-pointer={`/${name}`}><label htmlFor={id}>{heading}</label>{inputFor(input, props)}{rest}</div>;
  return <fieldset className="sform__row" data-pointer={`/${name}`} aria-describedby={props.wired['aria-describedby']}><legend>{heading}</legend>{inputFor(input, props)}{rest}</fieldset>;
}

/** A description as a sentence: it begins with a capital, and what stands in backticks is code. */
function helpOf(description: string): ReactNode {
  const text = `${description.charAt(0).toUpperCase()}${description.slice(1)}`;
  return text.split(/(`[^`]+`)/).map((part, index) => (part.startsWith('`') ? <code key={index}>{part.slice(1, -1)}</code> : part));
}

function inputFor(input: Input, props: InputProps): ReactNode {
  switch (input.kind) {
    case 'text': return <TextInput {...props} long={input.long} />;
    case 'number': return <NumberInput {...props} whole={input.whole} unit={input.unit} />;
    case 'flag': return <FlagInput {...props} />;
    case 'choice': return <ChoiceInput {...props} values={input.values} />;
    case 'target': return <TargetInput {...props} />;
    case 'targets': return <TargetsInput {...props} />;
    case 'flow': return <FlowInput {...props} />;
    case 'days': return <DaysInput {...props} />;
    case 'texts': return <TextsInput {...props} />;
    case 'address': return <AddressInput {...props} />;
    case 'addresses': return <AddressesInput {...props} />;
    case 'json': return <JsonInput {...props} />;
    default: return input satisfies never;
  }
}
