// Whether a call is up: answering one that rings here, and how a dialled one goes.
import { ms, type Instant } from '@activeflow/engine';
import { withChanges, type Call, type CallData, type Dial } from './call.js';

/** How a dialled call goes, in milliseconds from the dialling: it rings, is answered, or is given up. Busy is known when it would ring. */
export const DIAL_MS = { ringing: 200, answered: 1_000, given_up: 25_000 } as const;

const at = ({ began, timeout_ms = Infinity }: Dial, what: keyof typeof DIAL_MS): Instant => began + ms(Math.min(DIAL_MS[what], timeout_ms));

/** What a call comes to next, and when. */
export type Ahead = { readonly to: 'ringing' | 'progressing' | 'busy' | 'noanswer'; readonly at: Instant };

/** What a dialled call comes to next; undefined for one that came in, is up or has ended. */
export function ahead({ status, played: { dial } }: CallData): Ahead | undefined {
  if (dial === null || (status !== 'dialing' && status !== 'ringing')) return undefined;
  if (dial.outcome === 'busy') return { to: 'busy', at: at(dial, 'ringing') };
  if (status === 'dialing') return { to: 'ringing', at: at(dial, 'ringing') };
  return dial.outcome === 'answer' ? { to: 'progressing', at: at(dial, 'answered') } : { to: 'noanswer', at: at(dial, 'given_up') };
}

/** When something can be heard on the call at the earliest; 0 for at once. */
export function upAt({ data }: Call): Instant {
  const { status, direction, played: { dial } } = data;
  if (status === 'progressing' || direction === 'incoming' || dial === null) return 0;
  return dial.outcome === 'answer' ? at(dial, 'answered') : at(dial, dial.outcome === 'busy' ? 'ringing' : 'given_up');
}

/** The call as it is once it rings. */
export const ringing = (data: CallData, now: Instant): CallData => withChanges(data, { status: 'ringing', tm_ringing: now });

/** The call as it is once answered; as it is where it was. */
export const answered = (data: CallData, now: Instant): CallData =>
  (data.status === 'progressing' ? data : withChanges(data, { status: 'progressing', tm_ringing: data.tm_ringing ?? now, tm_progressing: now }));
