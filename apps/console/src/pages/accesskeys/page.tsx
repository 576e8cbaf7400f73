// Access keys: what programs sign in with.
import { useState } from 'react';
import type { AccessKey } from '@activeflow/client';
import { useClient, useSession } from '../../app/session.js';
import { usePages } from '../../data/pages.js';
import { keys } from '../../data/query.js';
import { Button, IconButton } from '../../ui/button.js';
import { More } from '../../ui/more.js';
import { Page } from '../../ui/page.js';
import { Empty, Failed, Loading } from '../../ui/states.js';
import { Badge } from '../../ui/status.js';
import { instantOf, useNow, When } from '../../ui/time.js';
import { KeyForm } from './key-form.js';
import { Revoke } from './revoke.js';
import './accesskeys.css';

const PAGE_SIZE = 50;
type Open = { readonly what: 'new' } | { readonly what: 'edit' | 'revoke'; readonly accesskey: AccessKey };

/** The page. */
export function AccesskeysPage() {
  const client = useClient();
  const [open, setOpen] = useState<Open>();
  const { rows, error, refetch, more, fetching_more } = usePages(keys.accesskeys(), PAGE_SIZE, (signal) => client.accesskeys.list({ page_size: PAGE_SIZE }, { signal }));
  const close = (): void => { setOpen(undefined); };
  const create = <Button look="primary" icon="plus" onClick={() => { setOpen({ what: 'new' }); }}>New access key</Button>;
  return (
    <Page title="Access keys" about="What programs sign in with. Each one can do everything that this console can." actions={create}>
      {rows === undefined && (error ? <Failed error={error} retry={refetch} /> : <Loading />)}
      {rows?.length === 0 && <Empty title="No access keys" icon="key" action={create}>Make one for each program, so that one can be revoked without the others.</Empty>}
      {rows !== undefined && rows.length > 0 && <Keys rows={rows} open={setOpen} />}
      <More more={more} busy={fetching_more} />
      {open?.what === 'new' && <KeyForm close={close} />}
      {open?.what === 'edit' && <KeyForm accesskey={open.accesskey} close={close} />}
      {open?.what === 'revoke' && <Revoke accesskey={open.accesskey} close={close} />}
    </Page>
  );
}

function Keys({ rows, open }: { readonly rows: readonly AccessKey[]; readonly open: (open: Open) => void }) {
  const { session } = useSession();
  const now_ms = useNow();
  return (
    <div className="table-box">
      <table className="table keys">
        <caption className="only-read">Access keys, newest first</caption>
        <thead><tr><th scope="col">Name</th><th scope="col">Begins with</th><th scope="col">State</th><th scope="col">Expires</th><th scope="col">Made</th><th><span className="only-read">Actions</span></th></tr></thead>
        <tbody>
          {rows.map((accesskey) => {
            const { id, name, detail, token_prefix, tm_expire, tm_create } = accesskey;
            const expired = (instantOf(tm_expire) ?? Infinity) <= now_ms;
            return (
              <tr key={id}>
                <td className="keys__name"><span className="cut">{name || 'Without a name'}</span>{detail !== '' && <span className="soft cut" title={detail}>{detail}</span>}</td>
                <td><code>{token_prefix}…</code></td>
                <td>{expired ? <Badge tone="bad" icon="failed">Expired</Badge> : session?.me.accesskey_id === id ? <Badge tone="run" icon="check">In use here</Badge> : <Badge tone="ok" icon="done">Active</Badge>}</td>
                <td><When time={tm_expire} never="never" /></td>
                <td><When time={tm_create} /></td>
                <td className="keys__actions">
                  <IconButton icon="edit" label={`Change ${name || token_prefix}`} onClick={() => { open({ what: 'edit', accesskey }); }} />
                  <IconButton icon="trash" label={`Revoke ${name || token_prefix}`} onClick={() => { open({ what: 'revoke', accesskey }); }} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
