// The played phone: what is heard, a keypad for mouse and keys, and hanging up.
import { useEffect, useRef, useState } from 'react';
import { Button, IconButton } from '../../ui/button.js';
import { CallState } from '../../ui/call-state.js';
import { Keypad, typedKeys } from '../../ui/keypad.js';
import { linesOf, promptOf, type Line } from './heard.js';
import { useSpeech, useVoices } from './speech.js';
import type { Trying } from './use-try.js';

/** The phone. `call` begins a call; `manual`: prompts last until the browser has spoken them. */
export function Phone({ trying, call, disabled }: { readonly trying: Trying; readonly call: (manual: boolean) => void; readonly disabled: boolean }) {
  const { trial, entries, over, pressed, press, hangUp, mediaDone, starting } = trying;
  const can_speak = useVoices();
  const [aloud, setAloud] = useState(true);
  const on = trial?.kind === 'call' && !over;
  const prompt = on && trial.manual ? promptOf(entries) : undefined;
  useSpeech(prompt, aloud && can_speak, ({ action_id }) => { mediaDone(action_id); });
  const lines = trial?.kind === 'call' ? linesOf(entries) : [];
  return (
    <div className="phone" onKeyDown={on ? typedKeys(press) : undefined}>
      <div className="phone__screen">
        {trial?.kind === 'call' ? <CallState call={trying.call} over={trying.over} /> : <CallState call={undefined} none />}
        {can_speak && <IconButton icon={aloud ? 'sound' : 'mute'} label={aloud ? 'Prompts are spoken: make it silent' : 'Prompts are silent: speak them'} pressed={aloud} onClick={() => { setAloud(!aloud); }} />}
      </div>
      <Transcript lines={lines} empty="What the caller hears appears here, and the cursor moves through the graph." />
      <Keypad on={on} session={trial?.activeflow_id} pressed={pressed} press={press} />
      {on ? <Button look="danger" icon="hangup" onClick={hangUp}>Hang up</Button>
        : <Button look="primary" icon="phone" busy={starting} disabled={disabled} onClick={() => { call(can_speak); }}>{trial?.kind === 'call' ? 'Call again' : 'Call'}</Button>}
    </div>
  );
}

/** What was said and done, the newest in sight. */
export function Transcript({ lines, empty }: { readonly lines: readonly Line[]; readonly empty: string }) {
  const box = useRef<HTMLOListElement>(null);
  const newest = lines.at(-1);
  useEffect(() => { box.current?.scrollTo({ top: box.current.scrollHeight }); }, [newest?.number, newest?.text]);
  return (
    <ol className="transcript" ref={box} aria-label="What is heard" aria-live="polite" tabIndex={0}>
      {lines.length === 0 && <li className="transcript__none soft">{empty}</li>}
      {lines.map(({ number, who, kind, text, live, bad }) => (
        <li key={`${number}${who}`} className={`transcript__line transcript__line--${who}${live ? ' transcript__line--live' : ''}${bad ? ' transcript__line--bad' : ''}`} data-kind={kind}>{text === '' ? '(nothing)' : text}</li>
      ))}
    </ol>
  );
}
