// A played message, and what comes back: each message that is sent starts the flow once.
import { useState, type FormEvent } from 'react';
import { Button } from '../../ui/button.js';
import { linesOf, type Line } from './heard.js';
import { Transcript } from './try-phone.js';
import type { Trying } from './use-try.js';

/** The conversation. */
export function Conversation({ trying, send, disabled }: { readonly trying: Trying; readonly send: (text: string) => void; readonly disabled: boolean }) {
  const [text, setText] = useState('');
  const [past, setPast] = useState<readonly Line[]>([]);
  const { trial, entries, starting } = trying;
  const present: readonly Line[] = trial?.kind === 'message' ? [{ number: -1, who: 'me', kind: 'sent', text: trial.text, live: false }, ...linesOf(entries)] : [];
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() === '' || disabled) return;
    setPast([...past, ...present].slice(-200));
    send(text);
    setText('');
  };
  const lines = [...past, ...present].map((line, number) => ({ ...line, number }));
  return (
    <div className="phone">
      <Transcript lines={lines} empty="Write something: it comes in as a text message, and the flow answers." />
      <form className="phone__write" onSubmit={submit}>
        <input className="input" aria-label="The message" placeholder="A text message" value={text} autoComplete="off" onChange={({ target }) => { setText(target.value); }} />
        <Button look="primary" icon="delivery" type="submit" busy={starting} disabled={disabled || text.trim() === ''}>Send</Button>
      </form>
    </div>
  );
}
