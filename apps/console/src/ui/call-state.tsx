// How a call stands, and how long it has lasted.
import type { Call } from '@activeflow/client';
import type { IconName } from './icons.js';
import { Badge, type Tone } from './status.js';
import { instantOf, spanText, useNow } from './time.js';
import './phone.css';

const STATES: Readonly<Record<Call['status'], readonly [word: string, tone: Tone, icon: IconName]>> = {
  dialing: ['Dialing', 'wait', 'phone'], ringing: ['Ringing', 'wait', 'phone'], progressing: ['In the call', 'ok', 'phone'], terminating: ['Hanging up', 'idle', 'hangup'],
  canceling: ['Canceling', 'idle', 'hangup'], hangup: ['The call is over', 'idle', 'hangup'],
};

/** The state of a call, and the time since it was answered. `none`: there is no call; `over`: it has ended, though the server may not have said so yet. */
export function CallState({ call, over = false, none = false }: { readonly call: Call | undefined; readonly over?: boolean; readonly none?: boolean }) {
  const now_ms = useNow();
  if (none || !call) return <Badge tone="idle" icon="phone">{none ? 'Not in a call' : 'Calling'}</Badge>;
  const [word, tone, icon] = STATES[over && call.status !== 'hangup' ? 'terminating' : call.status];
  const began = instantOf(call.tm_progressing);
  const ended = instantOf(call.tm_hangup);
  return (
    <span className="call-state" role="status">
      <Badge tone={tone} icon={icon}>{word}</Badge>
      {began !== undefined && <span className="soft" aria-hidden="true">{spanText(Math.max(0, Math.floor(((ended ?? now_ms) - began) / 1_000) * 1_000))}</span>}
    </span>
  );
}
