// Signing in: by access key, or by username and password.
import { useEffect, useState, type FormEvent } from 'react';
import { ActiveflowError } from '@activeflow/client';
import { isRefused, useSession } from '../../app/session.js';
import { ThemeSwitch } from '../../app/shell.js';
import { Button } from '../../ui/button.js';
import { TextField } from '../../ui/field.js';
import { Icon } from '../../ui/icons.js';
import { Loading, sentenceOf } from '../../ui/states.js';
import './sign-in.css';

type Way = 'key' | 'login';

/** What is shown while nobody is signed in. */
export function SignIn() {
  const { opening, problem } = useSession();
  const [way, setWay] = useState<Way>('key');
  useEffect(() => { document.title = 'Sign in · activeflow'; }, []);
  if (opening) return <main className="sign-in"><Loading what="Signing in" /></main>;
  return (
    <main className="sign-in">
      <div className="sign-in__theme"><ThemeSwitch /></div>
      <div className="sign-in__box">
        <img src="/icon.svg" width="36" height="36" alt="" />
        <h1>Sign in to activeflow</h1>
        {problem !== '' && <p className="sign-in__problem" role="alert"><Icon name="info" />{problem}</p>}
        <div className="sign-in__ways" role="group" aria-label="How to sign in">
          <button type="button" aria-pressed={way === 'key'} onClick={() => { setWay('key'); }}>Access key</button>
          <button type="button" aria-pressed={way === 'login'} onClick={() => { setWay('login'); }}>Login</button>
        </div>
        <Form key={way} way={way} />
      </div>
    </main>
  );
}

function Form({ way }: { readonly way: Way }) {
  const { signInByKey, signInByLogin } = useSession();
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const text = (name: string): string => { const value = fields.get(name); return typeof value === 'string' ? value : ''; };
    setBusy(true);
    setWrong('');
    (way === 'key' ? signInByKey(text('access_key').trim()) : signInByLogin(text('username'), text('password')))
      .catch((error: unknown) => { setBusy(false); setWrong(sentence(way, error)); });
  };
  return (
    <form className="form" onSubmit={submit}>
      {way === 'key'
        ? <TextField label="Access key" name="access_key" type="password" placeholder="af_…" required autoFocus autoComplete="off" spellCheck={false} error={wrong || undefined} hint={<><code>activeflow dev</code> prints one, and keeps it under <code>data/</code>.</>} />
        : <>
            <TextField label="Username" name="username" required autoFocus autoComplete="username" spellCheck={false} />
            <TextField label="Password" name="password" type="password" required autoComplete="current-password" error={wrong || undefined} />
          </>}
      <Button look="primary" type="submit" busy={busy}>Sign in</Button>
    </form>
  );
}

function sentence(way: Way, error: unknown): string {
  if (isRefused(error)) return way === 'key' ? 'No such access key: it is unknown, expired or revoked.' : 'The username or the password is wrong.';
  if (error instanceof ActiveflowError && error.reason === 'RATE_LIMIT_EXCEEDED') return 'Too many tries. Wait a little.';
  return sentenceOf(error);
}
