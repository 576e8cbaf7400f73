// Calling from the browser: what to call, the phone, and the run of the call beside it.
import { useEffect, useId, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { ActiveflowError, type Call } from '@activeflow/client';
import { NONE_ID } from '@activeflow/engine';
import { useFlowNames } from '../../data/flow-names.js';
import { GraphPanel, usePicture } from '../../run/graph-panel.js';
import { Timeline } from '../../run/timeline.js';
import { useRun } from '../../run/use-run.js';
import { Button, IconButton } from '../../ui/button.js';
import { CallState } from '../../ui/call-state.js';
import { shortId } from '../../ui/copy.js';
import { Icon } from '../../ui/icons.js';
import { Keypad, typedKeys } from '../../ui/keypad.js';
import { Page } from '../../ui/page.js';
import { Empty, Loading, sentenceOf } from '../../ui/states.js';
import { Meter } from './meter.js';
import type { Microphone } from './line.js';
import type { Phone, PhoneView } from './phone.js';
import { useCall, useNumbers, usePhone } from './use-phone.js';
import './call.css';

/** The page. */
export function CallPage() {
  const { phone, view } = usePhone();
  const call = useCall(view.call_id);
  const over = view.phase === 'over' || call?.status === 'hangup';
  useEffect(() => { if (call?.status === 'hangup') phone.ended(); }, [phone, call?.status]);
  return (
    <Page title="Call" about="This browser is a phone: call a number or a flow, speak, and press keys.">
      {isClosed(view.problem)
        ? <Empty title="This server takes no calls from browsers" icon="phone">Start it with <code>ACTIVEFLOW_WEBRTC=true</code>, or use <code>activeflow dev</code>, and load this page again.</Empty>
        : (
          <div className="call">
            <PhonePanel phone={phone} view={view} call={call} over={over} />
            <section className="call__run" aria-label="What the call runs">
              {call !== undefined && call.activeflow_id !== NONE_ID ? <CallRun key={call.activeflow_id} id={call.activeflow_id} /> : <Empty title="Nothing runs yet" icon="runs">Once you have called, the flow and where it stands appear here.</Empty>}
            </section>
          </div>
        )}
    </Page>
  );
}

const isClosed = (problem: unknown): boolean => problem instanceof ActiveflowError && problem.reason === 'ROUTE_NOT_FOUND';

type PanelProps = { readonly phone: Phone; readonly view: PhoneView; readonly call: Call | undefined; readonly over: boolean };

function PhonePanel({ phone, view, call, over }: PanelProps) {
  const [destination, choose] = useDestination();
  const on = view.phase === 'connected' && !over;
  const busy = view.phase === 'microphone' || view.phase === 'calling';
  const press = (key: string): void => { phone.press(key); };
  return (
    <section className="call__phone" aria-label="Phone" onKeyDown={on ? typedKeys(press) : undefined}>
      <Destination value={destination} choose={choose} disabled={on || busy} />
      <div className="call__state">
        <CallState call={call} none={view.phase === 'idle' || (view.call_id === '' && view.phase === 'over')} over={over} />
        {view.phase === 'microphone' && <span className="soft" role="status">Allow the microphone…</span>}
      </div>
      <MicrophoneNote microphone={view.microphone} />
      {view.problem !== undefined && <p className="field__error" role="alert">{sentenceOf(view.problem)}</p>}
      <div className="call__meters">
        <Meter label="You" read={() => phone.levels().said} />
        <Meter label="Them" read={() => phone.levels().heard} />
        <IconButton icon={view.muted ? 'mic_off' : 'mic'} label={view.muted ? 'Your microphone is off: switch it on' : 'Your microphone is on: mute it'} pressed={view.muted} disabled={!on || view.microphone !== 'on'} onClick={() => { phone.mute(!view.muted); }} />
      </div>
      <Keypad on={on} session={view.call_id} pressed={view.pressed} press={press} />
      {on || busy
        ? <Button look="danger" icon="hangup" onClick={() => { phone.hangUp(); }}>Hang up</Button>
        : <Button look="primary" icon="phone" disabled={destination === ''} onClick={() => { void phone.call(destination); }}>{view.call_id === '' ? 'Call' : 'Call again'}</Button>}
      <p className="soft call__hint">Leaving this page hangs up.</p>
    </section>
  );
}

const NOTES: Readonly<Record<Exclude<Microphone, 'on'>, string>> = {
  refused: 'This browser was not allowed to use the microphone: you can listen and press keys. Allow it in the site settings beside the address, and call again.',
  none: 'There is no microphone: you can listen and press keys.',
  insecure: 'Browsers give the microphone to pages that came by https, or from this machine, only: you can listen and press keys.',
};

function MicrophoneNote({ microphone }: { readonly microphone: Microphone | undefined }) {
  if (microphone === undefined || microphone === 'on') return null;
  return <p className="call__note" role="status"><Icon name="info" />{NOTES[microphone]}</p>;
}

/** What is to be called, as the address says: a link to this page may name it. */
function useDestination(): readonly [string, (value: string) => void] {
  const [, navigate] = useLocation();
  const search = new URLSearchParams(useSearch());
  const choose = (value: string): void => { navigate(value === '' ? '/call' : `/call?to=${encodeURIComponent(value)}`, { replace: true }); };
  return [search.get('to') ?? '', choose];
}

function Destination({ value, choose, disabled }: { readonly value: string; readonly choose: (value: string) => void; readonly disabled: boolean }) {
  const id = useId();
  const numbers = useNumbers();
  const flows = useFlowNames();
  // Where there is one number, there is nothing to choose.
  const only = numbers?.length === 1 ? numbers[0]?.value : undefined;
  useEffect(() => { if (value === '' && only !== undefined && !disabled) choose(only); }, [value, only, disabled, choose]);
  const known = value === '' || numbers?.some((one) => one.value === value) === true || flows?.has(value) === true;
  if (!numbers || !flows) return <Loading what="Loading what can be called" />;
  if (numbers.length === 0 && flows.size === 0) return <Empty title="There is nothing to call yet" icon="flow" action={<Link href="/flows/new">Make a flow</Link>} />;
  return (
    <div className="field">
      <label htmlFor={id}>Call</label>
      <select id={id} className="input" value={value} disabled={disabled} onChange={({ target }) => { choose(target.value); }}>
        <option value="">Choose a number or a flow</option>
        {!known && <option value={value}>{value}</option>}
        {numbers.length > 0 && <optgroup label="Numbers">{numbers.map((one) => <option key={one.value} value={one.value}>{one.word}</option>)}</optgroup>}
        {flows.size > 0 && <optgroup label="Flows">{[...flows].map(([flow_id, name]) => <option key={flow_id} value={flow_id}>{name === '' ? shortId(flow_id) : name}</option>)}</optgroup>}
      </select>
    </div>
  );
}

/** The run of the call, as it goes. */
function CallRun({ id }: { readonly id: string }) {
  const { run, known } = useRun(id);
  const { track } = known;
  const n = track.events - 1;
  const picture = usePicture(known, n, run);
  const [held, hold] = useState<number>();
  if (track.states.length === 0) return <Loading what="Loading the run" />;
  return (
    <>
      <div className="call__picture"><GraphPanel picture={picture} title="The flow of the call" selected={undefined} choose={() => undefined} /></div>
      <div className="call__timeline">
        <div className="call__title"><h2>Timeline</h2><Link href={`/activeflows/${id}`} className="button button--small"><Icon name="runs" size={14} />Open the run</Link></div>
        <Timeline rows={track.rows} state={track.states.at(-1)} n={held ?? n} live={held === undefined} hold={(at) => { hold(at === n ? undefined : at); }} />
      </div>
    </>
  );
}
