// Where webhooks go, and how.
import { useState, type FormEvent } from 'react';
import type { Customer } from '@activeflow/client';
import { Button } from '../../ui/button.js';
import { SelectField, TextField } from '../../ui/field.js';
import { faultAt, sentenceOf } from '../../ui/states.js';
import { useSave } from './save.js';

const METHODS = [['POST', 'POST'], ['PUT', 'PUT'], ['GET', 'GET'], ['DELETE', 'DELETE'], ['PATCH', 'PATCH']] as const;

/** The form. */
export function WebhookForm({ customer }: { readonly customer: Customer }) {
  const [uri, setUri] = useState(customer.webhook_uri);
  const [method, setMethod] = useState(customer.webhook_method || 'POST');
  const save = useSave();
  const changed = uri.trim() !== customer.webhook_uri || method !== (customer.webhook_method || 'POST');
  const submit = (event: FormEvent): void => { event.preventDefault(); save.mutate({ webhook_uri: uri.trim(), webhook_method: method }); };
  // What is wrong is said at the field that it is about.
  const method_fault = faultAt(save.error, '/webhook_method');
  const uri_fault = faultAt(save.error, '/webhook_uri') ?? (save.error && method_fault === undefined ? sentenceOf(save.error) : undefined);
  return (
    <form className="form" onSubmit={submit} noValidate>
      <TextField
        label="URI" type="url" inputMode="url" value={uri} spellCheck={false} placeholder="https://example.com/hooks/activeflow" onChange={({ target }) => { setUri(target.value); }}
        hint="http or https; leave it empty for no webhook. Addresses of this machine and of private networks are refused unless the server allows them." error={uri_fault}
      />
      <SelectField label="Method" value={method} onChange={({ target }) => { setMethod(target.value); }} options={METHODS} error={method_fault} />
      <div className="form__actions"><Button type="submit" look="primary" disabled={!changed} busy={save.isPending}>Save the webhook</Button></div>
    </form>
  );
}
