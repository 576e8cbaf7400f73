// Revoking an access key.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { AccessKey } from '@activeflow/client';
import { useClient, useSession } from '../../app/session.js';
import { keys } from '../../data/query.js';
import { Confirm } from '../../ui/dialog.js';
import { tell, tellError } from '../../ui/toast.js';

/** Asks, and revokes. */
export function Revoke({ accesskey, close }: { readonly accesskey: AccessKey; readonly close: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const { session, signOut } = useSession();
  const own = session?.me.accesskey_id === accesskey.id;
  const name = accesskey.name || accesskey.token_prefix;
  const revoke = useMutation({
    mutationFn: () => client.accesskeys.delete(accesskey.id),
    onSuccess() {
      tell(`Revoked “${name}”.`);
      close();
      if (own) signOut(); else void queries.invalidateQueries({ queryKey: keys.accesskeys() });
    },
    onError: tellError,
  });
  return (
    <Confirm title={`Revoke “${name}”?`} yes="Revoke" busy={revoke.isPending} act={() => { revoke.mutate(); }} close={close}>
      <p>Whatever uses <code>{accesskey.token_prefix}…</code> is refused from now on. This cannot be undone.</p>
      {own && <p><strong>You are signed in with this one</strong>, and will be signed out.</p>}
    </Confirm>
  );
}
