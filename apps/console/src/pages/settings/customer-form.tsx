// The customer's name and detail.
import { useState, type FormEvent } from 'react';
import type { Customer } from '@activeflow/client';
import { Button } from '../../ui/button.js';
import { TextField } from '../../ui/field.js';
import { sentenceOf } from '../../ui/states.js';
import { useSave } from './save.js';

/** The form. */
export function CustomerForm({ customer }: { readonly customer: Customer }) {
  const [name, setName] = useState(customer.name);
  const [detail, setDetail] = useState(customer.detail);
  const save = useSave();
  const changed = name !== customer.name || detail !== customer.detail;
  const submit = (event: FormEvent): void => { event.preventDefault(); save.mutate({ name, detail }); };
  return (
    <form className="form" onSubmit={submit}>
      <TextField label="Name" value={name} onChange={({ target }) => { setName(target.value); }} error={save.error ? sentenceOf(save.error) : undefined} />
      <TextField label="Detail" value={detail} onChange={({ target }) => { setDetail(target.value); }} />
      {customer.username !== '' && <p className="soft">Username: <code>{customer.username}</code></p>}
      <div className="form__actions"><Button type="submit" look="primary" disabled={!changed} busy={save.isPending}>Save the customer</Button></div>
    </form>
  );
}
