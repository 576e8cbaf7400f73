// What it is and how it stands: status and reason, flow, reference, where the cursor is, what it waits for and until when.
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { NONE_ID, type State } from '@activeflow/engine';
import { useClient } from '../../app/session.js';
import { keys } from '../../data/query.js';
import { waitWords } from '../../data/words.js';
import { labelOf } from '../../graph/label.js';
import { Badge, statusOf } from '../../ui/status.js';
import { Copyable, shortId } from '../../ui/copy.js';
import { exactText, relativeText, spanText, useNow } from '../../ui/time.js';
import { useEffect, useState, type ReactNode } from 'react';

/** The status of a state, as lists show it. */
export const statusOfState = ({ status, paused, wait, current, end_reason }: State) =>
  statusOf({ status, paused, end_reason, waiting_for: wait && !wait.result ? { kind: wait.kind, action_id: current.action.id, until: '' } : null });

/** What a run is called: its name, or its flow's, or the beginning of its id. */
export function useTitle(state: State | undefined): { readonly title: string; readonly flow: string | undefined } {
  const client = useClient();
  const flow_id = state?.flow_id ?? NONE_ID;
  const { data } = useQuery({ queryKey: keys.flow(flow_id), queryFn: ({ signal }) => client.flows.get(flow_id, { signal }), enabled: flow_id !== NONE_ID, retry: false, staleTime: 60_000 });
  const flow = data?.name === '' ? shortId(flow_id) : data?.name;
  return { title: state?.name || flow || (state ? `Activeflow ${shortId(state.id)}` : 'Activeflow'), flow };
}

/** The head of the page. */
export function Header({ state, title, flow, children }: { readonly state: State; readonly title: string; readonly flow: string | undefined; readonly children: ReactNode }) {
  const { word, tone, icon } = statusOfState(state);
  const { reference, flow_id, flow_revision, current, tm_create, tm_update } = state;
  const { title: action, detail } = labelOf(current.action);
  return (
    <header className="run-head">
      <div className="run-head__top">
        <Link href="/activeflows" className="run-head__back">Activeflows</Link><span className="soft" aria-hidden="true">/</span>
        <h1 className="cut">{title}</h1>
        <span className="run-head__status" role="status"><Badge tone={tone} icon={icon}>{word}</Badge></span>
        {state.end_detail !== '' && <span className="run-head__reason cut" title={state.end_detail}>{state.end_detail}</span>}
        <div className="run-head__actions">{children}</div>
      </div>
      <dl className="run-head__facts">
        <div><dt>{state.status === 'ended' ? 'Stood on' : 'Is on'}</dt><dd className="cut" title={`${action} ${detail}`}><strong>{action}</strong> <span className="soft">{detail}</span></dd></div>
        {state.status === 'running' && <div><dt>Waiting for</dt><dd><Waiting state={state} /></dd></div>}
        <div><dt>Flow</dt><dd>{flow_id === NONE_ID ? 'its own actions' : <><Link href={`/flows/${flow_id}`}>{flow ?? shortId(flow_id)}</Link> <span className="soft">revision {flow_revision}</span></>}</dd></div>
        <div><dt>Reference</dt><dd>{reference.type === '' ? 'none' : reference.type}{reference.id !== '' && reference.id !== NONE_ID && <> <Copyable text={reference.id} label={`the ${reference.type}'s id`}>{shortId(reference.id)}</Copyable></>}</dd></div>
        {reference.activeflow_id !== '' && reference.activeflow_id !== NONE_ID && <div><dt>Started by</dt><dd><Link href={`/activeflows/${reference.activeflow_id}`}>{shortId(reference.activeflow_id)}</Link></dd></div>}
        <div><dt>{state.status === 'ended' ? 'Lasted' : 'Age'}</dt><dd><Age from={tm_create} to={state.status === 'ended' ? tm_update : null} /></dd></div>
        <div><dt>Id</dt><dd><Copyable text={state.id} label="the id">{shortId(state.id)}</Copyable></dd></div>
      </dl>
    </header>
  );
}

function Age({ from, to }: { readonly from: number; readonly to: number | null }) {
  const now_ms = useNow();
  const [start, end] = [from / 1000, to === null ? now_ms : to / 1000];
  return <span title={`Created ${exactText(start)}`}>{spanText(Math.max(0, end - start))}{to === null ? '' : <span className="soft">, ended {relativeText(end, Math.max(now_ms, end))}</span>}</span>;
}

const SOON_MS = 60_000;

/** What would move it, and until when, counting down. */
function Waiting({ state: { wait, paused } }: { readonly state: State }) {
  const slow_ms = useNow();
  const until_ms = wait === null ? 0 : wait.until / 1000;
  const now_ms = useFastNow(wait !== null && until_ms - slow_ms < SOON_MS, slow_ms);
  if (wait === null) return <span className="soft">nothing</span>;
  if (wait.result) return <>the resume <span className="soft">(a result is kept)</span></>;
  const left = until_ms - now_ms;
  return (
    <span title={`Until ${exactText(until_ms)}`}>
      <strong>{waitWords({ kind: wait.kind })}</strong> <span className="soft">until {clock(until_ms, now_ms)}, {left > 0 ? `${left < SOON_MS ? `${(left / 1000).toFixed(1)} s` : spanText(left)} left` : 'due now'}{paused ? ', paused' : ''}</span>
    </span>
  );
}

/** The present, ten times a second where that can be seen. */
function useFastNow(fast: boolean, slow_ms: number): number {
  const [now_ms, setNow] = useState(Date.now);
  useEffect(() => {
    if (!fast) return undefined;
    const timer = setInterval(() => { setNow(Date.now()); }, 100);
    return () => { clearInterval(timer); };
  }, [fast]);
  return fast ? now_ms : slow_ms;
}

const DAY_MS = 86_400_000;

/** A time of day; with its date where it is not near. */
function clock(at_ms: number, now_ms: number): string {
  const date = new Date(at_ms);
  const time = date.toLocaleTimeString('en-GB');
  return Math.abs(at_ms - now_ms) < DAY_MS / 2 ? time : `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time}`;
}
