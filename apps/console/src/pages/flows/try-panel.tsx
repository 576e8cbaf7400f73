// Trying a flow: a played phone, or a played message, beside the picture of what it does.
import { useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { Icon } from '../../ui/icons.js';
import { Empty, sentenceOf } from '../../ui/states.js';
import { endOf } from './heard.js';
import { Conversation } from './try-conversation.js';
import { Phone } from './try-phone.js';
import type { Tried, Trying } from './use-try.js';

type Props = { readonly trying: Trying; readonly tried: Omit<Tried, 'from'>; readonly errors: number; readonly broken: boolean };

/** The panel. */
export function TryPanel({ trying, tried, errors, broken }: Props) {
  const [kind, setKind] = useState<'call' | 'message'>('call');
  const [from, setFrom] = useState('+15550100');
  const { trial, no_simulator, problem, entries } = trying;
  if (no_simulator) {
    return <Empty title="This server plays no calls" icon="phone">Its simulator is off. Start it with <code>ACTIVEFLOW_SIMULATOR=true</code>, or use <code>activeflow dev</code>, and try again.</Empty>;
  }
  const goes_on = trial !== undefined && !trying.over;
  const about = tried.flow_id === undefined ? 'What is tried is the draft as it stands.' : 'What is tried is the published flow.';
  const stopped = broken ? 'Mend the JSON first.' : errors > 0 ? 'Solve the errors first: the server would refuse it.' : undefined;
  return (
    <div className="try">
      <div className="try__head">
        <div className="segments" role="group" aria-label="What to play">
          {(['call', 'message'] as const).map((one) => <button key={one} type="button" className="segments__one" aria-pressed={kind === one} disabled={goes_on} onClick={() => { setKind(one); }}><Icon name={one === 'call' ? 'phone' : 'message'} size={14} />{one === 'call' ? 'A call' : 'A message'}</button>)}
        </div>
        <label className="try__from"><span>from</span><input className="input mono" value={from} disabled={goes_on} onChange={({ target }) => { setFrom(target.value); }} aria-label="The number that calls or writes" /></label>
      </div>
      <p className="soft try__about">{about}{stopped !== undefined && <> <strong className="try__stopped">{stopped}</strong></>}</p>
      {problem !== undefined && <p className="field__error" role="alert">{sentenceOf(problem)}</p>}
      {kind === 'call'
        ? <Phone trying={trying} call={(manual) => { trying.startCall({ ...tried, from }, manual); }} disabled={stopped !== undefined} />
        : <Conversation trying={trying} send={(text) => { trying.sendMessage({ ...tried, from }, text); }} disabled={stopped !== undefined} />}
      {trial !== undefined && (
        <footer className="try__foot">
          <Outcome>{howItEnded(entries)}</Outcome>
          <Link href={`/activeflows/${trial.activeflow_id}`} className="button button--small"><Icon name="runs" size={14} />Open the run</Link>
        </footer>
      )}
    </div>
  );
}

function Outcome({ children }: { readonly children: ReactNode }) {
  return <span className="soft" role="status">{children}</span>;
}

const ENDS: Readonly<Record<string, string>> = { completed: 'The flow is through.', stopped: 'The flow stopped.', canceled: 'It was stopped from outside.', hangup: 'Hung up.' };

function howItEnded(entries: Trying['entries']): string {
  const end = endOf(entries);
  return end === undefined ? 'It runs.' : ENDS[end.result] ?? `It ended: ${[end.result.replaceAll('_', ' '), end.detail].filter(Boolean).join(', ')}.`;
}
