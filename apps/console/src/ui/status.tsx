// The state of something: always an icon and a word; the colour only repeats them.
import type { Activeflow } from '@activeflow/client';
import { Icon, type IconName } from './icons.js';

/** The five colours of a state. */
export type Tone = 'ok' | 'run' | 'wait' | 'bad' | 'idle';

/** A state as an icon and a word. */
export function Badge({ tone, icon, children, title }: { readonly tone: Tone; readonly icon: IconName; readonly children: string; readonly title?: string | undefined }) {
  return <span className={`badge badge--${tone}`} title={title}><Icon name={icon} size={14} />{children}</span>;
}

/** What state an activeflow is in, in one word. */
export function statusOf({ status, paused, waiting_for, end_reason }: Pick<Activeflow, 'status' | 'paused' | 'waiting_for' | 'end_reason'>): { readonly word: string; readonly tone: Tone; readonly icon: IconName } {
  if (status !== 'ended') {
    if (paused) return { word: 'Paused', tone: 'wait', icon: 'paused' };
    return waiting_for === null ? { word: 'Running', tone: 'run', icon: 'running' } : { word: 'Waiting', tone: 'run', icon: 'waiting' };
  }
  switch (end_reason) {
    case '': case 'completed': return { word: 'Completed', tone: 'ok', icon: 'done' };
    case 'stopped': return { word: 'Stopped', tone: 'idle', icon: 'stopped' };
    case 'canceled': return { word: 'Canceled', tone: 'idle', icon: 'canceled' };
    case 'hangup': return { word: 'Hung up', tone: 'idle', icon: 'hangup' };
    case 'failed': return { word: 'Failed', tone: 'bad', icon: 'failed' };
    case 'limit_exceeded': return { word: 'Limit exceeded', tone: 'bad', icon: 'failed' };
    case 'expired': return { word: 'Expired', tone: 'bad', icon: 'failed' };
    default: return end_reason satisfies never;
  }
}

/** The state of an activeflow. */
export function ActiveflowStatus({ activeflow }: { readonly activeflow: Pick<Activeflow, 'status' | 'paused' | 'waiting_for' | 'end_reason' | 'end_detail'> }) {
  const { word, tone, icon } = statusOf(activeflow);
  return <Badge tone={tone} icon={icon} title={activeflow.end_detail || undefined}>{word}</Badge>;
}
