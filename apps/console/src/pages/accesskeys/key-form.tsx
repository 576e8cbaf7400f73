// Making an access key, and changing one.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState, type FormEvent } from 'react';
import type { AccessKey, AccessKeyInput } from '@activeflow/client';
import { useClient } from '../../app/session.js';
import { keys } from '../../data/query.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { SelectField, TextField } from '../../ui/field.js';
import { Secret } from '../../ui/secret.js';
import { sentenceOf } from '../../ui/states.js';
import { tell } from '../../ui/toast.js';

const DAY_S = 86_400;
const KEEP = 'keep';
const EXPIRES = [['0', 'Never'], [String(DAY_S), 'In a day'], [String(7 * DAY_S), 'In a week'], [String(30 * DAY_S), 'In 30 days'], [String(365 * DAY_S), 'In a year']] as const;

/** The form for a new key, whose token is then shown once; or for the one given. */
export function KeyForm({ accesskey, close }: { readonly accesskey?: AccessKey; readonly close: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const form = useId();
  const [name, setName] = useState(accesskey?.name ?? '');
  const [detail, setDetail] = useState(accesskey?.detail ?? '');
  const [expires, setExpires] = useState<string>(accesskey ? KEEP : '0');
  const save = useMutation({
    mutationFn: () => {
      const input: AccessKeyInput = { name: name.trim(), detail: detail.trim(), ...(expires === KEEP ? {} : { expire: Number(expires) }) };
      return accesskey ? client.accesskeys.update(accesskey.id, input) : client.accesskeys.create(input);
    },
    onSuccess() {
      void queries.invalidateQueries({ queryKey: keys.accesskeys() });
      if (!accesskey) return;
      tell(`Saved “${name.trim()}”.`);
      close();
    },
  });
  const submit = (event: FormEvent): void => { event.preventDefault(); save.mutate(); };
  if (save.data && !accesskey) {
    return <Dialog title="The new access key" close={close} footer={<Button look="primary" onClick={close}>Done</Button>}><Secret text={save.data.token} label="the access key" /></Dialog>;
  }
  return (
    <Dialog
      title={accesskey ? 'Change the access key' : 'New access key'} close={close}
      footer={<><Button onClick={close}>Cancel</Button><Button look="primary" type="submit" form={form} busy={save.isPending}>{accesskey ? 'Save' : 'Make it'}</Button></>}
    >
      <form id={form} className="form" onSubmit={submit}>
        <TextField label="Name" value={name} required autoFocus maxLength={200} onChange={({ target }) => { setName(target.value); }} hint="What will use it, for example “billing, production”." error={save.error ? sentenceOf(save.error) : undefined} />
        <TextField label="Detail" value={detail} maxLength={1_000} onChange={({ target }) => { setDetail(target.value); }} />
        <SelectField label="Expires" value={expires} onChange={({ target }) => { setExpires(target.value); }} options={accesskey ? [[KEEP, 'As it is'], ...EXPIRES] : EXPIRES} />
      </form>
    </Dialog>
  );
}
