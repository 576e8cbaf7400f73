// The played phone: what is heard, a keypad for mouse and keys, and hanging up.
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { Call } from '@activeflow/client';
import { Button, IconButton } from '../../ui/button.js';
import { Badge, type Tone } from '../../ui/status.js';
import { instantOf, spanText, useNow } from '../../ui/time.js';
import type { IconName } from '../../ui/icons.js';
import { linesOf, promptOf, type Line } from './heard.js';
import { useSpeech, useVoices } from './speech.js';
import type { Trying } from './use-try.js';

const KEYS: readonly (readonly [key: string, letters: string])[] = [
  ['1', ''], ['2', 'ABC'], ['3', 'DEF'], ['4', 'GHI'], ['5', 'JKL'], ['6', 'MNO'], ['7', 'PQRS'], ['8', 'TUV'], ['9', 'WXYZ'], ['*', ''], ['0', '+'], ['#', ''],
];

/** The phone. `call` begins a call; `manual`: prompts last until the browser has spoken them. */
export function Phone({ trying, call, disabled }: { readonly trying: Trying; readonly call: (manual: boolean) => void; readonly disabled: boolean }) {
  const { trial, entries, over, pressed, press, hangUp, mediaDone, starting } = trying;
  const can_speak = useVoices();
  const [aloud, setAloud] = useState(true);
  const pad = useRef<HTMLDivElement>(null);
  const on = trial?.kind === 'call' && !over;
  const prompt = on && trial.manual ? promptOf(entries) : undefined;
  useSpeech(prompt, aloud && can_speak, ({ action_id }) => { mediaDone(action_id); });
  const activeflow_id = trial?.activeflow_id;
  // Whoever has called wants to press keys next.
  useEffect(() => { if (on) pad.current?.focus({ preventScroll: true }); }, [on, activeflow_id]);
  const type = (event: KeyboardEvent): void => {
    if (!on || event.ctrlKey || event.metaKey || event.altKey || !/^[0-9*#A-Da-d]$/.test(event.key)) return;
    event.preventDefault();
    press(event.key.toUpperCase());
  };
  const lines = trial?.kind === 'call' ? linesOf(entries) : [];
  return (
    <div className="phone" onKeyDown={type}>
      <div className="phone__screen">
        <PhoneState call={trying.call} trying={trying} />
        {can_speak && <IconButton icon={aloud ? 'sound' : 'mute'} label={aloud ? 'Prompts are spoken: make it silent' : 'Prompts are silent: speak them'} pressed={aloud} onClick={() => { setAloud(!aloud); }} />}
      </div>
      <Transcript lines={lines} empty="What the caller hears appears here, and the cursor moves through the graph." />
      <div className="phone__pad" ref={pad} role="group" aria-label="Keypad: type 0 to 9, star and hash" tabIndex={on ? 0 : -1}>
        <output className="phone__digits mono" aria-label="Keys that were pressed">{pressed}</output>
        {KEYS.map(([key, letters]) => (
          <button key={key} type="button" className="phone__key" aria-label={key === '*' ? 'star' : key === '#' ? 'hash' : undefined} disabled={!on} onClick={() => { press(key); }}>{key}{' '}<span>{letters}</span></button>
        ))}
      </div>
      {on ? <Button look="danger" icon="hangup" onClick={hangUp}>Hang up</Button>
        : <Button look="primary" icon="phone" busy={starting} disabled={disabled} onClick={() => { call(can_speak); }}>{trial?.kind === 'call' ? 'Call again' : 'Call'}</Button>}
    </div>
  );
}

const STATES: Readonly<Record<Call['status'], readonly [word: string, tone: Tone, icon: IconName]>> = {
  dialing: ['Dialing', 'wait', 'phone'], ringing: ['Ringing', 'wait', 'phone'], progressing: ['In the call', 'ok', 'phone'], terminating: ['Hanging up', 'idle', 'hangup'],
  canceling: ['Canceling', 'idle', 'hangup'], hangup: ['The call is over', 'idle', 'hangup'],
};

function PhoneState({ call, trying: { trial, over } }: { readonly call: Call | undefined; readonly trying: Trying }) {
  const now_ms = useNow();
  if (trial?.kind !== 'call' || !call) return <Badge tone="idle" icon="phone">{trial?.kind === 'call' ? 'Calling' : 'Not in a call'}</Badge>;
  const [word, tone, icon] = STATES[over && call.status !== 'hangup' ? 'terminating' : call.status];
  const began = instantOf(call.tm_progressing);
  const ended = instantOf(call.tm_hangup);
  return (
    <span className="phone__state" role="status">
      <Badge tone={tone} icon={icon}>{word}</Badge>
      {began !== undefined && <span className="soft" aria-hidden="true">{spanText(Math.max(0, Math.floor(((ended ?? now_ms) - began) / 1_000) * 1_000))}</span>}
    </span>
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
