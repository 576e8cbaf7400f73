// A new secret for webhooks: the old one stays good for a while, so that the receiver can change over.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useClient } from '../../app/session.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { Secret } from '../../ui/secret.js';
import { tellError } from '../../ui/toast.js';
import { When } from '../../ui/time.js';

/** The button, the question, and the new secret, shown once. */
export function SecretRotation() {
  const client = useClient();
  const [asking, setAsking] = useState(false);
  const rotate = useMutation({ mutationFn: () => client.customer.rotateWebhookSecret(), onSuccess: () => { setAsking(false); }, onError: tellError });
  return (
    <>
      <p>By <a href="https://www.standardwebhooks.com" target="_blank" rel="noreferrer">Standard Webhooks</a>: <code>webhook-id</code>, <code>webhook-timestamp</code> and <code>webhook-signature</code>.</p>
      <div className="form__actions"><Button icon="refresh" onClick={() => { setAsking(true); }}>Make a new secret…</Button></div>
      {asking && (
        <Dialog title="Make a new secret?" close={() => { setAsking(false); }} footer={<><Button onClick={() => { setAsking(false); }}>Cancel</Button><Button look="primary" busy={rotate.isPending} onClick={() => { rotate.mutate(); }}>Make it</Button></>}>
          <p>From now on deliveries are signed with both, the new one and the old one, until the old one ends. Give the new one to the receiver meanwhile.</p>
        </Dialog>
      )}
      {rotate.data && (
        <Dialog title="The new webhook secret" close={rotate.reset} footer={<Button look="primary" onClick={rotate.reset}>Done</Button>}>
          <Secret text={rotate.data.webhook_secret} label="the secret" />
          <p>The old one ends: <When time={rotate.data.tm_old_expire} never="there was none" />.</p>
        </Dialog>
      )}
    </>
  );
}
